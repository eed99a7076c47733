"""One update on the board's own time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emulator import PS_PER_S, Timeline

from .engineering import engineering
from .style import (
    GREY,
    LINE_COLORS,
    ROW,
    TRUST_COLORS,
    canvas,
    legend_of,
    linear_axis,
    micro,
    styled,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@styled
def timeline_figure(timeline: Timeline) -> Figure:
    """Draw one update: a bar per phase coloured by trust, the line voltages below it."""
    bars = len(timeline.phases) * ROW + 0.75
    waves = max(1.7, 0.2 * len(timeline.waves) + 0.5) if timeline.waves else 0.0
    ends = [phase.start_ps + phase.duration_ps for phase in timeline.phases]
    end = max([1, *ends, *(int(t[-1]) for t, _ in timeline.waves.values() if len(t))])
    figure = canvas(bars + waves)
    ratios = [bars, waves] if waves else [bars]
    column = figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)
    axes = [row[0] for row in column]
    factor = linear_axis(axes[-1], "time", "s", end / PS_PER_S) * PS_PER_S
    _phase_bars(axes[0], timeline, factor, end / factor)
    if waves:
        _waves(axes[1], timeline, factor)
    axes[-1].set_xlim(-0.01 * end / factor, 1.02 * end / factor)
    used = {phase.trust for phase in timeline.phases}
    colors = {trust: color for trust, color in TRUST_COLORS.items() if trust in used}
    legend_of(figure, colors, loc="outside upper left")
    return figure


def _phase_bars(axes: Axes, timeline: Timeline, factor: float, end: float) -> None:
    """Draw one row per phase, its duration written where there is room."""
    for row, phase in enumerate(timeline.phases):
        start, width = phase.start_ps / factor, phase.duration_ps / factor
        color = TRUST_COLORS.get(phase.trust, GREY)
        axes.barh(row, width, left=start, height=0.62, color=color, edgecolor=color, linewidth=1)
        left = start + width > 0.85 * end
        axes.annotate(micro(engineering(phase.duration_ps / PS_PER_S, "s")),
                      (start if left else start + width, row), xytext=(-4 if left else 4, 0),
                      textcoords="offset points", va="center", ha="right" if left else "left",
                      fontsize=8)  # fmt: skip
    axes.set_yticks(range(len(timeline.phases)), [phase.name for phase in timeline.phases])
    axes.set_ylim(len(timeline.phases) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(True, axis="x")


def _waves(axes: Axes, timeline: Timeline, factor: float) -> None:
    for n, (name, (t, volts)) in enumerate(timeline.waves.items()):
        axes.plot(np.asarray(t) / factor, volts, label=name, linewidth=1.5,
                  color=LINE_COLORS[n % len(LINE_COLORS)],
                  linestyle=("-", "--", ":")[n // len(LINE_COLORS) % 3])  # fmt: skip
    axes.set_ylabel("line (V)")
    axes.grid(True)
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
