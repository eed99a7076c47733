"""Accuracy against what it cost: emulated time and energy."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator import Result

from .engineering import percent
from .style import BLUE, GREEN, GREY, RED, canvas, is_wide, linear_axis, log_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 4000  # raw points drawn at most
FEW = 150  # so few points are drawn large

Column = NDArray[np.float64]


class Cost(NamedTuple):
    """What accuracy is drawn against: a column of the steps, and its value when the run ended."""

    column: str
    label: str
    unit: str
    end: float


@styled
def learning_figure(result: Result) -> Figure | None:
    """Draw accuracy over emulated time and over energy; None without a finite accuracy."""
    columns = {name: np.asarray(column, float) for name, column in result.steps.items()}
    accuracy = columns.get("accuracy", np.empty(0))
    known = np.isfinite(accuracy)
    time = Cost("seconds", "emulated time", "s", result.emulated.seconds)
    energy = Cost("energy_j", "energy", "J", result.bill.total())
    costs = [cost for cost in (time, energy) if cost.column in columns]
    if not costs or not known.any():
        return None
    figure = canvas(3.1)
    row = figure.subplots(1, len(costs), sharey=True, squeeze=False)[0]
    for axes, cost in zip(row, costs, strict=True):
        _panel(axes, cost, columns[cost.column][known], accuracy[known], result)
    row[0].set_ylabel("accuracy")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4)
    return figure


def _panel(axes: Axes, cost: Cost, x: Column, y: Column, result: Result) -> None:
    """Draw raw steps, their running mean, the final test with its interval, the reference."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    factor, mean = 1.0, smooth(y)
    if is_wide([*x, cost.end]):
        log_axis(axes, cost.label, cost.unit, ticks=5)
        shown = x > 0
        x, y, mean = x[shown], y[shown], mean[shown]
    else:
        factor = linear_axis(axes, cost.label, cost.unit, max(float(x.max()), cost.end))
    thin = slice(None, None, max(-(-len(x) // POINTS), 1))
    axes.plot(x[thin] / factor, y[thin], ".", color=GREY, alpha=0.5, markeredgewidth=0,
              markersize=4 if len(x) > FEW else 8, label="step (training samples)")  # fmt: skip
    axes.plot(x[thin] / factor, mean[thin], color=BLUE, linewidth=1.8, label="running mean")
    _final(axes, result, cost.end / factor)
    reference = result.metrics.get("accuracy_backprop")
    if reference is not None and np.isfinite(reference):
        axes.axhline(reference, color=GREEN, linestyle="--", linewidth=1.2,
                     label=f"backpropagation, {percent(reference)}")  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)


def _final(axes: Axes, result: Result, x: float) -> None:
    final = result.metrics.get("accuracy")
    if final is None or not np.isfinite(final):
        return
    low, high = (result.metrics.get(f"accuracy_{side}") for side in ("low", "high"))
    interval = None
    if low is not None and high is not None:
        interval = [[max(final - low, 0.0)], [max(high - final, 0.0)]]
    axes.errorbar([x], [final], yerr=interval, fmt="D", color=RED, markersize=5, capsize=3,
                  linewidth=1.2, label=f"final test, {percent(final)}")  # fmt: skip


def smooth(y: Column) -> Column:
    """Return the running mean of each step and its neighbours.

    A thirtieth of the run, centred; half the steps so far at its start, where a logarithmic axis
    spreads them out; what is left at its end.
    """
    half = max(len(y) // 60, 1)
    sums = np.concatenate([[0.0], np.cumsum(y)])
    index = np.arange(len(y))
    reach = np.minimum(index // 4, half)
    first, after = index - reach, np.minimum(index + reach + 1, len(y))
    mean: Column = (sums[after] - sums[first]) / (after - first)
    return mean
