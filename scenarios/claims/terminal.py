"""The claims on a terminal: a table per chapter, or a list where there is no room for one."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .claim import KINDS, VERDICTS, Claim
from .suite import Suite
from .verdict import Judgement, shown

COLORS = dict(zip(VERDICTS, ("green", "yellow", "magenta", "dim"), strict=True))
MARKS = dict(zip(KINDS, ("", " (reading)", " (what-if)", " (echo)"), strict=True))
WIDE = 120  # columns that a table takes


def show(suite: Suite, found: Sequence[Judgement], console: Console) -> None:
    """Print what was judged, how often each verdict came out, and what has changed."""
    by_id = {judgement.claim.id: judgement for judgement in found}
    for chapter in suite.chapters:
        known = [by_id[claim.id] for claim in chapter.claims if claim.id in by_id]
        if known:
            console.print(f"[bold]{escape(f'{chapter.source}: {chapter.title}')}[/]")
            wide = console.width >= WIDE
            console.print(_table(known) if wide else _list(known, console.width), highlight=False)
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
            yield f"{kind:>8}: {told}"


def figure(judgement: Judgement) -> str:
    """Return the emulated figure, with its standard error where it has one."""
    claim = judgement.claim
    if judgement.error is None or judgement.emulated is None:
        return shown(judgement.emulated, claim.unit)
    number = f"{judgement.emulated:.4g} \u00b1 {judgement.error:.2g}"
    return f"{number} {'%' if claim.unit == 'percent' else claim.unit}".strip()


def _printed(claim: Claim) -> str:
    return claim.published.text if claim.published else "-"


def _verdict(judgement: Judgement) -> str:
    color = COLORS[judgement.verdict]
    return f"[{color}]{judgement.verdict}[/]{MARKS[judgement.claim.kind]}"


def _table(found: Sequence[Judgement]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("claim", "published", "emulated", "verdict", "statement, and the reason"):
        table.add_column(column, overflow="fold", no_wrap=column == "claim")
    for judgement in found:
        claim = judgement.claim
        told = " ".join(text for text in (claim.statement, judgement.reason) if text)
        cells = [escape(cell) for cell in (claim.id, _printed(claim), figure(judgement))]
        table.add_row(*cells, _verdict(judgement), escape(told))
    return table


def _list(found: Sequence[Judgement], width: int) -> str:
    """Return a paragraph per claim, for a terminal of any width."""
    lines = []
    for judgement in found:
        claim = judgement.claim
        lines.append(f"{escape(claim.id)}  {_verdict(judgement)}")
        figures = f"published {_printed(claim)}, emulated {figure(judgement)}"
        for text in (figures, claim.statement, judgement.reason):
            wrapped = textwrap.wrap(text, max(width - 2, 1))
            lines += [f"  {escape(line)}" for line in wrapped]
    return "\n".join(lines)
