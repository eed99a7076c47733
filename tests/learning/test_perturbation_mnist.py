"""Noise-based learning of MNIST against what the published program reaches."""

from __future__ import annotations

import os

import numpy as np
import pytest

from emulator import load_card
from learning import CARDS, Epochs, PerturbationParams, load_images

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402

real = pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs $SPINBOARD_DATA")


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def mnist():
    return load_images("mnist")


class Hmm:
    """S1 appendix A: two levels, 0.0480 and 0.0362, symmetric flips with p = 0.0809, sigma 0.001.

    A chain per node runs along the samples of pass 1, then of pass 2, as the published one does.
    """

    def __init__(self, nodes, seed):
        self.nodes, self._random = nodes, np.random.default_rng(seed)
        self._high = self._random.integers(0, 2, nodes)

    def passes(self, samples):
        shape = (2 * samples, self.nodes)
        flips = np.cumsum(self._random.random(shape, np.float32) < 0.0809, axis=0, dtype=np.int32)
        high = (flips + self._high) % 2
        self._high = high[-1]
        noise = np.where(high, np.float32(0.0480), np.float32(0.0362))
        noise += np.float32(0.001) * self._random.standard_normal(shape, np.float32)
        return noise.reshape(2, samples, self.nodes)

    def single(self, first, samples):
        return self.passes((samples + 1) // 2).reshape(-1, self.nodes)[:samples]


class Drawn:
    """Independent noise: Gauss (sigma 0.01), or one Bernoulli source per node."""

    def __init__(self, nodes, seed, levels):
        self.nodes, self._random, self._levels = nodes, np.random.default_rng(seed), levels

    def passes(self, samples):
        shape = (2, samples, self.nodes)
        if self._levels:
            return np.float32(0.01) * self._random.integers(0, 2, shape).astype(np.float32)
        return np.float32(0.01) * self._random.standard_normal(shape, np.float32)

    def single(self, first, samples):
        return self.passes(samples)[0]


def trained(data, card, epochs, noise, seed=42):
    """The test after `epochs` epochs, and the share of samples without a difference."""
    params = PerturbationParams.from_card(load_card(CARDS / f"{card}.toml"), "learner")
    learner, order = PerturbationLearner(params, 784, 10, seed), Epochs(seed, params.batch)
    source, zero, n = noise(learner.nodes, seed), 0.0, len(data.x_train)
    for step in range(epochs * order.steps(n)):
        chosen = order.indices(step, n)
        drawn = source.passes(len(chosen))
        report = learner.step(data.rows(data.x_train[chosen]), data.y_train[chosen], drawn)
        zero += report.zero_share * len(chosen) / (epochs * n)
    return learner.evaluate(data.rows(data.x_test), data.y_test, source.single), zero


@real
@pytest.mark.slow
def test_danp_learns_from_telegraph_noise(mnist):
    """The published program: 82.2 and 81.6 % (seeds 42, 43), loss 0.65 and 0.68; ANP 80.1 %."""
    found, _ = trained(mnist, "danp_mnist", 5, Hmm)
    assert found.accuracy >= 0.805
    assert found.loss <= 0.70


@real
@pytest.mark.slow
def test_backpropagation_is_the_bound(mnist):
    """The published program: 98.0 and 97.9 %, epochs 3 to 5 between 97.3 and 98.0."""
    found, _ = trained(mnist, "bp_mnist", 5, Hmm)
    assert found.accuracy >= 0.973


@real
@pytest.mark.slow
@pytest.mark.parametrize("levels", [False, True], ids=["gauss", "bernoulli"])
def test_a_single_layer_learns_from_gaussian_and_from_two_level_noise(mnist, levels):
    """The published program: 89.6 % (Gauss) and 89.8 %; two-level noise stops it unguarded."""
    found, zero = trained(mnist, "anp_mnist", 5, lambda n, seed: Drawn(n, seed, levels))
    assert found.accuracy >= 0.885
    assert (zero > 0) == levels
