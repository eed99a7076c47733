"""Epochs: every training sample once, in an order that seed and epoch alone decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, Stream

Indices = NDArray[np.int64]


class Epochs:
    """Deals minibatches of `size` from one epoch after the other; the last of each may be smaller.

    The order of epoch e sorts 64 random bits per sample (stream `learner.epochs`, device e). Who
    knows the number of the next step knows its samples: nothing else is to be remembered.
    """

    def __init__(self, seed: int, size: int) -> None:
        if size < 1:
            raise ConfigError(f"batch = {size} is outside [1, inf)")
        self.size = size
        self._stream = Stream(seed, "learner.epochs")
        self._last: tuple[tuple[int, int], Indices] = ((-1, 0), np.empty(0, dtype=np.int64))

    def steps(self, n_train: int) -> int:
        """Return how many steps an epoch of `n_train` samples has."""
        return -(-n_train // self.size)

    def indices(self, step: int, n_train: int) -> Indices:
        """Return the sample numbers of `step` (counted from 0 through all epochs), in [0, n_train).

        Raises `ConfigError` if there is nothing to draw from.
        """
        if n_train < 1 or step < 0:
            raise ConfigError(f"batch of step {step}: cannot draw from {n_train} samples")
        epoch, within = divmod(step, self.steps(n_train))
        return self.order(epoch, n_train)[within * self.size : (within + 1) * self.size]

    def order(self, epoch: int, n_train: int) -> Indices:
        """Return the permutation of epoch `epoch`, shape (n_train,); the last one is at hand."""
        if self._last[0] != (epoch, n_train):
            words = self._stream.words(0, 2 * n_train, epoch)
            keys = (words[0::2] << np.uint64(32)) | words[1::2]
            order = np.argsort(keys, kind="stable").astype(np.int64)
            self._last = ((epoch, n_train), order)
        return self._last[1]
