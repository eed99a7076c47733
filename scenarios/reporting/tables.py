"""What the terminal shows at the end of a run, as rich tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator import PS_PER_S, Result, Timeline

from .engineering import duration, engineering, whole_percent
from .headlines import (
    Headline,
    comparison,
    headlines,
    shares,
    split,
    timeline_sentence,
    trust_sentence,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

LARGEST = 3


def show_result(result: Result, console: Console) -> None:
    """Print what a run found out: accuracy, latency, energy, what they rest on, warnings."""
    from rich.text import Text  # noqa: PLC0415  (a slow import that `--help` must not pay)

    console.print(result_table(result))
    console.print(split_table(result))
    console.print(largest_table(result))
    console.print(Text(trust_sentence(result.bill)), highlight=False)
    for warning in result.warnings:
        console.print(Text(f"warning: {warning}", style="yellow"), highlight=False)


def show_timeline(timeline: Timeline, console: Console) -> None:
    """Print one update phase by phase, with the sum and the rate that it allows."""
    from rich.text import Text  # noqa: PLC0415

    console.print(timeline_table(timeline))
    console.print(Text(timeline_sentence(timeline)), highlight=False)


def result_table(result: Result) -> Table:
    """Return the headline figures, the pulse fidelity, and which engine ran and why."""
    status = "" if result.status == "complete" else f" ({result.status})"
    table = _table(f"{result.scenario} on {result.board}, seed {result.seed}{status}",
                   ("", "left"), ("value", "right"), ("", "left"))  # fmt: skip
    for line in headlines(result):
        _row(table, line.label, line.value, line.note)
    for line in fidelity(result):
        _row(table, line.label, line.value, line.note)
    _row(table, "engine", result.engine, result.engine_reason)
    _row(table, "computed in", duration(result.wall_s), f"prices: {result.bill.prices}")
    return table


def fidelity(result: Result) -> list[Headline]:
    """Return the pulse fidelity: how far delivered pulses differ from commanded ones."""
    return [
        Headline(f"pulse: {name.replace('_', ' ')}",
                 f"{value:,}" if isinstance(value, int) else "-" if value is None
                 else f"{value:.4g}")
        for name, value in result.fidelity.items()
    ]  # fmt: skip


def split_table(result: Result) -> Table:
    """Return device, front end, controller, link and host: per update, in total, share."""
    table = _table("Energy", ("group", "left"), ("per update", "right"), ("total", "right"),
                   ("share", "right"))  # fmt: skip
    for name, each, joules, share in split(result):
        _row(table, name, engineering(each, "J"), engineering(joules, "J"), whole_percent(share))
    return table


def largest_table(result: Result) -> Table:
    """Return the parts that take most of the energy."""
    table = _table("Largest parts", ("part", "left"), ("total", "right"), ("share", "right"))
    for share in shares(result.bill, "part")[:LARGEST]:
        _row(table, share.name, engineering(share.joules, "J"), whole_percent(share.share))
    return table


def timeline_table(timeline: Timeline) -> Table:
    """Return the phases of one update with trust and source, and their sum."""
    table = _table("One update", ("phase", "left"), ("starts", "right"), ("lasts", "right"),
                   ("trust", "left"), ("source", "left"))  # fmt: skip
    for phase in timeline.phases:
        _row(table, phase.name, _time(phase.start_ps), _time(phase.duration_ps), phase.trust,
             phase.source)  # fmt: skip
    table.add_section()
    _row(table, "sum", "", _time(timeline.period_ps), "", "")
    return table


def side_by_side(results: Sequence[Result]) -> Table:
    """Return several runs as columns, one quantity per row; at least one run."""
    heads, rows = comparison(results)
    table = _table("Side by side", ("", "left"), *((head, "right") for head in heads))
    for label, cells in rows:
        _row(table, label, *cells)
    return table


def _time(t_ps: int) -> str:
    return engineering(t_ps / PS_PER_S, "s")


def _table(title: str, *columns: tuple[str, str]) -> Table:
    """Return an empty table; texts of the user are never read as markup."""
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD,
                  pad_edge=False, show_header=any(head for head, _ in columns))  # fmt: skip
    for head, justify in columns:
        table.add_column(Text(head), justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def _row(table: Table, *cells: str) -> None:
    from rich.text import Text  # noqa: PLC0415

    table.add_row(*(Text(cell) for cell in cells))
