from __future__ import annotations

import math

import numpy as np
import pytest

from devices import MtjBank
from emulator import Emulator, MemoryTrace

from .bench import bank

SIGMAS = 4.5
A, B, C0 = 3.43, 2.4874, -0.0757
FULL, SURE = 65_535, (60_000, 7944)  # grid indices of full scale, and of a certain write


def p_sw(form: str, v: float, gate: float) -> float:
    """The published surface (or its alternatives), independent of the package."""
    r, c = (v - 0.8) / 0.1, (gate - 0.4) / 0.3
    s = {
        "additive": A * r + B * c + C0,
        "gain": r * (A + B / (1 + math.exp(-r * c))) + C0,
        "bilinear": r * (A + B * c) + C0,
        "graetz": r * (0.5 + 1 / (1 + math.exp(-2 * r * c))),
    }[form]
    return 1 / (1 + math.exp(-s))


def index(mtj: MtjBank, v_sot: float, v_gate: float) -> tuple[int, int]:
    """Grid indices of voltages as they are to arrive at the junction."""
    grid = mtj.grid
    return (
        grid.index(round(v_sot / grid.sot_ratio * 1e6)),
        grid.index(round(v_gate * 1e6)),
    )


def switched(mtj: MtjBank, sot: int, gate: int, n: int, junction: int = 0) -> int:
    """Of `n` writes from the parallel state, how many ended antiparallel."""
    count = 0
    for _ in range(n):
        while mtj.state[junction]:
            mtj.reset(junction, 1000)
        mtj.write(junction, sot, gate, 1000)
        count += mtj.state[junction]
    return count


def within(count: int, n: int, p: float) -> bool:
    return abs(count - n * p) < SIGMAS * math.sqrt(n * p * (1 - p))


GRID = [(v, g) for g in (0.1, 0.4, 0.7) for v in (0.70, 0.76, 0.80, 0.84, 0.90)]
POINTS = [("additive", v, g) for v, g in GRID] + [
    (form, v, g)
    for form in ("gain", "bilinear", "graetz")
    for v, g in ((0.76, 0.2), (0.82, 0.4), (0.78, 0.6), (0.85, 0.7))
]


@pytest.mark.parametrize(("form", "v", "gate"), POINTS)
def test_simulated_writes_follow_the_surface(form, v, gate):
    n = 8000
    mtj = bank(Emulator(3), form=form, sigma=0)
    sot, g = index(mtj, v, gate)
    p = p_sw(form, mtj.grid.sot_volts(sot), mtj.grid.gate_volts(g))
    assert abs(mtj.probability(np.array([[sot]]), np.array([[g]]))[0, 0] - p) < 2e-6
    assert within(switched(mtj, sot, g, n), n, p)


def test_a_write_never_returns_to_the_parallel_state():
    mtj = bank(Emulator(1), sigma=0)
    switched(mtj, *SURE, 1)
    for _ in range(2000):
        mtj.write(0, 0, 0, 1000)
        assert mtj.state == [1]


def test_a_reset_pulse_returns_all_but_a_millionth():
    """2000 resets of P = 1 - 1e-6: a single failure would be a 3 sigma event, none is expected."""
    mtj = bank(Emulator(1), sigma=0)
    for _ in range(2000):
        mtj.write(0, *SURE, 1000)
        mtj.reset(0, 1000)
        assert mtj.state == [0]


def test_a_weak_reset_follows_the_reset_curve():
    n = 8000
    mtj = bank(Emulator(2), sigma=0, v_reset="0.83 V")
    p = 1 / (1 + math.exp(-(A * 0.3 + C0)))
    count = 0
    for _ in range(n):
        while not mtj.state[0]:
            mtj.write(0, *SURE, 1000)
        mtj.reset(0, 1000)
        count += 1 - mtj.state[0]
    assert within(count, n, p)


def test_without_reset_every_write_redraws_the_state():
    """P(AP) is P_sw from either state: the published accounting, as if the reset were free."""
    n = 16_000
    mtj = bank(Emulator(4), sigma=0, reset="none")
    sot, gate = index(mtj, 0.82, 0.4)
    p = p_sw("additive", mtj.grid.sot_volts(sot), mtj.grid.gate_volts(gate))
    after = ([0, 0], [0, 0])
    for _ in range(n):
        before = mtj.state[0]
        mtj.write(0, sot, gate, 1000)
        after[before][mtj.state[0]] += 1
    for stayed, switched_ in after:
        assert within(switched_, stayed + switched_, p)


def test_devices_differ_and_keep_their_difference():
    n = 8000
    mtj = bank(Emulator(8), n=2, sigma=0.2)
    assert mtj.offsets[0] != mtj.offsets[1]
    sot, gate = index(mtj, 0.8, 0.4)
    probabilities = mtj.probability(np.full((1, 2), sot), np.full((1, 2), gate))[0]
    nominal = p_sw("additive", mtj.grid.sot_volts(sot), mtj.grid.gate_volts(gate))
    for junction, p in enumerate(probabilities.tolist()):
        exact = min(max(nominal + mtj.offsets[junction] / 2**32, 0.0), 1.0)
        assert p == pytest.approx(exact, abs=2e-6)
        for _ in range(2):  # in training and in inference alike
            assert within(switched(mtj, sot, gate, n, junction), n, p)


def test_offsets_have_the_stated_spread():
    """10000 devices: mean and standard deviation within 4.5 of their standard errors."""
    n, sigma = 10_000, 0.05
    offsets = np.array(bank(Emulator(5), n, sigma=sigma).offsets) / 2**32
    assert abs(offsets.mean()) < SIGMAS * sigma / math.sqrt(n)
    assert abs(offsets.std(ddof=1) - sigma) < SIGMAS * sigma / math.sqrt(2 * (n - 1))
    kurtosis = np.mean((offsets / sigma) ** 4)
    assert abs(kurtosis - 3) < SIGMAS * math.sqrt(96 / n)  # Gaussian: var of z^4 is 96


def test_offsets_are_the_seeds_and_not_the_banks():
    ten, twenty = bank(Emulator(5), 10), bank(Emulator(5), 20)
    assert twenty.offsets[:10] == ten.offsets
    assert bank(Emulator(5), 10).offsets == ten.offsets
    assert bank(Emulator(6), 10).offsets != ten.offsets
    assert bank(Emulator(5), 10, sigma=0).offsets == [0] * 10


def test_a_spread_beyond_certainty_is_clipped():
    mtj = bank(Emulator(1), 200, sigma=1)
    p = mtj.probability(np.full((1, 200), 26_000), np.full((1, 200), 7944))
    assert p.min() == 0.0
    assert p.max() == 1.0
    stuck = int(p[0].argmin())
    assert switched(mtj, 26_000, 7944, 200, stuck) == 0


def test_looking_changes_nothing():
    """Reads, probabilities and thresholds between writes leave every later state as it was."""
    looked, plain = bank(Emulator(7), 3), bank(Emulator(7), 3)
    sot, gate = index(plain, 0.8, 0.4)
    for k in range(300):
        junction = k % 3
        looked.read(junction)
        looked.threshold(sot + k, gate)
        looked.probability(np.full((2, 3), sot), np.full((2, 3), gate))
        for mtj in (looked, plain):
            mtj.write(junction, sot, gate, 1000)
            if mtj.state[junction]:
                mtj.reset(junction, 1000)
        assert looked.state == plain.state


def test_tracing_changes_nothing():
    trace = MemoryTrace()
    traced, plain = bank(Emulator(7, trace)), bank(Emulator(7))
    states = []
    for mtj in (traced, plain):
        states.append([])
        for _ in range(200):
            mtj.write(0, 15_800, 7944, 1000)
            states[-1].append(mtj.state[0])
            mtj.reset(0, 1000)
    assert states[0] == states[1]
    assert [v for _, v in trace.select("mtj", "0.state")][::2] == states[0]
    assert trace.select("mtj", "0.v_sot")[0][1] == traced.grid.sot_volts(15_800)


def test_a_read_tells_the_state_and_is_counted():
    mtj = bank(Emulator(1), 2)
    mtj.write(1, *SURE, 1000)
    assert [mtj.read(0), mtj.read(1), mtj.read(1)] == [0, 1, 1]
    assert mtj.account.counts[MtjBank.READ] == 3


def test_the_books_hold_the_square_of_every_pulse():
    """drive = sum of code^2 ps, code in whole LSB of 12 bits."""
    mtj = bank(Emulator(1), 2)
    mtj.write(0, 16 * 1000 + 15, 0, 500)
    mtj.write(1, 16 * 2000, 0, 700)
    mtj.reset(0, 300)
    reset = mtj.grid.reset_index >> 4
    assert mtj.account.counts == [2, 1, 0, 1000**2 * 500 + 2000**2 * 700 + reset**2 * 300]
    assert isinstance(mtj.account.counts[MtjBank.DRIVE], int)


def test_the_reset_rail_is_on_the_grid():
    mtj = bank(Emulator(1))
    assert mtj.grid.sot_volts(mtj.grid.reset_index) == pytest.approx(
        1.6, abs=mtj.grid.step_uv * 1e-6
    )
