"""Several boards side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from emulator import Result
from emulator.result import UPDATE_GROUPS

from .engineering import engineering
from .headlines import GROUP_NAMES, titles, update_joules
from .style import GROUP_COLORS, INK, canvas, legend_of, log_axis, micro, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 0.7  # inches per board
BELOW = 0.22  # of a row: the groups stand below their total


@styled
def comparison_figure(results: Sequence[Result]) -> Figure:
    """Draw update rate and energy per update of several runs on logarithmic axes."""
    figure = canvas(1.1 + HEIGHT * len(results))
    figure.get_layout_engine().set(w_pad=0.12)  # type: ignore[union-attr, call-arg]
    rate, energy = figure.subplots(1, 2, sharey=True)
    _rates(rate, [result.emulated.update_rate_hz for result in results])
    _energies(energy, results)
    rate.set_yticks(range(len(results)), titles(results))
    rate.set_ylim(len(results) - 0.5, -0.6)
    colors = {GROUP_NAMES[group]: GROUP_COLORS[group] for group in UPDATE_GROUPS}
    legend_of(figure, {"total": INK, **colors}, loc="outside upper left")
    return figure


def _rates(axes: Axes, rates: Sequence[float | None]) -> None:
    log_axis(axes, "updates per second", "Hz", ticks=5)
    for row, rate in enumerate(rates):
        if rate:
            _point(axes, rate, row, engineering(rate, "Hz"))
    _frame(axes, [rate for rate in rates if rate])


def _energies(axes: Axes, results: Sequence[Result]) -> None:
    """Draw the energy per update with its range, and what each group has in it."""
    log_axis(axes, "energy per update", "J", ticks=5)
    drawn: list[float] = []
    for row, result in enumerate(results):
        total, updates = result.energy_per_update_j(), result.emulated.updates
        if not total:
            continue
        inside = result.bill.by(lambda line: line.entry.group, window=True)
        for group in UPDATE_GROUPS:
            joules = inside.get(group, 0.0) / updates
            if joules:
                axes.plot([joules], [row + BELOW], "o", color=GROUP_COLORS[group], markersize=6)
                drawn.append(joules)
        low, high = update_joules(result, "low"), update_joules(result, "high")
        if low and high and low < high:
            axes.plot([low, high], [row, row], color=INK, linewidth=1.2)
            drawn += [low, high]
        _point(axes, total, row, engineering(total, "J"))
        drawn.append(total)
    _frame(axes, drawn)


def _point(axes: Axes, x: float, row: int, text: str) -> None:
    axes.plot([x], [row], "D", color=INK, markersize=5)
    axes.annotate(micro(text), (x, row), xytext=(0, 6), textcoords="offset points", ha="center",
                  va="bottom", fontsize=8)  # fmt: skip


def _frame(axes: Axes, drawn: Sequence[float]) -> None:
    """Leave half a decade on both sides, and more when all points are close together."""
    if drawn:
        axes.set_xlim(min(drawn) / 5, max(drawn) * 5)
    axes.tick_params(axis="y", length=0)
    axes.grid(True)
