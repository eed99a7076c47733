"""An ideal board in a few lines: the additive switching surface, one Bernoulli draw per update."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from emulator import Drive, Outcome, load_card
from learning import InfomorphicParams

Floats = NDArray[np.float64]
CARDS = Path(__file__).parents[2] / "learning" / "cards"


class Curve:
    """theta = sigmoid(3.43 r + 2.4874 c - 0.0757)."""

    def theta(self, r: Floats, c: Floats) -> Floats:
        return 1.0 / (1.0 + np.exp(-(3.43 * r + 2.4874 * c - 0.0757)))

    def slope_r(self, r: Floats, c: Floats) -> Floats:
        return np.full_like(r, 3.43)

    def slope_c(self, r: Floats, c: Floats) -> Floats:
        return np.full_like(c, 2.4874)


class IdealBoard:
    """Answers at once with P(y = +1) = clip(theta + delta_i, 0, 1), delta_i ~ N(0, sigma^2)."""

    def __init__(self, neurons: int, sigma: float, seed: int) -> None:
        self.neurons = neurons
        self._random = np.random.default_rng(seed)
        self._offsets = self._random.normal(0.0, 1.0, neurons) * sigma

    def probability(self, drive: Drive) -> Floats:
        return np.clip(Curve().theta(drive.r, drive.c) + self._offsets, 0.0, 1.0)

    def update(self, drive: Drive) -> Outcome:
        p = self.probability(drive)
        y = np.where(self._random.random(p.shape) < p, 1, -1).astype(np.int8)
        return Outcome(y, np.zeros(p.shape, dtype=np.int32))


@pytest.fixture
def curve() -> Curve:
    return Curve()


@pytest.fixture
def ideal_board() -> type[IdealBoard]:
    return IdealBoard


@pytest.fixture
def params() -> InfomorphicParams:
    return InfomorphicParams.from_card(load_card(CARDS / "pid_digits.toml"), "learner")


@pytest.fixture
def mnist_params() -> InfomorphicParams:
    return InfomorphicParams.from_card(load_card(CARDS / "pid_mnist.toml"), "learner")
