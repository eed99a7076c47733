"""What a scope should see of a junction: shares of values and dwells, and the autocorrelation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import DwellTimes, SmtjParams, TelegraphFit, TelegraphNoiseParams
from devices.noise import telegraph_dwell, telegraph_levels

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SmtjLaw:
    """Telegraph noise of levels `low` (P) and `high` (AP) with Gaussian noise, every `dt` s."""

    dwell: DwellTimes
    low: float
    high: float
    sigma: float
    dt: float

    @classmethod
    def of_cards(
        cls, noise: TelegraphNoiseParams, junction: SmtjParams, field: float, dt: float
    ) -> SmtjLaw:
        """Return the law of the cards at `field` (T); raises `ConfigError` beyond the barrier."""
        dwell = telegraph_dwell(noise.model_copy(update={"mu0_h": field}), junction)
        low, high = telegraph_levels(noise, junction).tolist()
        return cls(dwell, low, high, noise.sigma, dt)

    @classmethod
    def of_fit(cls, fit: TelegraphFit) -> SmtjLaw:
        """Return the law with the numbers of a fit."""
        return cls(fit.dwell, fit.low.value, fit.high.value, fit.sigma.value, fit.dt)

    def autocorrelation(self, lags: Floats) -> Floats:
        """Return that of the voltage at `lags` (s): exp(-t / tau_c), less the share of the noise.

        Noise of sigma is new at every sample, so only at t = 0 does it correlate.
        """
        p = self.dwell.occupancy_p
        levels = p * (1.0 - p) * (self.high - self.low) ** 2
        share = levels / (levels + self.sigma**2)
        found: Floats = np.where(lags > 0.0, share, 1.0) * self.dwell.autocorrelation(lags)
        return found

    def dwells(self, state: int, edges: NDArray[np.int64]) -> Floats:
        """Return the share of dwells in `state` (0 is P) that last [edge, next edge) samples.

        On a grid exponential dwells are geometric, P(n samples) = (1 - p)^(n - 1) p with the flip
        probability p of the grid; the last share is that of all longer ones. Shape (edges,).
        """
        p = self.dwell.flips(self.dt)[state]
        reach = np.exp(np.log1p(-p) * (edges - 1.0))
        shares: Floats = -np.diff(reach, append=0.0)
        return shares

    def values(self, edges: Floats) -> Floats:
        """Return the share of samples between `edges` (V), shape (edges - 1,)."""
        p = self.dwell.occupancy_p
        below = [
            p * _normal((edge - self.low) / self.sigma)
            + (1.0 - p) * _normal((edge - self.high) / self.sigma)
            for edge in edges
        ]
        return np.diff(np.array(below))


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
