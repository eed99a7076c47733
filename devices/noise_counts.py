"""What makes the levels of noise: which of a node's two-state sources are in their second state.

A code says how many they are, or, where each has a level of its own, which: bit i is source i.

A source is drawn from (`seed`, name, its own streams), device = node, draw = index of the pass, so
that neither the number of sources nor that of nodes changes what one of them does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from emulator import PS_PER_S, ConfigError, PassGrid
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .dwell import DwellTimes
from .telegraph_grid import TelegraphGrid

Codes = NDArray[np.uint8]
State = dict[str, NDArray[np.float64]]
OBSERVATION = 0  # the stream of Gaussian deviates; sources use those after it, two each
FIRST_SOURCE = 1


class Source(Protocol):
    """Makes codes of shape (passes, nodes) for consecutive passes."""

    @property
    def timed(self) -> bool:
        """Whether it goes on by the clock; otherwise it takes a step per pass."""

    def fill(self, first: int, when: PassGrid) -> Codes:
        """Return the codes in passes number `first` on, in this order, read at the times `when`.

        Raises `SequenceError` for what is timed and asked for its past.
        """

    def shares(self) -> NDArray[np.float64]:
        """Return the long-run probability of every code 0, 1, .., shape (codes, nodes or 1)."""

    def apart(self, name: str) -> Self:
        """Return a source of the same kind at its beginning, drawn from streams of `name`."""

    def state(self) -> State:
        """Return what the source remembers."""

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up a state before pass `index`; raises `ConfigError` for one that does not fit."""


def count_shares(odds: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return P(0), .., P(n) of how many of a node's n sources are on, shape (n + 1, nodes).

    `odds` has a row per source and a column per node: the probability that a source is on. Equal
    rows make the binomial distribution.
    """
    shares = np.ones((1, len(odds[0])))
    for p in np.asarray(odds, dtype=np.float64):
        shares = np.pad(shares * (1.0 - p), ((0, 1), (0, 0))) + np.pad(shares * p, ((1, 0), (0, 0)))
    return shares


def code_shares(odds: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the probability of every set of sources that are on, shape (2^n, nodes)."""
    shares = np.ones((1, len(odds[0])))
    for p in np.asarray(odds, dtype=np.float64):
        shares = np.concatenate([shares * (1.0 - p), shares * p])
    return shares


def add_ones(drawn: Any, limit: Any, out: Codes) -> None:
    """Count the words below `limit`, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += np.uint8(drawn[j] < limit)


def tally(
    key0: Any, key1: Any, stream: Any, first: int, limit: Any, planes: Any, out: Codes
) -> None:
    """Add 1 to `out` (steps, nodes) where the draw at grid indices `first` .. is below `limit`."""
    last = first + out.shape[0]
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                add_ones(planes[c], limit, out[index - first])


TALLY = Kernel(tally)


class Coins:
    """`n` independent draws of B(p) per node and pass; satisfies `Source`."""

    timed = False

    def __init__(self, seed: int, name: str, nodes: int, n: int, p: float) -> None:
        self.seed, self.nodes, self.n, self.p = seed, nodes, n, p
        self._limit = np.uint64(round(p * 2.0**32))
        key0, key1 = key_of(seed, name)
        self._key = np.uint64(key0), np.uint64(key1)
        self._planes = np.empty((4, nodes), dtype=np.uint32)

    def fill(self, first: int, when: PassGrid) -> Codes:
        """Return the counts of ones."""
        out: Codes = np.zeros((when.passes, self.nodes), dtype=np.uint8)
        for i in range(self.n):
            stream = np.uint64(FIRST_SOURCE + 2 * i)
            TALLY(*self._key, stream, first, self._limit, self._planes, out)
        return out

    def shares(self) -> NDArray[np.float64]:
        """Return the binomial distribution."""
        return count_shares([[self.p]] * self.n)

    def apart(self, name: str) -> Coins:
        """Return other coins of the same odds."""
        return Coins(self.seed, name, self.nodes, self.n, self.p)

    def state(self) -> State:
        """Return nothing: coins do not remember."""
        return {}

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up nothing."""


class Junctions:
    """Junctions in P or AP, each with dwell times of its own; satisfies `Source`.

    `dwells` has a row per junction of a node and a column per node. Unless they are `timed` a pass
    is one second of theirs, whenever it happens. `distinct`: codes say which of them are in AP.
    """

    def __init__(
        self, seed: int, name: str, dwells: Sequence[Sequence[DwellTimes]], *, timed: bool,
        distinct: bool = False,
    ) -> None:  # fmt: skip
        self.seed, self.dwells, self._timed, self._distinct = seed, dwells, timed, distinct
        self.grids = [
            TelegraphGrid(seed, name, row, FIRST_SOURCE + 2 * i) for i, row in enumerate(dwells)
        ]

    @property
    def timed(self) -> bool:
        """Whether they flip by the clock."""
        return self._timed

    def fill(self, first: int, when: PassGrid) -> Codes:
        """Return how many junctions of every node are in AP, or which."""
        if not self.timed:
            when = PassGrid(first * PS_PER_S, PS_PER_S, when.passes)
        codes = self.grids[0].fill(when)
        for i, grid in enumerate(self.grids[1:], start=1):
            codes += grid.fill(when) << np.uint8(i * self._distinct)
        return codes

    def shares(self) -> NDArray[np.float64]:
        """Return the distribution of how many are in AP, or of which."""
        odds = [[1.0 - dwell.occupancy_p for dwell in row] for row in self.dwells]
        return code_shares(odds) if self._distinct else count_shares(odds)

    def apart(self, name: str) -> Junctions:
        """Return other junctions of the same dwell times."""
        return Junctions(self.seed, name, self.dwells, timed=self.timed, distinct=self._distinct)

    def state(self) -> State:
        """Return the states, shape (junctions, nodes), and when they were seen (s, and ps)."""
        seen = divmod(self.grids[0].seen_ps, PS_PER_S)  # each exact as float64
        states = np.array([grid.states for grid in self.grids], dtype=np.float64)
        return {"states": states, "seen": np.array(seen, dtype=np.float64)}

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up the states and when they were seen; raises `ConfigError` if they do not fit."""
        states = np.asarray(state.get("states", ()))
        shape = len(self.grids), self.grids[0].devices
        if states.shape != shape or not np.isin(states, (0.0, 1.0)).all():
            raise ConfigError(f"noise state 'states' must be 0 or 1 in shape {shape}")
        seen = np.asarray(state.get("seen", ()))
        if seen.shape != (2,) or not (seen >= 0).all() or (seen % 1).any() or seen[1] >= PS_PER_S:
            raise ConfigError("noise state 'seen' must be whole seconds and the ps after them")
        seen_ps = int(seen[0]) * PS_PER_S + int(seen[1])
        for grid, row in zip(self.grids, states, strict=True):
            grid.seek(index, seen_ps, row.astype(np.uint8))
