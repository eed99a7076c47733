"""Accuracy epoch by epoch, with its envelope over the seeds, as in S1 fig. 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator import Result

from .engineering import percent
from .style import BLUE, FAINT, GREEN, SKY, canvas, is_wide, linear_axis, log_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Column = NDArray[np.float64]
FEW = 30  # so few epochs are marked one by one


@styled
def convergence_figure(result: Result) -> Figure | None:
    """Draw accuracy over epochs, and over time and energy of one training.

    The mean over the seeds, from the least to the most of them. None without a learned epoch.
    """
    table = result.tables.get("convergence", {})
    if "train_accuracy" not in table or not table["epoch"]:
        return None
    columns = {name: np.asarray(column, float) for name, column in table.items()}
    figure = canvas(3.6)
    epochs, cost = figure.subplots(1, 2, sharey=True)
    _panel(epochs, columns["epoch"], columns, result)
    _epoch_axis(epochs, columns["epoch"])
    epochs.set_ylabel("accuracy")
    _cost_axes(cost, columns, result)
    handles, labels = epochs.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4, columnspacing=1.4)
    return figure


def _panel(axes: Axes, x: Column, columns: dict[str, Column], result: Result) -> None:
    """Draw both accuracies with their envelopes, the bound and chance."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    marker = "o" if len(x) <= FEW else ""
    for name, color, width in (("test", BLUE, 2.0), ("train", SKY, 1.0)):
        low, mean, high = (columns[f"{name}_accuracy{end}"] for end in ("_min", "", "_max"))
        axes.fill_between(x, low, high, color=color, alpha=0.25, linewidth=0, zorder=width)
        axes.plot(x, mean, color=color, linewidth=width, marker=marker, markersize=2 + width,
                  zorder=2 + width, label=f"{name}, {percent(float(mean[-1]))}")  # fmt: skip
    bound = result.metrics.get("accuracy_backprop")
    if bound is not None:
        axes.axhline(bound, color=GREEN, linestyle="--", linewidth=1.4,
                     label=f"best of backpropagation, {percent(bound)}")  # fmt: skip
    chance = result.metrics.get("chance_accuracy")
    if chance is not None:
        axes.axhline(chance, color=FAINT, linestyle=":", linewidth=1.2,
                     label=f"chance, {percent(chance)}")  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(bottom=0)
    axes.grid(True)


def _epoch_axis(axes: Axes, epochs: Column) -> None:
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(left=0)
    axes.set_xlabel("epoch")


def _cost_axes(axes: Axes, columns: dict[str, Column], result: Result) -> None:
    """Draw over emulated time; above stands the energy, of which each epoch takes the same."""
    seconds, joules = columns["seconds"], columns["energy_j"]
    factor, wide = 1.0, is_wide(seconds)
    if wide:
        log_axis(axes, "emulated time of a training", "s", ticks=5)
    else:
        factor = linear_axis(axes, "emulated time of a training", "s", float(seconds[-1]))
    _panel(axes, seconds / factor, columns, result)
    if not wide:
        axes.set_xlim(left=0)
    if not joules[-1]:
        return
    from matplotlib.ticker import EngFormatter  # noqa: PLC0415

    power = joules[-1] / seconds[-1] * factor
    top = axes.secondary_xaxis("top", functions=(lambda x: x * power, lambda x: x / power))
    top.xaxis.set_major_formatter(EngFormatter(unit="J"))
    top.set_xlabel("energy")
