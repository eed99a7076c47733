"""Resistance against V_SOT, and where each device switched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emulator import Result

from .style import BLUE, GREY, INK, RED, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Columns = dict[str, NDArray[Any]]
DIRECTIONS = (("AP", RED, "P to AP"), ("P", BLUE, "AP to P"))


@styled
def rv_loop_figure(result: Result) -> Figure | None:
    """Draw the table `rv_loop`: all loops, and the switching voltages; None without points."""
    points = {name: np.asarray(column) for name, column in result.tables.get("rv_loop", {}).items()}
    if not points or not len(points["v_sot"]):
        return None
    figure = canvas(3.5)
    left, right = figure.subplots(1, 2, sharex=True, width_ratios=[1.3, 1])
    _loops(left, points)
    _voltages(right, points)
    for axes in (left, right):
        axes.set_xlabel("V_SOT (V)")
        axes.axvline(0.0, color=GREY, linewidth=0.8, zorder=0)
        axes.grid(True)
    return figure


def _each_loop(points: Columns) -> list[Columns]:
    """Return the points of each device's loops, in time order."""
    last = int(points["loop"].max()) + 1
    number = points["device"] * last + points["loop"]
    return [
        {name: column[number == which] for name, column in points.items()}
        for which in np.unique(number)
    ]


def _loops(axes: Axes, points: Columns) -> None:
    """Draw every loop, the first one of the first device in full."""
    for place, loop in enumerate(_each_loop(points)):
        style = {"color": PALE_LOOP, "linewidth": 0.7} if place else FIRST
        axes.plot(
            loop["v_sot"], loop["r_ohm"] / 1e3, label=None if place else "first loop", **style
        )
    many = len(_each_loop(points)) - 1
    axes.plot([], [], color=PALE_LOOP, linewidth=0.7, label=f"{many} more")
    low, high = float(points["r_ohm"].min()) / 1e3, float(points["r_ohm"].max()) / 1e3
    pad = 0.12 * (high - low) + 0.01
    axes.set_ylim(low - pad, high + 2.5 * pad)
    axes.set_ylabel("R as read by the ADC (kΩ)")
    axes.set_title("resistance after each pulse")
    axes.legend(loc="upper center", ncols=2)


PALE_LOOP = "#a9c9df"
FIRST: dict[str, Any] = {"color": INK, "linewidth": 1.2, "marker": ".", "markersize": 4,
                         "zorder": 3}  # fmt: skip


def _voltages(axes: Axes, points: Columns) -> None:
    """Draw a point per loop and direction, a row per device, and the mean of all."""
    loops = _each_loop(points)
    for state, color, label in DIRECTIONS:
        side = 1.0 if state == "AP" else -1.0
        found = []
        for loop in loops:
            there = np.flatnonzero((loop["state"] == state) & (loop["v_sot"] * side > 0))
            if len(there):
                found.append((float(loop["v_sot"][there[0]]), int(loop["device"][0])))
        if found:
            volts, devices = zip(*found, strict=True)
            mean = float(np.mean(volts))
            axes.plot(volts, devices, "o", color=color, alpha=0.6, markersize=5,
                      markeredgewidth=0, label=f"{label}, mean {mean:.2f} V")  # fmt: skip
            axes.axvline(mean, color=color, linewidth=1.0, linestyle="--")
    devices_drawn = np.unique(points["device"])
    axes.set_yticks(devices_drawn[:: max(1, len(devices_drawn) // 10)])
    axes.set_ylim(len(devices_drawn) - 0.3, -1.6)
    axes.set_ylabel("device")
    axes.set_title("switching voltages")
    axes.legend(loc="upper center", ncols=1)
