"""Sequences: the steps by which a controller drives the ports of its parts.

A table of `Do` and `Wait` is *static*: every engine can run it. `Until`, an interrupt or a
program of the user's own makes it *dynamic*: the event engine runs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from simpy.events import Event

from .errors import SequenceError
from .ticks import Clock


@dataclass(frozen=True)
class Operand:
    """A value that differs from update to update (a code, a junction), named."""

    name: str


@dataclass(frozen=True, init=False)
class Do:
    """Call a port operation; it takes no time. Arguments are constants or operands."""

    op: Callable[..., object]
    args: tuple[object, ...]

    def __init__(self, op: Callable[..., object], *args: object) -> None:
        object.__setattr__(self, "op", op)
        object.__setattr__(self, "args", args)


@dataclass(frozen=True, init=False)
class Wait:
    """Let `duration` pass: picoseconds, or cycles of `clock`. `phase` names it in reports."""

    duration: int
    phase: str

    def __init__(self, duration: int, phase: str = "", clock: Clock | None = None) -> None:
        if duration < 0:
            raise SequenceError(f"Wait({duration}) is negative")
        object.__setattr__(self, "duration", clock.span(duration) if clock else duration)
        object.__setattr__(self, "phase", phase)


class Signal(Protocol):
    """Something that happens again and again, such as an ADC's end of conversion."""

    def next(self) -> Event:
        """Return an event for the next time it happens."""


@dataclass(frozen=True)
class Until:
    """Wait for a signal, at most `timeout` ps; the program is sent True if it came in time."""

    signal: Signal
    timeout: int | None = None


Step = Do | Wait | Until


def static_reason(steps: Iterable[Step]) -> str | None:
    """Return None for a static sequence, else what makes it dynamic."""
    for step in steps:
        if isinstance(step, Until):
            return "the sequence waits for a signal"
    return None


def duration_of(steps: Iterable[Step]) -> int:
    """Return the duration of a static sequence in ps; raises `SequenceError` for a dynamic one."""
    total = 0
    for step in steps:
        if isinstance(step, Until):
            raise SequenceError("the duration of a dynamic sequence is not known beforehand")
        total += step.duration if isinstance(step, Wait) else 0
    return total


@dataclass(frozen=True)
class Elaborated:
    """A static sequence ready to run: one row of values per update, one entry per step.

    An entry is (delay in ps, operation or None, picker of its arguments out of the row). A row
    is the update's operands in the order of `operands`, followed by `constants`.
    """

    entries: tuple[tuple[int, Callable[..., object] | None, Any], ...]
    operands: tuple[str, ...]
    constants: tuple[object, ...]


def elaborate(steps: Iterable[Step], operands: tuple[str, ...]) -> Elaborated:
    """Bind the arguments of a static sequence to columns; raises `SequenceError`."""
    constants: list[object] = []
    entries: list[tuple[int, Callable[..., object] | None, Any]] = []
    for step in steps:
        if isinstance(step, Until):
            raise SequenceError("a sequence with Until cannot be elaborated")
        if isinstance(step, Wait):
            entries.append((step.duration, None, None))
            continue
        columns = []
        for arg in step.args:
            if isinstance(arg, Operand):
                if arg.name not in operands:
                    raise SequenceError(f"operand '{arg.name}' is not supplied")
                columns.append(operands.index(arg.name))
            else:
                columns.append(len(operands) + len(constants))
                constants.append(arg)
        entries.append((0, step.op, _picker(columns)))
    return Elaborated(tuple(entries), operands, tuple(constants))


def _picker(columns: list[int]) -> Callable[[tuple[Any, ...]], Any]:
    if not columns:
        return lambda row: ()
    if len(columns) == 1:
        return itemgetter(slice(columns[0], columns[0] + 1))
    return itemgetter(*columns)
