"""The figures of a run, and of runs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator import Result

from .comparison_figure import comparison_figure
from .energy_figure import energy_figure
from .learning_figure import learning_figure
from .style import png
from .timeline_figure import timeline_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["comparison_figure", "draw_all", "energy_figure", "learning_figure", "png",
           "timeline_figure"]  # fmt: skip


def draw_all(result: Result) -> dict[str, Figure]:
    """Return the figures of a run by name; what a run has no data for is left out."""
    figures: dict[str, Figure] = {}
    learning = learning_figure(result)
    if learning is not None:
        figures["learning"] = learning
    if result.timeline.phases:
        figures["timeline"] = timeline_figure(result.timeline)
    if result.bill.total():
        figures["energy"] = energy_figure(result.bill)
    return figures
