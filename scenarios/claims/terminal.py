"""The claims on a terminal: a table per chapter, or a list where there is no room for one."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .claim import KINDS, VERDICTS
from .suite import Suite
from .verdict import Judgement, shown
from .wording import OURS, difference

COLORS = dict(zip(VERDICTS, ("green", "yellow", "magenta", "dim"), strict=True))
MARKS = {kind: f" ({kind})" for kind in KINDS} | {KINDS[0]: ""}
WIDE = 140  # columns that a table takes
COLUMNS = ("claim", "published", "emulated", "difference", "verdict", "statement, and the reason")


def show(suite: Suite, found: Sequence[Judgement], console: Console, how: bool = False) -> None:
    """Print what was judged, how often each verdict came out, and what has changed.

    `how`: with the words of the source and the formulas.
    """
    by_id = {judgement.claim.id: judgement for judgement in found}
    for chapter in suite.chapters:
        known = [by_id[claim.id] for claim in chapter.claims if claim.id in by_id]
        if known:
            console.print(f"[bold]{escape(f'{chapter.source}: {chapter.title}')}[/]")
            wide = console.width >= WIDE
            console.print(
                _table(known, how) if wide else _list(known, console.width, how), highlight=False
            )
            console.print()
    for line in counts(found):
        console.print(line, highlight=False)
    for judgement in found:
        if judgement.changed:
            expected = f"{judgement.claim.id}: expected '{judgement.claim.expected}'"
            console.print(f"{expected}, found '{judgement.verdict}'", style="bold red")
    console.print(f"prices {suite.config.prices}, seed {suite.config.seed}", highlight=False)
    if suite.settings:
        console.print(f"set: {', '.join(suite.settings)}", highlight=False, markup=False)


def counts(found: Sequence[Judgement]) -> Iterator[str]:
    """Yield a line for each kind of claim, what the sources state first."""
    for kind in KINDS:
        verdicts = Counter(judgement.verdict for judgement in found if judgement.claim.kind == kind)
        if verdicts:
            told = ", ".join(f"{verdicts[v]} {v}" for v in VERDICTS if verdicts[v])
            yield f"{kind:>10}: {told}"


def figure(judgement: Judgement) -> str:
    """Return the emulated figure, with its standard error where it has one."""
    claim = judgement.claim
    if judgement.error is None or judgement.emulated is None:
        return shown(judgement.emulated, claim.unit)
    number = f"{judgement.emulated:.4g} \u00b1 {judgement.error:.2g}"
    return f"{number} {'%' if claim.unit == 'percent' else claim.unit}".strip()


def _printed(judgement: Judgement) -> str:
    """Return what the figure is held against, and what the source's own figures give for it."""
    claim, standard = judgement.claim, judgement.claim.standard
    text = standard.text if standard else "-"
    if claim.criterion:
        text += f" ({OURS})"
    if judgement.implied is not None:
        text += f", own figures give {shown(judgement.implied, claim.unit)}"
    return text


def _told(judgement: Judgement, how: bool) -> Iterator[str]:
    """Yield what is said of a claim: its statement, the reason and, if asked for, how."""
    claim = judgement.claim
    yield claim.statement
    if judgement.reason:
        yield judgement.reason
    if how:
        if claim.quote:
            yield f"{claim.document} {claim.place}: \u201c{claim.quote}\u201d"
        yield f"how: {' '.join(judgement.how.split())}"
        if claim.implied:
            yield f"own figures: {' '.join(claim.implied.split())}"
        if claim.fed:
            yield f"fed: {', '.join(claim.fed)}"


def _verdict(judgement: Judgement) -> str:
    color = COLORS[judgement.verdict]
    return f"[{color}]{judgement.verdict}[/]{MARKS[judgement.claim.kind]}"


def _table(found: Sequence[Judgement], how: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        most = 22 if column == "published" else None
        table.add_column(column, overflow="fold", no_wrap=column == "claim", max_width=most)
    for judgement in found:
        told = ("\n" if how else " ").join(_told(judgement, how))
        cells = (judgement.claim.id, _printed(judgement), figure(judgement), difference(judgement))
        table.add_row(*map(escape, cells), _verdict(judgement), escape(told))
    return table


def _list(found: Sequence[Judgement], width: int, how: bool) -> str:
    """Return a paragraph per claim, for a terminal of any width."""
    lines = []
    for judgement in found:
        claim = judgement.claim
        lines.append(f"{escape(claim.id)}  {_verdict(judgement)}")
        held = "held against" if claim.criterion else "published"
        figures = f"{held} {_printed(judgement)}; emulated {figure(judgement)}"
        if judgement.difference is not None:
            figures += f"; difference {difference(judgement)}"
        for text in (figures, *_told(judgement, how)):
            wrapped = textwrap.wrap(text, max(width - 2, 1))
            lines += [f"  {escape(line)}" for line in wrapped]
    return "\n".join(lines)
