from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import DacParams, VgsotParams
from emulator import MemoryTrace, SequenceError

from .bench import bench, grid, params


@given(st.integers(1, 16), st.integers(1, 40_000), st.data())
def test_levels_are_the_nearest_microvolt(bits, millivolts, data):
    dac = params(DacParams, bits=bits, v_ref=f"{millivolts} mV")
    code = data.draw(st.integers(0, (1 << bits) - 1))
    exact = Fraction(code * millivolts * 1000, 1 << bits)
    assert abs(dac.level_uv(code) - exact) <= Fraction(1, 2)


@given(st.integers(0, 4095), st.floats(-0.499, 0.499))
def test_encoding_finds_the_nearest_code(code, off):
    dac = params(DacParams)
    codes, clipped = dac.encode(np.array([(code + off) * dac.lsb]))
    assert (codes.tolist(), clipped) == ([code], 0)


def test_what_is_out_of_range_is_clipped_and_counted():
    dac = params(DacParams)
    codes, clipped = dac.encode(np.array([-0.1, 0.0, 3.299, 3.3, 5.0]))
    assert codes.tolist() == [0, 0, 4095, 4095, 4095]
    assert clipped == 3


def test_the_output_has_settled_to_one_lsb_after_its_settling_time():
    """tau = t_settle / ln 4096."""
    dac = params(DacParams)
    assert dac.tau == round(3e6 / math.log(4096))
    assert math.exp(-3e6 / dac.tau) == pytest.approx(1 / 4096, rel=1e-4)


def test_all_channels_are_loaded_at_once_and_settle_from_where_they_are():
    b = bench(trace=MemoryTrace())
    b.at(1000)
    b.dac.write(3000, 500)
    b.at(1_000_000)
    before = [line.level(b.emulator.now) for line in b.opamp.lines]
    b.dac.write_channel(1, 100)
    b.at(40_000_000)
    assert before[0] < b.dac.params.level_uv(3000)
    levels = [line.level(b.emulator.now) for line in b.opamp.lines]
    assert levels == [b.dac.params.level_uv(3000), b.dac.params.level_uv(100)]
    assert b.emulator.trace.rows == [
        (1000, "dac", "0.code", 3000),
        (1000, "dac", "1.code", 500),
        (1_000_000, "dac", "1.code", 100),
    ]


def test_a_level_above_the_amplifier_is_cut_and_counted():
    """3.3 V supply less 1.5 V headroom: the range ends at 1.8 V, code 2234."""
    b = bench(opamp={"v_supply": "3.3 V"})
    last = 1_800_000 * 4096 // 3_300_000
    for code, cut in ((last, 0), (last + 1, 1), (4095, 2)):
        b.dac.write_channel(0, code)
        assert b.emulator.counters["line_saturated"] == cut
    b.at(40_000_000)
    assert b.opamp.lines[0].level(b.emulator.now) == 1_800_000


@pytest.mark.parametrize("code", [-1, 4096, -4096])
def test_a_code_that_does_not_exist_is_refused(code):
    with pytest.raises(SequenceError, match=re.escape(f"dac: code {code} is outside [0, 4095]")):
        bench().dac.write(code, 0)


@given(st.integers(0, 3_300_000))
def test_the_grid_is_a_sixteenth_of_an_lsb(level):
    g = grid(params(VgsotParams))
    assert g.points == 16 * 4096
    assert abs(g.index(level) * g.step_uv - level) <= g.step_uv / 2 * (1 + 1e-12)
    assert g.gate_volts(g.index(level)) == pytest.approx(level * 1e-6, abs=g.step_uv * 0.51e-6)


def test_the_grid_of_a_coarse_converter_is_that_of_12_bits():
    coarse = grid(params(VgsotParams), params(DacParams, "pulse_driver", bits=4))
    fine = grid(params(VgsotParams), params(DacParams, bits=14))
    assert coarse.points == 16 * 4096
    assert fine.points == 16 * 16_384


def test_the_switch_takes_its_share_of_the_write_voltage():
    """V R_SOT / (R_SOT + R_on); the gate draws no current."""
    g = grid(params(VgsotParams), r_series=40.0)
    assert g.sot_volts(g.points) == pytest.approx(3.3 * 800 / 840, rel=1e-12)
    assert g.gate_volts(g.points) == pytest.approx(3.3, rel=1e-12)
    assert g.index(-1) == 0
    many = np.array([0, 5, 700])
    assert g.sot_volts(many).tolist() == [g.sot_volts(int(i)) for i in many]
