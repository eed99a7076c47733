"""`spinboard claims`: judges every claim, tells what came out, and whether anything has changed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emulator import __version__
from emulator.kernels import announcing

from ..json_text import to_json
from ..progress import ConsoleWatch, StopFlag
from .report import render
from .report_file import ReportFile
from .suite import Suite, configure_claims
from .verdict import Judgement, shown

INTERRUPTED = 130
COLORS = {"agrees": "green", "differs": "yellow", "inconsistent": "magenta",
          "not checkable": "dim"}  # fmt: skip


@dataclass(frozen=True)
class ClaimsRequest:
    """The arguments of `spinboard claims`."""

    settings: tuple[str, ...]
    head: Mapping[str, Any]
    only: tuple[str, ...]
    json: bool
    html: Path | None


def run_claims(request: ClaimsRequest) -> int:
    """Judge and report; 0 if every verdict is the expected one, 1 if one has changed.

    130 if interrupted; what was judged by then is reported. Raises `SpinboardError`.
    """
    report = ReportFile(request.html) if request.html else None
    suite = Suite(configure_claims(request.settings, **request.head))
    if request.only:
        suite.select(request.only)
    flag, errors = StopFlag(), Console(stderr=True)
    found: list[Judgement] = []
    watch = ConsoleWatch(errors, flag, lambda columns: None, visible=True)
    with flag.listening(), watch.showing(), announcing(watch.notice):
        found.extend(suite.judgements(watch))
    if request.json:
        sys.stdout.write(to_json(summary(found)) + "\n")
    else:
        _show(suite, found, Console())
    if report is not None:
        report.write(render(suite, found))
        errors.print(f"report: {report.path}", highlight=False, soft_wrap=True, markup=False)
    if flag.raised:
        errors.print(f"interrupted after {len(found)} claims", highlight=False)
        return INTERRUPTED
    return 1 if any(judgement.changed for judgement in found) else 0


def summary(found: Sequence[Judgement]) -> dict[str, Any]:
    """Return the object that `--json` prints."""
    return {
        "schema": 1,
        "version": __version__,
        "claims": [entry(judgement) for judgement in found],
        "changed": [judgement.claim.id for judgement in found if judgement.changed],
    }


def entry(judgement: Judgement) -> dict[str, Any]:
    """Return one claim as JSON; figures are in `unit`, `trusts` are shares of `emulated`."""
    claim, printed = judgement.claim, judgement.claim.published
    return {
        "id": claim.id,
        "source": claim.source,
        "statement": claim.statement,
        "published": printed.value if printed else None,
        "printed": printed.text if printed else None,
        "emulated": judgement.emulated,
        "implied": judgement.implied,
        "unit": claim.unit,
        "difference": judgement.difference,
        "verdict": judgement.verdict,
        "expected": claim.expected,
        "how": judgement.how,
        "reason": judgement.reason,
        "trusts": judgement.trusts,
    }


def _show(suite: Suite, found: Sequence[Judgement], console: Console) -> None:
    """Print a table per chapter, and what has changed."""
    by_id = {judgement.claim.id: judgement for judgement in found}
    for chapter in suite.chapters:
        known = [by_id[claim.id] for claim in chapter.claims if claim.id in by_id]
        if known:
            console.print(_table(f"{chapter.source}: {chapter.title}", known))
            console.print()
    counts = {v: sum(j.verdict == v for j in found) for v in COLORS}
    console.print(", ".join(f"{n} {verdict}" for verdict, n in counts.items() if n))
    for judgement in found:
        if judgement.changed:
            expected = f"{judgement.claim.id}: expected '{judgement.claim.expected}'"
            console.print(f"{expected}, found '{judgement.verdict}'", style="bold red")


def _table(title: str, found: Sequence[Judgement]) -> Table:
    table = Table(title=escape(title), title_justify="left", title_style="bold", box=None,
                  pad_edge=False)  # fmt: skip
    for column in ("claim", "published", "emulated", "verdict", "statement, and the reason"):
        table.add_column(column, overflow="fold", no_wrap=column == "claim")
    for judgement in found:
        claim, color = judgement.claim, COLORS[judgement.verdict]
        printed = claim.published.text if claim.published else "-"
        cells = [claim.id, printed, shown(judgement.emulated, claim.unit), judgement.verdict]
        told = " ".join(text for text in (claim.statement, judgement.reason) if text)
        cells = [escape(cell) for cell in (*cells, told)]
        cells[3] = f"[{color}]{cells[3]}[/]"
        table.add_row(*cells)
    return table
