"""Products keep the precision of the samples; what they feed stays double."""

from __future__ import annotations

import numpy as np
import pytest

from learning.products import correlated, weighted, with_ones

N, FEATURES, ROWS = 50, 784, 10


def _case(dtype):
    random = np.random.default_rng(0)
    x = random.random((N, FEATURES)).astype(dtype)
    return x, random.normal(size=(ROWS, FEATURES)), random.normal(size=(N, ROWS))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_sums_of_products_to_the_precision_of_the_samples(dtype):
    x, weights, errors = _case(dtype)
    exact, unit = x.astype(np.float64), np.finfo(dtype).eps
    # Rounding of a sum of n terms, in any order: below (n + 2) eps times the sum of magnitudes.
    bound = (FEATURES + 2) * unit * (abs(exact) @ abs(weights).T)
    assert (abs(weighted(x, weights) - exact @ weights.T) <= bound).all()
    bound = (N + 2) * unit * (abs(errors).T @ abs(exact))
    assert (abs(correlated(errors, x) - errors.T @ exact) <= bound).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_learners_and_boards_get_is_double(dtype):
    x, weights, errors = _case(dtype)
    drive = weighted(x, weights)
    assert drive.dtype == correlated(errors, x).dtype == np.float64
    assert drive.flags.c_contiguous
    assert drive.shape == (N, ROWS)
    assert correlated(errors, x).shape == (ROWS, FEATURES)


def test_single_precision_samples_are_multiplied_in_single_precision():
    x, weights, _ = _case(np.float32)
    single = weighted(x, weights)
    np.testing.assert_array_equal(single, single.astype(np.float32))
    assert (single != weighted(x.astype(np.float64), weights)).any()


def test_a_bias_is_a_column_of_ones_of_the_same_precision():
    x, _, _ = _case(np.float32)
    assert with_ones(x, False) is x
    wide = with_ones(x, True)
    assert wide.dtype == np.float32
    np.testing.assert_array_equal(wide[:, -1], 1)
    np.testing.assert_array_equal(wide[:, :-1], x)
