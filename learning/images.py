"""Images as they are stored, and as a network sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

Pixels = NDArray[np.uint8]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class ImageSet:
    """Images `x_train` and `x_test`, uint8 (n, features), labels `y_*` (n,) in [0, classes).

    A row is an image of `shape` (channels, height, width) in C order. With `mean` and `std` of a
    channel, on the scale where 255 is 1, `rows` makes its pixels (p / 255 - mean) / std. Bytes are
    kept because CIFAR as float64 takes over a gigabyte.
    """

    name: str
    x_train: Pixels
    y_train: Integers
    x_test: Pixels
    y_test: Integers
    classes: int
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    @property
    def features(self) -> int:
        """Inputs of a network: channels x height x width."""
        return prod(self.shape)

    def rows(self, x: Pixels) -> NDArray[np.float32]:
        """Return images `x` (n, features) as the inputs of a network, same shape."""
        std = np.array(self.std)
        scale, shift = 1.0 / (255.0 * std), np.array(self.mean) / std
        rows = x.reshape(len(x), len(std), -1).astype(np.float32)
        rows *= scale.astype(np.float32)[:, None]
        rows -= shift.astype(np.float32)[:, None]
        return rows.reshape(len(x), -1)

    def first(self, train: int, test: int) -> ImageSet:
        """Return the first `train` and `test` images, 0: all; raises `ConfigError` beyond them."""
        for name, count, x in (("train", train, self.x_train), ("test", test, self.x_test)):
            if not 0 <= count <= len(x):
                raise ConfigError(f"{name}_samples = {count} is outside [0, {len(x)}]")
        n, m = train or len(self.x_train), test or len(self.x_test)
        return replace(
            self, x_train=self.x_train[:n], y_train=self.y_train[:n],
            x_test=self.x_test[:m], y_test=self.y_test[:m],
        )  # fmt: skip
