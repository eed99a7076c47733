"""Optimizers: both climb, because an infomorphic neuron maximises its goal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .state import State, take

Floats = NDArray[np.float64]


class Optimizer(Protocol):
    """A rule that turns a gradient into a step uphill."""

    @property
    def operations_per_weight(self) -> int:
        """Arithmetic operations of one step per weight."""

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return the new weights (same shape); the arguments are left as they are."""

    def state(self) -> State:
        """Return what the optimizer remembers, as named arrays."""

    def load(self, state: Mapping[str, Floats]) -> None:
        """Take up a remembered state; raises `ConfigError` if an array does not fit."""


class Ascent:
    """Plain gradient ascent: w <- w + eta g."""

    operations_per_weight = 2

    def __init__(self, eta: float) -> None:
        self._eta = eta

    def step(self, weights: Floats, gradient: Floats) -> Floats:
        """Return w + eta g."""
        return weights + self._eta * gradient

    def state(self) -> State:
        """Return nothing: plain ascent has no memory."""
        return {}

    def load(self, state: Mapping[str, Floats]) -> None:
        """Accept any state: plain ascent has no memory."""


class Adam:
    """Adam (D. P. Kingma, J. Ba, arXiv 1412.6980, algorithm 1), uphill, for weights of `shape`.

    m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, w <- w + eta m^ / (sqrt(v^) + eps) with
    m^ = m / (1 - b1^t), v^ = v / (1 - b2^t), b1 = 0.9, b2 = 0.999, eps = 1e-8.
    """

    BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-8
    operations_per_weight = 14  # m 3, v 4, corrections 2, root, sum, quotient, rate, sum

    def __init__(self, eta: float, shape: tuple[int, ...]) -> None:
        self._eta = eta
        self._mean = np.zeros(shape)
        self._square = np.zeros(shape)
        self._steps = 0

    def step(self, weights: Floats, gradient: Floats, share: float = 1.0) -> Floats:
        """Return the weights after one step uphill along `gradient`, at `share` of the rate."""
        self._steps += 1
        self._mean = self.BETA_1 * self._mean + (1.0 - self.BETA_1) * gradient
        self._square = self.BETA_2 * self._square + (1.0 - self.BETA_2) * gradient**2
        mean = self._mean / (1.0 - self.BETA_1**self._steps)
        square = self._square / (1.0 - self.BETA_2**self._steps)
        return weights + share * self._eta * mean / (np.sqrt(square) + self.EPSILON)

    def state(self) -> State:
        """Return `mean` and `square` of the weights' shape, and `steps` of shape ()."""
        return {
            "mean": self._mean.copy(),
            "square": self._square.copy(),
            "steps": np.array(float(self._steps)),
        }

    def load(self, state: Mapping[str, Floats]) -> None:
        """Take up `mean`, `square` and `steps`; raises `ConfigError` if one does not fit."""
        mean = take(state, "mean", self._mean.shape)
        square = take(state, "square", self._square.shape)
        self._steps = int(take(state, "steps", ()))
        self._mean, self._square = mean, square
