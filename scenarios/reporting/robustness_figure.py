"""Training accuracy along slices of rate and noise, as in S1 fig. 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emulator import Result, Table

from .style import INK, LINE_COLORS, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RATE, BP = "eta", "bp"
TITLES = {
    RATE: "learning rate",
    "variance": "variance of Gaussian noise",
    "alpha": "scale of Bernoulli noise",
    "count": "Bernoulli sources per node",
    "odds": "Bernoulli probability",
}
LINEAR = ("count", "odds")
MARKERS = "osD^vP"
Columns = dict[str, NDArray[Any]]


@styled
def robustness_figure(result: Result) -> Figure | None:
    """Draw a panel per slice, a line per kind of noise, least to most over the seeds.

    Backpropagation is a line of its own over the rate, and its best value a line through all.
    """
    table = result.tables.get("robustness")
    if not table or not table["slice"]:
        return None
    figure = canvas(5.4)
    panels = figure.subplots(2, 3, sharey=True)
    kinds = list(dict.fromkeys(noise for noise in table["noise"] if noise))
    best = result.metrics.get("train_accuracy_bp")
    for axes, name in zip(panels.flat, TITLES, strict=False):
        for at, kind in enumerate(kinds):
            look = {"color": LINE_COLORS[at % len(LINE_COLORS)], "marker": MARKERS[at % 6]}
            _line(axes, _rows(table, name, str(kind)), label=f"{kind} noise", **look)
        if name == RATE:
            _line(axes, _rows(table, BP, ""), label="backpropagation", color=INK, marker="x",
                  linestyle="--")  # fmt: skip
        if best is not None:
            axes.axhline(best, color=INK, linewidth=1.2, linestyle=":",
                         label=f"best of backpropagation, {best:.1%}")  # fmt: skip
        _dress(axes, name)
    for axes in panels[:, 0]:
        axes.set_ylabel("training accuracy")
    _key(panels)
    return figure


def _rows(table: Table, name: str, noise: str) -> Columns:
    """Return the rows of one slice with one kind of noise."""
    columns = {key: np.asarray(column) for key, column in table.items()}
    here = (columns["slice"] == name) & (columns["noise"] == noise)
    return {key: column[here] for key, column in columns.items()}


def _line(axes: Axes, rows: Columns, **look: Any) -> None:
    x, y, low, high = (rows[name].astype(float) for name in
                       ("value", "train_accuracy", "train_low", "train_high"))  # fmt: skip
    if x.size:
        axes.errorbar(x, y, yerr=(y - low, high - y), capsize=3, markersize=4.5, linewidth=1.4,
                      **look)  # fmt: skip


def _dress(axes: Axes, name: str) -> None:
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    if name not in LINEAR:
        axes.set_xscale("log")
    axes.set_xlabel(TITLES[name])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.grid(True)


def _key(panels: Any) -> None:
    """Explain all lines in the panel that is left over."""
    found: dict[str, Any] = {}
    for axes in panels.flat:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    free = panels.flat[-1]
    free.axis("off")
    free.legend(found.values(), found.keys(), loc="center",
                title="bars: least to most over seeds", title_fontsize=8.5)  # fmt: skip
