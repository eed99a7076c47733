"""The kernel: one clock, one queue, one ledger, named random streams.

The kernel can be led: `advance(to_ps)` runs everything due up to and including `to_ps`, so a CPU
emulator or a wall-clock pacer may be the time master. Nothing else steps the queue.

Ties are resolved in one order: (time, rank of the part, order of posting). A part's rank is the
order of its construction, and controllers are constructed after the parts that they drive, so an
event of a part (an end of conversion) precedes the controller's step at the same instant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator
from heapq import heappush
from typing import Any

import simpy
from simpy.core import EmptySchedule
from simpy.events import Event, Process

from .errors import SequenceError
from .ledger import Ledger
from .streams import Stream, check_seed
from .trace import TraceSink

FIRST_RANK = 16  # SimPy's own priorities (process start, interrupt) come before every part
LAST_RANK = 2**60
Program = Generator[Event, Any, Any]


class Tick(Event):
    """An instant on the queue, ordered by (time, rank of its part, order of posting).

    The same as a SimPy `Timeout`, but with the rank of its part where SimPy has one priority for
    all. One that has happened may be armed again: a controller has one next step at a time, and
    a run makes a dozen steps per update. `Environment.schedule` is written out for that reason.
    """

    _value = None
    _ok = True

    def __init__(self, env: simpy.Environment, rank: int) -> None:
        self.env = env
        self.rank = rank
        self.callbacks = None  # type: ignore[assignment]

    def arm(self, delay: int) -> Tick:
        """Happen `delay` ps from now; returns itself."""
        env = self.env
        self.callbacks = []
        heappush(env._queue, (env._now + delay, self.rank, next(env._eid), self))  # type: ignore
        return self


def tick(env: simpy.Environment, delay: int, rank: int) -> Tick:
    """Return an instant `delay` ps from now."""
    return Tick(env, rank).arm(delay)


def stepper(
    env: simpy.Environment, rank: int, step: Callable[[object], None]
) -> Callable[[int], None]:
    """Return `arm(delay)`, after which `step` is called; one tick is used again and again.

    Nobody else may wait for that tick, so its list of callbacks is always the same.
    """
    instant, queue, ids, callbacks = Tick(env, rank), env._queue, env._eid, [step]

    def arm(delay: int) -> None:
        instant.callbacks = callbacks
        heappush(queue, (env._now + delay, rank, next(ids), instant))  # type: ignore[misc]

    return arm


class Emulator:
    """One clock for all parts.

    `seed` in [0, 2^32 - 1] keys every random stream; `trace` is a sink or None (off, and free).
    `counters` tallies what is not an energy: saturated codes, missed pulses.
    """

    def __init__(self, seed: int = 0, trace: TraceSink | None = None) -> None:
        self.seed = check_seed(seed)
        self.env = simpy.Environment(initial_time=0)
        self.ledger = Ledger()
        self.trace = trace
        self.counters: Counter[str] = Counter()
        self._ranks: dict[str, int] = {}
        self._stepping = False

    @property
    def now(self) -> int:
        """Emulated time in ps."""
        return self.env.now  # type: ignore[return-value]

    def rank(self, part: str) -> int:
        """Return the place of `part` in the order of ties, giving it the next one if it is new."""
        return self._ranks.setdefault(part, FIRST_RANK + len(self._ranks))

    def stream(self, part: str, stream: int = 0, devices: int = 1) -> Stream:
        """Return the random stream of a part for one purpose."""
        return Stream(self.seed, part, stream, devices)

    def process(self, program: Program) -> Process:
        """Start a SimPy process at the present instant."""
        return self.env.process(program)

    def post(self, t_ps: int, fn: Callable[[], None], rank: int = LAST_RANK - 1) -> Event:
        """Call `fn` at `t_ps`; at equal times lower ranks come first.

        Raises `ValueError` if `t_ps` lies in the past.
        """
        if t_ps < self.now:
            raise ValueError(f"cannot post at {t_ps} ps, it is {self.now} ps already")
        instant = tick(self.env, t_ps - self.now, rank)
        instant.callbacks.append(lambda _: fn())
        return instant

    def peek(self) -> int | None:
        """Return the time of the next event, None when there is none."""
        when = self.env.peek()
        return None if when == float("inf") else int(when)

    def advance(self, to_ps: int) -> int | None:
        """Run everything due up to and including `to_ps`; return the time of the next event.

        Raises `ValueError` if `to_ps` lies in the past.
        """
        if to_ps < self.now:
            raise ValueError(f"cannot advance to {to_ps} ps, it is {self.now} ps already")
        self._step_until(tick(self.env, to_ps - self.now, LAST_RANK))
        return self.peek()

    def complete(self, event: Event) -> Any:
        """Run until `event` has happened and return its value.

        Raises `SequenceError` if the queue runs dry first: everybody waits for somebody else.
        """
        try:
            self._step_until(event)
        except EmptySchedule:
            raise SequenceError(
                f"nothing is left to happen at {self.now} ps, but something is still awaited"
            ) from None
        return event.value

    def perform(self, program: Program) -> Any:
        """Run a program to its end and return its value."""
        return self.complete(self.process(program))

    def _step_until(self, event: Event) -> None:
        if self._stepping:
            raise SequenceError("the clock is led already: something that it runs may not lead it")
        step = self.env.step
        self._stepping = True
        try:
            while event.callbacks is not None:
                step()
        finally:
            self._stepping = False
