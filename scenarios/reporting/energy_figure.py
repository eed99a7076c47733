"""Where the energy of a run goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator import Bill

from .engineering import engineering, whole_percent
from .headlines import GROUP_NAMES, shares
from .style import (
    GROUP_COLORS,
    INK,
    PALE,
    ROW,
    canvas,
    is_wide,
    legend_of,
    linear_axis,
    log_axis,
    micro,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PARTS = 14  # parts shown one by one
LABELLED = 0.06  # a share below this is too narrow for its label


@dataclass(frozen=True)
class Bar:
    """The energy of a part, or of several small ones, with its range and colour."""

    name: str
    color: str
    joules: float
    low: float
    high: float


@styled
def energy_figure(bill: Bill) -> Figure:
    """Draw the share of each group, and the energy of each part with its range.

    The bill must hold some energy.
    """
    bars = _bars(bill)
    rows = ROW * len(bars)
    figure = canvas(rows + 1.9)
    top, below = figure.subplots(2, 1, height_ratios=[0.4, rows + 0.4])
    used = _group_bar(top, bill)
    legend_of(figure, used, loc="outside upper left")
    _part_bars(below, bars, bill.total())
    return figure


def _bars(bill: Bill) -> list[Bar]:
    """Return a bar per part, the largest first, and one for all the small ones."""
    names = [share.name for share in shares(bill, "part") if share.joules]
    group = {line.entry.part: line.entry.group for line in bill.lines}
    bars = [_bar(bill, name, GROUP_COLORS[group[name]], {name}) for name in names[:PARTS]]
    small = set(names[PARTS:])
    return [*bars, _bar(bill, f"{len(small)} more parts", PALE, small)] if small else bars


def _bar(bill: Bill, name: str, color: str, parts: set[str]) -> Bar:
    value = bill.total(where=lambda line: line.entry.part in parts)
    low = bill.total("low", where=lambda line: line.entry.part in parts)
    high = bill.total("high", where=lambda line: line.entry.part in parts)
    return Bar(name, color, value, low, high)


def _group_bar(axes: Axes, bill: Bill) -> dict[str, str]:
    """Draw the run as one bar of its groups; return the legend (group: colour)."""
    known = {share.name: share for share in shares(bill, "group") if share.joules}
    left = 0.0
    for group, color in GROUP_COLORS.items():
        if group not in known:
            continue
        share = known[group].share
        axes.barh(0, share, left=left, color=color, edgecolor="white", linewidth=0.8)
        if share >= LABELLED:
            axes.text(left + share / 2, 0, whole_percent(share), ha="center", va="center",
                      color="white" if group == "device" else INK, fontsize=8.5)  # fmt: skip
        left += share
    axes.set_xlim(0, 1)
    axes.set_axis_off()
    return {GROUP_NAMES[group]: GROUP_COLORS[group] for group in GROUP_COLORS if group in known}


def _part_bars(axes: Axes, bars: Sequence[Bar], total: float) -> None:
    """Draw one row per part: the bar, the whisker of its range, the figure and its share."""
    floor, factor = _energy_axis(axes, bars)
    for row, bar in enumerate(bars):
        value, low, high = (x / factor for x in (bar.joules, bar.low, bar.high))
        axes.barh(row, value - floor, left=floor, height=0.62, color=bar.color)
        if low < high:
            axes.errorbar([value], [row], xerr=[[value - max(low, floor)], [high - value]],
                          fmt="none", ecolor=INK, elinewidth=1.1, capsize=2.5)  # fmt: skip
        text = f"{micro(engineering(bar.joules, 'J'))} ({whole_percent(bar.joules / total)})"
        axes.annotate(text, (max(value, high), row), xytext=(6, 0), textcoords="offset points",
                      va="center", fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(True, axis="x")


def _energy_axis(axes: Axes, bars: Sequence[Bar]) -> tuple[float, float]:
    """Scale the axis with room for the texts; return (where bars begin, factor of the unit)."""
    least = min(bar.low or bar.joules for bar in bars)
    most = max(bar.high for bar in bars)
    if is_wide([bar.joules for bar in bars]):
        log_axis(axes, "energy of the run (logarithmic)", "J")
        floor = least / 3
        axes.set_xlim(floor, floor * (most / floor) ** 1.3)
        return floor, 1.0
    factor = linear_axis(axes, "energy of the run", "J", most)
    axes.set_xlim(0, 1.25 * most / factor)
    return 0.0, factor
