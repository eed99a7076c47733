"""Training accuracy along slices of rate and noise, as in S1 fig. 3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emulator import Result

from .style import BLUE, GREY, canvas, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TITLES = {
    "eta": "learning rate",
    "variance": "variance of Gaussian noise",
    "alpha": "scale of Bernoulli noise",
    "count": "Bernoulli sources per node",
    "odds": "Bernoulli probability",
}


@styled
def robustness_figure(result: Result) -> Figure | None:
    """Draw one panel per slice, least to most over the seeds, the best of backpropagation grey."""
    from matplotlib.ticker import PercentFormatter  # noqa: PLC0415

    table = result.tables.get("robustness")
    if not table or not table["slice"]:
        return None
    columns = {name: np.asarray(column) for name, column in table.items()}
    figure = canvas(4.6)
    panels = figure.subplots(2, 3, sharey=True).ravel()
    bound = result.metrics.get("train_accuracy_bp")
    for axes, (name, title) in zip(panels, TITLES.items(), strict=False):
        here = columns["slice"] == name
        if not here.any():
            axes.set_visible(False)
            continue
        x, y = columns["value"][here].astype(float), columns["train_accuracy"][here].astype(float)
        low, high = (columns[f"train_{end}"][here].astype(float) for end in ("low", "high"))
        axes.errorbar(x, y, yerr=(y - low, high - y), color=BLUE, marker="o", capsize=3,
                      label="ANP, least to most over seeds")  # fmt: skip
        if bound is not None:
            axes.axhline(bound, color=GREY, linewidth=1.6, label="best of backpropagation")
        if name not in ("odds", "count"):
            axes.set_xscale("log")
        axes.set_xlabel(title)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(True)
    for axes in panels[::3]:
        axes.set_ylabel("training accuracy")
    panels[-1].axis("off")
    handles, labels = panels[0].get_legend_handles_labels()
    panels[-1].legend(handles, labels, loc="center")
    return figure
