"""Switching probability against V_SOT: every device at one gate voltage, the mean at each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emulator import Result, Table

from .style import LINE_COLORS, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = len(LINE_COLORS)  # devices, and gate voltages, that are told apart
Columns = dict[str, NDArray[Any]]


@styled
def psw_curve_figure(result: Result) -> Figure | None:
    """Draw the tables `psw_curve` and `psw_fit`, as S0's Supp. Fig. 2 and 3; None without points.

    On the left each device at the middle gate voltage with 95 % intervals, on the right the mean
    of all devices at each gate voltage. Lines are fitted curves.
    """
    points = _columns(result.tables.get("psw_curve", {}))
    if not points or not len(points["v_sot"]):
        return None
    fit = _columns(result.tables.get("psw_fit", {}))
    figure = canvas(3.7)
    left, right = figure.subplots(1, 2, sharey=True)
    _devices(left, points, fit)
    _gates(right, points, fit)
    for axes in (left, right):
        axes.set_xlabel("V_SOT at the junction (V)")
        axes.set_ylim(-0.03, 1.03)
        axes.grid(True)
    left.set_ylabel("P_sw, share of AP")
    return figure


def _columns(table: Table) -> Columns:
    """Return a table as arrays, its gate voltages to a millivolt."""
    columns = {name: np.asarray(values) for name, values in table.items()}
    if columns:
        columns["v_gate"] = np.round(columns["v_gate"].astype(float), 3)
    return columns


def _devices(axes: Axes, points: Columns, fit: Columns) -> None:
    gates = np.unique(points["v_gate"])
    gate = gates[len(gates) // 2]
    names = list(dict.fromkeys(points["device"].tolist()))
    for name, color in zip(names, LINE_COLORS, strict=False):
        here = _rows(points, device=name, v_gate=gate)
        p = here["p_sw"].astype(float)
        bars = [np.maximum(p - here["p_low"], 0), np.maximum(here["p_high"] - p, 0)]
        axes.errorbar(here["v_sot"], p, yerr=bars, fmt="o", color=color, markersize=3,
                      linewidth=0.8, alpha=0.8, label=f"device {name}")  # fmt: skip
        _line(axes, _rows(fit, device=name, v_gate=gate), color)
    more = f", first {SHOWN} of {len(names)} devices" if len(names) > SHOWN else ""
    axes.set_title(f"V_gate = {gate:.2f} V{more}")
    axes.legend(loc="upper left")


def _gates(axes: Axes, points: Columns, fit: Columns) -> None:
    gates = np.unique(points["v_gate"])
    for gate, color in zip(_spread(gates), LINE_COLORS, strict=False):
        v, p = _mean(_rows(points, v_gate=gate), "p_sw")
        axes.plot(v, p, "o", color=color, markersize=4, label=f"V_gate = {gate:.2f} V")
        if fit:
            _line(axes, dict(zip(("v_sot", "p_fit"), _mean(_rows(fit, v_gate=gate), "p_fit"),
                                 strict=True)), color)  # fmt: skip
    axes.set_title("mean of all devices")
    axes.legend(loc="upper left")


def _line(axes: Axes, curve: Columns, color: str) -> None:
    if curve:
        axes.plot(curve["v_sot"], curve["p_fit"], color=color, linewidth=1.3)


def _rows(columns: Columns, **wanted: object) -> Columns:
    """Return the rows in which every column named has the value wanted."""
    if not columns:
        return {}
    chosen = np.logical_and.reduce([columns[name] == value for name, value in wanted.items()])
    return {name: values[chosen] for name, values in columns.items()}


def _mean(columns: Columns, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return V_SOT, rising, and the mean of a column over all devices at each."""
    v_sot, place = np.unique(columns["v_sot"], return_inverse=True)
    return v_sot, np.bincount(place, columns[name]) / np.bincount(place)


def _spread(values: Sequence[float] | NDArray[Any]) -> list[float]:
    """Return up to `SHOWN` values, evenly spread over all."""
    places = np.linspace(0, len(values) - 1, min(len(values), SHOWN)).round().astype(int)
    return [float(values[place]) for place in places]
