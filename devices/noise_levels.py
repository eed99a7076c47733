"""Noise with levels: a level per count of sources in their second state, and a Gaussian on top.

Satisfies `emulator.KnownNoise`. Every pass of every sample has a grid index, two per sample; what a
node gets at an index depends on (seed, name, node, index) and, for junctions, on its state before.
In the order `time` pass k of sample b has index 2 b + k: two calls of 32 samples make the values of
one of 64. In the order `batch` the first pass of all samples of a call comes before the second, as
in the published code: the same series, dealt out call by call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, Moments
from emulator.deviates import gaussians
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .noise_counts import OBSERVATION, Source, State
from .noise_params import Order

Singles = NDArray[np.float32]
PASSES = 2
EXACT = 2**53  # indices that float64 holds exactly


def scale(deviates: Singles, sigma: Any, out: Singles) -> None:
    """Write sigma times deviates, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] = sigma * deviates[j]


def spread(
    key0: Any, key1: Any, first: int, sigma: Any, rows: Any, planes: Any, uniform: Singles,
    bits: Any, deviates: Singles, out: Singles,
) -> None:  # fmt: skip
    """Write Gaussian noise to `out` (steps, nodes): grid index `first + i` to row `rows[i]`.

    `planes`, `uniform`, `bits` and `deviates` are room to work in (`emulator.deviates`).
    """
    last, stream = first + out.shape[0], np.uint64(OBSERVATION)
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        gaussians(planes, uniform, bits, deviates)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                scale(deviates[c], sigma, out[rows[index - first]])


def add_either(counts: Any, low: Any, high: Any, out: Singles) -> None:
    """Add one of two levels, elementwise: four times as fast as looking it up."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += high if counts[j] else low


def add_row(counts: Any, levels: Singles, out: Singles) -> None:
    """Add the level of every count, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += levels[counts[j]]


def add_levels(counts: Any, levels: Singles, rows: Any, out: Singles) -> None:
    """Add levels to `out` (steps, nodes): those of row i of `counts` to row `rows[i]`."""
    for i in range(rows.size):
        if levels.size == 2:
            add_either(counts[i], levels[0], levels[1], out[rows[i]])
        else:
            add_row(counts[i], levels, out[rows[i]])


SPREAD, ADD_LEVELS = Kernel(spread), Kernel(add_levels)


class LevelNoise:
    """Noise of `nodes` nodes: `levels[count]` of a source (None: no levels), plus N(0, sigma^2).

    `centred` subtracts the long-run mean of the levels.
    """

    def __init__(
        self,
        seed: int,
        name: str,
        nodes: int,
        *,
        source: Source | None = None,
        levels: NDArray[np.float64] | None = None,
        sigma: float = 0.0,
        order: Order = "time",
        centred: bool = False,
    ) -> None:
        self.name, self._nodes, self.sigma, self.order = name, nodes, sigma, order
        self.source, self.index = source, 0
        self.levels = np.zeros(1) if levels is None else levels
        shares = np.ones(1) if source is None else source.shares()
        mean = float(self.levels @ shares)
        variance = float((self.levels - mean) ** 2 @ shares) + sigma**2
        self.moments = Moments(0.0 if centred else mean, math.sqrt(variance))
        self._levels = (self.levels - (mean if centred else 0.0)).astype(np.float32)
        key0, key1 = key_of(seed, name)
        self._key = np.uint64(key0), np.uint64(key1)
        self._planes = np.empty((4, nodes), dtype=np.uint32)
        self._uniform: Singles = np.empty(nodes, dtype=np.float32)
        self._deviates: Singles = np.empty((4, nodes), dtype=np.float32)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._nodes

    def passes(self, samples: int) -> Singles:
        """Return the noise of the next `samples` samples, shape (2, samples, nodes)."""
        steps = PASSES * samples
        out: Singles = np.zeros((steps, self.nodes), dtype=np.float32)
        rows = np.arange(steps)
        if self.order == "time":
            rows = rows % PASSES * samples + rows // PASSES
        if self.sigma > 0.0:
            room = self._planes, self._uniform, self._uniform.view(np.int32), self._deviates
            SPREAD(*self._key, self.index, np.float32(self.sigma), rows, *room, out)
        if self.source is not None:
            ADD_LEVELS(self.source.fill(self.index, steps), self._levels, rows, out)
        self.index += steps
        return out.reshape(PASSES, samples, self.nodes)

    def state(self) -> State:
        """Return the grid index and what the source remembers."""
        own = {} if self.source is None else self.source.state()
        return {"index": np.array([float(self.index)]), **own}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Go on from a state; raises `ConfigError` for one that does not fit."""
        self.index = index_of(state)
        if self.source is not None:
            self.source.load(state, self.index)


def index_of(state: Mapping[str, NDArray[np.float64]]) -> int:
    """Return the grid index of a state; raises `ConfigError` unless it is a count."""
    index = np.asarray(state.get("index", ()))
    if index.shape != (1,) or not 0 <= index[0] < EXACT or index[0] % 1:
        raise ConfigError("noise state 'index' must be one whole number from 0 on")
    return int(index[0])
