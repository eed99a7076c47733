"""A recording, replayed as the noise of a network; satisfies `emulator.KnownNoise`.

Serial: reading m of the run, node after node and pass after pass, takes sample m, so neuron i + 1
gets the sample after that of neuron i (S1 II C). Real time: node j of pass k of sample b takes the
sample at (2 b + k) t_pass + j t_node, counted in whole samples since the last one. After its end a
recording begins again. Times are integers, so no drift accumulates.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator import PS_PER_S, DataError, Moments
from emulator.kernels import Kernel

from .noise_counts import State
from .noise_levels import PASSES, Singles, index_of
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
    """`nodes` nodes that read a recording in turn.

    Raises `DataError` if the recording is shorter than the two passes of a sample: they would read
    the same noise, or some of it.
    """

    def __init__(self, params: RecordedNoiseParams, recording: Recording, nodes: int) -> None:
        self.params, self.recording, self._nodes = params, recording, nodes
        self.index = 0
        self._serial = params.order == "serial"
        self._ticks = 1 if self._serial else TICKS
        self._node = 1 if self._serial else params.t_node * recording.rate
        self._pass = nodes if self._serial else params.t_pass * recording.rate
        needed = self._reach(PASSES)
        if needed > len(recording):
            raise DataError(
                f"{recording.name}: {len(recording)} samples are shorter than the two passes of a "
                f"learner's sample, in which {nodes} nodes reach over {needed}"
            )
        mean = float(recording.v.mean())
        self.moments = Moments(0.0 if params.centred else mean, float(recording.v.std()))
        self._series: Singles = (recording.v - (mean if params.centred else 0.0)).astype(np.float32)
        self._offsets = self._places([j * self._node for j in range(nodes)])

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._nodes

    @property
    def wraps(self) -> int:
        """How often the recording has begun again so far."""
        return (self._reach(self.index) - 1) // len(self.recording) if self.index else 0

    def passes(self, samples: int) -> Singles:
        """Return the noise of the next `samples` samples, shape (2, samples, nodes)."""
        steps = [self.index + PASSES * b + k for k in range(PASSES) for b in range(samples)]
        out: Singles = np.empty((len(steps), self.nodes), dtype=np.float32)
        places = self._places([step * self._pass for step in steps])
        REPLAY(self._series, *places, *self._offsets, self._ticks, out)
        self.index += len(steps)
        return out.reshape(PASSES, samples, self.nodes)

    def state(self) -> State:
        """Return how many passes were read."""
        return {"index": np.array([float(self.index)])}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Go on from a state; raises `ConfigError` for one that does not fit."""
        self.index = index_of(state)

    def _reach(self, passes: int) -> int:
        """Return over how many samples of an endless recording so many passes reach."""
        last = (passes - 1) * self._pass + (self._nodes - 1) * self._node
        return last // self._ticks + 1

    def _places(self, ticks: list[int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return whole samples (modulo the length) and the part of one, in ticks."""
        pairs = [divmod(tick, self._ticks) for tick in ticks]
        n = len(self.recording)
        whole = np.array([place % n for place, _ in pairs], dtype=np.int64)
        return whole, np.array([rest for _, rest in pairs], dtype=np.int64)
