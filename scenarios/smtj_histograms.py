"""Histograms of a junction's voltage and of its dwells, added up piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devices import TelegraphFit
from devices.telegraph_fit import runs

from .smtj_law import SmtjLaw

Counts = NDArray[np.int64]
VALUES = 80  # bins of the voltage
BEYOND = 6.0  # sigmas past both levels
DWELLS = 30  # bins of dwells, besides the last one, which is open
TAUS = 6.0  # mean dwells that they reach over


@dataclass
class DwellCounts:
    """Complete dwells in one state by their length: bin k from `edges[k]` samples on."""

    edges: Counts
    counts: Counts

    @classmethod
    def around(cls, mean: float) -> DwellCounts:
        """Return empty bins for dwells of `mean` samples."""
        width = max(1, round(TAUS * mean / DWELLS))
        return cls(1 + width * np.arange(DWELLS + 1), np.zeros(DWELLS + 1, dtype=np.int64))

    def add(self, lengths: Counts) -> None:
        """Count dwells of `lengths` samples."""
        bins = np.searchsorted(self.edges, lengths, side="right") - 1
        self.counts += np.bincount(bins, minlength=self.counts.size)


@dataclass
class Histograms:
    """Values between `edges` (what lies outside is counted at the ends), and dwells in P and AP."""

    edges: NDArray[np.float64]
    dwells: tuple[DwellCounts, DwellCounts]
    values: Counts = field(default_factory=lambda: np.zeros(VALUES, dtype=np.int64))

    @classmethod
    def around(cls, law: SmtjLaw) -> Histograms:
        """Return empty bins that suit junctions like those of `law`."""
        past = BEYOND * law.sigma
        edges = np.linspace(law.levels[0] - past, law.levels[-1] + past, VALUES + 1)
        p, ap = (DwellCounts.around(tau / law.dt) for tau in (law.dwell.tau_p, law.dwell.tau_ap))
        return cls(edges, (p, ap))

    def add(self, v: NDArray[np.floating], fit: TelegraphFit | None) -> None:
        """Count a piece, and the dwells that its fit has decoded."""
        bins = np.clip(np.searchsorted(self.edges, v, side="right") - 1, 0, VALUES - 1)
        self.values += np.bincount(bins, minlength=VALUES)
        if fit is None:
            return
        for counts, lengths in zip(self.dwells, runs(fit.states), strict=True):
            counts.add(lengths)
