from __future__ import annotations

import math

import numpy as np
import pytest

from devices import DwellTimes, TelegraphGrid
from devices.telegraph_grid import FINE, KEPT, decide, fill_coarse, fill_fine, limit_of
from emulator import PS_PER_S, ConfigError, PassGrid, SequenceError, Stream
from emulator.kernels import Kernel

SIGMAS = 4.5
SLOW, SKEW = DwellTimes(283e-6, 283e-6), DwellTimes(400e-6, 100e-6)
DT = 25e-6


def grid(n: int = 1, dwell: DwellTimes = SKEW, seed: int = 1) -> TelegraphGrid:
    return TelegraphGrid(seed, "grid", [dwell] * n)


def every(dt: float, passes: int, first: float = 0.0) -> PassGrid:
    """Passes `dt` seconds apart."""
    return PassGrid(round(first * PS_PER_S), round(dt * PS_PER_S), passes)


def test_the_stationary_state_and_the_steps_are_exact():
    """A million devices, each a chain of its own: binomial errors."""
    n = 1_000_000
    g = grid(n)
    first, second = g.fill(every(DT, 2))
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
    states = grid(n, seed=lag).fill(every(DT, lag + 1))
    q = 1 - SKEW.occupancy_p
    products = (states[0] - q) * (states[lag] - q)
    expected = q * (1 - q) * math.exp(-lag * DT / SKEW.tau_c)
    assert abs(products.mean() - expected) < SIGMAS * products.std() / math.sqrt(n)


def test_occupancy_over_time():
    """The variance of a mean of correlated states: q (1 - q) / n (1 + rho) / (1 - rho)."""
    n = 400_000
    states = grid(4).fill(every(DT, n))
    q, rho = 1 - SKEW.occupancy_p, math.exp(-DT / SKEW.tau_c)
    error = math.sqrt(q * (1 - q) / n * (1 + rho) / (1 - rho))
    assert np.abs(states.mean(axis=0) - q).max() < SIGMAS * error


@pytest.mark.parametrize("chunks", [(1, 2, 3, 1, 6, 27), (20, 20), (39, 1), (4,) * 10])
@pytest.mark.parametrize("dt", [DT, 1e-12], ids=["coarse", "fine"])
def test_chunks_change_nothing(chunks, dt):
    when = every(dt, 40)
    whole = grid(70).fill(when)
    g, firsts = grid(70), np.cumsum([0, *chunks[:-1]]).tolist()
    parts = [g.fill(when.part(first, n)) for first, n in zip(firsts, chunks, strict=True)]
    assert np.concatenate(parts).tobytes() == whole.tobytes()
    assert (g.index, g.seen_ps) == (40, when.last_ps)


def test_a_device_does_not_depend_on_its_neighbours():
    when, few = every(DT, 50), grid(3).fill(every(DT, 50))
    many = TelegraphGrid(1, "grid", [SKEW] * 3 + [SLOW] * 500).fill(when)
    assert (many[:, :3] == few).all()
    rare = TelegraphGrid(1, "grid", [SKEW] * 3 + [DwellTimes(1e3, 1e3)]).fill(when)
    assert (rare[:, :3] == few).all()  # though the rare one is compared with 64 bits
    assert (few[:, 0] != few[:, 1]).any()


def test_states_follow_the_draws_of_the_stream():
    """The rule written out, on the words of `emulator.Stream`: draw g decides at index g."""
    n, samples = 6, 41
    states, stream = grid(n).fill(every(DT, samples)), Stream(1, "grid", 0, n)
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
    when = every(dt, 23)
    compiled = grid(5).fill(when)
    monkeypatch.setattr("devices.telegraph_grid.COARSE", fill_coarse)
    monkeypatch.setattr("devices.telegraph_grid.FINER", fill_fine)
    assert (grid(5).fill(when) == compiled).all()


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
    states = grid(20_000, dwell).fill(every(dt, 5_000))
    left = int((states[:-1] == 0).sum())
    flips = int(((states[:-1] == 0) & (states[1:] == 1)).sum())
    assert abs(flips - left * up) < SIGMAS * math.sqrt(left * up)


@pytest.mark.parametrize("gap", [1e-9, 7e-6, 90e-6, 300e-6, 1.0])
def test_a_gap_is_one_exact_step(gap):
    """P(P -> AP) and back over the gap from the states before it; binomial errors."""
    n = 1_000_000
    g = grid(n)
    before = g.fill(every(DT, 3))[-1]
    (after,) = g.fill(every(DT, 1, first=2 * DT + gap))
    for state, p in enumerate(SKEW.flips(gap)):
        left = before == state
        flipped = int((after[left] != state).sum())
        assert abs(flipped - left.sum() * p) < SIGMAS * math.sqrt(left.sum() * p * (1 - p))


def test_a_gap_costs_one_draw():
    """The rule written out: the look after a gap takes the next draw, with the odds of the gap."""
    n, gap = 300, 90e-6
    g, stream = grid(n), Stream(1, "grid", 0, n)
    before = g.fill(every(DT, 5))[-1]
    (after,) = g.fill(every(DT, 1, first=4 * DT + gap))
    up, down = SKEW.flips(gap)
    for device in range(n):
        word = stream.words(5, 1, device)[0] / 2**32
        assert after[device] == (word < (1 - down if before[device] else up))


def test_steps_compose_to_the_gap():
    """Chapman and Kolmogorov: 12 steps of dt and one of 12 dt leave the same distribution."""
    n = 1_000_000
    fine, coarse = grid(n), grid(n, seed=2)
    steps = fine.fill(every(DT, 13))
    leap = coarse.fill(every(12 * DT, 2))
    both = [int(((states[0] == 0) & (states[-1] == 1)).sum()) for states in (steps, leap)]
    p = SKEW.occupancy_p * SKEW.flips(12 * DT)[0]
    assert abs(both[0] - both[1]) < SIGMAS * math.sqrt(2 * n * p * (1 - p))


def test_many_different_gaps_are_kept_apart():
    """More than are remembered, each twice: the second time is like a grid that knows none."""
    gaps = [1_000_000 * k for k in range(1, KEPT + 9)]
    whole = grid(50)
    firsts = np.cumsum(gaps * 2).tolist()
    found = [whole.fill(PassGrid(first, 1, 1))[0] for first in firsts]
    half = len(gaps)
    again = grid(50)
    again.seek(half, firsts[half - 1], found[half - 1])
    for first, states in zip(firsts[half:], found[half:], strict=True):
        assert (again.fill(PassGrid(first, 1, 1))[0] == states).all()


def test_a_junction_does_not_go_back():
    g = grid(3)
    g.fill(PassGrid(10, 5, 3))
    for first in (0, 19, 20):
        with pytest.raises(SequenceError, match=f"grid: a pass at {first} ps, but the junctions"):
            g.fill(PassGrid(first, 5, 1))
    assert g.index == 3
    g.fill(PassGrid(21, 5, 1))


def test_a_grid_goes_on_from_where_it_is_put():
    when, whole = every(DT, 23), grid(9)
    whole.fill(when.part(0, 10))
    states, seen = whole.states.copy(), whole.seen_ps
    rest = whole.fill(when.part(10, 13))
    again = grid(9)
    again.seek(10, seen, states)
    assert (again.fill(when.part(10, 13)) == rest).all()
    for bad in (states[:-1], states + 2):
        with pytest.raises(ConfigError, match="9 states"):
            again.seek(10, seen, bad)


def test_no_junction_is_no_grid():
    with pytest.raises(ConfigError, match="no junction"):
        TelegraphGrid(0, "grid", [])
