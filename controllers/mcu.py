"""The microcontroller's own work in an update: decide, remember, ask for a reset."""

from __future__ import annotations

from devices import RESET, Adc, AnalogSwitch, MtjBank
from emulator import Emulator

from .board import Batch

IDLE, ACTIVE = range(2)


def reads_ap(code: int, middle: int) -> int:
    """Return 1 for a code of the antiparallel state, which has the lower sense voltage."""
    return int(code < middle)


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
        self.adc, self.switch, self.mtj = parts
        self._emulator = emulator
        self._account = emulator.ledger.open(name, "controller", ("idle", "active"), (), mcus)
        self.last_ap = [0] * neurons
        self._batch: Batch | None = None

    def begin(self, batch: Batch | None) -> None:
        """Wake up; results go to `batch` if there is one."""
        self._account.enter(ACTIVE, self._emulator.now)
        self._batch = batch

    def end(self) -> None:
        """Go idle."""
        self._account.enter(IDLE, self._emulator.now)
        self._batch = None

    def store(self, junction: int, index: int = 0) -> None:
        """Take the converter's result of update `index` of the batch.

        Keeps the bit for the host, and whether a reset is due.

        The emulator knows the true state and counts the bits that differ from it.
        """
        code = self.adc.register
        bit = reads_ap(code, self.middle)
        if bit != self.mtj.state[junction]:
            self._emulator.counters["read_error"] += 1
        self.last_ap[junction] = bit
        if self._batch is not None:
            self._batch.bits[index] = bit
            self._batch.codes[index] = code

    def reset_if_ap(self, junction: int) -> None:
        """Fire the reset pulse if the junction was last read in the antiparallel state."""
        if self.last_ap[junction]:
            self.switch.set(RESET, junction)
