"""A recording, replayed as the noise of a network; satisfies `emulator.KnownNoise`.

Serial: reading m of the run, node after node and pass after pass, takes sample m, so neuron i + 1
gets the sample after that of neuron i (S1 II C). Real time: node j takes the last sample at or
before t + j t_node, t the instant of the pass on the board's clock, or i t_pass for pass i of the
run. After its end a recording begins again. Times are integers, so no drift accumulates.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator import PS_PER_S, ConfigError, DataError, Moments, PassGrid
from emulator.kernels import Kernel

from .noise_counts import State
from .noise_levels import Singles, index_of
from .noise_params import RecordedNoiseParams
from .recording import MHZ, Recording

TICKS = PS_PER_S * MHZ  # a sampling rate in mHz passes rate * ps / TICKS samples


def replay(
    series: Singles, whole: Any, part: Any, node_whole: Any, node_part: Any, ticks: int, out: Any
) -> None:
    """Write `series[whole[i] + node_whole[j] + carry]` modulo its length to `out[i, j]`.

    carry is 1 where the parts of a sample, in `ticks`, add up to one.
    """
    n = series.size
    for i in range(out.shape[0]):
        base, rest = whole[i], part[i]
        for j in range(out.shape[1]):
            at = base + node_whole[j] + (rest + node_part[j] >= ticks)
            at -= n * (at >= n)
            at -= n * (at >= n)
            out[i, j] = series[at]


REPLAY = Kernel(replay)


class RecordedNoise:
    """`nodes` nodes that read a recording; `shared` if all of them read one sample of it.

    Raises `DataError` if the recording is shorter than the two passes of a sample: they would read
    the same noise, or some of it.
    """

    def __init__(self, params: RecordedNoiseParams, recording: Recording, nodes: int) -> None:
        self.params, self.recording, self._nodes = params, recording, nodes
        self.index = 0
        self._ticks = 1 if params.order == "serial" else TICKS  # of a sample
        offsets = self._starts()
        self._ahead = offsets[-1]
        self._reached = 0  # the furthest sample that was read, of an endless recording
        needed = (self._instant(1) + self._ahead) // self._ticks + 1
        if needed > len(recording):
            raise DataError(
                f"{recording.name}: {len(recording)} samples are shorter than the two passes of a "
                f"learner's sample, in which {nodes} nodes reach over {needed}"
            )
        mean = float(recording.v.mean())
        self.moments = Moments(0.0 if params.centred else mean, float(recording.v.std()))
        self._series: Singles = (recording.v - (mean if params.centred else 0.0)).astype(np.float32)
        self._offsets = self._places(offsets)
        self.shared = nodes > 1 and offsets[-1] < self._ticks

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._nodes

    @property
    def timed(self) -> bool:
        """Whether the board's clock says which sample is read."""
        return self.params.order == "real_time" and self.params.t_pass is None

    @property
    def wraps(self) -> int:
        """How often the recording has begun again so far."""
        return self._reached // len(self.recording)

    def passes(self, when: PassGrid) -> Singles:
        """Return the noise of every pass, shape (when.per_sample, when.samples, nodes)."""
        out: Singles = np.empty((when.passes, self.nodes), dtype=np.float32)
        instants = self._instants(when)
        self._reached = (instants[-1] + self._ahead) // self._ticks
        places = self._places(instants)
        REPLAY(self._series, *places, *self._offsets, self._ticks, out)
        self.index += when.passes
        by_sample = out.reshape(when.samples, when.per_sample, self.nodes)
        return np.ascontiguousarray(by_sample.swapaxes(0, 1))

    def apart(self, name: str) -> RecordedNoise:
        """Return a replay of the same recording from its beginning; by the clock, itself.

        Nothing is drawn, so `name` makes no difference.
        """
        if self.timed:
            return self
        other = copy.copy(self)
        other.index = other._reached = 0
        return other

    def state(self) -> State:
        """Return how many passes were read, and the furthest sample."""
        return {"index": np.array([float(self.index)]), "reached": np.array(float(self._reached))}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Go on from a state; raises `ConfigError` for one that does not fit."""
        index, reached = index_of(state), np.asarray(state.get("reached", ()))
        if reached.shape != () or reached < 0 or reached % 1:
            raise ConfigError("noise state 'reached' must be the whole number of a sample")
        self.index, self._reached = index, int(reached)

    def _starts(self) -> list[int]:
        """Return how far ahead of the first node each one reads, in ticks."""
        p, n, nodes = self.params, len(self.recording), range(self.nodes)
        if p.order == "serial":
            return list(nodes)
        if p.t_node is not None:
            return [j * p.t_node * self.recording.rate for j in nodes]
        return [j * max(n // self.nodes, 1) * self._ticks for j in nodes]

    def _instants(self, when: PassGrid) -> list[int]:
        """Return where the first node reads in each pass, in ticks."""
        if self.timed:
            return [int(t) * self.recording.rate for t in when.times]
        return [self._instant(i) for i in range(self.index, self.index + when.passes)]

    def _instant(self, index: int) -> int:
        """Return where the first node reads in a pass of the run, 0 if only the clock knows."""
        if self.params.order == "serial":
            return index * self.nodes
        return index * (self.params.t_pass or 0) * self.recording.rate

    def _places(self, ticks: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return whole samples (modulo the length) and the part of one, in ticks."""
        pairs = [divmod(tick, self._ticks) for tick in ticks]
        n = len(self.recording)
        whole = np.array([place % n for place, _ in pairs], dtype=np.int64)
        return whole, np.array([rest for _, rest in pairs], dtype=np.int64)
