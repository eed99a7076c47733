"""k-means for two clusters: what a neuron's clusters are compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def two_means(x: Floats) -> Integers:
    """Return the cluster, -1 or +1, of each sample of `x` (n, features), shape (n,).

    Lloyd's iteration (S. P. Lloyd, IEEE Trans. Inf. Theory 28, 129 (1982)) until no sample moves,
    from the two halves on either side of the leading principal axis (T. Su, J. G. Dy, Intell. Data
    Anal. 11, 319 (2007)): nothing is drawn. Each round lowers the sum of squared distances, so it
    ends. Raises `ConfigError` unless the samples differ.
    """
    if x.ndim != 2 or len(np.unique(x, axis=0)) < 2:
        raise ConfigError(f"k-means: samples {x.shape} must be (n, features), not all equal")
    side = (x - x.mean(axis=0)) @ leading_axes(x, 1)[0] > 0.0
    while True:
        centres = np.stack([x[~side].mean(axis=0), x[side].mean(axis=0)])
        far = ((x[:, None] - centres) ** 2).sum(axis=2)
        nearer = far[:, 1] < far[:, 0]
        if (nearer == side).all():
            return np.where(side, 1, -1).astype(np.int64)
        side = nearer


def leading_axes(x: Floats, count: int) -> Floats:
    """Return the first `count` principal axes of `x` (n, features), rows of unit length.

    The largest entry of an axis is positive, which settles its sign.
    """
    axes = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[2][:count]
    peak = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    oriented: Floats = axes * np.sign(peak)
    return oriented
