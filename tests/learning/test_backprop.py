"""Softmax regression by backpropagation: its gradient, that it is fixed, and what it reaches."""

from __future__ import annotations

import os

import numpy as np
import pytest

from emulator import ConfigError, load_card
from learning import (
    CARDS,
    SoftmaxParams,
    SoftmaxRegression,
    find_data,
    load_digits_split,
    load_mnist,
)


@pytest.fixture
def settings():
    return SoftmaxParams.from_card(load_card(CARDS / "softmax.toml"), "reference")


def accuracy(settings, data, bias=False):
    layer = SoftmaxRegression(settings, data.x_train.shape[1], data.classes, bias)
    layer.train(data.x_train, data.y_train)
    return (layer.predict(data.x_test) == data.y_test).mean()


@pytest.mark.parametrize("bias", [False, True])
def test_the_gradient_is_that_of_the_cross_entropy(settings, bias):
    rng = np.random.default_rng(0)
    layer = SoftmaxRegression(settings, 4, 3, bias)
    layer.weights = rng.normal(size=(3, 4 + bias))
    x, labels = rng.normal(size=(20, 4)), rng.integers(0, 3, 20)
    found = layer.gradient(x, np.eye(3)[labels])
    inputs = np.hstack([x, np.ones((20, 1))]) if bias else x

    def loss(weights):
        scores = inputs @ weights.T
        right = scores[np.arange(20), labels]
        return (np.log(np.exp(scores).sum(axis=1)) - right).mean()

    h = 1e-5
    for place in np.ndindex(found.shape):
        shift = np.zeros_like(found)
        shift[place] = h
        slope = (loss(layer.weights + shift) - loss(layer.weights - shift)) / (2 * h)
        # (h^2/6) |x|^3 < 1e-9; rounding 1e-15 / h: 1e-10
        assert found[place] == pytest.approx(slope, abs=2e-9)


def test_two_minibatches_by_hand(settings):
    """The first step of Adam is eta times the sign; the last has a share of 1 / steps of it."""
    few = settings.model_copy(update={"batch": 1, "presentations": 2, "eta": 0.5})
    layer = SoftmaxRegression(few, 1, 2, bias=False)
    x, labels = np.array([[2.0], [4.0]]), np.array([0, 1])
    layer.train(x, labels)
    first = np.array([1.0, -1.0]) * 2.0 * 0.5  # dL/dW = (1/2 - right) x, uphill is its negative
    p = 1.0 / (1.0 + np.exp(-(0.5 - -0.5) * 4.0))  # of class 0, after the first step
    second = np.array([-p, p]) * 4.0
    mean = (0.9 * 0.1 * first + 0.1 * second) / (1 - 0.9**2)
    square = (0.999 * 0.001 * first**2 + 0.001 * second**2) / (1 - 0.999**2)
    expected = np.array([0.5, -0.5]) + 0.25 * mean / np.sqrt(square)
    np.testing.assert_allclose(layer.weights[:, 0], expected, rtol=1e-7)  # epsilon 1e-8 of 1


def test_large_scores_do_not_overflow(settings):
    layer = SoftmaxRegression(settings, 1, 2, bias=False)
    layer.weights = np.array([[1e4], [-1e4]])
    assert layer.gradient(np.array([[1.0]]), np.array([[0.0, 1.0]])).tolist() == [[1.0], [-1.0]]


def test_digits_come_out_the_same_every_time(settings):
    """The reading of a logistic regression is 96.8 %; one test sample is 0.3 %."""
    data = load_digits_split()
    first = accuracy(settings, data)
    assert first == accuracy(settings, data)
    assert first == pytest.approx(0.968, abs=2.5 / 360)
    assert accuracy(settings, data, bias=True) == pytest.approx(0.968, abs=3.5 / 360)


@pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs MNIST ($SPINBOARD_DATA)")
def test_mnist_reaches_the_known_ceiling(settings):
    """92.66 % by a converged softmax regression, with the binomial error of two such tests."""
    found = accuracy(settings, load_mnist(find_data("mnist")))
    assert found == pytest.approx(0.9266, abs=4.5 * np.sqrt(2 * 0.9266 * 0.0734 / 10_000))


def test_without_presentations_nothing_is_learned(settings):
    none = settings.model_copy(update={"presentations": 0})
    layer = SoftmaxRegression(none, 3, 2, bias=True)
    layer.train(np.ones((4, 3)), np.array([0, 1, 1, 1]))
    assert not layer.weights.any()


def test_what_does_not_fit_is_refused(settings):
    with pytest.raises(ConfigError, match="0 features x 2 classes"):
        SoftmaxRegression(settings, 0, 2, bias=False)
    layer = SoftmaxRegression(settings, 3, 2, bias=False)
    for labels in ([0, 1, 1], [0, 2], [-1, 0], []):
        with pytest.raises(ConfigError, match="labels do not fit 2 samples"):
            layer.train(np.ones((2, 3)), np.array(labels, dtype=np.int64))
