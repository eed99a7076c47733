"""What becomes of a claim: the published figure beside the emulator's, and a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import reduce

from emulator import ConfigError

from .claim import Claim
from .quantity import Quantity, Trusts


@dataclass(frozen=True)
class Judgement:
    """A claim that was looked at.

    `emulated` and `implied` are in the claim's unit, None where there is no such figure;
    `difference` is emulated (or else implied) / published - 1, None for what could not be judged or
    is held against a criterion; `error` the standard error of `emulated`, and `slack` how far off
    it would still agree. `how` tells where the emulated figure is from, `trusts` what part of it
    rests on which trust. `open`: something that it needs is not there.
    """

    claim: Claim
    verdict: str
    reason: str
    how: str
    emulated: float | None = None
    implied: float | None = None
    difference: float | None = None
    error: float | None = None
    slack: float | None = None
    trusts: Trusts = field(default_factory=dict)
    open: bool = False

    @property
    def changed(self) -> bool:
        """Whether the verdict is another than the one that was expected, and was looked for."""
        return self.verdict != self.claim.expected and not self.open


@dataclass(frozen=True)
class Findings:
    """What the formulas of a claim gave, and in words where the emulated figure is from.

    `here`: a figure of the machine at hand, which no verdict may depend on. `obstacle` says why
    nothing could be compared, if that is so. `reason` is the claim's, figures filled in.
    """

    emulated: Quantity | None = None
    implied: Quantity | None = None
    error: Quantity | None = None
    how: str = ""
    here: bool = False
    obstacle: str | None = None
    reason: str | None = None


def judge(claim: Claim, found: Findings) -> Judgement:
    """Compare what a source says with what it implies and with what the emulator gives.

    A figure that does not follow from the source's own others is *inconsistent*; otherwise it
    *agrees* or *differs*, where nothing is emulated by those others alone. Without figures to
    compare, with one of the machine at hand or with an obstacle, the claim is *not checkable*.
    Raises `ConfigError` if the figures are of different
    dimensions.
    """
    printed, verdict = claim.standard, "not checkable"
    here, follows, error = (_in_unit(each, claim) for each in (found.emulated, found.implied,
                                                               found.error))  # fmt: skip
    if error is not None and error < 0:
        raise ConfigError(f"claim '{claim.id}': a standard error of {shown(error, claim.unit)}")
    if printed is not None and found.obstacle is None and not found.here:
        if follows is not None and not printed.admits(follows, claim.within):
            verdict = "inconsistent"
        elif here is not None:
            close = printed.admits(here, claim.within, error or 0.0)
            verdict = "agrees" if close else "differs"
        elif follows is not None:
            verdict = "agrees"
    reason = found.obstacle or _reason(claim, found.reason, verdict, here, follows)
    return Judgement(
        claim=claim,
        verdict=verdict,
        reason=reason,
        how=found.how,
        emulated=here,
        implied=follows,
        difference=None
        if verdict == "not checkable"
        else _difference(claim, follows if here is None else here),
        error=error,
        slack=printed.slack(claim.within, error or 0.0) if printed else None,
        trusts=found.emulated.trusts if found.emulated else {},
        open=found.obstacle is not None,
    )


def _difference(claim: Claim, found: float | None) -> float | None:
    """Return found / published - 1 where there are both, and it is a number."""
    if claim.published is None or found is None or not claim.published.value:
        return None
    off = found / claim.published.value - 1
    return off if math.isfinite(off) else None


def _in_unit(quantity: Quantity | None, claim: Claim) -> float | None:
    try:
        return None if quantity is None else quantity.to(claim.unit)
    except ConfigError as error:
        raise ConfigError(f"claim '{claim.id}': {error}") from None


def _reason(
    claim: Claim, told: str | None, verdict: str, here: float | None, follows: float | None
) -> str:
    """Return the claim's own sentence if its verdict is the expected one, else what happened."""
    if verdict == claim.expected:
        figures = ("{emulated}", here), ("{implied}", follows)
        return reduce(lambda text, each: text.replace(each[0], shown(each[1], claim.unit)),
                      figures, claim.reason if told is None else told)  # fmt: skip
    printed = claim.standard.text if claim.standard else "nothing"
    if verdict == "inconsistent":
        own = f"the source's own figures, as printed, give {shown(follows, claim.unit)}"
        return f"printed {printed}, but {own}"
    if verdict == "not checkable":
        return "there is no figure to compare"
    was = f"'{claim.expected}' was expected"
    return f"{was}: printed {printed}, emulated {shown(here, claim.unit)}"


def shown(value: float | None, unit: str) -> str:
    """Return a figure in its claim's unit, four digits of it."""
    return "-" if value is None else f"{value:.4g} {'%' if unit == 'percent' else unit}".strip()
