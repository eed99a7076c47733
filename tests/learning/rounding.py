"""What single precision may make of a formula: every number with how far off it may be.

Running error analysis to first order in u = 2^-24: an operation rounds by u of its result, and a
sum of n products is off by at most n u sum |a| |b| in whatever order it is added (N. J. Higham,
Accuracy and Stability of Numerical Algorithms, 2nd ed., 3.1 and 3.3). So it holds on any device.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

U = 2.0**-24
ULPS = 4.0  # u that exp and log are off by at most: two units in the last place


@dataclass(frozen=True)
class Near:
    """An array in double precision, and the largest error of each element."""

    value: NDArray[np.float64]
    error: NDArray[np.float64] | float = 0.0

    @property
    def T(self) -> Near:  # noqa: N802  (as NumPy has it)
        return Near(self.value.T, np.broadcast_to(self.error, self.value.shape).T)

    def __getitem__(self, key: object) -> Near:
        return Near(self.value[key], np.broadcast_to(self.error, self.value.shape)[key])

    def __add__(self, other: Near) -> Near:
        return _rounded(self.value + other.value, self.error + other.error)

    def __sub__(self, other: Near) -> Near:
        return _rounded(self.value - other.value, self.error + other.error)

    def __mul__(self, other: Near) -> Near:
        error = np.abs(self.value) * other.error + self.error * np.abs(other.value)
        return _rounded(self.value * other.value, error)

    def __truediv__(self, other: Near) -> Near:
        value = self.value / other.value
        error = (self.error + np.abs(value) * other.error) / np.abs(other.value)
        return _rounded(value, error)

    def __matmul__(self, other: Near) -> Near:
        one, two = np.abs(self.value), np.abs(other.value)
        wide, narrow = (
            np.broadcast_to(self.error, one.shape),
            np.broadcast_to(other.error, two.shape),
        )
        error = one @ narrow + wide @ two + one.shape[1] * U * (one @ two)
        return Near(self.value @ other.value, error)

    def sum(self, axis: int) -> Near:
        error = np.broadcast_to(self.error, self.value.shape).sum(axis)
        error = error + self.value.shape[axis] * U * np.abs(self.value).sum(axis)
        return Near(self.value.sum(axis), error)

    def rectified(self, slope: float) -> Near:
        """Return the leaky rectifier: it magnifies no error, and its slope is rounded too."""
        value = np.where(self.value < 0.0, slope * self.value, self.value)
        return Near(value, self.error + 2.0 * U * np.abs(value))

    def log_loss(self, labels: NDArray[np.int64]) -> Near:
        """Return log sum exp(o - max o) - (o_label - max o) of each row.

        It moves by at most twice as much as the outputs do. Of its own: exp is off by u times its
        argument and `ULPS`, the sum by one u per summand, log by `ULPS` and u of its result.
        """
        most, k = self.value.max(axis=1), self.value.shape[1]
        below = self.value - most[:, None]
        log = np.log(np.exp(below).sum(axis=1))
        value = log - below[np.arange(len(labels)), labels]
        reach = np.abs(below).max(axis=1)
        own = U * (2.0 * reach + 2.0 * ULPS + k + log + np.abs(value))
        error = np.broadcast_to(self.error, self.value.shape).max(axis=1)
        return Near(value, 2.0 * error + own)


def _rounded(value: NDArray[np.float64], error: NDArray[np.float64] | float) -> Near:
    return Near(value, error + U * np.abs(value))
