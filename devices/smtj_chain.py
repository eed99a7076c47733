"""Junctions connected in series or in parallel: levels and rates.

In series resistances add, in parallel conductances. n junctions have n + 1 levels if their
resistances are equal and up to 2^n if all differ (S1 II C). Rates add: Gamma = sum 1 / tau_i with
tau_i = (tau_P + tau_AP) / 2. The autocorrelation of n equal junctions stays exp(-t / tau_c) all the
same: more of them leave less time without any flip, and no shorter memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

from .dwell import DwellTimes
from .smtj import SmtjParams

Floats = NDArray[np.float64]
Connection = Literal["series", "parallel"]
SAME = 1e-9  # levels closer than that, relatively, are one
MOST = 2**20  # levels


@dataclass(frozen=True)
class SmtjChain:
    """Connected junctions, each with its own state; `r_p`, `r_ap` in ohm, shape (n,).

    Raises `ConfigError` unless all resistances are positive and finite.
    """

    r_p: Floats
    r_ap: Floats
    connection: Connection = "series"

    def __post_init__(self) -> None:
        both = np.stack([self.r_p, self.r_ap])
        if not both.size or not (np.isfinite(both).all() and (both > 0.0).all()):
            raise ConfigError(
                "SmtjChain: a resistance is not positive and finite, or none is given"
            )

    @classmethod
    def of(cls, junctions: Sequence[SmtjParams], connection: Connection = "series") -> Self:
        """Return the chain of these junctions."""
        r_p, r_ap = np.array([j.r_p for j in junctions]), np.array([j.r_ap for j in junctions])
        return cls(r_p, r_ap, connection)

    @property
    def junctions(self) -> int:
        """How many junctions."""
        return self.r_p.size

    def ohms(self, states: NDArray[np.integer]) -> Floats:
        """Return the resistance for `states` (..., n) of 0 (P) and 1 (AP), shape (...)."""
        each = np.where(np.asarray(states) != 0, self.r_ap, self.r_p)
        if self.connection == "series":
            total: Floats = each.sum(axis=-1)
            return total
        parallel: Floats = 1.0 / (1.0 / each).sum(axis=-1)
        return parallel

    def levels(self) -> Floats:
        """Return the distinct resistances in ohm, ascending; more than 2^20 are a `ConfigError`."""
        series = self.connection == "series"
        pairs = np.stack([self.r_p, self.r_ap], axis=1)
        found = np.zeros(1)
        for pair in pairs if series else 1.0 / pairs:
            sums = np.sort((found[:, None] + pair).ravel())
            found = sums[np.diff(sums, prepend=-np.inf) > SAME * sums]
            if found.size > MOST:
                raise ConfigError(f"{self.junctions} distinct junctions have too many levels")
        return found if series else 1.0 / found[::-1]


def chain_rate(dwells: Sequence[DwellTimes]) -> float:
    """Return the flips per second of all junctions together, Gamma = sum 1 / tau_i."""
    return sum(dwell.rate for dwell in dwells)
