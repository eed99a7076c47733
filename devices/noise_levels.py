"""Noise with levels: a level per code of sources in their second state, and a Gaussian on top.

Satisfies `emulator.KnownNoise`. Passes are counted; what a node gets in one depends on (seed, name,
node, its number) and, for junctions, on their state before and the time since. In the order `time`
passes are counted as they happen: two calls of 32 samples make the values of one of 64. In the
order `batch` the first pass of all samples of a call comes before the second, as in the published
code: the same series, dealt out call by call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, Moments, PassGrid
from emulator.deviates import gaussians
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .noise_counts import OBSERVATION, Source, State
from .noise_params import Order

Singles = NDArray[np.float32]
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
    """Write Gaussian noise to `out` (steps, nodes): pass `first + i` to row `rows[i]`.

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


def add_either(codes: Any, low: Any, high: Any, out: Singles) -> None:
    """Add one of two levels, elementwise: four times as fast as looking it up."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += high if codes[j] else low


def add_row(codes: Any, levels: Singles, out: Singles) -> None:
    """Add the level of every code, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] += levels[codes[j]]


def add_levels(codes: Any, levels: Singles, rows: Any, out: Singles) -> None:
    """Add levels to `out` (steps, nodes): those of row i of `codes` to row `rows[i]`."""
    for i in range(rows.size):
        if levels.size == 2:
            add_either(codes[i], levels[0], levels[1], out[rows[i]])
        else:
            add_row(codes[i], levels, out[rows[i]])


def add_own_levels(codes: Any, levels: Singles, rows: Any, out: Singles) -> None:
    """Do as `add_levels` with levels of every node's own, (codes, nodes)."""
    for i in range(rows.size):
        here, row = codes[i], out[rows[i]]
        for at in range(row.size):
            j = np.uint64(at)
            row[j] += levels[here[j], j]


SPREAD, ADD_LEVELS, ADD_OWN_LEVELS = Kernel(spread), Kernel(add_levels), Kernel(add_own_levels)


class LevelNoise:
    """Noise of `nodes` nodes: `levels[code]` of a source (None: no levels), plus N(0, sigma^2).

    `levels` are those of all nodes, shape (codes,), or each node's own, (codes, nodes). `centred`
    subtracts the long-run mean of the levels over all nodes.
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
        self.seed, self.name, self._nodes = seed, name, nodes
        self.sigma, self.order, self.centred = sigma, order, centred
        self.source, self.index = source, 0
        self.levels = np.zeros(1) if levels is None else levels
        self.moments, shift = _moments(self.levels, source, sigma), 0.0
        if centred:
            shift, self.moments = self.moments.mean, Moments(0.0, self.moments.sigma)
        self._levels = (self.levels - shift).astype(np.float32)
        key0, key1 = key_of(seed, name)
        self._key = np.uint64(key0), np.uint64(key1)
        self._planes = np.empty((4, nodes), dtype=np.uint32)
        self._uniform: Singles = np.empty(nodes, dtype=np.float32)
        self._deviates: Singles = np.empty((4, nodes), dtype=np.float32)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._nodes

    def passes(self, when: PassGrid) -> Singles:
        """Return the noise of every pass, shape (when.per_sample, when.samples, nodes).

        Raises `SequenceError` for junctions that are asked for their past.
        """
        out: Singles = np.zeros((when.passes, self.nodes), dtype=np.float32)
        rows = np.arange(when.passes)
        if self.order == "time":
            rows = rows % when.per_sample * when.samples + rows // when.per_sample
        if self.sigma > 0.0:
            room = self._planes, self._uniform, self._uniform.view(np.int32), self._deviates
            SPREAD(*self._key, self.index, np.float32(self.sigma), rows, *room, out)
        if self.source is not None:
            add = ADD_LEVELS if self._levels.ndim == 1 else ADD_OWN_LEVELS
            add(self.source.fill(self.index, when), self._levels, rows, out)
        self.index += when.passes
        return out.reshape(when.per_sample, when.samples, self.nodes)

    def apart(self, name: str) -> LevelNoise:
        """Return noise like this one with draws of `name`; of junctions on the clock, itself."""
        if self.source is not None and self.source.timed:
            return self
        return LevelNoise(
            self.seed, name, self.nodes,
            source=None if self.source is None else self.source.apart(name),
            levels=self.levels, sigma=self.sigma, order=self.order, centred=self.centred,
        )  # fmt: skip

    def state(self) -> State:
        """Return the number of the next pass and what the source remembers."""
        own = {} if self.source is None else self.source.state()
        return {"index": np.array([float(self.index)]), **own}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Go on from a state; raises `ConfigError` for one that does not fit."""
        self.index = index_of(state)
        if self.source is not None:
            self.source.load(state, self.index)


def _moments(levels: NDArray[np.float64], source: Source | None, sigma: float) -> Moments:
    """Return mean and deviation in the long run, over all nodes."""
    each = levels if levels.ndim == 2 else levels[:, None]
    shares = np.ones((1, 1)) if source is None else source.shares()
    mean = float((each * shares).sum(axis=0).mean())
    variance = float(((each - mean) ** 2 * shares).sum(axis=0).mean()) + sigma**2
    return Moments(mean, math.sqrt(variance))


def index_of(state: Mapping[str, NDArray[np.float64]]) -> int:
    """Return the number of the next pass of a state; raises `ConfigError` unless it is one."""
    index = np.asarray(state.get("index", ()))
    if index.shape != (1,) or not 0 <= index[0] < EXACT or index[0] % 1:
        raise ConfigError("noise state 'index' must be one whole number from 0 on")
    return int(index[0])
