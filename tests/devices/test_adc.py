from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from devices import OPEN, READ, AdcParams
from emulator import MemoryTrace
from emulator.elementary import gaussian_bins

from .bench import Bench, bench, params

SIGMAS = 4.5
US = 1_000_000
SAMPLE, CONVERSION = 2_074_075, 2_518_519  # 56 and 68 cycles of 27 MHz, in ps rounded up


def reading(**settings: object) -> Bench:
    """A bench whose read path has been closed for 20 us."""
    b = bench(**settings)
    b.switch.set(READ, 0)
    b.at(20 * US)
    return b


def convert(b: Bench) -> int:
    """Run one conversion at the present instant and return the code."""
    b.adc.start()
    b.at(b.emulator.now + CONVERSION)
    return b.adc.data


def test_a_conversion_takes_68_cycles_of_27_mhz():
    p = params(AdcParams)
    assert (p.t_sample, p.t_conversion) == (SAMPLE, CONVERSION)
    b = reading(trace=MemoryTrace())
    b.adc.start()
    b.at(20 * US + CONVERSION - 1)
    assert b.adc.data == 0  # what is read too early is the previous result
    b.at(20 * US + CONVERSION)
    assert b.adc.data > 0
    assert b.emulator.trace.select("adc", "eoc") == [(20 * US + CONVERSION, b.adc.data)]


def test_the_end_of_conversion_is_a_signal_that_comes_with_the_data():
    b, log = reading(), []

    def wait():
        yield b.adc.done.next()
        log.append((b.emulator.now, b.adc.data))

    b.emulator.process(wait())
    b.adc.start()
    b.at(40 * US)
    assert log == [(20 * US + CONVERSION, b.adc.data)]


def test_the_level_is_held_at_the_end_of_sampling():
    """Opening the read path afterwards changes nothing, opening it before does."""
    codes = {}
    for when in (SAMPLE - US, SAMPLE + 1, CONVERSION + US):
        b = reading()
        b.adc.start()
        b.at(20 * US + when)
        b.switch.set(OPEN, 0)
        b.at(60 * US)
        codes[when] = b.adc.data
    assert codes[SAMPLE + 1] == codes[CONVERSION + US] > codes[SAMPLE - US]


def test_a_noiseless_code_is_that_of_the_level():
    """The kick recovers in 5.6 time constants: the code is the settled level's, to one below."""
    b = reading()
    level = b.node.level(b.emulator.now)
    assert level == round(0.3e6 * 7.07 / 12.07)
    assert b.adc.params.code(level) - convert(b) in (0, 1)
    assert b.adc.params.code(level) == level * 4096 // 3_300_000


def test_starting_a_running_converter_is_ignored_and_counted():
    b = reading()
    b.adc.start()
    b.at(21 * US)
    b.adc.start()
    b.adc.start()
    b.at(20 * US + CONVERSION)
    first = b.adc.data
    assert first > 0
    assert b.emulator.counters["adc_start_ignored"] == 2
    b.at(100 * US)
    counts = {
        e.name: e.amount for e in b.emulator.ledger.entries(b.emulator.now) if e.part == "adc"
    }
    assert counts == {
        "idle": 100 * US - CONVERSION, "converting": CONVERSION, "conversion": 1
    }  # fmt: skip


def test_a_converter_may_start_again_at_its_end_of_conversion():
    b = reading()
    codes = [convert(b) for _ in range(3)]
    assert len(set(codes)) == 1
    assert b.emulator.counters["adc_start_ignored"] == 0
    assert b.emulator.now == 20 * US + 3 * CONVERSION


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"adc": {"v_ref": "0.1 V"}}, 4095), ({"adc": {"offset": -1000}}, 0)],
)
def test_saturation_is_clipped_and_counted(settings, code):
    b = reading(**settings)
    assert convert(b) == code
    assert b.emulator.counters["adc_saturated"] == 1
    assert convert(reading()) not in (0, 4095)


def test_nothing_is_saturated_within_the_range():
    b = reading(adc={"noise": 0.7})
    for _ in range(20):
        convert(b)
    assert b.emulator.counters["adc_saturated"] == 0


def test_the_offset_is_in_lsb():
    codes = [convert(reading(adc={"offset": offset})) for offset in (0, 2, -2)]
    assert codes == [codes[0], codes[0] + 2, codes[0] - 2]


@pytest.mark.parametrize("noise", [0.3, 0.7, 2.0])
@pytest.mark.parametrize("sixteenths", [0, 5, 8, 15])
def test_codes_are_distributed_as_the_rounded_gaussian(noise, sixteenths):
    """1e5 draws: every code with 20 expected counts or more within 4.5 sigma.

    A level of L/16 LSB with a deviate d in whole sixteenths has the code floor((L + d) / 16).
    """
    n = 100_000
    words = bench(seed=6).emulator.stream("adc", 0).words(0, n)
    first, bins, _ = gaussian_bins(noise * 16)
    deviates = first + np.searchsorted(bins, words, side="right")
    codes = (1600 + sixteenths + deviates) >> 4
    for code in range(85, 116):
        edges = (16 * np.array([code, code + 1]) - 1600 - sixteenths - 0.5) / (16 * noise)
        p = float(np.diff(ndtr(edges))[0])
        if n * p >= 20:
            count = int((codes == code).sum())
            assert abs(count - n * p) < SIGMAS * math.sqrt(n * p * (1 - p))


def test_a_conversion_uses_the_parts_own_words_in_order():
    """Every code is the noiseless sixteenths plus the deviate of the next word."""
    b, noisy = reading(), reading(seed=6, adc={"noise": 0.7})
    b.adc.start()
    b.at(b.emulator.now + CONVERSION)
    first, bins, _ = gaussian_bins(0.7 * 16)
    words = noisy.emulator.stream("adc", 0).words(0, 300)
    deviates = first + np.searchsorted(bins, words, side="right")
    settled = []
    for deviate in deviates.tolist():
        code = convert(noisy)
        settled.append((16 * code - deviate, 16 * code + 15 - deviate))
    low, high = max(low for low, _ in settled[1:]), min(high for _, high in settled[1:])
    assert low <= high  # one held level explains all 299 codes
    assert low <= 16 * b.adc.data + 15
    assert high >= 16 * b.adc.data


def test_seeds_give_different_noise_and_the_same_seed_the_same():
    runs = []
    for seed in (1, 1, 2):
        b = reading(seed=seed, adc={"noise": 2.0})
        runs.append([convert(b) for _ in range(50)])
    assert runs[0] == runs[1] != runs[2]


@given(st.integers(0, 3_400_000), st.integers(6, 16))
def test_an_ideal_code_is_the_floor_within_the_range(level, bits):
    p = params(AdcParams, bits=bits)
    exact = min(level * 2**bits // 3_300_000, 2**bits - 1)
    assert p.code(level) == exact
