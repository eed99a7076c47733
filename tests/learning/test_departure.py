"""How far a count departs from its law, for few events and for many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from learning import departure


def alone(share, trials):
    return math.sqrt(share * (1 - share) / trials)


@pytest.mark.parametrize("sigmas", [-6.0, -3.0, 2.0, 5.0])
def test_many_events_depart_as_a_normal_number_does(sigmas):
    n, share = 10**8, 0.3
    count = round(n * (share + sigmas * alone(share, n)))
    # the continuity and the skewness of a count of 3e7 move it by less than 1 / sqrt(3e7) each
    assert departure(count, n, share, alone(share, n)) == pytest.approx(abs(sigmas), abs=2e-3)


@pytest.mark.parametrize(("count", "n", "share"), [(1, 1000, 1e-9), (9, 1000, 1e-3), (0, 50, 0.3)])
def test_few_events_have_the_exact_tail(count, n, share):
    tail = min(binom.sf(count - 1, n, share), binom.cdf(count, n, share))
    assert departure(count, n, share, alone(share, n)) == pytest.approx(norm.isf(tail))


def test_one_event_is_no_surprise_where_one_is_expected_and_a_proof_where_none_is():
    assert departure(1, 1000, 1e-3, alone(1e-3, 1000)) < 1
    assert departure(1, 1000, 1e-9, alone(1e-9, 1000)) > 4.5
    assert departure(0, 1000, 1e-250, 1e-127) == 0


def test_a_law_that_leaves_no_chance():
    assert departure(0, 100, 0.0, 0.0) == 0
    assert departure(1, 100, 0.0, 0.0) == math.inf
    assert departure(100, 100, 1.0, 0.0) == 0


def test_trials_that_depend_count_as_fewer_and_never_as_more():
    n, share, error = 10_000, 0.4, alone(0.4, 10_000)
    count = round(n * (share + 4 * error))
    # the half step of continuity counts for 1 / (2 sqrt(n p q)) sigma, twice as much in pairs
    step = 1 / math.sqrt(n * share * (1 - share))
    assert departure(count, n, share, 2 * error) == pytest.approx(2, abs=2 * step)
    assert departure(count, n, share, error / 2) == pytest.approx(
        departure(count, n, share, error), rel=1e-12
    )


@pytest.mark.parametrize("expected", [0.01, 0.5, 3.0, 50.0])
def test_it_is_never_surprised_too_often(expected):
    """Beyond 2 sigma lie at most 4.55 % of all counts, whatever is expected."""
    n, tries = 10_000, 20_000
    share = expected / n
    counts = np.random.default_rng(5).binomial(n, share, tries)
    beyond = sum(departure(int(k), n, share, alone(share, n)) > 2 for k in counts)
    p = 2 * norm.sf(2)
    assert beyond < tries * p + 4.5 * math.sqrt(tries * p * (1 - p))
