"""What a vote costs: accuracy against energy and latency per classification."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator import Result, Table

from .engineering import engineering, percent
from .style import BLUE, GREEN, INK, RED, canvas, is_wide, linear_axis, log_axis, micro, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Panel(NamedTuple):
    """What accuracy is drawn against: a column of the table."""

    column: str
    label: str
    unit: str


PANELS = (Panel("energy_j", "energy per classification", "J"),
          Panel("latency_s", "latency per classification, mean of a burst", "s"))  # fmt: skip


@styled
def draws_figure(result: Result) -> Figure | None:
    """Draw the table `draws` with the cheapest vote marked; None without points."""
    table = result.tables.get("draws")
    if not table or not table["draws"]:
        return None
    figure = canvas(3.7)
    row = figure.subplots(1, len(PANELS), sharey=True)
    for axes, panel in zip(row, PANELS, strict=True):
        _panel(axes, panel, table, result)
    row[0].set_ylabel("accuracy, 95 % interval")
    handles, labels = row[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=2)
    return figure


def _panel(axes: Axes, panel: Panel, table: Table, result: Result) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    x, y, low, high = (
        np.asarray(table[name], float)
        for name in (panel.column, "accuracy", "accuracy_low", "accuracy_high")
    )
    factor = 1.0
    if is_wide(x):
        log_axis(axes, panel.label, panel.unit, ticks=6)
        axes.set_xlim(x.min() / 1.6, x.max() * 1.6)
    else:
        factor = linear_axis(axes, panel.label, panel.unit, float(x.max()))
    x = x / factor
    reach = [np.maximum(y - low, 0.0), np.maximum(high - y, 0.0)]
    axes.errorbar(x, y, yerr=reach, fmt="o-", color=BLUE, markersize=4, capsize=2.5,
                  linewidth=1.2, label="vote of so many updates per neuron")  # fmt: skip
    for draws, at, bottom in zip(table["draws"], x, low, strict=True):
        axes.annotate(str(draws), (at, bottom), (2, -2), textcoords="offset points",
                      ha="left", va="top", fontsize=7.5, color=INK)  # fmt: skip
    _bounds(axes, result)
    _cheapest(axes, table, x, result)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.margins(y=0.1)
    axes.grid(True)


def _bounds(axes: Axes, result: Result) -> None:
    """Draw what infinitely many draws reach, and what a host reaches by backpropagation."""
    for name, label, color, dashes in (
        ("accuracy_probability", "infinitely many draws", INK, "--"),
        ("accuracy_backprop", "backpropagation on a host", GREEN, ":"),
    ):
        bound = result.metrics.get(name)
        if bound is not None and np.isfinite(bound):
            axes.axhline(bound, color=color, linestyle=dashes, linewidth=1.2,
                         label=f"{label}, {percent(bound)}")  # fmt: skip


def _cheapest(axes: Axes, table: Table, x: NDArray[np.float64], result: Result) -> None:
    """Mark the cheapest vote that comes close enough to the limit."""
    draws = result.metrics.get("cheapest_draws")
    if draws is None:
        return
    at = list(table["draws"]).index(draws)
    joules, seconds = (float(table[panel.column][at]) for panel in PANELS)
    costs = micro(f"{engineering(joules, 'J')}, {engineering(seconds, 's')}")
    axes.plot(x[at], table["accuracy"][at], "o", color=RED, markersize=9, fillstyle="none",
              markeredgewidth=1.8,
              label=f"cheapest near the limit: {draws} updates, {costs}")  # fmt: skip
