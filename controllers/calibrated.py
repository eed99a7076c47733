"""A board that has measured its own devices, and a host that corrects every drive by the result.

A device answers with P = clip(theta(r, c) + delta, 0, 1), delta drawn once per device (S0 note 7).
At the drive of theta = 1/2 the share of +1 among K updates less theta estimates delta, with a
standard error of sqrt(P (1 - P) / K). From then on the host asks for

    r' = theta^-1(clip(theta(r, c) - delta_estimated, 0, 1), c),

so that theta(r, c) arrives wherever theta(r, c) - delta lies within (0, 1). Elsewhere no drive can
help: a device with delta > 0 never answers +1 less often than delta, one with delta < 0 never more
often than 1 + delta.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from devices import VgsotActivation
from devices.vgsot import P_MIN, drive_at
from emulator import ConfigError, Drive, Outcome

from .board import Board

Floats = NDArray[np.float64]

# Operations of the host per drive and neuron, counted as a learner counts its own.
_CORRECTION = 18  # A(r, c) 4, sigmoid 4, less the offset 1, clip 2, logit 3, back to r 4
_SHARE = 2  # per neuron: divide by the trials, less theta


class Calibrated:
    """A board behind its host's correction; satisfies `emulator.NeuronBoard`.

    Until `measure` has been called nothing is corrected. Raises `ConfigError` for a switching
    surface that cannot be inverted.
    """

    def __init__(self, board: Board) -> None:
        self._board = board
        self._activation = VgsotActivation(board.mtj_params)
        zero = np.zeros((1, board.neurons))
        self._even = Drive(self._activation.receptive(zero + 0.5, zero), zero)
        self._above = np.zeros(board.neurons, dtype=np.int64)
        self.trials = 0

    @property
    def neurons(self) -> int:
        """Number of neurons (junctions)."""
        return self._board.neurons

    @property
    def offsets(self) -> Floats:
        """The estimated offset of each device, shape (neurons,); 0 before any trial."""
        if not self.trials:
            return np.zeros(self.neurons)
        estimate: Floats = self._above / self.trials - self._expected()
        return estimate

    def measure(self, trials: int) -> None:
        """Drive every device `trials` more times at theta = 1/2; estimates sharpen with each call.

        Raises `ConfigError` for fewer than one trial.
        """
        if trials < 1:
            raise ConfigError(f"{self._board.name}: {trials} trials measure nothing")
        board = self._board
        at_once = max(1, board.link.params.burst // board.neurons)
        for first in range(0, trials, at_once):
            count = min(at_once, trials - first)
            self._above += board.update(self._even, count).votes(count)[0]
            self._compute(board.neurons * (count + _SHARE))
            self.trials += count

    def update(self, drive: Drive, draws: int = 1) -> Outcome:
        """Correct `drive`, for which the host's time passes, and run its updates."""
        self._compute(_CORRECTION * drive.r.size)
        return self._board.update(self.correct(drive), draws)

    def probability(self, drive: Drive) -> Floats:
        """Return P(y = +1) that arrives for a corrected `drive`: a probe, no time passes."""
        return self._board.probability(self.correct(drive))

    def correct(self, drive: Drive) -> Drive:
        """Return the drive that the host asks for instead of `drive`."""
        wanted = np.clip(self._wanted(drive), P_MIN, 1.0 - P_MIN)
        return Drive(self._activation.receptive(wanted, drive.c), drive.c)

    def out_of_reach(self, drive: Drive) -> float:
        """Return the share of drives that no correction can bring to their theta."""
        wanted = self._wanted(drive)
        return float(np.mean((wanted <= 0.0) | (wanted >= 1.0)))

    def error(self) -> float:
        """Return the rms error of the estimates: a probe that knows the devices."""
        true = self._board.probability(self._even)[0] - self._expected()
        return math.sqrt(float(np.mean((self.offsets - true) ** 2)))

    def _wanted(self, drive: Drive) -> Floats:
        return self._activation.theta(drive.r, drive.c) - self.offsets

    def _expected(self) -> float:
        """Return the theta of a nominal device where the nearest code of theta = 1/2 puts it."""
        board = self._board
        codes, gates, _ = board.encode(self._even)
        lsb = board.dac_params.lsb
        v_sot = codes.astype(np.float64) * lsb * board.mtj.grid.sot_ratio
        r, c = drive_at(board.mtj_params.switching, v_sot, gates.astype(np.float64) * lsb)
        return float(self._activation.theta(r, c)[0, 0])

    def _compute(self, operations: int) -> None:
        board = self._board
        board.emulator.perform(board.host.compute(operations))
