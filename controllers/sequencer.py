"""The event engine's scheduler: static sequences and live programs as SimPy processes.

Every step is its own event on the queue, whether it takes time or not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any

import simpy
from simpy.events import Event, Process

from emulator import (
    Do,
    Elaborated,
    Emulator,
    Program,
    SequenceError,
    Step,
    Until,
    Wait,
    stepper,
    tick,
)

Firmware = Generator[Step, Any, Any]


def run_static(
    emulator: Emulator,
    sequence: Elaborated,
    rows: Iterable[tuple[Any, ...]],
    rank: int,
    starts: Iterable[int] | None = None,
) -> Program:
    """Run a static sequence once per row of operands.

    Without `starts` one update follows the other; with it, update i begins at `starts[i]` (ps).
    """
    yield _play(emulator.env, sequence, iter(rows), rank, None if starts is None else iter(starts))


def _play(
    env: simpy.Environment,
    sequence: Elaborated,
    rows: Iterator[tuple[Any, ...]],
    rank: int,
    starts: Iterator[int] | None,
) -> Event:
    """Let every step be an event that arms the next one; return what happens at the end.

    As a process would that yields one event per step, without resuming a generator a dozen times
    per update.
    """
    done, constants, entries = env.event(), sequence.constants, sequence.entries
    row: tuple[Any, ...] = ()
    place, last = -1, len(entries)  # the step that is due; -1: the start of an update

    def step(_: object) -> None:
        nonlocal place
        if place >= 0:
            _, op, pick = entries[place]
            if op is not None:
                op(*pick(row))
        place += 1
        if place < last:
            arm(entries[place][0])
        else:
            begin()

    def begin() -> None:
        nonlocal place, row
        operands = next(rows, None)
        if operands is None:
            done.succeed()
            return
        row = operands + constants
        if starts is None:
            place = 0
            arm(entries[0][0])
        else:
            place = -1
            arm(next(starts) - env.now)  # type: ignore[arg-type]

    arm = stepper(env, rank, step)
    begin()
    return done


class Processor:
    """Runs firmware: a generator of `Do`, `Wait` and `Until` steps, with interrupts.

    An interrupt suspends the program at the present instant, runs its handler and resumes what
    was left of the wait, as a busy-wait on a core does. Handlers do not nest; one that arrives
    during another is queued. A `Do` sends its port's return value back into the program, an
    `Until` sends True, or False when it timed out.
    """

    def __init__(self, emulator: Emulator, name: str) -> None:
        self.name = name
        self.interrupts = 0
        self._emulator, self._env = emulator, emulator.env
        self._rank = emulator.rank(name)
        self._process: Process | None = None
        self._claimed = False
        self._handling = self._asked_itself = False
        self._queued: deque[Callable[[], Firmware]] = deque()

    def run(self, firmware: Firmware) -> Process:
        """Start a program; raises `SequenceError` if one is running."""
        self._check_free()
        self._queued.clear()  # a program that failed may have left some
        self._handling = self._asked_itself = False
        self._process = self._emulator.process(self._execute(firmware))
        return self._process

    def claim(self) -> None:
        """Take the core for a static sequence; raises `SequenceError` if firmware is running."""
        self._check_free()
        self._claimed = True

    def release(self) -> None:
        """Give the core back."""
        self._claimed = False

    def _check_free(self) -> None:
        alive = self._process is not None and self._process.is_alive
        if alive or self._claimed:
            raise SequenceError(f"{self.name} is running a program already")

    def interrupt(self, handler: Callable[[], Firmware]) -> None:
        """Ask for `handler` to run now; ignored when no program runs.

        A program that asks itself (a software interrupt) runs the handler before its next step.
        """
        if self._process is None or not self._process.is_alive:
            return
        self._queued.append(handler)
        if self._handling or len(self._queued) > 1:
            return
        if self._env.active_process is self._process:
            self._asked_itself = True
        else:
            self._process.interrupt()

    def _execute(self, firmware: Firmware) -> Program:
        sent: Any = None
        while True:
            if self._asked_itself:
                yield from self._handle()
            try:
                step = firmware.send(sent)
            except StopIteration as stop:
                return stop.value
            if self._asked_itself:
                yield from self._handle()
            if isinstance(step, Do):
                yield from self._wait(0)
                sent = step.op(*step.args)
            elif isinstance(step, Wait):
                sent = yield from self._wait(step.duration)
            elif isinstance(step, Until):
                sent = yield from self._until(step)
            else:
                raise SequenceError(f"{self.name}: {step!r} is not a Do, Wait or Until")

    def _wait(self, duration: int) -> Program:
        left = duration
        while True:
            began: int = self._env.now  # type: ignore[assignment]
            try:
                yield tick(self._env, left, self._rank)
                return None
            except simpy.Interrupt:
                left -= self._env.now - began  # type: ignore[assignment]
                yield from self._handle()

    def _until(self, step: Until) -> Program:
        event = step.signal.next()
        waits = [event]
        if step.timeout is not None:
            waits.append(tick(self._env, step.timeout, self._rank))
        first = self._env.any_of(waits)
        while True:
            try:
                came = event in (yield first)
                yield from self._wait(0)  # the parts that are due at this instant come first
                return came
            except simpy.Interrupt:
                yield from self._handle()

    def _handle(self) -> Program:
        """Run the queued handlers, one after the other."""
        self._handling, self._asked_itself = True, False
        while self._queued:
            self.interrupts += 1
            yield from self._execute(self._queued.popleft()())
        self._handling = False


class Timer:
    """A hardware timer: calls `fn` every `period` ps from now on, until `stop`."""

    def __init__(self, emulator: Emulator, name: str) -> None:
        self._emulator, self._rank = emulator, emulator.rank(name)
        self._fn: Callable[[], object] = lambda: None
        self._origin = self._period = self._ticks = 0
        self._starts = 0  # ticks of an earlier start are void

    def every(self, period: int, fn: Callable[[], object]) -> None:
        """Start, or start anew; tick k falls at origin + k * period."""
        if period <= 0:
            raise SequenceError(f"a timer period of {period} ps is not positive")
        self.stop()
        self._origin, self._period, self._ticks, self._fn = self._emulator.now, period, 0, fn
        self._arm()

    def stop(self) -> None:
        """Stop; the tick that is posted already does nothing."""
        self._starts += 1

    def _arm(self) -> None:
        self._ticks += 1
        due, start = self._origin + self._ticks * self._period, self._starts
        self._emulator.post(due, lambda: self._tick(start), self._rank)

    def _tick(self, start: int) -> None:
        if start == self._starts:
            self._fn()
        if start == self._starts:  # the function may have stopped the timer, or started it anew
            self._arm()
