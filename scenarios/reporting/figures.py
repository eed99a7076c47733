"""The figures of a run, and of runs side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from emulator import Result

from .clusters_figure import clusters_figure
from .comparison_figure import comparison_figure
from .convergence_figure import convergence_figure
from .draws_figure import draws_figure
from .energy_figure import energy_figure
from .learning_figure import learning_figure
from .psw_curve_figure import psw_curve_figure
from .recall_figure import recall_figure
from .robustness_figure import robustness_figure
from .rv_loop_figure import rv_loop_figure
from .sampling_figure import sampling_figure
from .smtj_noise_figure import smtj_noise_figure
from .style import png
from .timeline_figure import timeline_figure
from .variation_figure import variation_figure
from .write_energy_figure import write_energy_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["comparison_figure", "draw_all", "energy_figure", "learning_figure", "png",
           "timeline_figure"]  # fmt: skip


# What a study measured, by name: a caption, and who draws it (None without data).
STUDIES: dict[str, tuple[str, Callable[[Result], Figure | None]]] = {
    "recall": ("Cues and what was recalled", recall_figure),
    "clusters": ("Clusters found without labels", clusters_figure),
    "psw_curve": ("Measured switching probability", psw_curve_figure),
    "rv_loop": ("Resistance against voltage", rv_loop_figure),
    "draws": ("Accuracy against energy and latency", draws_figure),
    "write_energy": ("Write energy and switching against pulse width", write_energy_figure),
    "convergence": ("Accuracy epoch by epoch", convergence_figure),
    "robustness": ("Accuracy against rate and noise", robustness_figure),
    "sampling": ("Accuracy, time and energy against the sampling interval", sampling_figure),
    "variation": ("Accuracy against device variation", variation_figure),
    "smtj_noise": ("Telegraph noise of the junction", smtj_noise_figure),
}


def draw_all(result: Result) -> dict[str, Figure]:
    """Return the figures of a run by name; what a run has no data for is left out."""
    figures: dict[str, Figure] = {}
    for name, (_, draw) in STUDIES.items():
        figure = draw(result)
        if figure is not None:
            figures[name] = figure
    # steps of several trainings are no progress of one: their own figure draws them
    learning = None if "convergence" in result.tables else learning_figure(result)
    if learning is not None:
        figures["learning"] = learning
    if result.timeline.phases:
        figures["timeline"] = timeline_figure(result.timeline)
    if result.bill.total():
        figures["energy"] = energy_figure(result.bill)
    return figures
