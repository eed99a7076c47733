"""The error bar of a ratio."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Z = 1.959964  # of 95 %


def fieller(above: Floats, below: Floats) -> tuple[float, float] | None:
    """Return the 95 % interval of mean(above) / mean(below), paired samples of shape (n,).

    It holds every ratio s at which the mean of above - s below lies within 1.96 of its standard
    errors of 0: what lies between the roots of a quadratic in s. Returns None where mean(below)
    itself lies so near 0, or n < 2: then nothing bounds the ratio.
    E. C. Fieller, J. R. Stat. Soc. B 16, 175 (1954).
    """
    n = len(below)
    if n < 2:
        return None
    top, bottom = float(above.mean()), float(below.mean())
    (of_top, shared), (_, of_bottom) = (np.cov(above, below) * (Z * Z / n)).tolist()
    square, cross, rest = bottom**2 - of_bottom, top * bottom - shared, top**2 - of_top
    if square <= 0.0:  # s^2 square - 2 s cross + rest <= 0 has no bounded solution
        return None
    root = math.sqrt(max(cross * cross - square * rest, 0.0))
    return (cross - root) / square, (cross + root) / square
