"""Both optimizers climb; Adam against its own algorithm, written scalar by scalar."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emulator import ConfigError
from learning import Adam, Ascent


def scalar_adam(w, gradients, eta):
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        w += eta * (m / (1 - 0.9**t)) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


def test_ascent_follows_the_gradient():
    step = Ascent(0.5).step(np.array([1.0, 2.0]), np.array([4.0, -2.0]))
    assert step.tolist() == [3.0, 1.0]


def test_adam_follows_its_algorithm():
    gradients = np.random.default_rng(0).normal(size=(50, 2, 3))
    adam, w = Adam(0.01, (2, 3)), np.zeros((2, 3))
    for g in gradients:
        w = adam.step(w, g)
    expected = [[scalar_adam(0.0, gradients[:, i, j], 0.01) for j in range(3)] for i in range(2)]
    np.testing.assert_allclose(w, expected, rtol=0, atol=50 * 50 * 2**-53)  # 50 steps, 50 ops each


def test_adam_moves_uphill_by_eta_under_a_constant_gradient():
    adam, w = Adam(0.1, (2,)), np.zeros(2)
    for _ in range(7):
        w = adam.step(w, np.array([3.0, -0.2]))
    np.testing.assert_allclose(w, [0.7, -0.7], atol=7 * 0.1 * 1e-8 / 0.2 * 1.1)  # the epsilon


def test_a_step_leaves_its_arguments_alone():
    w, g = np.ones(2), np.ones(2)
    for optimizer in (Adam(0.1, (2,)), Ascent(0.1)):
        optimizer.step(w, g)
    assert w.tolist() == g.tolist() == [1.0, 1.0]


def test_exported_state_continues_with_the_same_bits():
    gradients = np.random.default_rng(1).normal(size=(10, 4))
    first, w = Adam(0.01, (4,)), np.zeros(4)
    for g in gradients[:5]:
        w = first.step(w, g)
    second = Adam(0.01, (4,))
    second.load(first.state())
    one, other = w, w
    for g in gradients[5:]:
        one, other = first.step(one, g), second.step(other, g)
    assert one.tobytes() == other.tobytes()
    assert first.state()["steps"] == 10.0


def test_exported_state_is_a_copy():
    adam = Adam(0.01, (1,))
    kept = adam.state()
    adam.step(np.zeros(1), np.ones(1))
    assert kept["mean"].tolist() == [0.0]
    assert kept["steps"] == 0.0


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    adam = Adam(0.01, (3,))
    adam.step(np.zeros(3), np.ones(3))
    before = adam.state()
    wrong = {"mean": np.zeros(3), "square": np.zeros(2), "steps": np.array(9.0)}
    with pytest.raises(ConfigError, match=r"'square' has shape \(2,\), expected \(3,\)"):
        adam.load(wrong)
    assert {k: v.tolist() for k, v in adam.state().items()} == {
        k: v.tolist() for k, v in before.items()
    }
