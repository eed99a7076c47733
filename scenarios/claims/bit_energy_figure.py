"""Backpropagation beside a single layer, over what the movement of one bit costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..reporting.engineering import engineering
from ..reporting.style import (
    BLUE,
    FAINT,
    GREEN,
    INK,
    ORANGE,
    PALE,
    PURPLE,
    canvas,
    log_axis,
    styled,
)
from .claim import Claim
from .suite import Suite
from .verdict import Judgement

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLAIM = "note5.energy"  # its formula is what is drawn
E_BIT = "dcim.e_bit"
HIDDEN = ((128, 64), (256, 128), (512, 256), (1024, 512))
OPERATIONS = {
    1: ("-", "1 operation per multiply-accumulate"),
    2: ("--", "2 operations per multiply-accumulate"),
}
COLORS = (GREEN, ORANGE, BLUE, PURPLE)
REACH_PJ = (0.1, 100.0)
POINTS = 31
HALVINGS = 40


@dataclass(frozen=True)
class Curve:
    """The ratio of a perceptron, `ratio[i]` at `e_bit_j[i]` joules per bit."""

    widths: tuple[int, ...]
    operations: int
    e_bit_j: NDArray[np.float64]
    ratio: NDArray[np.float64]

    def falls_to(self, level: float) -> float | None:
        """Return the joules per bit at which the ratio comes down to `level`, if it does."""
        if not self.ratio.min() <= level <= self.ratio.max() or (np.diff(self.ratio) > 0).any():
            return None
        return float(np.exp(np.interp(level, self.ratio[::-1], np.log(self.e_bit_j[::-1]))))


def configured_e_bit(suite: Suite) -> float:
    """Return what one bit costs as configured, in joules."""
    return suite.value(E_BIT).to("J")


def sweep(
    suite: Suite, formula: str, operations: int, hidden: Sequence[int] | None = None
) -> Curve:
    """Evaluate the claim's formula over the energy per bit, its configured value included.

    `hidden` are the widths of the perceptron's hidden layers, None for those configured;
    `operations` how many a multiply-accumulate counts as. Raises `ConfigError`.
    """
    names = "dcim.hidden_1", "dcim.hidden_2"
    settings = [f"dcim.ops_per_mac={operations}"]
    settings += [f"{name}={width}" for name, width in zip(names, hidden or (), strict=False)]
    layers = ("dcim.inputs", *names, "dcim.outputs")
    widths = tuple(round(suite.value(name, settings).to("")) for name in layers)
    at, joules = configured_e_bit(suite), np.geomspace(*REACH_PJ, POINTS) / 1e12
    if at > 0:
        joules = np.unique(np.append(joules, at))
    ratio = [suite.value(formula, [*settings, f"{E_BIT}={x} J"]).to("") for x in joules]
    return Curve(widths, operations, joules, np.array(ratio))


@styled
def bit_energy_figure(suite: Suite, judgement: Judgement) -> Figure | None:
    """Draw the claim's ratio: perceptrons of several widths, and the configured one from near.

    None if the claim has no formula. Raises `ConfigError`.
    """
    formula = judgement.claim.emulated
    if formula is None:
        return None
    figure = canvas(4.1)
    widths, near = figure.subplots(1, 2)
    _all_widths(widths, [sweep(suite, formula, n, hidden) for hidden in HIDDEN for n in OPERATIONS])
    band = counts_as(judgement.claim)
    _near(near, [sweep(suite, formula, n) for n in OPERATIONS], band[1] if band else None)
    for axes in (widths, near):
        log_axis(axes, "energy to move one bit", "J", ticks=5)
        _published(axes, judgement)
        axes.plot([configured_e_bit(suite)], [judgement.emulated], "D", color=INK, markersize=6,
                  label="as configured")  # fmt: skip
        axes.grid(True)
    near.legend(loc="upper right")
    return figure


def _all_widths(axes: Axes, curves: Iterable[Curve]) -> None:
    """Draw perceptrons of several widths, each named at the left end of its curve."""
    colors = dict(zip(HIDDEN, COLORS, strict=True))
    named: set[tuple[int, ...]] = set()
    for curve in curves:
        color = colors[curve.widths[1], curve.widths[2]]
        style, _ = OPERATIONS[curve.operations]
        axes.plot(curve.e_bit_j, curve.ratio, style, color=color, linewidth=1.4)
        if curve.widths not in named:
            axes.annotate("-".join(map(str, curve.widths)), (curve.e_bit_j[-1], curve.ratio[-1]),
                          (0, -4), textcoords="offset points", ha="right", va="top", color=color,
                          fontsize=8.5)  # fmt: skip
        named.add(curve.widths)
    axes.set_title("Perceptrons of several widths")
    axes.set_ylabel("backpropagation / single layer")
    _log_ticks(axes)


def _near(axes: Axes, curves: Sequence[Curve], highest: float | None) -> None:
    """Draw the configured perceptron on a linear axis, in both readings of an operation."""
    for curve in curves:
        style, label = OPERATIONS[curve.operations]
        since = None if highest is None else curve.falls_to(highest)
        label += "" if since is None else f",\nas published from {engineering(since, 'J', 2)} on"
        axes.plot(curve.e_bit_j, curve.ratio, style, color=BLUE, linewidth=1.4, label=label)
    axes.set_title(f"As configured: {'-'.join(map(str, curves[0].widths))}")


def counts_as(claim: Claim) -> tuple[float, float] | None:
    """Return the least and the largest ratio that count as the published one; None if lost."""
    printed = claim.published
    if printed is None:
        return None
    return _edge(claim, printed.value, 0.0), _edge(claim, printed.value, 2.0 * printed.value)


def _edge(claim: Claim, inside: float, outside: float) -> float:
    """Return how far towards `outside` a ratio still counts as the published one."""
    assert claim.published is not None
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if claim.published.admits(middle, claim.within):
            inside = middle
        else:
            outside = middle
    return inside


def _published(axes: Axes, judgement: Judgement) -> None:
    """Draw the published ratio, and around it everything that counts as it."""
    printed, band = judgement.claim.published, counts_as(judgement.claim)
    if printed is None or band is None:
        return
    axes.axhspan(*band, color=PALE, alpha=0.5, linewidth=0, label="counts as published")
    axes.axhline(printed.value, color=FAINT, linestyle=":", label=f"published: {printed.text}")


def _log_ticks(axes: Axes) -> None:
    from matplotlib.ticker import FixedLocator, NullFormatter, StrMethodFormatter  # noqa: PLC0415

    axes.set_yscale("log")
    axes.yaxis.set_major_locator(FixedLocator([5, 10, 20, 50, 100, 200, 500]))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
