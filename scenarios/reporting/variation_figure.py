"""Accuracy against device variation, and what a calibration costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emulator import Result, Table

from .style import BLUE, GREEN, GREY, RED, canvas, log_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {
    "none": ("as made", RED, "o"),
    "after": ("calibrated after learning", BLUE, "s"),
    "before": ("calibrated before learning", GREEN, "D"),
}


@styled
def variation_figure(result: Result) -> Figure | None:
    """Draw the table `variation`, and below it `calibration` if there is one; None without rows."""
    table, rungs = (result.tables.get(name, {}) for name in ("variation", "calibration"))
    if not table or not table["sigma"]:
        return None
    climbed = bool(rungs and rungs["trials"])
    figure = canvas(5.6 if climbed else 3.0)
    top, *below = figure.subfigures(2 if climbed else 1, 1, squeeze=False)[:, 0]
    limit, vote, single = top.subplots(1, 3)
    vote.sharey(limit)
    _sweep(limit, table, "accuracy_probability", "Limit of many draws")
    _sweep(vote, table, "accuracy", f"Vote of {result.metrics.get('draws')} draws")
    _sweep(single, table, "accuracy_one_draw", "One draw")
    reference = result.metrics.get("accuracy_backprop")
    for axes in (limit, vote) if reference is not None else ():
        axes.axhline(float(reference or 0.0), color=GREY, linestyle="-.",
                     label="backpropagation on a host")  # fmt: skip
    limit.set_ylabel("accuracy")
    vote.set_xlabel("sigma of the device offsets")
    handles, labels = limit.get_legend_handles_labels()
    top.legend(handles, labels, loc="outside upper left", ncols=4)
    for part in below:
        error, cost = part.subplots(1, 2)
        _errors(error, rungs)
        _cost(cost, rungs, table)
    return figure


def _sweep(axes: Axes, table: Table, column: str, title: str) -> None:
    """Draw one kind of accuracy over sigma, one line per calibration."""
    kind = np.asarray(table["calibration"])
    sigma, y = (np.asarray(table[name], float) for name in ("sigma", column))
    for name, (label, color, marker) in KINDS.items():
        one = kind == name
        axes.plot(sigma[one], y[one], color=color, marker=marker, markersize=4, label=label)
        if column == "accuracy":
            low, high = (np.asarray(table[f"{column}_{side}"], float)[one]
                         for side in ("low", "high"))  # fmt: skip
            axes.fill_between(sigma[one], low, high, color=color, alpha=0.1, linewidth=0)
    axes.set_title(title)
    _percents(axes)


def _errors(axes: Axes, rungs: Table) -> None:
    """Draw how the estimates sharpen, and the law that they follow."""
    from matplotlib.ticker import FuncFormatter  # noqa: PLC0415

    trials, error = (np.asarray(rungs[name], float) for name in ("trials", "offset_error"))
    axes.plot(trials, error, "s-", color=BLUE, markersize=4, label="measured")
    axes.plot(trials, 0.5 / np.sqrt(trials), "--", color=GREY, label="0.5 / sqrt(trials)")
    log_axis(axes, "trials per device", "")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
    axes.yaxis.set_minor_formatter(FuncFormatter(lambda y, _: f"{y:g}" if _leads(y, 3) else ""))
    axes.set_ylabel("rms error of an offset")
    axes.set_title("Largest sigma: what is measured")
    axes.legend()
    axes.grid(True)


def _cost(axes: Axes, rungs: Table, table: Table) -> None:
    """Draw the accuracy that comes back over the energy that was spent on measuring."""
    energy, y = (np.asarray(rungs[name], float) for name in ("energy_j", "accuracy_probability"))
    axes.plot(energy, y, "s-", color=BLUE, markersize=4, label="calibrated after learning")
    limits = table["accuracy_probability"]
    kinds = list(zip(table["calibration"], limits, strict=True))
    made = [float(limit) for kind, limit in kinds if kind == "none"]
    axes.axhline(made[-1], color=RED, linestyle="--", label="as made")
    axes.axhline(made[0], color=GREY, linestyle=":", label="smallest sigma")
    log_axis(axes, "energy of the calibration", "J")
    axes.set_title("Largest sigma: what comes back")
    axes.set_ylabel("limit of many draws")
    _percents(axes)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.07))


def _leads(value: float, digit: int) -> bool:
    """Whether `digit` is the first one of a tick's value."""
    return f"{value:e}"[0] == str(digit)


def _percents(axes: Axes) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.grid(True)
