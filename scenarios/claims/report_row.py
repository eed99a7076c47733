"""One claim as the report shows it: everything in words and units that people read."""

from __future__ import annotations

from dataclasses import dataclass

from ..reporting.engineering import percent, whole_percent
from ..reporting.style import micro
from .claim import Claim
from .printed import SIGMAS, Printed
from .quantity import RESTS
from .verdict import Judgement
from .wording import BOUND, NONE, difference, readable


@dataclass(frozen=True)
class Share:
    """What part of a figure rests on a trust, of one."""

    trust: str
    share: float


@dataclass(frozen=True)
class Row:
    """A judged claim.

    `standard` (the published figure or our criterion), `emulated`, `implied` and `difference` are
    texts, `implied` empty where there is no such figure. `origin` and `notes` say where the
    emulated figure is from, `close` what counts as the published one.
    """

    claim: Claim
    verdict: str
    changed: bool
    reason: str
    standard: str
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
        claim, standard = judgement.claim, judgement.claim.standard
        origin, notes = _apart(judgement)
        known = judgement.implied is not None
        return cls(
            claim=claim,
            verdict=judgement.verdict,
            changed=judgement.changed,
            reason=micro(judgement.reason),
            standard=_printed(standard) if standard else "no figure",
            emulated=_with_error(judgement),
            implied=readable(judgement.implied, claim.unit) if known else "",
            difference=difference(judgement),
            origin=origin,
            notes=micro(notes),
            close=_close(claim),
            shares=[Share(trust, judgement.trusts[trust]) for trust in RESTS
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


def _close(claim: Claim) -> str:
    """Return in words what counts as the published figure; empty for what always does."""
    if claim.standard is None or (claim.within is None and claim.error is None):
        return ""
    rounds = not claim.within
    close = "rounds to the published figure" if rounds else (
        f"is within {percent(claim.within or 0.0)} of the published figure")  # fmt: skip
    also = f", give or take {SIGMAS:g} standard errors" if claim.error else ""
    return f"what {close}{also}"
