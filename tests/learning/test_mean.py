"""Means over repetitions, and how far two may lie apart by chance."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

from learning import Mean, mean_share


def test_the_error_is_that_of_the_spread():
    mean = mean_share([0.80, 0.82, 0.87], 100)
    assert mean.value == pytest.approx(0.83)
    assert mean.error == pytest.approx(np.std([0.80, 0.82, 0.87], ddof=1) / math.sqrt(3))
    assert mean.freedom == 2


def test_a_single_share_has_the_error_of_its_trials():
    assert mean_share([0.8], 400) == Mean(0.8, math.sqrt(0.8 * 0.2 / 400), math.inf)


def test_the_margin_is_where_student_s_test_turns():
    """At a difference of one margin the two-sided p of the t-test is 5 %."""
    a, b = np.array([0.80, 0.82, 0.87]), np.array([0.70, 0.71, 0.75])
    margin = mean_share(a.tolist(), 1).margin(mean_share(b.tolist(), 1))
    moved = b + a.mean() - b.mean() - margin
    assert ttest_ind(a, moved).pvalue == pytest.approx(0.05)
    known = Mean(0.5, 0.03, math.inf).margin(Mean(0.5, 0.04, math.inf))
    assert known == pytest.approx(1.959964 * 0.05, rel=1e-6)


def test_five_in_a_hundred_equal_means_lie_further_apart_than_the_margin():
    draws, n = np.random.default_rng(3).normal(size=(2, 4000, 3)), 4000
    apart = 0
    for a, b in zip(*draws, strict=True):
        one, other = mean_share(a.tolist(), 1), mean_share(b.tolist(), 1)
        apart += abs(one.value - other.value) > one.margin(other)
    assert abs(apart - 0.05 * n) < 4.5 * math.sqrt(n * 0.05 * 0.95)
    assert student.ppf(0.975, 4) > 2.7  # two standard errors would be too few
