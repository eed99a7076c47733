"""One claim as the report shows it: everything in words and units that people read."""

from __future__ import annotations

from dataclasses import dataclass

from emulator.card import TRUSTS
from emulator.units import base_units

from ..reporting.engineering import engineering, percent, whole_percent
from ..reporting.style import micro
from .claim import Claim
from .printed import SIGMAS, Printed
from .verdict import Judgement, shown

SYMBOLS = ("Hz", "J", "W", "V", "A", "F", "s", "ohm")  # units that take a prefix
DIGITS = 4
NONE, MINUS = "\u2013", "\u2212"
BOUND = "a bound"


@dataclass(frozen=True)
class Share:
    """What part of a figure rests on a trust, of one."""

    trust: str
    share: float


@dataclass(frozen=True)
class Row:
    """A judged claim.

    `published`, `emulated`, `implied` and `difference` are texts, `implied` empty where there is
    no such figure. `origin` and `notes` say where the emulated figure is from, `close` what counts
    as the published one.
    """

    claim: Claim
    verdict: str
    changed: bool
    reason: str
    published: str
    emulated: str
    implied: str
    difference: str
    origin: str
    notes: str
    close: str
    shares: list[Share]

    @classmethod
    def of(cls, judgement: Judgement) -> Row:
        """Put a judgement into words."""
        claim, printed = judgement.claim, judgement.claim.published
        origin, notes = _apart(judgement)
        known = judgement.implied is not None
        return cls(
            claim=claim,
            verdict=judgement.verdict,
            changed=judgement.changed,
            reason=micro(judgement.reason),
            published=_printed(printed) if printed else "no figure",
            emulated=_with_error(judgement),
            implied=readable(judgement.implied, claim.unit) if known else "",
            difference=BOUND if _is_bound(claim) else relative(judgement.difference),
            origin=origin,
            notes=micro(notes),
            close=_close(claim),
            shares=[Share(trust, judgement.trusts[trust]) for trust in TRUSTS
                    if judgement.trusts.get(trust)],
        )  # fmt: skip

    @property
    def compared(self) -> bool:
        """Whether there are two figures to compare."""
        return self.difference not in (NONE, BOUND)

    @property
    def rests_on(self) -> str:
        """What the emulated figure rests on: `75 % derived, 25 % assumed`."""
        return ", ".join(f"{whole_percent(each.share)} {each.trust}" for each in self.shares)


def readable(value: float | None, unit: str) -> str:
    """Return a figure with four digits, in its claim's own unit where that reads well.

    Elsewhere the prefix changes (`2.3 uJ`, not `2.3e+06 pJ`), and counts get their commas.
    """
    if value is None:
        return NONE
    if value == 0 or 1e-3 <= abs(value) < 10**DIGITS:
        return micro(shown(value, unit))
    symbol = next((s for s in SYMBOLS if unit.endswith(s) and "/" not in unit), None)
    if symbol is not None:
        text = engineering(value * float(base_units(unit)[0]), symbol, DIGITS)
        number, _, prefixed = text.partition(" ")
        return micro(f"{float(number):g} {prefixed}")
    if abs(value) >= 1:
        return f"{float(f'{value:.{DIGITS}g}'):,.0f} {'%' if unit == 'percent' else unit}".strip()
    return micro(shown(value, unit))


def relative(difference: float | None) -> str:
    """Return emulated / published - 1 as `+2.1 %`, beyond a factor of ten as `21 times`."""
    if difference is None:
        return NONE
    ratio = difference + 1
    if ratio >= 10:
        return f"{float(f'{ratio:.3g}'):,g} times"
    if 0 < ratio < 0.1:
        return f"1/{float(f'{1 / ratio:.3g}'):,g}"
    if abs(difference) < 5e-4:
        return "0.0 %"
    return ("+" if difference > 0 else MINUS) + percent(
        abs(difference), 1 if abs(difference) < 1 else 0
    )


def _with_error(judgement: Judgement) -> str:
    """Return the emulated figure, and its standard error if it has one."""
    text = readable(judgement.emulated, judgement.claim.unit)
    if judgement.error is None:
        return text
    return f"{text} \u00b1 {readable(float(f'{judgement.error:.2g}'), judgement.claim.unit)}"


def _printed(printed: Printed) -> str:
    """Return a published figure as print shows it."""
    return micro(printed.text.replace(">=", "\u2265 ").replace("<=", "\u2264 "))


def _apart(judgement: Judgement) -> tuple[str, str]:
    """Return where this figure is from, and what was run; the formula stands in the claim."""
    formula = judgement.claim.emulated
    if formula is None:
        return judgement.how, ""
    origin, _, notes = judgement.how.partition(f": {formula}")
    return origin, notes.removeprefix("; ")


def _is_bound(claim: Claim) -> bool:
    """Whether the source states a bound: how far off it a figure is says nothing."""
    return claim.published is not None and claim.published.relation not in ("=", "~")


def _close(claim: Claim) -> str:
    """Return in words what counts as the published figure; empty for what always does."""
    if claim.published is None or (claim.within is None and claim.error is None):
        return ""
    rounds = not claim.within
    close = "rounds to the published figure" if rounds else (
        f"is within {percent(claim.within or 0.0)} of the published figure")  # fmt: skip
    also = f", give or take {SIGMAS:g} standard errors" if claim.error else ""
    return f"what {close}{also}"
