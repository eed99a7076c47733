"""Augmentation: a random crop of the padded image, and a flip from side to side."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from emulator import ConfigError, Stream

Pixels = NDArray[np.uint8]
Indices = NDArray[np.int64]
MAX_PAD = 1000  # pixels, far beyond any image here


class Augmentation:
    """Shifts images by -pad .. pad pixels both ways (black comes in) and mirrors every other one.

    What happens to sample i in epoch e is word i of stream `learner.augmentation`, device e: one
    of (2 pad + 1)^2 places times two sides, equally likely to within 2^-32 of that count.
    """

    def __init__(self, seed: int, pad: int, shape: tuple[int, int, int]) -> None:
        if not 0 <= pad <= MAX_PAD:
            raise ConfigError(f"pad = {pad} is outside [0, {MAX_PAD}]")
        self.pad, self.shape = pad, shape
        self._stream = Stream(seed, "learner.augmentation")
        self._last: tuple[tuple[int, int], Indices] = ((-1, 0), np.empty(0, dtype=np.int64))

    def apply(self, x: Pixels, epoch: int, chosen: Indices, n_train: int) -> Pixels:
        """Return a changed copy of images `x` (n, features), each of `shape` in C order.

        They are the samples `chosen` (n,) of a training set of `n_train`, in epoch `epoch`.
        """
        if len(x) != len(chosen):
            raise ConfigError(f"augmentation: {len(chosen)} sample numbers for {len(x)} images")
        outcome, mirrored = np.divmod(self._drawn(epoch, n_train)[chosen], 2)
        down, right = np.divmod(outcome, 2 * self.pad + 1)
        border = (self.pad, self.pad)
        padded = np.pad(x.reshape(-1, *self.shape), ((0, 0), (0, 0), border, border))
        windows = sliding_window_view(padded, self.shape[1:], axis=(2, 3))
        cropped = windows[np.arange(len(x)), :, down, right]
        flipped = mirrored == 1
        cropped[flipped] = cropped[flipped, :, :, ::-1]
        return cropped.reshape(x.shape)

    def _drawn(self, epoch: int, n_train: int) -> Indices:
        """Return the outcome of every sample, in [0, 2 (2 pad + 1)^2)."""
        if self._last[0] != (epoch, n_train):
            words = self._stream.words(0, n_train, epoch)
            outcomes = np.uint64(2 * (2 * self.pad + 1) ** 2)
            drawn = ((words * outcomes) >> np.uint64(32)).astype(np.int64)
            self._last = ((epoch, n_train), drawn)
        return self._last[1]
