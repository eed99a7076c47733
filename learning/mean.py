"""Means over repeated trainings, and how far two of them may lie apart by chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from scipy.special import stdtrit

QUANTILE = 0.975  # leaves 5 % on both sides together


@dataclass(frozen=True)
class Mean:
    """A mean, its standard error, and the degrees of freedom behind that error.

    `freedom` is infinite where the error was not taken from the spread of repetitions.
    """

    value: float
    error: float
    freedom: float

    def margin(self, other: Mean) -> float:
        """Return half the 95 % interval of the difference of two means (Student 1908).

        Both are over equally many repetitions that spread alike: the degrees of freedom add up.
        """
        factor = float(stdtrit(self.freedom + other.freedom, QUANTILE))
        return factor * math.hypot(self.error, other.error)


def mean_share(shares: Sequence[float], trials: int) -> Mean:
    """Return the mean of at least one share of `trials` each.

    The error is that of the spread between shares; a single one has the binomial error of its
    `trials`, which knows nothing of how much repetitions differ.
    """
    if len(shares) == 1:
        share = shares[0]
        return Mean(share, math.sqrt(share * (1.0 - share) / trials), math.inf)
    return Mean(fmean(shares), stdev(shares) / math.sqrt(len(shares)), len(shares) - 1.0)
