"""Minibatches: which training samples a learning step uses, decided by seed and step alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, Stream

Indices = NDArray[np.int64]


class Batches:
    """Deals `size` samples per step from one shuffled pack after the other.

    Pack e is a permutation of all samples, sorted by 64 random bits per sample (stream
    `learner.batches`, device e), so every sample is used equally often and step k needs no
    memory of the steps before it.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.size = size
        self._stream = Stream(seed, "learner.batches")
        self._pack: tuple[tuple[int, int], Indices] = ((-1, 0), np.empty(0, dtype=np.int64))

    def indices(self, step: int, n_train: int) -> Indices:
        """Return the `size` sample numbers of `step` (counted from 0), each in [0, n_train).

        A step may reach into the next pack. Raises `ConfigError` if there is nothing to draw from.
        """
        if n_train < 1 or step < 0:
            raise ConfigError(f"batch of step {step}: cannot draw from {n_train} samples")
        place = np.arange(step * self.size, (step + 1) * self.size)
        epochs, within = np.divmod(place, n_train)
        parts = [
            self._shuffled(int(epoch), n_train)[within[epochs == epoch]]
            for epoch in range(int(epochs[0]), int(epochs[-1]) + 1)
        ]
        return np.concatenate(parts)

    def _shuffled(self, epoch: int, n: int) -> Indices:
        """Return pack `epoch` of `n` samples; the last one is kept at hand."""
        if self._pack[0] != (epoch, n):
            words = self._stream.words(0, 2 * n, epoch)
            keys = (words[0::2] << np.uint64(32)) | words[1::2]
            self._pack = ((epoch, n), np.argsort(keys, kind="stable").astype(np.int64))
        return self._pack[1]
