"""Elaboration: the static sequences of a board's lanes as one table of operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import MethodType
from typing import Any

import numpy as np

from controllers.lane import OPERANDS, Lane
from controllers.mcu import Mcu
from controllers.pipeline import Logic
from devices import Adc, AnalogSwitch, Dac, PulseDriver
from emulator import Do, Operand, SequenceError, Step, Wait, static_reason

from .layout import OP
from .loop import (
    CONSTANT,
    CONVERT,
    END,
    END_RESET,
    FIRE,
    FIRE_RESET,
    LOGIC_END_RESET,
    LOGIC_RESET,
    LOGIC_STORE,
    MCU_RESET,
    MCU_STORE,
    NOTHING,
    SET_SWITCH,
    WRITE_LINE,
)
from .parts import Parts

Op = tuple[int, int, tuple[object, ...]]  # opcode, part, arguments
COLUMNS = 9

# One operation per port; a converter's `write` is one per channel.
PORTS: dict[Callable[..., object], tuple[int, Callable[[Parts, Any], int]]] = {
    AnalogSwitch.set: (SET_SWITCH, Parts.switch),
    Adc.start: (CONVERT, Parts.adc),
    Mcu.store: (MCU_STORE, Parts.mcu),
    Mcu.reset_if_ap: (MCU_RESET, Parts.mcu),
    PulseDriver.fire: (FIRE, Parts.driver),
    PulseDriver.end: (END, Parts.driver),
    PulseDriver.fire_reset: (FIRE_RESET, Parts.driver),
    PulseDriver.end_reset: (END_RESET, Parts.driver),
    Logic.reset_if_ap: (LOGIC_RESET, Parts.logic),
    Logic.end_reset: (LOGIC_END_RESET, Parts.logic),
    Logic.store: (LOGIC_STORE, Parts.logic),
}


def uncompiled_reason(lanes: Sequence[Lane]) -> str | None:
    """Return None if the compiled engine can run these lanes, else why it cannot."""
    for lane in lanes:
        reason = static_reason(lane.steps)
        if reason:
            return reason
        for step in lane.steps:
            if isinstance(step, Do) and _port(step) is None:
                return f"the sequence drives {step.op!r}, which has no compiled port"
    return None


def elaborate_lane(lane: Lane, parts: Parts) -> Any:
    """Return the operations of a lane as rows of `OP`; parts get their places.

    A delay is counted from the operation before (ps). What is waited at the end is the delay of
    an operation that does nothing.
    """
    rows, delay = [], 0
    for step in lane.steps:
        if isinstance(step, Wait):
            delay += step.duration
            continue
        for op in _operations(step, parts):
            rows.append(_row(delay, op))
            delay = 0
    if delay or not rows:
        rows.append(_row(delay, (NOTHING, 0, ())))
    return np.array(rows, dtype=OP)


def _port(step: Do) -> Callable[..., object] | None:
    """Return the port that a step drives, None for one that has no compiled form."""
    port = step.op.__func__ if isinstance(step.op, MethodType) else step.op
    return port if port in PORTS or port in (Dac.write, Dac.write_channel) else None


def _operations(step: Step, parts: Parts) -> Iterator[Op]:
    """Yield what a step does."""
    assert isinstance(step, Do)
    port, owner = _port(step), step.op.__self__  # type: ignore[attr-defined]
    if port is None:
        raise SequenceError(f"{step.op!r} has no compiled port")
    if port == Dac.write:
        for channel, code in enumerate(step.args):
            yield WRITE_LINE, parts.line(owner, channel), (code,)
    elif port == Dac.write_channel:
        constant, code = step.args
        if not isinstance(constant, int):
            raise SequenceError(f"{owner.name}: the channel of a compiled write is a constant")
        yield WRITE_LINE, parts.line(owner, constant), (code,)
    else:
        opcode, placed = PORTS[port]
        yield opcode, placed(parts, owner), step.args


def _row(delay: int, op: Op) -> tuple[int, ...]:
    opcode, part, arguments = op
    row = [delay, opcode, part]
    for argument in arguments:
        if isinstance(argument, Operand):
            row += [OPERANDS.index(argument.name), 0]
        else:
            row += [CONSTANT, int(argument)]  # type: ignore[call-overload]
    return (*row, *[CONSTANT, 0] * ((COLUMNS - len(row)) // 2))
