from __future__ import annotations

import math
from bisect import bisect_right
from decimal import Context, Decimal, localcontext
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from emulator.elementary import bin_index, exp, gaussian_bins, normal_quantile, sigmoid

ULPS = 2.0
random = np.random.default_rng(1)
POINTS = np.concatenate(
    [random.uniform(-700, 700, 1000), random.uniform(-40, 40, 2000), random.uniform(-1, 1, 1000)]
)


def exact_exp(x: Decimal) -> Decimal:
    return x.exp()


def exact_sigmoid(x: Decimal) -> Decimal:
    return 1 / (1 + (-x).exp())


@pytest.mark.parametrize(("law", "exact"), [(exp, exact_exp), (sigmoid, exact_sigmoid)])
def test_two_ulp_everywhere(law, exact):
    results = law(POINTS)
    with localcontext(Context(prec=60)):
        for x, y in zip(POINTS.tolist(), results.tolist(), strict=True):
            true = exact(Decimal(x))
            assert abs(Decimal(y) - true) <= Decimal(ULPS) * Decimal(math.ulp(float(true)))


@pytest.mark.parametrize("law", [exp, sigmoid])
@given(x=st.floats(-800, 800))
def test_a_number_alone_and_in_a_row_have_the_same_bits(law, x):
    row = law(np.array([0.25, x, -3.0, x]))
    assert law(x) == row[1] == row[3]
    assert isinstance(law(x), float)


def test_landmarks():
    assert exp(0.0) == 1.0
    assert sigmoid(0.0) == 0.5
    assert sigmoid(1000.0) == 1.0
    assert 0.0 < sigmoid(-1000.0) < 1e-300
    assert exp(1000.0) == exp(700.0)  # the range ends at 700


@given(st.floats(-800, 800), st.floats(-800, 800))
def test_the_sigmoid_never_falls(x, y):
    low, high = sorted((x, y))
    assert sigmoid(low) <= sigmoid(high) + 4 * math.ulp(sigmoid(high))


@given(st.integers(0, 2**32 - 1))
def test_the_normal_quantile_is_on_its_grid_and_odd(word):
    z = normal_quantile(word)
    assert (z * 2**20).is_integer()
    assert abs(z - NormalDist().inv_cdf((word + 0.5) / 2**32)) <= 2**-21 + 1e-12
    assert normal_quantile(2**32 - 1 - word) == pytest.approx(-z, abs=2**-20)


def test_the_normal_quantile_reaches_six_sigma():
    assert 6.0 < normal_quantile(2**32 - 1) < 6.4
    assert normal_quantile(0) == -normal_quantile(2**32 - 1)


SIGMAS = [0.01, 0.05, 0.1, 0.13, 0.2, 0.3, 0.5, 1.0, 1.6, 4.0, 11.2, 32.0, 500.0]


@pytest.mark.parametrize("sigma", SIGMAS)
def test_bins_follow_the_normal_distribution(sigma):
    first, (*thresholds, _), _ = gaussian_bins(sigma)
    edges = first + np.arange(len(thresholds)) + 0.5
    assert np.abs(np.array(thresholds) / 2**32 - ndtr(edges / sigma)).max() < 1e-9


@pytest.mark.parametrize("sigma", SIGMAS)
def test_bins_have_the_moments_of_a_rounded_gaussian(sigma):
    """Mean 0; variance sum of k^2 P(k) over the exact bin probabilities, error n_bins * 1e-9."""
    first, (*thresholds, _), _ = gaussian_bins(sigma)
    k = first + np.arange(len(thresholds) + 1)
    p = np.diff(np.concatenate([[0], thresholds, [2**32]])) / 2**32
    exact = np.diff(ndtr(np.concatenate([[-np.inf], k[:-1] + 0.5, [np.inf]]) / sigma))
    error = 2e-9 * np.abs(k).max()
    assert abs((k * p).sum()) <= error
    assert abs((k**2 * p).sum() - (k**2 * exact).sum()) <= error * np.abs(k).sum()


def test_bins_are_sorted_and_symmetric():
    for sigma in SIGMAS:
        first, (*thresholds, _), _ = gaussian_bins(sigma)
        assert len(thresholds) == -2 * first
        assert thresholds == sorted(thresholds)
        mirrored = [2**32 - t for t in reversed(thresholds)]
        assert all(abs(a - b) <= 1 for a, b in zip(thresholds, mirrored, strict=True))


def test_no_noise_is_one_bin():
    first, edges, guide = gaussian_bins(0.0)
    assert (first, edges) == (0, (2**32,))
    assert set(guide) == {0}


@given(st.sampled_from(SIGMAS), st.integers(0, 2**32 - 1))
def test_a_word_falls_into_the_bin_that_bisection_finds(sigma, word):
    _, edges, guide = gaussian_bins(sigma)
    assert bin_index(edges, guide, word) == bisect_right(edges, word)
    for edge in {edges[bin_index(edges, guide, word)] - 1, *edges[:-1][:1]}:
        assert bin_index(edges, guide, edge) == bisect_right(edges, edge)
