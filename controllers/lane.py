"""Lanes and their pace: who runs which updates of a batch, and when each may begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator import Clock, Step

OPERANDS = ("code", "gate", "junction", "index")


@dataclass(frozen=True)
class Lane:
    """A sequencer that runs `steps` once per update of its `junctions`, row by row of a batch.

    The steps may use the operands `code`, `gate`, `junction` and `index` (the place of the update
    in the batch, row * neurons + junction). `rank` is its place in the order of ties.
    """

    steps: tuple[Step, ...]
    rank: int
    junctions: tuple[int, ...]


@dataclass(frozen=True)
class Pace:
    """Update `index` of a batch begins at an edge of `clock`: `issue_cycles` after the one before.

    A junction is occupied for `slot_cycles`. Without a pace each lane begins an update when its
    last one has ended.
    """

    clock: Clock
    issue_cycles: int
    slot_cycles: int

    def starts(self, now: int, count: int) -> NDArray[np.int64]:
        """Return when `count` updates begin (ps), the first at the next edge from `now` on."""
        return self.clock.edges(self.clock.index(now), self.issue_cycles, count)

    def drained(self, now: int, count: int) -> int:
        """Return when the slot of the last of `count` updates ends (ps)."""
        last = self.clock.index(now) + (count - 1) * self.issue_cycles
        return self.clock.edge(last + self.slot_cycles)
