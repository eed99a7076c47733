from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.deviates import exponential, gaussians, log
from emulator.kernels import Kernel

SIGMAS = 4.5
EPS = np.finfo(float).eps
GAUSSIANS, EXPONENTIAL = Kernel(gaussians), Kernel(exponential)
words = st.integers(0, 2**32 - 1)


def deviates(planes: np.ndarray, run=GAUSSIANS) -> np.ndarray:
    uniform = np.empty(planes.shape[1], dtype=np.float32)
    out = np.empty(planes.shape, dtype=np.float32)
    run(planes, uniform, uniform.view(np.int32), out)
    return out


def random_planes(devices: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**32, (4, devices), dtype=np.uint32)


@given(x=st.floats(1e-300, 1e300))
def test_the_logarithm_is_one(x):
    assert abs(log(x) - math.log(x)) <= 4 * EPS * max(1.0, abs(math.log(x)))


@given(word=words)
def test_an_exponential_deviate_is_its_inverse_distribution(word):
    u = (word + 0.5) / 2**32
    exact = -math.log1p(u - 1.0) if u > 0.5 else -math.log(u)
    assert exponential(word) == pytest.approx(exact, rel=8 * EPS)


@given(word=words)
def test_an_exponential_deviate_has_the_same_bits_compiled(word):
    assert EXPONENTIAL(word) == exponential(word)


def test_gaussians_have_the_same_bits_compiled():
    planes = random_planes(37)
    assert deviates(planes).tobytes() == deviates(planes, gaussians).tobytes()


def test_gaussians_are_box_and_mullers():
    """Against float64; a few roundings of float32 in r and in the angle."""
    planes = random_planes(100_000)
    planes[0, :2] = 0, 2**32 - 1  # the ends of the range
    out = deviates(planes).astype(float)
    u = (planes[0].astype(np.float32).astype(float) + 0.5) / 2**32
    r = np.sqrt(-2 * np.log(np.minimum(u, 1.0)))
    assert np.abs(np.hypot(out[0], out[1]) - r).max() < 4e-6
    quarter, rest = planes[1] >> 30, planes[1] & (2**30 - 1)
    y = (rest / 2**29 - 1.0) * math.pi / 4
    sign = np.where(quarter & 2, -1.0, 1.0)
    x0 = np.where(quarter & 1, np.sin(y), np.cos(y))
    assert np.abs(out[0] - sign * r * x0).max() < 4e-6
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 6.8


def test_gaussians_are_normal_and_independent():
    """Moments, correlations within a block, and the distribution in 40 bins (chi^2)."""
    out = deviates(random_planes(1_000_000)).astype(float)
    n = out.size
    assert abs(out.mean()) < SIGMAS / math.sqrt(n)
    assert abs(out.var() - 1) < SIGMAS * math.sqrt(2 / n)
    assert abs((out**3).mean()) < SIGMAS * math.sqrt(15 / n)
    assert abs((out**4).mean() - 3) < SIGMAS * math.sqrt(96 / n)
    together = np.corrcoef(out) - np.eye(4)
    assert np.abs(together).max() < SIGMAS / math.sqrt(out.shape[1])
    assert np.abs(np.corrcoef(out**2) - np.eye(4)).max() < SIGMAS / math.sqrt(out.shape[1])
    bins = 40
    edges = [-math.inf, *(NormalDist().inv_cdf(k / bins) for k in range(1, bins)), math.inf]
    counts, _ = np.histogram(out, edges)
    chi2 = float(((counts - n / bins) ** 2 / (n / bins)).sum())
    assert abs(chi2 - (bins - 1)) < SIGMAS * math.sqrt(2 * (bins - 1))
    tail = 2 * NormalDist().cdf(-4.0)
    assert abs((np.abs(out) > 4).sum() - n * tail) < SIGMAS * math.sqrt(n * tail)
