from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

from devices import (
    AdcParams,
    DividerParams,
    MtjBank,
    SenseNode,
    VgsotParams,
    acquisition_limit,
    resistances,
)
from emulator import Emulator

from .bench import grid, params

ROUNDINGS = 3  # uV
TABLE_ERROR = 2e-6
US = 1_000_000
LSB = 3.3e6 / 4096  # uV
times = st.integers(0, 20 * US)


def sense(state: int = 0, *, c_filter: str = "100 pF", r_adc: float = 6e3) -> SenseNode:
    """A node with one junction in `state`; the ADC's capacitor has 4 pF."""
    emulator = Emulator(0)
    mtj = params(VgsotParams, sigma=0)
    bank = MtjBank(emulator, "mtj", mtj, 1, grid(mtj))
    if state:
        bank.write(0, 60_000, 7944, 1000)
    assert bank.state == [state]
    adc = params(AdcParams)
    return SenseNode(emulator, params(DividerParams, c_filter=c_filter), bank, adc.c_adc, r_adc)


def settled(node: SenseNode, state: int) -> tuple[float, float]:
    """(settled level in uV, source resistance in ohm) of a connected junction, by Ohm's law."""
    p = node.params
    r = resistances(node.mtj.params, p.v_read, p.r_s)[state]
    return p.v_read * 1e6 * p.r_s / (p.r_s + r), 1 / (1 / p.r_s + 1 / r)


def close(level: int, exact: float, span: float) -> bool:
    return abs(level - exact) <= ROUNDINGS + TABLE_ERROR * span


@pytest.mark.parametrize("state", [0, 1])
@given(t=times)
def test_a_connected_node_charges_with_the_source_resistance(state, t):
    node = sense(state)
    node.connect(0, 5 * US)
    target, source = settled(node, state)
    exact = target * (1 - math.exp(-t * 1e-12 / (source * 100e-12)))
    assert close(node.level(5 * US + t), exact, target)


@given(on=st.integers(0, 5 * US), off=times)
def test_an_open_node_discharges_through_the_sense_resistor(on, off):
    node = sense()
    node.connect(0, 0)
    node.disconnect(on)
    target, source = settled(node, 0)
    top = target * (1 - math.exp(-on * 1e-12 / (source * 100e-12)))
    exact = top * math.exp(-off * 1e-12 / (node.params.r_s * 100e-12))
    assert close(node.level(on + off), exact, 2 * target)


@pytest.mark.parametrize("state", [0, 1])
@given(settle=times, t=times)
def test_sampling_takes_a_kick_that_recovers_with_the_loaded_time_constant(state, settle, t):
    """C_ADC / (C_F + C_ADC) of the level goes at once; tau is R (C_F + C_ADC) from then on."""
    node = sense(state)
    node.connect(0, 0)
    node.load(settle)
    target, source = settled(node, state)
    before = target * (1 - math.exp(-settle * 1e-12 / (source * 100e-12)))
    after = before * 100 / 104
    assert close(node.level(settle), after, target)
    exact = target + (after - target) * math.exp(-t * 1e-12 / (source * 104e-12))
    assert close(node.level(settle + t), exact, 2 * target)


@given(t=times)
def test_without_a_filter_the_sampling_capacitor_charges_exactly(t):
    """Closed form: V (1 - exp(-t / ((R_source + R_ADC) C_ADC)))."""
    node = sense(1, c_filter="0 pF")
    node.connect(0, 0)
    node.load(US)
    target, source = settled(node, 1)
    exact = target * (1 - math.exp(-t * 1e-12 / ((source + 6e3) * 4e-12)))
    assert close(node.acquire(US, US + t), exact, target)


@pytest.mark.parametrize("state", [0, 1])
@pytest.mark.parametrize(("cycles", "lsb"), [(15, 1.0), (28, 0.25), (56, 1 / 16), (84, 1 / 16)])
def test_the_held_level_is_that_of_the_two_capacitor_circuit(state, cycles, lsb):
    """Both capacitors by the matrix exponential.

    The kick is taken to be instantaneous, though it takes R_ADC C_ADC = 23 ns out of a recovery
    of R C_F: within 1/16 LSB at the shipped 56 cycles, more where sampling is cut short.
    """
    node = sense(state)
    t_settle, t_sample = 700_000, round(cycles / 27e6 * 1e12)
    node.connect(0, 0)
    node.load(t_settle)
    held = node.acquire(t_settle, t_settle + t_sample)
    target, source = settled(node, state)
    c_f, c_adc, r_adc = 100e-12, 4e-12, 6e3
    start = np.array([target * (1 - math.exp(-t_settle * 1e-12 / (source * c_f))), 0.0]) - target
    rates = np.array(
        [
            [-(1 / source + 1 / r_adc) / c_f, 1 / r_adc / c_f],
            [1 / r_adc / c_adc, -1 / r_adc / c_adc],
        ]
    )
    exact = target + (expm(rates * t_sample * 1e-12) @ start)[1]
    assert abs(held - exact) < lsb * LSB


@given(wait=st.integers(0, 5 * US), t_sample=st.integers(0, 5 * US))
def test_a_rehearsal_is_the_read_itself(wait, t_sample):
    held = []
    for state in (0, 1):
        node = sense(state)
        node.connect(0, US)
        node.load(US + wait)
        held.append(node.acquire(US + wait, US + wait + t_sample))
    assert sense().rehearse(wait, t_sample) == held


def test_holding_disconnects_the_sampling_capacitor():
    node = sense()
    node.connect(0, 0)
    node.load(10 * US)
    node.acquire(10 * US, 12 * US)
    target, source = settled(node, 0)
    level = node.level(12 * US)
    exact = target + (level - target) * math.exp(-0.2e-6 / (source * 100e-12))
    assert close(node.level(12 * US + 200_000), exact, target)


def test_a_path_that_closes_later_carries_nothing_before():
    """Also when the converter starts to sample in between."""
    node, early = sense(), sense()
    for n in (node, early):
        n.connect(0, US)
    early.load(US // 2)
    for t in (US // 2, US - 1, US):
        assert node.level(t) == early.level(t) == 0
    target, source = settled(node, 0)
    t = 300_000
    for n, c in ((node, 100e-12), (early, 104e-12)):
        exact = target * (1 - math.exp(-t * 1e-12 / (source * c)))
        assert close(n.level(US + t), exact, target)


def test_a_path_that_opens_before_it_has_closed_never_carries_anything():
    node = sense()
    node.connect(0, 2 * US)
    node.disconnect(US)
    assert node.level(10 * US) == 0


@given(st.lists(times, max_size=20))
def test_looking_changes_nothing(looks):
    looked, plain = sense(1), sense(1)
    for node in (looked, plain):
        node.connect(0, US)
        for t in sorted(looks) if node is looked else []:
            node.level(t)
        last = max([US, *looks])
        node.load(last + US)
    assert looked.level(last + 2 * US) == plain.level(last + 2 * US)


def test_the_geometric_mean_maximises_the_swing():
    """5 and 10 kohm: R_s = 7.07 kohm, 0.172 V_read, 51 mV or 64 codes of 12 bits at 0.3 V."""

    def swing(r_s: str) -> float:
        p = params(DividerParams, r_s=r_s)
        return p.sense_volts(5e3) - p.sense_volts(10e3)

    best = swing("7071.07 ohm")
    assert best > swing("7000 ohm")
    assert best > swing("7140 ohm")
    shipped = swing("7.07 kohm")
    assert round(shipped / 0.3, 3) == 0.172
    assert round(shipped * 1e3) == 51
    assert round(shipped / 3.3 * 4096) == 64


@pytest.mark.parametrize(
    ("cycles", "kohm"), [(3, None), (15, 7.8), (28, 20), (56, 47), (84, 74), (480, 452)]
)
def test_acquisition_limits_of_the_converter(cycles, kohm):
    """27 MHz, 6 kohm, 4 pF, 12 bits; three cycles never settle."""
    limit = acquisition_limit(cycles, 27e6, 6e3, 4e-12, 12)
    exact = (cycles - 0.5) / (27e6 * 4e-12 * math.log(2**14)) - 6e3
    assert limit == pytest.approx(exact, rel=1e-12)
    if kohm is None:
        assert limit < 0
    else:
        assert float(f"{limit / 1e3:.{2 if kohm < 100 else 3}g}") == kohm


@pytest.mark.parametrize("cycles", [15, 28, 56])
def test_a_source_at_its_limit_is_acquired_to_a_quarter_lsb(cycles):
    """Sampling for k - 1/2 cycles from (R + R_ADC) C_ADC leaves 2^-14 of full scale."""
    limit = acquisition_limit(cycles, 27e6, 6e3, 4e-12, 12)
    left = math.exp(-((cycles - 0.5) / 27e6) / ((limit + 6e3) * 4e-12))
    assert left == pytest.approx(2**-14, rel=1e-9)


def test_only_a_large_filter_hides_the_kick():
    """The kick is C_ADC / (C_F + C_ADC) of the level: half an LSB of it at 2^13 C_ADC = 33 nF."""
    for c_filter, share in (("100 pF", 4 / 104), ("32.768 nF", 1 / 8193)):
        node = sense(c_filter=c_filter)
        node.connect(0, 0)
        before = node.level(10_000 * US)
        node.load(10_000 * US)
        assert abs(before - node.level(10_000 * US) - before * share) <= 1
    assert round(4096 / 8193, 3) == 0.5
