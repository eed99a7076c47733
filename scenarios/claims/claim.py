"""A published statement that can be checked, and what kind of statement it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .printed import Printed

VERDICTS = ("agrees", "differs", "inconsistent", "not checkable")
KINDS = ("stated", "reading", "what-if", "fitted", "echo", "arithmetic")
FED = ("fitted", "echo")  # kinds that name the numbers on cards that make them agree


@dataclass(frozen=True)
class Claim:
    """One statement of a source, and the formulas that check it.

    `quote` holds words of the source, `place` where they stand. `published` is the figure as
    printed, None where it is lost or was never stated; in its stead a `criterion` of ours may say
    what a statement without a figure amounts to. `emulated` says what the emulator gives, None
    where nothing can be emulated. `implied` is what the source's own figures give for the same
    quantity: if that is not what was printed, the source contradicts itself. `expected` is the
    verdict that was found when the claim was written, `reason` the sentence that goes with it.
    `within`, and `error`, the formula of a standard error, say how close is close. `unit` is that
    of the table where no figure states one. `repeats` is the claim whose published figure this is.

    `kind`: `stated` by the source; a `reading` of its words by us; a `what-if` of ours; `fitted`,
    where a number was chosen so that the emulator lands there; an `echo`, where the emulator is
    fed this very number and can but agree; `arithmetic` on published figures, which emulates
    nothing. `fed` are the numbers (`TOP.KEY` or `paper:PART.ENTRY`) that make a `fitted` or an
    `echo` come out.
    """

    id: str
    source: str
    statement: str
    expected: str
    kind: str = "stated"
    quote: str = ""
    place: str = ""
    published: Printed | None = None
    criterion: Printed | None = None
    repeats: str = ""
    emulated: str | None = None
    implied: str | None = None
    within: float | None = None
    error: str | None = None
    fed: tuple[str, ...] = ()
    reason: str = ""
    unit: str = ""

    @property
    def group(self) -> str:
        """The first word of the id."""
        return self.id.partition(".")[0]

    @property
    def document(self) -> str:
        """The source without the place: `S0`."""
        return self.source.partition(" ")[0]

    @property
    def standard(self) -> Printed | None:
        """What a figure is held against: the published one, or our criterion."""
        return self.published or self.criterion

    def called(self, word: str) -> bool:
        """Whether `word` names it: its id, or the first words of that (`table3.asic`)."""
        return f"{self.id}.".startswith(f"{word}.")


@dataclass(frozen=True)
class Chapter:
    """The claims of one place in a source, and the formulas that they share, by name."""

    source: str
    title: str
    claims: tuple[Claim, ...]
    definitions: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The group that its claims belong to."""
        return self.claims[0].group
