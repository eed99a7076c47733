"""What a scope has seen of a junction, or of a chain, at one bias, added up piece by piece."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices import Estimate, Recording, TelegraphFit, fit_telegraph
from devices.recording import MHZ
from devices.telegraph_fit import NAMES

from .smtj_correlation import WITHIN, Correlation, block_length
from .smtj_histograms import Histograms
from .smtj_law import SmtjLaw

Samples = NDArray[np.floating]
TAUS_C = 8.0  # correlation times that the autocorrelation reaches over
PAST = 1.2  # and the lag of interest, with so much more
SHOWN, MOST_SHOWN = 60, 20_000  # mean dwells, and samples, of an excerpt
DISPERSIONS = ("dispersion_low", "dispersion_high")


@dataclass
class Bias:
    """One junction at one bias: `rate` in mHz, `lag` in s; `kept` samples of the series stay.

    `name` stands in messages, `field_mt` is the field in mT, None for a recording of which it is
    not known. With `chain`, the law of junctions in series, nothing is fitted: a flip of their sum
    tells no dwell of one. Memory does not grow with the pieces, but for what is kept.
    """

    name: str
    rate: int
    lag: float
    kept: int
    field_mt: float | None = None
    chain: SmtjLaw | None = None
    fits: list[TelegraphFit] = field(default_factory=list)
    series: list[Samples] = field(default_factory=list)
    samples: int = 0

    def add(self, v: Samples) -> None:
        """Add a piece of the series; raises `DataError` if it tells no dwell times.

        It is taken in double precision, so that a file tells the same as what was written to it.
        """
        fit = None
        if self.chain is None:
            fit = fit_telegraph(Recording(v.astype(np.float64), self.rate, self.name))
            self.fits.append(fit)
        if not self.samples:
            self._begin(v.size, self.law)
        self.histograms.add(v, fit)
        self.correlation.add(v)
        missing = max(self.kept, self.shown) - sum(part.size for part in self.series)
        if missing > 0:
            self.series.append(np.array(v[:missing]))
        self.samples += v.size

    def _begin(self, samples: int, law: SmtjLaw) -> None:
        """Choose bins, blocks and lags by what the first piece tells."""
        self.histograms = Histograms.around(law)
        length = block_length(samples)
        reach = max(TAUS_C * law.dwell.tau_c, PAST * self.lag)
        lags = max(1, min(math.ceil(reach / self.dt), length // WITHIN))
        self.correlation = Correlation(length, lags, (law.levels[0] + law.levels[-1]) / 2.0)
        self.shown = min(round(SHOWN * law.dwell.tau / self.dt), MOST_SHOWN)

    @property
    def dt(self) -> float:
        """Sampling interval in seconds."""
        return MHZ / self.rate

    @property
    def fit(self) -> TelegraphFit:
        """What all pieces tell together."""
        return pooled(self.fits)

    @property
    def law(self) -> SmtjLaw:
        """The law with the numbers that were found, that of the cards for a chain."""
        return self.chain or SmtjLaw.of_fit(self.fit)

    def beginning(self, samples: int) -> Samples:
        """Return the first `samples` of the series, or what was kept of them."""
        return np.concatenate(self.series)[:samples]

    def at_lag(self) -> tuple[float, Estimate] | None:
        """Return the first lag of the grid at or after `lag`, and the autocorrelation there.

        None if the series is too short or too fast to reach it.
        """
        k = math.ceil(self.lag / self.dt * (1.0 - 1e-9))
        if k > self.correlation.lags:
            return None
        found, error = self.correlation.found()
        return k * self.dt, Estimate(float(found[k]), float(error[k]))

    def estimates(self) -> dict[str, Estimate]:
        """Return everything that was estimated; the end of a name says its unit."""
        if self.chain:
            return {}
        fit = self.fit
        return {
            "tau_p_s": fit.tau_low,
            "tau_ap_s": fit.tau_high,
            "tau_c_s": fit.tau_c,
            "occupancy_p": occupancy(fit),
            "flip_p_to_ap": fit.up,
            "flip_ap_to_p": fit.down,
            "level_p_v": fit.low,
            "level_ap_v": fit.high,
            "sigma_v": fit.sigma,
        }


def expected(law: SmtjLaw) -> dict[str, float]:
    """Return what `Bias.estimates` should find under `law`, by the same names."""
    up, down = law.dwell.flips(law.dt)
    return {
        "tau_p_s": law.dwell.tau_p,
        "tau_ap_s": law.dwell.tau_ap,
        "tau_c_s": law.dwell.tau_c,
        "occupancy_p": law.dwell.occupancy_p,
        "flip_p_to_ap": up,
        "flip_ap_to_p": down,
        "level_p_v": law.levels[0],
        "level_ap_v": law.levels[-1],
        "sigma_v": law.sigma,
    }


def occupancy(fit: TelegraphFit) -> Estimate:
    """Return the share of time in P; flips up and down are counted on dwells of their own."""
    p = fit.dwell.occupancy_p
    relative = math.hypot(fit.up.error / fit.up.value, fit.down.error / fit.down.value)
    return Estimate(p, p * (1.0 - p) * relative)


def pooled(fits: list[TelegraphFit]) -> TelegraphFit:
    """Return the mean of fits to pieces of a series, weighted by samples.

    The decoded states are left to the pieces: those returned are zero throughout.
    """
    if len(fits) == 1:
        return fits[0]
    sizes = np.array([fit.states.size for fit in fits])
    weights = sizes / sizes.sum()
    found: dict[str, Any] = {}
    for name in (*NAMES, *DISPERSIONS):
        value, error = np.array([getattr(fit, name) for fit in fits]).T
        found[name] = Estimate(float(weights @ value), float(np.hypot.reduce(weights * error)))
    states = np.broadcast_to(np.uint8(0), (int(sizes.sum()),))
    return replace(fits[0], **found, flips=sum(fit.flips for fit in fits), states=states)
