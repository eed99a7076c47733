"""The seam between mathematics and time: what a learner hands to a board, and gets back.

A learner knows no volt, no second and no joule; a board knows no gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ConfigError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """A batch of dimensionless drives, one row per sample, one column per neuron.

    `r` is the receptive input, `c` the contextual one; both float64 of shape (n, neurons).
    Raises `ConfigError` if the shapes differ or a value is not finite.
    """

    r: Floats
    c: Floats

    def __post_init__(self) -> None:
        if self.r.shape != self.c.shape or self.r.ndim != 2:
            raise ConfigError(f"Drive.r {self.r.shape} and Drive.c {self.c.shape} must be (n, D)")
        if not (np.isfinite(self.r).all() and np.isfinite(self.c).all()):
            raise ConfigError("Drive: a value is NaN or infinite")

    def __len__(self) -> int:
        return int(self.r.shape[0])


@dataclass(frozen=True)
class Outcome:
    """What came back: `y` in {-1, +1} (int8) and the converter's `codes` (int32).

    Both have shape (n * draws, neurons): the draws of one sample are consecutive rows.
    """

    y: NDArray[np.int8]
    codes: NDArray[np.int32]

    def votes(self, draws: int) -> NDArray[np.int64]:
        """Return how many of the `draws` of each sample gave +1, shape (n, neurons)."""
        outputs = (self.y > 0).reshape(-1, draws, self.y.shape[1])
        return np.asarray(outputs.sum(axis=1), dtype=np.int64)


class NeuronBoard(Protocol):
    """A board that updates stochastic neurons."""

    @property
    def neurons(self) -> int:
        """Number of neurons (junctions)."""

    def update(self, drive: Drive, draws: int = 1) -> Outcome:
        """Run `draws` updates of every neuron for every row of `drive`, in time order."""

    def probability(self, drive: Drive) -> Floats:
        """Return P(y = +1) that the board delivers for `drive`: a probe, no time passes."""


class Activation(Protocol):
    """The fitted switching curve that the host knows: theta = P(y = +1 | r, c)."""

    def theta(self, r: Floats, c: Floats) -> Floats:
        """Return theta, elementwise."""

    def slope_r(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dr, where theta = sigmoid(A(r, c))."""

    def slope_c(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dc."""


@dataclass(frozen=True)
class Converter:
    """How a board's converters read the pre-activation of a node.

    The nearest of the codes -2^(bits-1) .. 2^(bits-1) - 1, which stand for as many steps of
    full_scale / 2^bits; beyond either end of this range the last one. `full_scale` > 0 in units of
    the pre-activation, `bits` >= 1.
    """

    full_scale: float
    bits: int

    @property
    def step(self) -> float:
        """One step in units of the pre-activation."""
        return self.full_scale / (1 << self.bits)

    @property
    def lowest(self) -> int:
        """The lowest code."""
        return -(1 << self.bits - 1)

    @property
    def highest(self) -> int:
        """The highest code."""
        return (1 << self.bits - 1) - 1


@dataclass(frozen=True)
class Moments:
    """The long-run `mean` of noise and its rms deviation `sigma` from it."""

    mean: float
    sigma: float


class PassNoise(Protocol):
    """Noise for the nodes of a network that learns from two noisy passes per sample."""

    @property
    def nodes(self) -> int:
        """Number of nodes (units of all layers, in order)."""

    def passes(self, samples: int) -> NDArray[np.float32]:
        """Return the noise of the next `samples` samples, shape (2, samples, nodes).

        First axis: the pass. What a source remembers goes on where the last call ended.
        """

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what a source remembers, as float64 arrays by name."""

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up a state; raises `ConfigError` for one that does not fit."""


class KnownNoise(PassNoise, Protocol):
    """Noise whose source says what it comes to in the long run."""

    @property
    def moments(self) -> Moments:
        """Mean and deviation of what `passes` returns, the same at every node."""
