"""Accuracy against what it cost: emulated time and energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator import Result

from .engineering import percent
from .style import BLUE, GREY, RED, canvas, is_wide, linear_axis, log_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

POINTS = 4000  # raw points drawn at most

Column = NDArray[np.float64]


@styled
def learning_figure(result: Result) -> Figure | None:
    """Draw accuracy over emulated time and over energy; None without a finite accuracy."""
    columns = {name: np.asarray(column, float) for name, column in result.steps.items()}
    accuracy = columns.get("accuracy", np.empty(0))
    known = np.isfinite(accuracy)
    if not known.any():
        return None
    panels = [("seconds", "emulated time", "s", result.emulated.seconds),
              ("energy_j", "energy", "J", result.bill.total())]  # fmt: skip
    panels = [panel for panel in panels if panel[0] in columns]
    figure = canvas(3.1)
    row = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (name, label, unit, end) in zip(row, panels, strict=True):
        _learning_panel(axes, columns[name][known], accuracy[known], result, end, (label, unit))
    row[0].set_ylabel("accuracy")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure


def _learning_panel(axes: Axes, x: Column, y: Column, result: Result, end: float,
                    what: tuple[str, str]) -> None:  # fmt: skip
    """Draw raw steps, their running mean, and the final test with its interval at `end`."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    reach = [*x, end]
    if is_wide(reach):
        log_axis(axes, *what)
        y, x, factor = y[x > 0], x[x > 0], 1.0
    else:
        factor = linear_axis(axes, *what, max(reach))
    thin = slice(None, None, -(-len(x) // POINTS) or 1)
    axes.plot(x[thin] / factor, y[thin], ".", color=GREY, alpha=0.35, markersize=3,
              markeredgewidth=0, label="each step")  # fmt: skip
    axes.plot(x[thin] / factor, smooth(y)[thin], color=BLUE, linewidth=1.8, label="running mean")
    _final(axes, result, end / factor)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)


def _final(axes: Axes, result: Result, x: float) -> None:
    final = result.metrics.get("accuracy")
    if final is None or not np.isfinite(final):
        return
    low, high = (result.metrics.get(f"accuracy_{side}") for side in ("low", "high"))
    known = low is not None and high is not None
    axes.errorbar([x], [final], yerr=[[final - low], [high - final]] if known else None,
                  fmt="D", color=RED, markersize=5, capsize=3, linewidth=1.2,
                  label=f"final test, {percent(final)}")  # fmt: skip


def smooth(y: Column) -> Column:
    """Return the centred running mean over a thirtieth of the run, shorter at both ends."""
    half = max(len(y) // 60, 1)
    sums = np.concatenate([[0.0], np.cumsum(y)])
    index = np.arange(len(y))
    reach = np.minimum(half, np.minimum(index, len(y) - 1 - index))
    mean: Column = (sums[index + reach + 1] - sums[index - reach]) / (2 * reach + 1)
    return mean
