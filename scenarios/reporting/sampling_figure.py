"""The sampling interval: what a pass learns from, against what waiting costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emulator import Result

from .style import BLUE, FAINT, GREEN, ORANGE, RED, SKY, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def sampling_figure(result: Result) -> Figure | None:
    """Draw accuracy, samples without a difference at any or at one node, time and energy."""
    table = result.tables.get("sampling")
    if not table or not table["interval_s"]:
        return None
    columns = {name: np.asarray(column, dtype=float) for name, column in table.items()}
    figure = canvas(6.2)
    panels = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 2))
    x = columns["interval_s"]
    _accuracy(panels[0], x, columns, result)
    _zero(panels[1], x, columns, result)
    _cost(panels[2], x, columns)
    return figure


def _accuracy(axes: Axes, x: np.ndarray, columns: dict[str, np.ndarray], result: Result) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    axes.errorbar(x, columns["accuracy"], yerr=columns["accuracy_error"], color=BLUE, marker="o",
                  capsize=3, label="junctions on the board's clock, ± standard error")  # fmt: skip
    reference = result.metrics.get("accuracy_independent")
    if reference is not None:
        spread = result.metrics.get("accuracy_independent_error") or 0.0
        axes.axhspan(reference - spread, reference + spread, color=GREEN, alpha=0.2, linewidth=0)
        axes.axhline(reference, color=GREEN, linestyle="--", label="noise that forgets at once")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("test accuracy")
    axes.legend(loc="lower right")
    axes.grid(True)
    axes.set_title("How long to wait between two passes")


def _zero(axes: Axes, x: np.ndarray, columns: dict[str, np.ndarray], result: Result) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    for name, where, color in (("node", "one node", SKY), ("zero", "all nodes", RED)):
        axes.plot(x, columns[f"{name}_law"], color=color, linewidth=1.2)
        axes.plot(x, columns[f"{name}_share"], color=color, marker="o", linestyle="",
                  label=f"at {where} (line: law)")  # fmt: skip
    tau_c = result.metrics.get("tau_c_s")
    if tau_c:
        axes.axvline(tau_c, color=FAINT, linestyle=":", linewidth=1.2)
        axes.annotate(r"correlation time of the junctions", (tau_c, 0.97), xytext=(4, 0),
                      textcoords="offset points", xycoords=("data", "axes fraction"),
                      va="top", color=FAINT, fontsize=8)  # fmt: skip
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylabel("samples without\na difference")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.06))
    axes.grid(True)


def _cost(axes: Axes, x: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    from matplotlib.ticker import EngFormatter  # noqa: PLC0415

    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.plot(x, columns["epoch_s"], color=ORANGE, marker="o", label="time")
    axes.set_ylabel("time per epoch", color=ORANGE)
    axes.yaxis.set_major_formatter(EngFormatter(unit="s"))
    other = axes.twinx()
    other.set_yscale("log")
    other.plot(x, columns["epoch_j"], color=BLUE, marker="s", label="energy")
    other.set_ylabel("energy per epoch", color=BLUE)
    other.yaxis.set_major_formatter(EngFormatter(unit="J"))
    axes.xaxis.set_major_formatter(EngFormatter(unit="s"))
    axes.set_xlabel("time between the two passes of a sample")
    axes.grid(True)
