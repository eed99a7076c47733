"""Time: integer picoseconds, and clocks whose edges come from their index.

Float seconds reorder ties once a run is longer than a few hours; an int64 of picoseconds lasts
106 days and orders exactly. Nothing here accumulates a period: edge `k` of a clock is computed
from `k` alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

PS_PER_S = 10**12
PS_PER_US = 10**6
PS_PER_NS = 10**3
NEVER = 2**63 - 1  # ps, 106 days: no clock gets there

Rounding = Literal["exact", "up", "down", "nearest"]


def whole_ps(seconds: Fraction, rounding: Rounding = "exact") -> int:
    """Return `seconds` in picoseconds.

    `rounding` is an explicit choice; the default refuses a time that is not a whole number of
    picoseconds. Raises `ValueError`.
    """
    exact = seconds * PS_PER_S
    if exact.denominator == 1:
        return exact.numerator
    if rounding == "up":
        return -((-exact.numerator) // exact.denominator)
    if rounding == "down":
        return exact.numerator // exact.denominator
    if rounding == "nearest":
        return round(exact)
    raise ValueError(f"{float(exact)!r} ps is not a whole number of picoseconds")


@dataclass(frozen=True)
class Clock:
    """A clock of `frequency_mhz` millihertz (an integer, so that edges are exact).

    27 MHz is `Clock(27_000_000_000)`.
    """

    frequency_mhz: int

    def __post_init__(self) -> None:
        if self.frequency_mhz <= 0:
            raise ValueError(f"Clock.frequency_mhz = {self.frequency_mhz} is not positive")

    def edge(self, index: int) -> int:
        """Return the time of rising edge `index` in ps, rounded down to the tick before it."""
        return index * PS_PER_S * 1000 // self.frequency_mhz

    def edges(self, first: int, step: int, count: int) -> NDArray[np.int64]:
        """Return the times of edges first, first + step, .. of which there are `count`, in ps.

        In integers that stay below 2^63: a stretch of edges is counted from the edge before it.
        """
        whole, part = divmod(step * PS_PER_S * 1000, self.frequency_mhz)
        stretch = max(1, min(count, (2**62 - self.frequency_mhz) // max(part, 1)))
        times = np.empty(count, dtype=np.int64)
        for begin in range(0, count, stretch):
            cycles = np.arange(min(stretch, count - begin), dtype=np.int64)
            base, rest = divmod((first + begin * step) * PS_PER_S * 1000, self.frequency_mhz)
            fractions = (rest + cycles * part) // self.frequency_mhz
            times[begin : begin + cycles.size] = base + cycles * whole + fractions
        return times

    def index(self, t_ps: int) -> int:
        """Return the index of the first edge at or after `t_ps`."""
        index = t_ps * self.frequency_mhz // (PS_PER_S * 1000)
        while self.edge(index) < t_ps:
            index += 1
        return index

    def span(self, cycles: int | Fraction) -> int:
        """Return the time that holds `cycles` whole cycles, rounded up to a ps."""
        return whole_ps(Fraction(cycles) * 1000 / self.frequency_mhz, "up")

    def cycles(self, t_ps: int) -> int:
        """Return how many whole cycles it takes to cover `t_ps`."""
        return -(-t_ps * self.frequency_mhz // (PS_PER_S * 1000))
