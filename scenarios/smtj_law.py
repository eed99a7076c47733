"""What a scope should see of junctions: shares of values and dwells, and the autocorrelation."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices import DwellTimes, SmtjParams, TelegraphFit, TelegraphNoiseParams
from devices.noise import telegraph_dwell, telegraph_levels
from devices.noise_counts import binomial_shares

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SmtjLaw:
    """Telegraph noise with Gaussian noise on top, every `dt` s.

    `levels[k]` is that of k junctions in AP: (P, AP) for a single one, more for equal ones in
    series, all of the dwell times `dwell`.
    """

    dwell: DwellTimes
    levels: tuple[float, ...]
    sigma: float
    dt: float

    @classmethod
    def of_cards(
        cls, noise: TelegraphNoiseParams, junction: SmtjParams, field: float, dt: float
    ) -> SmtjLaw:
        """Return the law of the cards at `field` (T); raises `ConfigError` beyond the barrier."""
        dwell = telegraph_dwell(noise.model_copy(update={"mu0_h": field}), junction)
        return cls(dwell, tuple(telegraph_levels(noise, junction).tolist()), noise.sigma, dt)

    @classmethod
    def of_fit(cls, fit: TelegraphFit) -> SmtjLaw:
        """Return the law with the numbers of a fit."""
        levels = fit.low.value, fit.high.value
        return cls(fit.dwell, levels, fit.sigma.value, fit.dt)

    @property
    def shares(self) -> Floats:
        """How often each level is there."""
        return binomial_shares(len(self.levels) - 1, 1.0 - self.dwell.occupancy_p)

    def autocorrelation(self, lags: Floats) -> Floats:
        """Return that of the voltage at `lags` (s), less the share of the noise.

        It is sum_k s_k exp(-k t / tau_c), s_k being the shares of `modes`. Noise of sigma is new at
        every sample, so only at t = 0 does it correlate.
        """
        modes = self.modes()
        total = modes.sum()
        fading = self.dwell.autocorrelation(lags[:, None] * np.arange(1, modes.size + 1))
        share = np.where(lags > 0.0, total / (total + self.sigma**2), 1.0)
        found: Floats = share * (fading @ modes) / total
        return found

    def modes(self) -> Floats:
        """Return the variance (V^2) of the levels that fades as exp(-k t / tau_c), k = 1, 2, ...

        How many of n junctions are in AP is Ehrenfest's chain: up with (n - k) / tau_P, down with
        k / tau_AP, its rates of relaxation k / tau_c. A level that is linear in the count has the
        first mode only, that of a divider is not quite linear. M. Kac, Am. Math. Monthly 54, 369
        (1947).
        """
        k = np.arange(len(self.levels))
        up, down = (k[-1] - k) / self.dwell.tau_p, k / self.dwell.tau_ap
        beside = np.sqrt(up[:-1] * down[1:])  # symmetric in the scale of the roots of the shares
        rates = np.diag(-up - down) + np.diag(beside, 1) + np.diag(beside, -1)
        _, vectors = np.linalg.eigh(rates)  # slowest last: what stays, then the modes
        found: Floats = (vectors.T @ (np.sqrt(self.shares) * self.levels))[-2::-1] ** 2
        return found

    def dwells(self, state: int, edges: NDArray[np.int64]) -> Floats:
        """Return the share of dwells in `state` (0 is P) that last [edge, next edge) samples.

        Of a single junction. On a grid exponential dwells are geometric, P(n samples) =
        (1 - p)^(n - 1) p with the flip probability p of the grid; the last share is that of all
        longer ones. Shape (edges,).
        """
        p = self.dwell.flips(self.dt)[state]
        reach = np.exp(np.log1p(-p) * (edges - 1.0))
        shares: Floats = -np.diff(reach, append=0.0)
        return shares

    def values(self, edges: Floats) -> Floats:
        """Return the share of samples between `edges` (V), shape (edges - 1,)."""
        levels = list(zip(self.shares.tolist(), self.levels, strict=True))
        below = [
            sum(share * _normal((edge - level) / self.sigma) for share, level in levels)
            for edge in edges
        ]
        return np.diff(np.array(below))


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
