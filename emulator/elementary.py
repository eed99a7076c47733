"""Elementary functions with the same bits on every machine.

Only IEEE additions, multiplications and divisions are used, so no difference between two maths
libraries can move a tabulated threshold. Accuracy is 2 ulp or better over the ranges used here
(tested against `math`). `exp`, `sigmoid` and `bin_index` run on numbers, on arrays and compiled.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LN2_HIGH = 6.93147180369123816490e-01  # the high 33 bits of ln 2
_LN2_LOW = 1.90821492927058770002e-10  # ln 2 less the above
_PER_LN2 = 1.4426950408889634
_TERMS = tuple(1.0 / math.factorial(k) for k in range(14, -1, -1))


@overload
def exp(x: float) -> float: ...
@overload
def exp(x: Floats) -> Floats: ...
def exp(x: float | Floats) -> float | Floats:
    """Return e^x: x = n ln 2 + f with |f| <= ln 2 / 2, then a Taylor series in f (degree 14)."""
    values = np.minimum(np.maximum(x, -700.0), 700.0)
    n = np.rint(values * _PER_LN2)
    f = (values - n * _LN2_HIGH) - n * _LN2_LOW
    total = f * 0.0
    for term in _TERMS:
        total *= f  # of an array in place
        total += term
    return np.ldexp(total, np.int32(n))  # four times the speed of an int64 exponent


@overload
def sigmoid(x: float) -> float: ...
@overload
def sigmoid(x: Floats) -> Floats: ...
def sigmoid(x: float | Floats) -> float | Floats:
    """Return 1 / (1 + e^-x), evaluated on the side that does not overflow."""
    small = exp(-np.abs(x))
    above = (x >= 0) * 1.0  # exactly 1 or 0: the numerator is 1 or `small`, bit for bit
    return (above + (1.0 - above) * small) / (1.0 + small)


_NORMAL = NormalDist()
_QUANTILE_GRID = 2**20


def normal_quantile(word: int) -> float:
    """Return the standard normal deviate of a 32-bit word, on a grid of 2^-20.

    Wichura's AS 241 as in the standard library; its logarithm may differ by an ulp between
    machines, and the grid (a million times coarser) removes that.
    """
    return round(_NORMAL.inv_cdf((word + 0.5) / 2**32) * _QUANTILE_GRID) / _QUANTILE_GRID


GUIDE_SHIFT = 20  # a guide has one entry per 2^20 words


class Bins(NamedTuple):
    """A distribution over consecutive integers, tabulated for decisions on 32-bit words.

    `edges` are ascending thresholds that end with 2^32; `guide[c]` is the bin of word c << 20,
    where the search for a word in that cell begins.
    """

    first: int
    edges: tuple[int, ...]
    guide: tuple[int, ...]


def bin_index(edges: Sequence[int], guide: Sequence[int], word: int) -> int:
    """Return how many of `edges` are <= `word`: the bin that a 32-bit word falls into."""
    index = guide[word >> GUIDE_SHIFT]
    while edges[index] <= word:
        index += 1
    return index


def gaussian_bins(sigma: float, reach: float = 6.5) -> Bins:
    """Tabulate a Gaussian of `sigma` (in units of one bin) for integer decisions.

    For a uniform 32-bit word w, `first + bin_index(edges, guide, w)` is the deviate rounded to a
    whole bin. Tails beyond `reach` sigma (1e-10) fold into the end bins.
    """
    half = 0 if sigma == 0 else max(1, math.ceil(reach * sigma))
    edges = (*(_gaussian_edges(sigma, half) if half else ()), 2**32)
    cells = range(2 ** (32 - GUIDE_SHIFT))
    guide = tuple(bisect_right(edges, cell << GUIDE_SHIFT) for cell in cells)
    return Bins(-half, edges, guide)


def _gaussian_edges(sigma: float, half: int) -> list[int]:
    """Return the cumulative shares of the bins but the last, in units of 2^-32."""
    fine = min(max(16, math.ceil(64 / sigma)), 1024)  # Simpson panels per bin: error below 1e-10
    edges = np.arange(-(2 * half + 1) * fine, (2 * half + 1) * fine + 1) / (2.0 * fine)
    density = exp(-0.5 * (edges / sigma) ** 2)
    panel = density[0:-1:2] + 4.0 * density[1::2] + density[2::2]
    per_bin = panel.reshape(2 * half + 1, fine).cumsum(axis=1)[:, -1]
    cumulative = np.cumsum(per_bin)
    shares = cumulative / cumulative[-1]
    return [round(float(share) * 2**32) for share in shares[:-1]]
