"""A bank of VGSOT junctions with their states, offsets and draws."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator import Emulator
from emulator.elementary import normal_quantile

from .grid import DeliveredGrid
from .vgsot import (
    WHOLE,
    Floats,
    VgsotParams,
    after_reset,
    reset_threshold,
    threshold,
    written,
)


class MtjBank:
    """A bank of `n` VGSOT junctions: ports `write` and `reset`; the state is P (0) or AP (1).

    Actions in the ledger: `write`, `reset`, `read`, and `drive`, the integer sum of
    code^2 * ps over all pulses, from which a price list may compute the Joule heat. A pulse that
    is still rising counts with its peak: an upper bound.
    """

    WRITE, RESET, READ, DRIVE = range(4)

    def __init__(
        self, emulator: Emulator, name: str, params: VgsotParams, n: int, grid: DeliveredGrid
    ) -> None:
        self.name, self.params, self.n, self.grid = name, params, n, grid
        self._emulator = emulator
        self.account = emulator.ledger.open(
            name, "device", ("hold",), ("write", "reset", "read", "drive")
        )
        self.state = [0] * n
        self.switching = emulator.stream(name, 0, n)
        self.resetting = emulator.stream(name, 1, n)
        spread = emulator.stream(name, 2, n)
        self.offsets = [
            round(params.sigma * normal_quantile(word) * WHOLE) for word in spread.firsts()
        ]
        self.law = params.switching
        self.reset_limit = reset_threshold(params)
        self.reset_code = grid.reset_index >> 4
        self.redraws = params.reset == "none"
        self._rows: dict[int, dict[int, int]] = {}

    def write(self, junction: int, sot: int, gate: int, width: int) -> None:
        """End a write pulse of `width` ps at the delivered levels `sot`, `gate` (grid indices)."""
        limit = self.threshold(sot, gate) + self.offsets[junction]
        word = self.switching.draw(junction)
        self.state[junction] = written(self.state[junction], word, limit, self.redraws)
        code = sot >> 4  # whole LSB of the grid
        counts = self.account.counts
        counts[self.WRITE] += 1
        counts[self.DRIVE] += code * code * width
        if self._emulator.trace is not None:
            self._note(f"{junction}.v_sot", self.grid.sot_volts(sot))
            self._note(f"{junction}.v_gate", self.grid.gate_volts(gate))
            self._note(f"{junction}.state", self.state[junction])

    def reset(self, junction: int, width: int) -> None:
        """End a reset pulse of `width` ps from the fixed rail: AP -> P."""
        word = self.resetting.draw(junction)
        self.state[junction] = after_reset(self.state[junction], word, self.reset_limit)
        self.account.counts[self.RESET] += 1
        self.account.counts[self.DRIVE] += self.reset_code**2 * width
        if self._emulator.trace is not None:
            self._note(f"{junction}.state", self.state[junction])

    def read(self, junction: int) -> int:
        """Pass the read current; returns the state (reading does not disturb it)."""
        self.account.counts[self.READ] += 1
        return self.state[junction]

    def threshold(self, sot: int, gate: int) -> int:
        """Return the tabulated threshold of a nominal device at two grid indices."""
        row = self._rows.setdefault(gate, {})
        found = row.get(sot)
        if found is None:
            volts = self.grid.sot_volts(sot), self.grid.gate_volts(gate)
            found = row[sot] = int(threshold(self.law, *volts))
        return found

    def probability(self, sot: NDArray[np.int64], gate: NDArray[np.int64]) -> Floats:
        """Return the delivered P(AP after reset and write); shape (n, junctions). A probe."""
        nominal = threshold(self.law, self.grid.sot_volts(sot), self.grid.gate_volts(gate))
        return np.clip(nominal + np.array(self.offsets, dtype=np.int64), 0, WHOLE) / WHOLE

    def _note(self, signal: str, value: float) -> None:
        assert self._emulator.trace is not None
        self._emulator.trace.row(self._emulator.now, self.name, signal, value)
