"""The interval of a ratio covers it as often as it says, and has no bounds where there are none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from learning.fieller import fieller

N, TIMES = 360, 2000


def right_votes(rng: np.random.Generator) -> np.ndarray:
    """Three classifiers on the same samples, easy and hard ones: right with these probabilities."""
    ease = rng.random((TIMES, N))
    hard = np.array([0.95, 0.4, 0.75])[:, None, None]
    p = np.where(ease < 0.7, 0.99, hard)
    return (rng.random((3, TIMES, N)) < p).astype(float)


def test_it_covers_the_ratio_in_95_of_100_cases() -> None:
    """Within 4.5 standard errors of 2000 cases; the ratio of the means is 0.35 / 0.55."""
    least, made, calibrated = right_votes(np.random.default_rng(1))
    found = [fieller(c - m, le - m) for c, m, le in zip(calibrated, made, least, strict=True)]
    assert all(bounds is not None for bounds in found)  # the mean loss is 8 of its standard errors
    held = np.mean([bounds[0] <= 0.35 / 0.55 <= bounds[1] for bounds in found if bounds])
    assert abs(held - 0.95) < 4.5 * math.sqrt(0.95 * 0.05 / TIMES)


def test_an_exact_ratio_has_no_width_and_samples_may_be_scaled() -> None:
    below = np.random.default_rng(2).normal(3.0, 1.0, 50)
    assert fieller(2.0 * below, below) == pytest.approx((2.0, 2.0), abs=1e-7)
    above = below + np.random.default_rng(3).normal(0.0, 1.0, 50)
    low, high = fieller(above, below) or (math.nan, math.nan)
    assert low < above.mean() / below.mean() < high
    assert fieller(5.0 * above, below) == pytest.approx((5.0 * low, 5.0 * high))


def test_what_is_divided_by_chance_has_no_interval() -> None:
    below = np.array([1.0, -1.0, 1.0, -1.0, 1.0])  # mean 0.2, standard error 0.49
    assert fieller(np.ones(5), below) is None
    assert fieller(np.ones(1), np.ones(1)) is None
    assert fieller(np.ones(0), np.ones(0)) is None
