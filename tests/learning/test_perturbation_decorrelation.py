"""Decorrelation: fast against plain, the identity against n^3, and that correlations fall."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402
from learning.perturbation import decorrelation as decorrelation_module  # noqa: E402
from learning.perturbation.decorrelation import Decorrelation  # noqa: E402
from learning.perturbation.plain import PlainDanp  # noqa: E402
from tests.learning.perturbing import batch, gauss, one_thread, settings  # noqa: E402, F401

CPU = torch.device("cpu")


# -- fast against plain -------------------------------------------------------------------------


def compare_with_plain(params, features, classes, n):
    fast = PerturbationLearner(params, features, classes, 5)
    plain = PlainDanp(params, features, classes, 5)
    x, y = batch(n, features, classes)
    noise = gauss((2, n, fast.nodes), 0.5)
    before = fast.state()
    loss = fast.step(x, y, noise).loss
    assert loss == pytest.approx(plain.step(x, y, noise), rel=1e-6)
    after = fast.state()
    for layer, r in enumerate(plain.r):
        change = after[f"decorrelation.{layer}.matrix"] - before[f"decorrelation.{layer}.matrix"]
        wanted = r.detach().numpy().astype(np.float64) - np.eye(len(r))
        assert np.abs(wanted).max() > 1e-3  # there is something to compare
        # R rounds at 2^-24; the sums over the batch to that times their size, here epsilon x 10
        np.testing.assert_allclose(change, wanted, rtol=0, atol=5e-7)
        moved = after[f"weights.{layer}"] - before[f"weights.{layer}"]
        other = plain.matrices[layer].detach().numpy() - before[f"weights.{layer}"]
        # Adam's first step is eta whatever the gradient's size: a gradient at rounding may turn
        assert np.mean(np.abs(moved - other) > 1e-6) < 1e-3


def test_the_fast_step_is_the_plain_one():
    compare_with_plain(
        settings(hidden_layers=2, hidden_units=30, epsilon=0.02, eta=0.01), 40, 10, 64
    )


def test_rows_at_a_time_are_the_whole(monkeypatch):
    monkeypatch.setattr(decorrelation_module, "ROWS", 7)
    compare_with_plain(
        settings(hidden_layers=1, hidden_units=30, epsilon=0.02, eta=0.01), 23, 10, 64
    )


# -- decorrelation ------------------------------------------------------------------------------


def offdiag(matrix):
    return matrix - np.diag(np.diag(matrix))


def test_the_identity_is_the_published_rule():
    """In float64: R - epsilon offdiag(X^T X / B) R, from a random R."""
    rng = np.random.default_rng(1)
    part = Decorrelation(50, 0.01, 1, True, CPU)
    start = np.eye(50) + 0.1 * rng.standard_normal((50, 50))
    part.matrix.copy_(torch.tensor(start))
    start, z = part.matrix.numpy().astype(np.float64), rng.standard_normal((80, 50))
    x = z @ start.T
    got = part.pass_on(torch.tensor(z, dtype=torch.float32), 64).numpy()
    np.testing.assert_allclose(got, x, atol=1e-5)
    correlation = offdiag(x[:64].T @ x[:64] / 64)  # the first rows only
    # R about 1 rounds at 6e-8; the gradient (below 10) to 50 x 6e-8 of it, times epsilon
    np.testing.assert_allclose(part.matrix, start - 0.01 * correlation @ start, atol=4e-7)
    np.testing.assert_allclose(part.bias, -0.01 * x[:64].sum(axis=0), atol=1e-5)


@pytest.mark.parametrize(("rows", "stack"), [(128, 512), (7, 100), (7, 30)])
def test_accumulated_correlations_are_taken_up_together(monkeypatch, rows, stack):
    monkeypatch.setattr(decorrelation_module, "ROWS", rows)
    monkeypatch.setattr(decorrelation_module, "STACK", stack)
    rng = np.random.default_rng(2)
    part, epsilon = Decorrelation(20, 0.01, 3, False, CPU), 0.01
    r, total = np.eye(20), np.zeros((20, 20))
    for step in range(1, 7):
        z = rng.standard_normal((64, 20)) + 1.0
        x = z @ r.T
        part.pass_on(torch.tensor(z, dtype=torch.float32), 64)
        total += offdiag(x.T @ x / 64)
        if step % 3 == 0:
            r, total = r - epsilon * total @ r, np.zeros((20, 20))
        np.testing.assert_allclose(part.matrix, r, atol=1e-6)
    assert np.abs(offdiag(r)).max() > 0.01


def test_correlations_fall():
    """Inputs that share one signal; after each 50 batches less of it is left between them."""
    rng = np.random.default_rng(3)
    part = Decorrelation(30, 0.002, 1, False, CPU)

    def z(n):
        return torch.tensor(rng.standard_normal((n, 30)) + rng.standard_normal((n, 1))).float()

    test, left = z(4000), []
    for _ in range(5):
        x = test.numpy().astype(np.float64) @ part.matrix.numpy().T
        correlation = np.corrcoef(x.T)
        left.append(np.sqrt((offdiag(correlation) ** 2).sum() / (30 * 29)))
        for _ in range(50):
            part.pass_on(z(64), 64)
    assert left[0] == pytest.approx(0.5, abs=4.5 * 0.75 / math.sqrt(4000))
    assert all(later < 0.9 * earlier for earlier, later in pairwise(left))


def test_rounding_does_not_drift_the_diagonal():
    """Large uncorrelated inputs: the gradient of R_ii is its small off-diagonal part alone.

    1000 steps of it change R_ii by 1e-7 in all, each far below half of 2^-24, so R_ii stays 1.
    Subtracting X^T (X R) and adding diag(x^2) R one after the other would leave 1.6e-6.
    """
    rng = np.random.default_rng(4)
    part = Decorrelation(40, 1.9e-7, 1, False, CPU)
    for _ in range(1000):
        part.pass_on(torch.tensor(12.0 * rng.standard_normal((64, 40))).float(), 64)
    assert (np.diag(part.matrix.numpy()) == 1.0).all()
    assert np.abs(offdiag(part.matrix.numpy())).max() > 1e-5
