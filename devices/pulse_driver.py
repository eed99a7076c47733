"""Integrated pulse driver and comparator: the front end of the projected FPGA and ASIC."""

from __future__ import annotations

import math

from pydantic import Field

from emulator import Emulator, Params, SequenceError, Volt

from .dac import DacParams
from .mtj_bank import MtjBank
from .sense import DividerParams
from .vgsot import WHOLE, resistances

SOT, GATE, FIRED = range(3)  # of a pulse: two grid indices and when it began (ps)


class PulseDriver:
    """A tabulated level behind a switch; pulse widths come from a delay line.

    Ports: `fire(junction, code, gate)` applies a level at once, `end(junction)` ends the pulse,
    `fire_reset(junction)` and `end_reset(junction)` do the same with the reset rail.
    """

    def __init__(self, emulator: Emulator, name: str, params: DacParams, mtj: MtjBank) -> None:
        self.name, self.params, self.mtj = name, params, mtj
        self._emulator, self._env = emulator, emulator.env
        emulator.ledger.open(name, "front_end")
        index = mtj.grid.index
        self.index = [index(params.level_uv(code)) for code in range(1 << params.bits)]
        self.pulses: list[tuple[int, int, int]] = [(0, 0, 0)] * mtj.n

    def fire(self, junction: int, code: int, gate: int) -> None:
        """Begin a write pulse; raises `SequenceError` for a code that does not exist."""
        codes = len(self.index)
        if not (0 <= code < codes and 0 <= gate < codes):
            raise SequenceError(f"{self.name}: code {code} or {gate} is outside [0, {codes - 1}]")
        self.pulses[junction] = (self.index[code], self.index[gate], self._env.now)  # type: ignore[assignment]
        if self._emulator.trace is not None:
            self._emulator.trace.row(self._emulator.now, self.name, f"{junction}.code", code)

    def end(self, junction: int) -> None:
        """End the write pulse: the junction decides."""
        sot, gate, since = self.pulses[junction]
        self.mtj.write(junction, sot, gate, self._env.now - since)  # type: ignore[arg-type]

    def fire_reset(self, junction: int) -> None:
        """Begin a reset pulse."""
        self.pulses[junction] = (0, 0, self._env.now)  # type: ignore[assignment]

    def end_reset(self, junction: int) -> None:
        """End the reset pulse."""
        self.mtj.reset(junction, self._env.now - self.pulses[junction][FIRED])  # type: ignore[arg-type]


def compared(word: int, limit: int) -> int:
    """Return a comparator's bit: AP (1) if `word` lies below the limit of the junction's state."""
    return int(word < limit)


class ComparatorParams(Params):
    """A clocked comparator; `noise` is its rms input-referred noise."""

    noise: Volt = Field(ge=0, le=1)


class Comparator:
    """One comparator per junction, set midway between the two states; port `sense(junction)`.

    The decision is AP with probability Phi(+-swing / (2 noise)), an integer threshold per state.
    """

    def __init__(
        self,
        emulator: Emulator,
        name: str,
        params: ComparatorParams,
        divider: DividerParams,
        mtj: MtjBank,
    ) -> None:
        self.name, self.params, self.mtj = name, params, mtj
        self._emulator = emulator
        self.account = emulator.ledger.open(name, "front_end", ("on",), ("decision",))
        self.noise = emulator.stream(name, 0, mtj.n)
        r_p, r_ap = resistances(mtj.params, divider.v_read, divider.r_s)
        self.swing = divider.sense_volts(r_p) - divider.sense_volts(r_ap)
        miss = 0.5 * math.erfc(self.swing / (2.0 * math.sqrt(2.0) * params.noise)) if (
            params.noise
        ) else 0.0  # fmt: skip
        wrong = round(miss * WHOLE)
        self.limits = (wrong, WHOLE - wrong)

    def sense(self, junction: int) -> int:
        """Return 1 if the junction is found in AP; costs a read."""
        state = self.mtj.read(junction)
        self.account.counts[0] += 1
        bit = compared(self.noise.draw(junction), self.limits[state])
        if bit != state:
            self._emulator.counters["read_error"] += 1
        if self._emulator.trace is not None:
            self._emulator.trace.row(self._emulator.now, self.name, f"{junction}.bit", bit)
        return bit
