"""The microcontroller's own work in an update: decide, remember, ask for a reset."""

from __future__ import annotations

from devices import RESET, Adc, AnalogSwitch, MtjBank
from emulator import Emulator

from .board import Batch

IDLE, ACTIVE = range(2)


class Mcu:
    """A bank of `mcus` microcontrollers that share the work of one board.

    `middle` is the code between the two states: the antiparallel state has the higher
    resistance, hence the lower sense voltage and the lower code.
    """

    def __init__(
        self,
        emulator: Emulator,
        name: str,
        parts: tuple[Adc, AnalogSwitch, MtjBank],
        neurons: int,
        middle: int,
        mcus: int,
    ) -> None:
        self.name, self.middle = name, middle
        self._adc, self._switch, self._mtj = parts
        self._emulator = emulator
        self._account = emulator.ledger.open(name, "controller", ("idle", "active"), (), mcus)
        self._last_ap = [False] * neurons
        self._batch: Batch | None = None
        self._next = 0

    def begin(self, batch: Batch) -> None:
        """Wake up for a batch of updates."""
        self._account.enter(ACTIVE, self._emulator.now)
        self._batch, self._next = batch, 0

    def end(self) -> None:
        """Go idle."""
        self._account.enter(IDLE, self._emulator.now)
        self._batch = None

    def store(self, junction: int) -> None:
        """Take the converter's result: the bit for the host, and whether a reset is due.

        The emulator knows the true state and counts the bits that differ from it.
        """
        code = self._adc.data
        bit = code < self.middle
        if bit != self._mtj.state[junction]:
            self._emulator.counters["read_error"] += 1
        self._last_ap[junction] = bit
        if self._batch is not None:
            self._batch.bits[self._next] = bit
            self._batch.codes[self._next] = code
            self._next += 1

    def reset_if_ap(self, junction: int) -> None:
        """Fire the reset pulse if the junction was last read in the antiparallel state."""
        if self._last_ap[junction]:
            self._switch.set(RESET, junction)
