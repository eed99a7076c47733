"""A single layer trained by backpropagation: what a host reaches with as many weights.

Softmax regression, p = softmax(W x), trained on the cross-entropy -log p of the right class,
whose gradient over a minibatch is dL/dW = (p - onehot)^T x / n (C. M. Bishop, Pattern Recognition
and Machine Learning, 2006, eq. 4.109). It sees every class at once and no noise, so it bounds what
local neurons of the same size may hope for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emulator import ConfigError, Count, Params, Ratio

from .optimizer import Adam
from .products import Samples, correlated, weighted, with_ones

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class SoftmaxParams(Params):
    """Parameters of the reference layer; see `learning/cards/softmax.toml`.

    `presentations` is how many samples it is shown in all, whatever the size of the set; 0 leaves
    the reference out.
    """

    eta: Ratio = Field(gt=0)
    batch: Count = Field(ge=1)
    presentations: Count = Field(ge=0)


class SoftmaxRegression:
    """A layer of `classes` units over `features` inputs, one more column of weights if `bias`.

    Nothing in it is random: weights start at 0, minibatches follow the stored order of the
    samples and start over at their end, Adam's rate falls linearly to 0.
    """

    def __init__(self, params: SoftmaxParams, features: int, classes: int, bias: bool) -> None:
        if features < 1 or classes < 1:
            raise ConfigError(f"softmax regression: {features} features x {classes} classes")
        self.params, self.bias = params, bias
        self.weights = np.zeros((classes, features + bias))

    def train(self, x: Samples, labels: Integers) -> None:
        """Learn from samples `x` (n, features) with `labels` (n,) in [0, classes), n >= 1."""
        classes = len(self.weights)
        if labels.shape != x.shape[:1] or not 0 <= labels.min() <= labels.max() < classes:
            raise ConfigError(f"softmax regression: labels do not fit {len(x)} samples")
        p, right = self.params, np.eye(classes)[labels]
        steps = p.presentations // p.batch
        optimizer = Adam(p.eta, self.weights.shape)
        for step in range(steps):
            first = step * p.batch % len(x)
            some = slice(first, first + p.batch)
            uphill = -self.gradient(x[some], right[some])
            self.weights = optimizer.step(self.weights, uphill, 1.0 - step / steps)

    def gradient(self, x: Samples, right: Floats) -> Floats:
        """Return dL/dW of samples `x` (n, features), `right` (n, classes) being 1 for the class."""
        inputs = self._inputs(x)
        error = softmax(weighted(inputs, self.weights)) - right
        return correlated(error, inputs) / len(inputs)

    def predict(self, x: Samples) -> Integers:
        """Return the most probable class of each sample, shape (n,)."""
        return np.asarray(
            np.argmax(weighted(self._inputs(x), self.weights), axis=1), dtype=np.int64
        )

    def _inputs(self, x: Samples) -> Samples:
        return with_ones(x, self.bias)


def softmax(scores: Floats) -> Floats:
    """Return exp(s) / sum exp(s) of each row of `scores` (n, classes)."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
