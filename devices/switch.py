"""Analogue switch: routes a junction to the reset rail, the write drivers or the read path."""

from __future__ import annotations

from typing import Any, Protocol, Self

from pydantic import Field, model_validator

from emulator import Emulator, Ohm, Params, SequenceError, Time

from .line import Line, Node, peak
from .line import level as level_of
from .mtj_bank import MtjBank
from .sense import SenseNode
from .settling import Settling

OPEN, RESET, WRITE, READ = range(4)
MODES = ("open", "reset", "write", "read")


class SwitchParams(Params):
    """One kind of switch: a path closes `t_on` after the command and conducts until the next.

    Break before make: `t_off`, the time an old path takes to open, must not exceed `t_on`, or
    write and read path would be shorted; the tail of a pulse within `t_off` is not modelled.
    """

    r_on: Ohm = Field(ge=0)
    t_on: Time = Field(ge=0)
    t_off: Time = Field(ge=0)

    @model_validator(mode="after")
    def _breaks_before_it_makes(self) -> Self:
        if self.t_off > self.t_on:
            raise ValueError(f"t_off = {self.t_off} ps exceeds t_on = {self.t_on} ps")
        return self


class Gate(Protocol):
    """What the automaton keeps, of an `AnalogSwitch` or of a row of an array."""

    closed_at: int
    worst_error_uv: Any
    sum_error_uv: int
    pulses: int


def deliver(
    switch: Gate, sot: Node, sot_law: Settling, gate: Node, gate_law: Settling, t: int
) -> tuple[int, int]:
    """Return the levels (uV) of SOT and gate line at which a junction decides.

    The pulse lasts from `switch.closed_at` to `t`; the highest level of the SOT line decides (the
    switching rate is exponential in the voltage) with the gate level at that instant.
    """
    level, when = peak(sot, sot_law, switch.closed_at, t)
    at_gate = level_of(gate, gate_law, when)
    error = abs(level - sot.target)
    switch.pulses += 1
    switch.sum_error_uv += error
    worst = switch.worst_error_uv
    worst[0] = max(worst[0], error)
    worst[1] = max(worst[1], abs(at_gate - gate.target))
    return level, at_gate


class AnalogSwitch:
    """Port `set(mode, junction)`. The switch gates the pulses.

    A pulse reaches the junction from `t_on` after the command until the next command; the
    junction decides as it ends (`deliver`).
    """

    def __init__(
        self,
        emulator: Emulator,
        name: str,
        params: SwitchParams,
        lines: tuple[Line, Line],
        mtj: MtjBank,
        node: SenseNode,
    ) -> None:
        self.name, self.params = name, params
        self.sot, self.gate = lines
        self.mtj, self.node = mtj, node
        self._emulator, self._env = emulator, emulator.env
        self.account = emulator.ledger.open(name, "front_end", MODES)
        self.mode, self.junction, self.closed_at = OPEN, 0, 0
        self.worst_error_uv = [0, 0]  # SOT line, gate line
        self.sum_error_uv = 0
        self.pulses = 0

    def set(self, mode: int, junction: int) -> None:
        """Route `junction`; what was routed before ends now.

        Raises `SequenceError` for a mode or junction that does not exist.
        """
        if not (0 <= mode < len(MODES) and 0 <= junction < self.mtj.n):
            raise SequenceError(f"{self.name}: no mode {mode} of junction {junction}")
        now: int = self._env.now  # type: ignore[assignment]
        if self.mode != OPEN:
            self._leave(now)
        self.account.enter(mode, now)
        self.mode, self.junction, self.closed_at = mode, junction, now + self.params.t_on
        if mode == READ:
            self.node.connect(junction, self.closed_at)
        elif mode == WRITE:
            self.sot.record()
            self.gate.record()
        if self._emulator.trace is not None:
            self._emulator.trace.row(now, self.name, "mode", mode)

    def _leave(self, now: int) -> None:
        width = now - self.closed_at
        if self.mode == READ:
            self.node.disconnect(now)
        elif width <= 0:
            self._emulator.counters["pulse_missed"] += 1
        elif self.mode == RESET:
            self.mtj.reset(self.junction, width)
        else:
            self._write(now, width)
        if self.mode == WRITE:
            self.sot.forget()
            self.gate.forget()

    def _write(self, now: int, width: int) -> None:
        """End a write pulse: the junction decides."""
        sot, gate = self.sot, self.gate
        levels = deliver(self, sot, sot.law, gate, gate.law, now)
        index = self.mtj.grid.index
        self.mtj.write(self.junction, index(levels[0]), index(levels[1]), width)
