"""A neuron's own curve on a board whose fitted curve is another one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from emulator import Activation, ConfigError, Drive

from .infomorphic import FLAT

Floats = NDArray[np.float64]


class Rescaled:
    """The curve A = slope_r r + slope_c c of a neuron; satisfies `emulator.Activation`.

    A board's fitted surface is A = a r + b c + c0. It answers like this neuron if it is driven with

        r' = (slope_r r - c0) / a,   c' = slope_c c / b,

    so the junction stays as it was measured: gains and offset are the host's arithmetic. a, b and
    c0 are read from the surface at the origin. Raises `ConfigError` if the surface is not a sum of
    two straight lines, which no scaling of drives turns into another sum.
    """

    OPERATIONS = 4  # per neuron and sample: two products with gains, an offset, a quotient

    def __init__(self, board: Activation, slope_r: float, slope_c: float) -> None:
        self._slope_r, self._slope_c = slope_r, slope_c
        at = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 1.0, 0.0, 1.0])
        gain_r, gain_c = board.slope_r(*at), board.slope_c(*at)
        if np.ptp(gain_r) > 0.0 or np.ptp(gain_c) > 0.0:
            raise ConfigError(
                "learner: slope_r and slope_c need a board with an additive surface, "
                "A = a r + b c + c0 (mtj.form=additive)"
            )
        if gain_r[0] == 0.0 or gain_c[0] == 0.0:
            raise ConfigError(
                f"learner: a = {gain_r[0]}, b = {gain_c[0]}: the board does not answer to r or c"
            )
        theta = float(board.theta(*at)[0])
        if not FLAT < theta < 1.0 - FLAT:
            raise ConfigError(f"learner: theta = {theta} at r = c = 0 hides the board's c0")
        self._board, self._a, self._b = board, float(gain_r[0]), float(gain_c[0])
        self._c0 = math.log(theta / (1.0 - theta))

    def on_board(self, drive: Drive) -> Drive:
        """Return what to drive the board with for the neuron's `drive`, elementwise."""
        r = (self._slope_r * drive.r - self._c0) / self._a
        return Drive(r, self._slope_c * drive.c / self._b)

    def theta(self, r: Floats, c: Floats) -> Floats:
        """Return P(y = +1) as the board's fitted curve gives it."""
        there = self.on_board(Drive(r, c))
        return self._board.theta(there.r, there.c)

    def slope_r(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dr = slope_r."""
        return np.full_like(r, self._slope_r)

    def slope_c(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dc = slope_c."""
        return np.full_like(c, self._slope_c)
