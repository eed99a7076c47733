"""Host computer and link: time that the board waits for, reported apart from the board."""

from __future__ import annotations

from fractions import Fraction

from pydantic import Field

from emulator import Count, DataRate, Emulator, Params, Program, Rate, Time, tick
from emulator.ticks import PS_PER_S, whole_ps

IDLE, BUSY = range(2)
STATES = ("idle", "busy")


class HostParams(Params):
    """A host that performs `rate` arithmetic operations per second."""

    rate: Rate = Field(ge=1)


class LinkParams(Params):
    """A link of `rate` bytes per second and `latency` per transfer.

    `bytes_down` and `bytes_up` are what one update takes in each direction; `burst` is the number
    of updates whose results the board buffers before it sends them.
    """

    rate: DataRate = Field(ge=1)
    latency: Time = Field(ge=0, le=10 * PS_PER_S)
    bytes_down: Count = Field(ge=0, le=1024)
    bytes_up: Count = Field(ge=0, le=1024)
    burst: Count = Field(ge=1, le=10_000_000)


class Host:
    """Computes at a stated rate (never at wall time)."""

    def __init__(self, emulator: Emulator, name: str, params: HostParams) -> None:
        self.params = params
        self._emulator, self._rank = emulator, emulator.rank(name)
        self._account = emulator.ledger.open(name, "host", STATES, ("operation",))

    def compute(self, operations: int) -> Program:
        """Perform `operations`: a process to be joined."""
        duration = whole_ps(Fraction(operations) / Fraction(self.params.rate), "up")
        self._account.enter(BUSY, self._emulator.now)
        self._account.count(0, operations)
        yield tick(self._emulator.env, duration, self._rank)
        self._account.enter(IDLE, self._emulator.now)


class Link:
    """Moves bytes between host and board."""

    def __init__(self, emulator: Emulator, name: str, params: LinkParams) -> None:
        self.params = params
        self._emulator, self._rank = emulator, emulator.rank(name)
        self._account = emulator.ledger.open(name, "link", STATES, ("byte",))

    def transfer(self, count: int) -> Program:
        """Move `count` bytes: a process to be joined."""
        env = self._emulator.env
        seconds = Fraction(count) / Fraction(self.params.rate)
        self._account.enter(BUSY, self._emulator.now)
        self._account.count(0, count)
        yield tick(env, self.params.latency + whole_ps(seconds, "up"), self._rank)
        self._account.enter(IDLE, self._emulator.now)
