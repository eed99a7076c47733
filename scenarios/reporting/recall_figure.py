"""Cues beside what was recalled from them, on the board and in the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import Result, Table

from .engineering import percent
from .style import BLUE, GREEN, INK, ORANGE, RED, canvas, legend_of, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 8  # cues drawn at most
PAPER = "#f1f1f1"
ROWS = {"stored": "stored", "shown": "cue", "recalled": "recalled on\nthe board",
        "limit": "recalled in\nthe limit"}  # fmt: skip
CHECKS = {"recalled": "exact", "limit": "exact_limit"}  # which rows can be right or wrong
MARKS = {1: ("right", GREEN), 0: ("wrong", RED)}


@styled
def recall_figure(result: Result) -> Figure | None:
    """Draw a few cues, one column each; None without the table `recall` or without a cue."""
    table = result.tables.get("recall")
    if table is None or not table["cue"]:
        return None
    cues = chosen(table)
    figure = canvas(6.4)
    grid = figure.subplots(len(ROWS), len(cues), squeeze=False)
    for axes_row, (name, label) in zip(grid, ROWS.items(), strict=True):
        axes_row[0].set_ylabel(label, rotation=0, ha="right", va="center")
        for axes, cue in zip(axes_row, cues, strict=True):
            _letter(axes, str(table[name][cue]), str(table["stored"][cue]))
            if name in CHECKS:
                word, color = MARKS[int(table[CHECKS[name]][cue])]
                axes.set_xlabel(word, color=color, labelpad=3)
    for axes, cue in zip(grid[0], cues, strict=True):
        axes.set_title(f"{table['letter'][cue]}, cue {table['cue'][cue]}", loc="center",
                       fontsize=9, fontweight="normal")  # fmt: skip
    figure.suptitle(_title(result), x=0.01, ha="left", fontsize=10, fontweight="bold")
    legend_of(figure, {"as stored": INK, "ink too much": ORANGE, "ink missing": BLUE},
              loc="outside lower left")  # fmt: skip
    return figure


def chosen(table: Table) -> list[int]:
    """Return which cues are drawn: those the board missed first, then the others, in order.

    At most half of the columns show misses while there are hits to show.
    """
    hits = [n for n, exact in enumerate(table["exact"]) if exact]
    misses = [n for n, exact in enumerate(table["exact"]) if not exact]
    missed = min(len(misses), max(COLUMNS // 2, COLUMNS - len(hits)))
    return sorted(misses[:missed] + hits[: COLUMNS - missed])


def _title(result: Result) -> str:
    """Return the shares of cues recalled, of all of them and not of those drawn."""
    table, draws = result.tables["recall"], result.metrics.get("draws")
    board, limit = (sum(map(int, table[name])) / len(table[name]) for name in CHECKS.values())
    return (
        f"{percent(board)} of {len(table['cue'])} cues recalled exactly on the board "
        f"({draws} draws), {percent(limit)} in the limit"
    )


def _letter(axes: Axes, pattern: str, stored: str) -> None:
    """Draw one pattern pixel by pixel, coloured by how it differs from the stored one."""
    from matplotlib.patches import Rectangle  # noqa: PLC0415  (a slow import)

    rows, wanted = pattern.split("/"), stored.split("/")
    for y, (row, right) in enumerate(zip(rows, wanted, strict=True)):
        for x, (pixel, stored_pixel) in enumerate(zip(row, right, strict=True)):
            color = INK if pixel == "#" else PAPER
            if pixel != stored_pixel:
                color = ORANGE if pixel == "#" else BLUE
            axes.add_patch(Rectangle((x + 0.06, y + 0.06), 0.88, 0.88, color=color, linewidth=0))
    axes.set(xlim=(0, len(rows[0])), ylim=(len(rows), 0), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
