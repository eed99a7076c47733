"""The grid on which delivered levels are tabulated: 1/16 LSB of the driving converter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

Index = int | NDArray[np.int64]
STEPS_PER_LSB = 16
MIN_BITS = 12  # a coarser converter still settles on a 12-bit grid


def grid_index(full_scale: int, points: int, level_uv: int) -> int:
    """Return the grid index of a level in microvolts; a level below 0 is 0."""
    if level_uv <= 0:
        return 0
    return int((2 * level_uv * points + full_scale) / (2 * full_scale))  # exact below 2^53


class Steps(Protocol):
    """What turns an index into volts, of a `DeliveredGrid` or of a row of an array."""

    @property
    def step_v(self) -> float:
        """One grid step in volts."""

    @property
    def sot_ratio(self) -> float:
        """The share of a level that reaches the SOT line."""


def gate_volts(grid: Steps, index: Index) -> Any:
    """Return the gate voltage at a grid index: of numbers, of arrays and compiled."""
    return index * grid.step_v


def sot_volts(grid: Steps, index: Index) -> Any:
    """Return the voltage over the SOT line at a grid index: of numbers, of arrays and compiled."""
    return index * grid.step_v * grid.sot_ratio


@dataclass(frozen=True)
class DeliveredGrid:
    """Levels of a driven node as integers: index = level / full scale * points, rounded.

    `full_scale` is the converter's range in microvolts, `bits` its resolution. `sot_ratio` is the
    share of the level that reaches the junction, V R_SOT / (R_SOT + R_on). `reset_volts` is the
    fixed reset rail as it reaches the junction.
    """

    full_scale: int
    bits: int
    sot_ratio: float
    reset_volts: float

    @property
    def points(self) -> int:
        """Number of grid steps over full scale."""
        return int(STEPS_PER_LSB << max(self.bits, MIN_BITS))

    @property
    def step_uv(self) -> float:
        """One grid step in microvolts."""
        return self.full_scale / self.points

    @property
    def step_v(self) -> float:
        """One grid step in volts."""
        return self.full_scale * 1e-6 / self.points

    def index(self, level_uv: int) -> int:
        """Return the grid index of a level; a level below 0 is 0."""
        return grid_index(self.full_scale, self.points, level_uv)

    @overload
    def sot_volts(self, index: int) -> float: ...
    @overload
    def sot_volts(self, index: NDArray[np.int64]) -> NDArray[np.float64]: ...
    def sot_volts(self, index: int | NDArray[np.int64]) -> float | NDArray[np.float64]:
        """Return the voltage over the junction's SOT line at a grid index."""
        return sot_volts(self, index)  # type: ignore[no-any-return]

    @overload
    def gate_volts(self, index: int) -> float: ...
    @overload
    def gate_volts(self, index: NDArray[np.int64]) -> NDArray[np.float64]: ...
    def gate_volts(self, index: int | NDArray[np.int64]) -> float | NDArray[np.float64]:
        """Return the gate voltage at a grid index (the gate draws no current: no divider)."""
        return gate_volts(self, index)  # type: ignore[no-any-return]

    @property
    def reset_index(self) -> int:
        """The reset rail on the same grid, for the energy of a reset pulse."""
        return self.index(round(self.reset_volts / self.sot_ratio * 1e6))
