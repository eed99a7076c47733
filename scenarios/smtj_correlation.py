"""The autocorrelation of a long series, block by block, with its standard error."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BLOCKS = 32  # at least, in what comes first: their scatter is the error
LONGEST = 1 << 15  # samples of a block
WITHIN = 4  # of a block that the longest lag may take: 1 / WITHIN


def block_length(samples: int) -> int:
    """Return how many samples a block of a series of `samples` has."""
    return max(2, min(samples // BLOCKS, LONGEST))


@dataclass
class Correlation:
    """Sums over blocks of `length` samples, for lags 0 .. `lags` samples.

    `centre` is any value near the mean, taken off first. Only the sums are kept: per block the
    products x_i x_(i+k) and the means of the first and of the last length - k samples.
    """

    length: int
    lags: int
    centre: float
    products: list[Floats] = field(default_factory=list)
    means: list[Floats] = field(default_factory=list)

    def add(self, v: NDArray[np.floating]) -> None:
        """Add a stretch of the series; what does not fill a block at its end is left out."""
        count = v.size // self.length
        for block in np.reshape(v[: count * self.length], (count, self.length)):
            self._add(np.asarray(block, dtype=np.float64) - self.centre)

    def _add(self, x: Floats) -> None:
        k = np.arange(self.lags + 1)
        pairs = self.length - k
        spectrum = np.fft.rfft(x, _fast(self.length + self.lags))
        sums = np.fft.irfft(np.abs(spectrum) ** 2)[: self.lags + 1]
        upto = np.concatenate([[0.0], np.cumsum(x)])
        heads, tails = upto[self.length - k], upto[-1] - upto[k]
        self.products.append(sums / pairs)
        self.means.append((heads + tails) / pairs)

    def found(self) -> tuple[Floats, Floats]:
        """Return autocorrelation and standard error at each lag, shape (lags + 1,).

        C_k is the mean of (x_i - m)(x_(i+k) - m) over all blocks, m the mean of everything; the
        error is that of the mean of C_k,b - r_k C_0,b over blocks b, linearised. NaN without
        at least two blocks.
        """
        products, means = np.array(self.products), np.array(self.means)
        if len(products) < 2:
            return np.full((2, self.lags + 1), np.nan)[0], np.full(self.lags + 1, np.nan)
        m = float(means[:, 0].mean()) / 2.0
        covariance = products - m * means + m * m
        total = covariance.mean(axis=0)
        found = total / total[0]
        off = covariance - found * covariance[:, :1]
        error = off.std(axis=0, ddof=1) / total[0] / np.sqrt(len(products))
        return found, error


def _fast(n: int) -> int:
    """Return a power of two not below `n`, at which the Fourier transform is fast."""
    return 1 << (n - 1).bit_length()
