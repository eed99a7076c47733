"""What makes the levels of noise: how many of a node's two-state sources are in their second state.

A source is drawn from (`seed`, name, its own streams), device = node, draw = grid index, so that
neither the number of sources nor that of nodes changes what one of them does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .dwell import DwellTimes
from .telegraph_grid import TelegraphGrid

Counts = NDArray[np.uint8]
State = dict[str, NDArray[np.float64]]
OBSERVATION = 0  # the stream of Gaussian deviates; sources use those after it, two each
FIRST_SOURCE = 1


class Source(Protocol):
    """Makes counts of shape (steps, nodes) at consecutive grid indices."""

    def fill(self, first: int, steps: int) -> Counts:
        """Return the counts at grid indices `first` .. `first + steps - 1`, in this order."""

    def shares(self) -> NDArray[np.float64]:
        """Return the long-run probability of every count 0, 1, ..."""

    def state(self) -> State:
        """Return what the source remembers."""

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up a state at grid index `index`; raises `ConfigError` for one that does not fit."""


def binomial_shares(n: int, p: float) -> NDArray[np.float64]:
    """Return P(0), .., P(n) of a binomial distribution."""
    shares = np.ones(1)
    for _ in range(n):
        shares = np.convolve(shares, [1.0 - p, p])
    return shares


def add_ones(drawn: Any, limit: Any, out: Counts) -> None:
    """Count the words below `limit`, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += np.uint8(drawn[j] < limit)


def tally(
    key0: Any, key1: Any, stream: Any, first: int, limit: Any, planes: Any, out: Counts
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
    """`n` independent draws of B(p) per node and grid index; satisfies `Source`."""

    def __init__(self, seed: int, name: str, nodes: int, n: int, p: float) -> None:
        self.nodes, self.n, self.p = nodes, n, p
        self._limit = np.uint64(round(p * 2.0**32))
        key0, key1 = key_of(seed, name)
        self._key = np.uint64(key0), np.uint64(key1)
        self._planes = np.empty((4, nodes), dtype=np.uint32)

    def fill(self, first: int, steps: int) -> Counts:
        """Return the counts of ones."""
        out: Counts = np.zeros((steps, self.nodes), dtype=np.uint8)
        for i in range(self.n):
            stream = np.uint64(FIRST_SOURCE + 2 * i)
            TALLY(*self._key, stream, first, self._limit, self._planes, out)
        return out

    def shares(self) -> NDArray[np.float64]:
        """Return the binomial distribution."""
        return binomial_shares(self.n, self.p)

    def state(self) -> State:
        """Return nothing: coins do not remember."""
        return {}

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up nothing."""


class Junctions:
    """`n` junctions per node, equal and independent, each in P or AP; satisfies `Source`."""

    def __init__(
        self, seed: int, name: str, nodes: int, n: int, dwell: DwellTimes, dt: float
    ) -> None:
        self.dwell = dwell
        self.grids = [
            TelegraphGrid(seed, name, [dwell] * nodes, dt, FIRST_SOURCE + 2 * i) for i in range(n)
        ]

    def fill(self, first: int, steps: int) -> Counts:
        """Return how many junctions of every node are in AP."""
        counts = self.grids[0].fill(steps)
        for grid in self.grids[1:]:
            counts += grid.fill(steps)
        return counts

    def shares(self) -> NDArray[np.float64]:
        """Return the binomial distribution of the occupancy of AP."""
        return binomial_shares(len(self.grids), 1.0 - self.dwell.occupancy_p)

    def state(self) -> State:
        """Return the states, shape (junctions, nodes)."""
        return {"states": np.array([grid.states for grid in self.grids], dtype=np.float64)}

    def load(self, state: Mapping[str, NDArray[np.float64]], index: int) -> None:
        """Take up the states; raises `ConfigError` if they are not 0 or 1, one per junction."""
        states = np.asarray(state.get("states", ()))
        shape = len(self.grids), self.grids[0].devices
        if states.shape != shape or not np.isin(states, (0.0, 1.0)).all():
            raise ConfigError(f"noise state 'states' must be 0 or 1 in shape {shape}")
        for grid, row in zip(self.grids, states, strict=True):
            grid.seek(index, row.astype(np.uint8))
