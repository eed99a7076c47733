"""Write energy and switching probability against the width of a pulse, both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emulator import Result, Table

from .style import BLUE, GREY, INK, LINE_COLORS, PALE, RED, canvas, log_axis, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def write_energy_figure(result: Result) -> Figure | None:
    """Draw the tables `write_energy`, `write_switching`, `write_measured`; None without them."""
    names = "write_energy", "write_switching", "write_measured"
    if any(name not in result.tables for name in names):
        return None
    law, switching, measured = (result.tables[name] for name in names)
    figure = canvas(3.6)
    energy, curves = figure.subplots(1, 2, width_ratios=(1, 1.35))
    _energy(energy, law, measured, result)
    _switching(curves, switching, measured)
    return figure


def _energy(axes: Axes, law: Table, measured: Table, result: Result) -> None:
    """Draw the critical energy of both directions, its least, and what the price list takes."""
    from matplotlib.ticker import EngFormatter, NullFormatter  # noqa: PLC0415

    t = np.asarray(law["width_s"], float)
    log_axis(axes, "pulse width", "s", ticks=5)
    for name, color, style, label in (
        ("energy_p_ap_j", BLUE, "-", "P to AP"),
        ("energy_ap_p_j", RED, "--", "AP to P"),
    ):
        axes.plot(t, np.asarray(law[name], float), style, color=color, label=label)
    _mark(axes, result, "least", "v", "least")
    _mark(axes, result, "stated", "o", "at the board's width")
    if measured["width_s"]:
        priced = np.asarray(measured["priced_write_j"], float)
        axes.plot(np.asarray(measured["width_s"], float), priced, ":", color=GREY,
                  label="price of one write")  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(EngFormatter(unit="J"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_title("Critical energy")
    axes.legend()
    axes.grid(True)


def _mark(axes: Axes, result: Result, name: str, marker: str, label: str) -> None:
    """Mark a point of the energy curve that the metrics name, if it lies on the axis."""
    x, y = (result.metrics.get(f"{what}_{name}_{unit}")
            for what, unit in (("width", "s"), ("energy", "j")))  # fmt: skip
    low, high = axes.dataLim.intervalx
    if x is not None and y is not None and low <= x <= high:
        axes.plot([x], [y], marker, color=INK, markersize=6, label=label)


def _switching(axes: Axes, switching: Table, measured: Table) -> None:
    """Draw P_sw over width at each voltage, both directions, and what the board measured."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    volts, t, p_ap, ap_p = (np.asarray(switching[name], float)
                            for name in ("voltage_v", "width_s", "p_p_ap", "p_ap_p"))  # fmt: skip
    at, x, share, low, high = (
        np.asarray(measured[name], float)
        for name in ("voltage_v", "width_s", "p_measured", "p_low", "p_high")
    )
    log_axis(axes, "pulse width", "s", ticks=5)
    for number, v in enumerate(dict.fromkeys(volts.tolist())):
        color, one, points = LINE_COLORS[number % len(LINE_COLORS)], volts == v, at == v
        axes.plot(t[one], p_ap[one], color=color, label=f"{v:g} V")
        axes.plot(t[one], ap_p[one], "--", color=INK, linewidth=0.8)
        error = [share[points] - low[points], high[points] - share[points]]
        axes.errorbar(x[points], share[points], yerr=np.maximum(error, 0), fmt="o", color=color,
                      markersize=4, capsize=2, linewidth=1)  # fmt: skip
    axes.plot([], [], "o", color=GREY, markersize=4, label="measured, P to AP")
    axes.plot([], [], color=PALE, label="law, P to AP")
    axes.plot([], [], "--", color=INK, linewidth=0.8, label="law, AP to P")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_title("Switching probability")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.grid(True)
