"""Legs: static phases whose time and bookkeeping are known beforehand, passed many times over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

from emulator import (
    Account,
    Do,
    Emulator,
    Entry,
    Ledger,
    Number,
    Phase,
    Program,
    Step,
    Wait,
    elaborate,
    tick,
)

from .sequencer import run_static

IDLE, BUSY = range(2)


@dataclass(frozen=True)
class Leg:
    """A phase of `duration` ps, and where that figure is from.

    Parts in `busy` are in their second state meanwhile, all others in their first; `actions` says
    how often a part does the first thing that it can do.
    """

    name: str
    duration: int
    number: Number
    busy: tuple[Account, ...] = ()
    actions: tuple[tuple[Account, int], ...] = ()


class Course:
    """Legs in turn. `switched` are the parts that may be busy in any of them.

    `run` lets time pass: in one exact step, or leg by leg where somebody asked for it (`stepwise`,
    a trace) or something else is due on the clock meanwhile. The books are the same.
    """

    def __init__(
        self, emulator: Emulator, name: str, legs: Sequence[Leg], switched: Sequence[Account]
    ) -> None:
        self.legs = tuple(legs)
        self.contended = 0
        self._emulator, self._name, self._switched = emulator, name, tuple(switched)
        self._rank = emulator.rank(name)

    @property
    def duration(self) -> int:
        """Sum of the legs, in ps."""
        return sum(leg.duration for leg in self.legs)

    def steps(self) -> tuple[Step, ...]:
        """Return the legs as a static sequence."""
        return tuple(
            step
            for place, leg in enumerate(self.legs)
            for step in (Do(self._begin, place), Wait(leg.duration, leg.name))
        )

    def phases(self, start: int = 0) -> list[Phase]:
        """Return the legs as they are shown, the first beginning at `start` ps."""
        found = []
        for leg in self.legs:
            found.append(Phase(leg.name, start, leg.duration, leg.number.trust, leg.number.source))
            start += leg.duration
        return found

    def run(self, times: int, stepwise: bool) -> Program:
        """Pass all legs `times` times: a process to be joined."""
        if not self.legs:
            return
        emulator = self._emulator
        span, due = times * self.duration, emulator.peek()
        contended = due is not None and due <= emulator.now + span
        self.contended += contended and not stepwise
        if stepwise or contended or emulator.trace is not None:
            sequence = elaborate(self.steps(), ())
            yield from run_static(emulator, sequence, repeat((), times), self._rank)
            self._switch(())
        else:
            yield tick(emulator.env, span, self._rank)
            self._book(times)

    def _begin(self, place: int) -> None:
        leg = self.legs[place]
        self._switch(leg.busy)
        for account, n in leg.actions:
            account.count(0, n)
        if self._emulator.trace is not None:
            self._emulator.trace.row(self._emulator.now, self._name, "phase", place)

    def _switch(self, busy: Sequence[Account]) -> None:
        for account in self._switched:
            account.enter(BUSY if account in busy else IDLE, self._emulator.now)

    def _book(self, times: int) -> None:
        """Book what has just passed: only how long each state lasted counts, not in which order."""
        now = self._emulator.now
        for account in self._switched:
            busy = times * sum(leg.duration for leg in self.legs if account in leg.busy)
            account.enter(BUSY, now - busy)
            account.enter(IDLE, now)
        for leg in self.legs:
            for account, n in leg.actions:
                account.count(0, times * n)


def entries_of(ledger: Ledger, leg: Leg) -> list[Entry]:
    """Return what one pass of a leg books, of every part on the ledger."""
    found = []
    for part, account in ledger.accounts.items():
        state = account.states[BUSY if account in leg.busy else IDLE]
        span = leg.duration, leg.duration
        found.append(Entry(part, account.group, "state", state, account.bank, *span))
    for account, n in leg.actions:
        name = account.actions[0]
        found.append(Entry(account.part, account.group, "action", name, account.bank, n, n))
    return found
