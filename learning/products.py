"""Products of samples with weights: in the precision of the samples, everything else in double.

A product reads every feature of every sample and is most of what a host computes. Eight-bit
pixels need no more than single precision, which halves the memory and the time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Samples = NDArray[np.floating]


def with_ones(x: Samples, bias: bool) -> Samples:
    """Return `x` (n, features), with a column of ones if there is a bias."""
    return np.hstack([x, np.ones((len(x), 1), x.dtype)]) if bias else x


def weighted(x: Samples, weights: Floats) -> Floats:
    """Return w x of every sample, shape (n, rows); `weights` have shape (rows, features)."""
    sums = weights.astype(x.dtype) @ x.T  # BLAS is quicker with the few rows of weights first
    return np.ascontiguousarray(sums.T, dtype=np.float64)


def correlated(errors: Floats, x: Samples) -> Floats:
    """Return the sum over samples of error x^T, shape (rows, features); `errors` (n, rows)."""
    return np.asarray(errors.astype(x.dtype).T @ x, dtype=np.float64)
