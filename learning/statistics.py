"""Error bars."""

from __future__ import annotations

import math


def wilson(right: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a proportion (Wilson 1927); (nan, nan) without trials.

    It lies within [0, 1], begins at 0 if none of `n` was `right` and ends at 1 if all were.
    """
    if n == 0:
        return math.nan, math.nan
    z, share = 1.959964, right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return (centre - half if right else 0.0), (centre + half if right < n else 1.0)
