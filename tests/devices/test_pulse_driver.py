from __future__ import annotations

import math
import re

import pytest
from scipy.special import ndtr

from devices import (
    Comparator,
    ComparatorParams,
    DacParams,
    DividerParams,
    MtjBank,
    PulseDriver,
    VgsotParams,
    resistances,
)
from emulator import Emulator, SequenceError

from .bench import grid, params

SIGMAS = 4.5


def driver(emulator: Emulator, n: int = 2) -> PulseDriver:
    dac, mtj = params(DacParams, "pulse_driver"), params(VgsotParams, sigma=0)
    bank = MtjBank(emulator, "mtj", mtj, n, grid(mtj, dac, 0.0))
    return PulseDriver(emulator, "driver", dac, bank)


def comparator(emulator: Emulator, noise: str) -> Comparator:
    mtj = params(VgsotParams, sigma=0)
    bank = MtjBank(emulator, "mtj", mtj, 2, grid(mtj))
    bank.write(1, 60_000, 7944, 1000)
    return Comparator(
        emulator,
        "comparator",
        params(ComparatorParams, "comparator", noise=noise),
        params(DividerParams),
        bank,
    )


@pytest.mark.parametrize("share", [0.5, 1.0, 2.0, 3.0])
def test_the_error_rate_is_phi_of_half_the_swing(share):
    """Noise of `share` half swings: each state is missed with Phi(-1 / share)."""
    n = 40_000
    half = comparator(Emulator(), "0 V").swing / 2
    emulator, missed = Emulator(9), 0
    part = comparator(emulator, f"{half * share!r} V")
    p = float(ndtr(-1 / share))
    for state in (0, 1):
        wrong = sum(part.sense(state) != state for _ in range(n))
        assert abs(wrong - n * p) < SIGMAS * math.sqrt(n * p * (1 - p))
        missed += wrong
        assert emulator.counters["read_error"] == missed


def test_the_swing_is_the_dividers():
    divider, mtj = params(DividerParams), params(VgsotParams)
    r_p, r_ap = resistances(mtj, divider.v_read, divider.r_s)
    exact = divider.v_read * divider.r_s * (1 / (divider.r_s + r_p) - 1 / (divider.r_s + r_ap))
    assert comparator(Emulator(), "2 mV").swing == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("noise", ["0 V", "2 mV"])
def test_a_quiet_comparator_never_errs(noise):
    """2 mV is 12 standard deviations from the middle."""
    part = comparator(Emulator(1), noise)
    assert [part.sense(j) for j in (0, 1) * 2000] == [0, 1] * 2000


def test_a_decision_costs_a_read_and_disturbs_nothing():
    emulator = Emulator(1)
    part = comparator(emulator, "30 mV")
    for _ in range(50):
        part.sense(0)
    assert part.mtj.state == [0, 1]
    counts = {(e.part, e.name): e.amount for e in emulator.ledger.entries(0)}
    assert counts["comparator", "decision"] == counts["mtj", "read"] == 50


def test_junctions_have_their_own_comparators():
    alone, both = comparator(Emulator(3), "60 mV"), comparator(Emulator(3), "60 mV")
    bits = []
    for _ in range(100):
        both.sense(1)
        bits.append((alone.sense(0), both.sense(0)))
    assert all(a == b for a, b in bits)
    assert len({a for a, _ in bits}) == 2


def test_pulses_last_from_fire_to_end_and_may_overlap_between_junctions():
    emulator = Emulator(1)
    part = driver(emulator)
    part.fire(0, 128, 64)
    emulator.advance(300)
    part.fire(1, 255, 64)
    emulator.advance(800)
    part.end(0)
    emulator.advance(1100)
    part.end(1)
    part.fire_reset(0)
    emulator.advance(1500)
    part.end_reset(0)
    levels = [part.mtj.grid.index(part.params.level_uv(code)) >> 4 for code in (128, 255)]
    reset = part.mtj.grid.reset_index >> 4
    counts = part.mtj.account.counts
    assert counts[MtjBank.WRITE] == 2
    assert counts[MtjBank.RESET] == 1
    assert counts[MtjBank.DRIVE] == (levels[0] ** 2 + levels[1] ** 2) * 800 + reset**2 * 400


def test_a_level_is_on_the_grid_as_it_is():
    part = driver(Emulator())
    for code in (0, 1, 100, 255):
        index = part.mtj.grid.index(part.params.level_uv(code))
        assert index == 256 * code  # 8 bits on the grid of 16 bits
        assert part.mtj.grid.sot_volts(index) == pytest.approx(1.6 * code / 256, abs=1e-12)


@pytest.mark.parametrize(("code", "gate"), [(256, 0), (-1, 0), (0, 256), (0, -1)])
def test_a_code_that_does_not_exist_is_refused(code, gate):
    message = f"driver: code {code} or {gate} is outside [0, 255]"
    with pytest.raises(SequenceError, match=re.escape(message)):
        driver(Emulator()).fire(0, code, gate)
