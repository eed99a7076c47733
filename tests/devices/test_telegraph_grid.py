from __future__ import annotations

import math

import numpy as np
import pytest

from devices import DwellTimes, TelegraphGrid
from devices.telegraph_grid import FINE, decide, fill_coarse, fill_fine, limit_of
from emulator import ConfigError, Stream
from emulator.kernels import Kernel

SIGMAS = 4.5
SLOW, SKEW = DwellTimes(283e-6, 283e-6), DwellTimes(400e-6, 100e-6)
DT = 25e-6


def grid(n: int = 1, dwell: DwellTimes = SKEW, dt: float = DT, seed: int = 1) -> TelegraphGrid:
    return TelegraphGrid(seed, "grid", [dwell] * n, dt)


def test_the_stationary_state_and_the_steps_are_exact():
    """A million devices, each a chain of its own: binomial errors."""
    n = 1_000_000
    g = grid(n)
    first, second = g.fill(2)
    q = 1 - SKEW.occupancy_p
    assert abs(first.sum() - n * q) < SIGMAS * math.sqrt(n * q * (1 - q))
    up, down = SKEW.flips(DT)
    for state, p in ((0, up), (1, down)):
        left = first == state
        flipped = int((second[left] != state).sum())
        assert abs(flipped - left.sum() * p) < SIGMAS * math.sqrt(left.sum() * p * (1 - p))


@pytest.mark.parametrize("lag", [1, 3, 8])
def test_autocorrelation_falls_with_tau_c_for_unequal_dwell_times(lag):
    """exp(-t / tau_c) over independent devices; the error is that of the mean of a product."""
    n = 400_000
    states = grid(n, seed=lag).fill(lag + 1)
    q = 1 - SKEW.occupancy_p
    products = (states[0] - q) * (states[lag] - q)
    expected = q * (1 - q) * math.exp(-lag * DT / SKEW.tau_c)
    assert abs(products.mean() - expected) < SIGMAS * products.std() / math.sqrt(n)


def test_occupancy_over_time():
    """The variance of a mean of correlated states: q (1 - q) / n (1 + rho) / (1 - rho)."""
    n = 400_000
    states = grid(4).fill(n)
    q, rho = 1 - SKEW.occupancy_p, math.exp(-DT / SKEW.tau_c)
    error = math.sqrt(q * (1 - q) / n * (1 + rho) / (1 - rho))
    assert np.abs(states.mean(axis=0) - q).max() < SIGMAS * error


@pytest.mark.parametrize("chunks", [(1, 2, 3, 1, 6, 27), (20, 20), (39, 1), (4,) * 10])
@pytest.mark.parametrize("dt", [DT, 1e-12], ids=["coarse", "fine"])
def test_chunks_change_nothing(chunks, dt):
    whole = grid(70, dt=dt).fill(40)
    g = grid(70, dt=dt)
    assert np.concatenate([g.fill(chunk) for chunk in chunks]).tobytes() == whole.tobytes()
    assert g.index == 40


def test_a_device_does_not_depend_on_its_neighbours():
    few, many = grid(3).fill(50), TelegraphGrid(1, "grid", [SKEW] * 3 + [SLOW] * 500, DT).fill(50)
    assert (many[:, :3] == few).all()
    rare = TelegraphGrid(1, "grid", [SKEW] * 3 + [DwellTimes(1e3, 1e3)], DT).fill(50)
    assert (rare[:, :3] == few).all()  # though the rare one is compared with 64 bits
    assert (few[:, 0] != few[:, 1]).any()


def test_states_follow_the_draws_of_the_stream():
    """The rule written out, on the words of `emulator.Stream`: draw g decides at index g."""
    n, samples = 6, 41
    states, stream = grid(n).fill(samples), Stream(1, "grid", 0, n)
    up, down = SKEW.flips(DT)
    for device in range(n):
        words = stream.words(0, samples, device) / 2**32
        state = int(words[0] < 1 - SKEW.occupancy_p)
        assert states[0, device] == state
        for index in range(1, samples):
            state = int(words[index] < (1 - down if state else up))
            assert states[index, device] == state


@pytest.mark.parametrize("dt", [DT, 1e-12], ids=["coarse", "fine"])
def test_plain_python_fills_the_same_bits(dt, monkeypatch):
    compiled = grid(5, dt=dt).fill(23)
    monkeypatch.setattr("devices.telegraph_grid.COARSE", fill_coarse)
    monkeypatch.setattr("devices.telegraph_grid.FINER", fill_fine)
    assert (grid(5, dt=dt).fill(23) == compiled).all()


def test_a_rare_flip_is_compared_with_64_bits():
    assert limit_of(0.25) == 2**62
    assert limit_of(FINE) % 2**32 == 0
    p = 0.9 * FINE
    assert limit_of(p) == round(p * 2**64)
    assert abs(limit_of(p) / 2**64 / p - 1) < 2e-12
    assert limit_of(1.0) < 2**64


@pytest.mark.parametrize("p", [3e-9, 2.5e-8])
def test_the_last_bits_decide(p):
    """Words just below and at a threshold; 32 bits would err by up to 1.2e-10 of p."""
    limit = np.array([limit_of(p)], dtype=np.uint64)
    stays = np.array([2**64 - 1], dtype=np.uint64)
    run = Kernel(decide)
    for offset, state in ((-1, 1), (0, 0), (1, 0)):
        drawn = np.array([int(limit[0]) + offset], dtype=np.uint64)
        out = np.empty(1, dtype=np.uint8)
        run(np.zeros(1, dtype=np.uint8), limit, stays, drawn, out)
        assert out[0] == state


def test_rare_flips_are_as_frequent_as_they_should():
    """P(P -> AP) = 5e-8 per step, 2e9 steps' worth is too many: 2e8 give 10 +- 3.2 flips."""
    dwell = DwellTimes(1.0, 1e-7)
    dt = 5e-8
    up = dwell.flips(dt)[0]
    assert up < FINE
    states = grid(20_000, dwell, dt).fill(5_000)
    left = int((states[:-1] == 0).sum())
    flips = int(((states[:-1] == 0) & (states[1:] == 1)).sum())
    assert abs(flips - left * up) < SIGMAS * math.sqrt(left * up)


def test_a_grid_goes_on_from_where_it_is_put():
    whole = grid(9)
    whole.fill(10)
    states = whole.states.copy()
    rest = whole.fill(13)
    again = grid(9)
    again.seek(10, states)
    assert (again.fill(13) == rest).all()
    for bad in (states[:-1], states + 2):
        with pytest.raises(ConfigError, match="9 states"):
            again.seek(10, bad)


@pytest.mark.parametrize("dt", [0.0, -1e-6, math.nan, math.inf])
def test_a_grid_without_a_step_is_refused(dt):
    with pytest.raises(ConfigError, match=r"dt = .* is not a positive, finite time"):
        grid(dt=dt)
    with pytest.raises(ConfigError, match="no junction"):
        TelegraphGrid(0, "grid", [], DT)
