"""What a chain of junctions should show: the law of its levels against that of every junction."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from scenarios.catalog import configure
from scenarios.smtj_bench import watched
from scenarios.smtj_law import SmtjLaw

DT = 25e-6  # s between two samples


def law_of(*settings: str) -> SmtjLaw:
    noise, junction = watched(configure("smtj-noise", settings))
    return SmtjLaw.of_cards(noise, junction, 2e-3, DT)


def test_a_chain_that_adds_up_forgets_like_one_junction() -> None:
    """Levels linear in the count: exp(-t / tau_c), whatever the number of junctions."""
    lags = np.arange(40) * DT
    for n in (1, 2, 7, 100):
        law = law_of(f"noise.junctions={n}", "noise.levels=plain", "noise.sigma=1e-9")
        assert law.autocorrelation(lags) == pytest.approx(law.dwell.autocorrelation(lags), rel=1e-9)
        p = law.dwell.occupancy_p
        assert law.modes()[0] == pytest.approx(n * p * (1.0 - p) * (0.0480 - 0.0362) ** 2)


def test_the_modes_of_a_chain_are_those_of_its_junctions() -> None:
    """Each of three junctions by itself, all 8 x 8 pairs of states before and after a lag."""
    law, t = law_of("noise.junctions=3", "noise.sigma=0.02", "noise.r_series=1 kohm"), 80e-6
    up, down = law.dwell.flips(t)
    p = law.dwell.occupancy_p
    start, step = np.array([p, 1.0 - p]), np.array([[1.0 - up, up], [down, 1.0 - down]])
    states = list(itertools.product((0, 1), repeat=3))
    mean = square = later = 0.0
    for one in states:
        share, v = math.prod(start[k] for k in one), law.levels[sum(one)]
        mean, square = mean + share * v, square + share * v * v
        for other in states:
            pair = share * math.prod(step[k, m] for k, m in zip(one, other, strict=True))
            later += pair * v * law.levels[sum(other)]
    expected = (later - mean**2) / (square - mean**2 + 0.02**2)
    assert law.autocorrelation(np.array([t]))[0] == pytest.approx(expected, rel=1e-9)
    assert law.modes()[1] > 1e-3 * law.modes()[0]  # this divider bends
