from __future__ import annotations

import re

import pytest

from devices import OPEN, READ, RESET, WRITE, MtjBank, SwitchParams
from emulator import ConfigError, MemoryTrace, SequenceError

from .bench import Bench, bench, params

US = 1_000_000
T_ON = 150_000


def ready(code: int = 1000, gate: int = 500, **settings: object) -> Bench:
    """A bench whose lines have been preset for 40 us."""
    b = bench(**settings)
    b.dac.write(code, gate)
    b.at(40 * US)
    return b


def pulse(b: Bench, mode: int, duration: int) -> None:
    """Command to command."""
    b.switch.set(mode, 0)
    b.at(b.emulator.now + duration)
    b.switch.set(OPEN, 0)


@pytest.mark.parametrize("duration", [T_ON + 1, US, 10 * US])
def test_a_pulse_lasts_from_command_to_command_less_the_turn_on_time(duration):
    b = ready(1000)
    pulse(b, WRITE, duration)
    index = b.mtj.grid.index(b.dac.params.level_uv(1000))
    counts = b.mtj.account.counts
    assert counts[MtjBank.WRITE] == 1
    assert counts[MtjBank.DRIVE] == (index >> 4) ** 2 * (duration - T_ON)


def test_a_reset_pulse_comes_from_its_own_rail():
    b = ready(0)
    pulse(b, RESET, US)
    counts = b.mtj.account.counts
    assert counts[MtjBank.RESET] == 1
    assert counts[MtjBank.WRITE] == 0
    assert counts[MtjBank.DRIVE] == (b.mtj.grid.reset_index >> 4) ** 2 * (US - T_ON)


@pytest.mark.parametrize("mode", [WRITE, RESET])
@pytest.mark.parametrize("duration", [0, T_ON - 1, T_ON])
def test_a_pulse_too_short_to_close_the_switch_is_missed_and_counted(mode, duration):
    b = ready(4000)
    pulse(b, mode, duration)
    assert b.mtj.account.counts == [0, 0, 0, 0]
    assert b.mtj.state == [0]
    assert b.emulator.counters["pulse_missed"] == 1


def test_a_new_route_ends_the_pulse_too():
    b = ready(1000)
    b.switch.set(WRITE, 0)
    b.at(41 * US)
    b.switch.set(READ, 0)
    assert b.mtj.account.counts[MtjBank.WRITE] == 1


def written(b: Bench) -> tuple[float, float]:
    """The delivered voltages of the last write, from the trace."""
    trace = b.emulator.trace
    return trace.select("mtj", "0.v_sot")[-1][1], trace.select("mtj", "0.v_gate")[-1][1]


def test_the_junction_decides_at_the_peak_with_the_gate_of_that_instant():
    """Both lines are rewritten within the pulse: the peak is its beginning, the gate's too."""
    b = ready(1000, 500, trace=MemoryTrace())
    b.switch.set(WRITE, 0)
    b.at(40 * US + 500_000)
    b.dac.write(0, 2000)
    b.at(60 * US)
    b.switch.set(OPEN, 0)
    step = b.mtj.grid.step_uv * 1e-6
    v_sot, v_gate = written(b)
    assert v_sot == pytest.approx(3.3 * 1000 / 4096 * 800 / 840, abs=step)
    assert v_gate == pytest.approx(3.3 * 500 / 4096, abs=step)


def test_a_peak_is_not_forgotten_however_many_writes_follow():
    b = ready(3000, 500, trace=MemoryTrace())
    b.switch.set(WRITE, 0)
    for k in range(40):
        b.at((41 + k) * US)
        b.dac.write(1000 - k, 500 - k)
    b.switch.set(OPEN, 0)
    step = b.mtj.grid.step_uv * 1e-6
    assert written(b)[0] == pytest.approx(3.3 * 3000 / 4096 * 800 / 840, abs=step)
    assert written(b)[1] == pytest.approx(3.3 * 500 / 4096, abs=step)


def test_a_pulse_on_a_line_that_still_settles_has_the_level_at_its_end():
    b = bench(trace=MemoryTrace())
    b.dac.write(2000, 500)
    b.switch.set(WRITE, 0)
    b.at(2 * US)
    b.switch.set(OPEN, 0)
    level = b.opamp.lines[0].level(2 * US)
    assert level < b.dac.params.level_uv(2000) // 2
    assert written(b)[0] == pytest.approx(level * 1e-6 * 800 / 840, abs=b.mtj.grid.step_uv * 1e-6)
    error = b.dac.params.level_uv(2000) - level
    assert b.switch.worst_error_uv[0] == b.switch.sum_error_uv == error


def test_errors_are_summed_and_the_worst_is_kept():
    b = ready(2000)
    pulse(b, WRITE, US)
    assert b.switch.worst_error_uv[0] == b.switch.sum_error_uv == 0
    b.dac.write(1000, 500)
    b.at(b.emulator.now + 3 * US)
    pulse(b, WRITE, US)
    first = b.switch.sum_error_uv
    assert first == b.switch.worst_error_uv[0] > 0
    b.dac.write(1001, 500)
    pulse(b, WRITE, US)
    assert b.switch.sum_error_uv > first == b.switch.worst_error_uv[0]


def test_reading_connects_the_node_once_the_switch_has_closed():
    b = bench()
    b.at(10 * US)
    b.switch.set(READ, 0)
    b.at(10 * US + T_ON)
    assert b.node.level(b.emulator.now) == 0
    b.at(30 * US)
    top = b.node.level(b.emulator.now)
    assert top == round(0.3e6 * 7.07 / 12.07)
    b.switch.set(OPEN, 0)
    b.at(31 * US)
    assert b.node.level(b.emulator.now) < top
    assert b.mtj.account.counts[MtjBank.READ] == 1


def test_a_read_shorter_than_the_turn_on_time_sees_nothing():
    b = bench()
    b.at(10 * US)
    b.switch.set(READ, 0)
    b.at(10 * US + T_ON - 1)
    b.switch.set(OPEN, 0)
    b.at(20 * US)
    assert b.node.level(b.emulator.now) == 0


def test_a_conversion_that_starts_with_the_switch_samples_from_its_closing_on():
    """Waiting for the switch and starting at its closing gives no lower code."""
    codes = []
    for wait in (0, T_ON):
        b = bench()
        b.at(10 * US)
        b.switch.set(READ, 0)
        b.at(10 * US + wait)
        b.adc.start()
        b.at(10 * US + 690_000)  # 2 time constants after the closing
        codes.append(b.node.level(b.emulator.now))
    assert codes[0] == codes[1]


def test_residencies_are_those_of_the_modes():
    b = ready()
    b.switch.set(RESET, 0)
    b.at(41 * US)
    b.switch.set(WRITE, 0)
    b.at(43 * US)
    b.switch.set(READ, 0)
    b.at(46 * US)
    b.switch.set(OPEN, 0)
    books = {e.name: e.amount for e in b.emulator.ledger.entries(50 * US) if e.part == "switch"}
    assert books == {"open": 44 * US, "reset": US, "write": 2 * US, "read": 3 * US}


def test_a_switch_that_makes_before_it_breaks_is_refused():
    message = "analog_switch: t_off = 200000 ps exceeds t_on = 150000 ps"
    with pytest.raises(ConfigError, match=re.escape(message)):
        params(SwitchParams, t_off="200 ns")
    assert params(SwitchParams, t_off="150 ns").t_off == T_ON


@pytest.mark.parametrize(("mode", "junction"), [(4, 0), (-1, 0), (WRITE, 1), (WRITE, -1)])
def test_a_route_that_does_not_exist_is_refused(mode, junction):
    message = f"switch: no mode {mode} of junction {junction}"
    with pytest.raises(SequenceError, match=re.escape(message)):
        bench().switch.set(mode, junction)
