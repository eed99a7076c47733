"""What tests of noise-based learning share: settings, samples and noise."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from emulator import load_card
from learning import CARDS, PerturbationParams

cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
DEVICES = ("cpu", pytest.param("cuda", marks=cuda))


@pytest.fixture(autouse=True)
def one_thread():
    """Bits, and times, of one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def settings(card="danp_mnist", **changes):
    params = PerturbationParams.from_card(load_card(CARDS / f"{card}.toml"), "learner")
    return params.model_copy(update=changes)


def gauss(shape, sigma=0.01, seed=0):
    return (sigma * np.random.default_rng(seed).standard_normal(shape)).astype(np.float32)


def batch(n, features, classes, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, features)).astype(np.float32), rng.integers(0, classes, n)


class Tape:
    """Noise from an array (2, n, nodes) per call, made by `draw(samples)`."""

    def __init__(self, nodes, draw):
        self.nodes, self._draw = nodes, draw

    def passes(self, samples):
        return self._draw((2, samples, self.nodes))

    def state(self):
        return {}

    def load(self, state):
        assert not state


def bernoulli(alpha, seed):
    rng = np.random.default_rng(seed)
    return lambda shape: (alpha * rng.integers(0, 2, shape)).astype(np.float32)
