"""The clusters that each neuron found, over the two leading principal components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from emulator import Result, Table

from .engineering import percent
from .style import BLUE, GREEN, INK, ORANGE, PURPLE, canvas, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]
CLASSES = {"called malignant": ORANGE, "called benign": BLUE}
OUTPUTS = {"output +1": GREEN, "output -1": PURPLE}


@styled
def clusters_figure(result: Result) -> Figure | None:
    """Draw both neurons' clusters side by side; None without the table `clusters` or a sample."""
    table = result.tables.get("clusters")
    if table is None or not table["sample"]:
        return None
    figure = canvas(4.0)
    first, second = figure.subplots(1, 2, sharex=True, sharey=True)
    _draw(first, table, [f"called {word}" for word in table["named_1"]], CLASSES)
    _mark_wrong(first, table)
    _draw(second, table, [f"output {int(y):+d}" for y in table["cluster_2"]], OUTPUTS)
    first.set_ylabel("principal component 2")
    for neuron, axes in enumerate((first, second), 1):
        agreed = percent(float(_right(table, neuron).mean()))
        axes.set_title(f"neuron {neuron}: {agreed} as diagnosed")
        axes.set_xlabel("principal component 1")
        axes.legend(loc="upper left", bbox_to_anchor=(-0.02, -0.14), ncols=2, handletextpad=0.1,
                    columnspacing=1.2)  # fmt: skip
    return figure


def _draw(axes: Axes, table: Table, names: Sequence[str], colors: Mapping[str, str]) -> None:
    """Draw one neuron's clusters, each sample in the colour of its name."""
    x, y = _places(table)
    for name, color in colors.items():
        inside = np.array(names) == name
        axes.plot(x[inside], y[inside], "o", color=color, markersize=4, alpha=0.75,
                  markeredgewidth=0, label=name)  # fmt: skip
    axes.grid(True)


def _mark_wrong(axes: Axes, table: Table) -> None:
    """Ring the samples to which neuron 1 gives another class than the diagnosis."""
    wrong = ~_right(table, 1)
    x, y = _places(table)
    axes.plot(x[wrong], y[wrong], "o", markerfacecolor="none", markeredgecolor=INK, markersize=5.5,
              markeredgewidth=0.8, label="diagnosed otherwise")  # fmt: skip


def _right(table: Table, neuron: int) -> NDArray[np.bool_]:
    """Return which samples a neuron calls what their diagnosis says."""
    return np.asarray(np.array(table[f"named_{neuron}"]) == np.array(table["label"]))


def _places(table: Table) -> tuple[Floats, Floats]:
    """Return where each sample lies along the first two principal axes."""
    return np.array(table["pc_1"], dtype=float), np.array(table["pc_2"], dtype=float)
