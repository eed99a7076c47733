"""Port operations on rows: which law is called when, and what is counted and traced.

The same operations as those of the parts themselves; every law is the parts' own function.
"""

from __future__ import annotations

from typing import Any

from devices import adc as converter
from devices import sense
from devices.grid import gate_volts, grid_index, sot_volts
from devices.line import forget, make_room, record, step
from devices.pulse_driver import compared
from devices.switch import OPEN, READ, RESET, WRITE, deliver
from devices.vgsot import after_reset, threshold, written
from emulator.elementary import bin_index
from emulator.ledger import enter

from .words import draw

IDLE, CONVERTING = range(2)
LIMB, MIDDLE = 20, 40  # bits; a sum of code^2 * ps may exceed 63, so it is kept in three parts


def note(rows: Any, t: int, name: int, value: float) -> None:
    """Take a trace row; a block that is used up from the start (< 0) takes none."""
    k = rows.used
    if k >= 0:
        rows.t_ps[k], rows.name[k], rows.value[k] = t, name, value
        rows.used = k + 1


def write_line(rows: Any, tally: Any, line: Any, code: int, t: int) -> None:
    """Load a converter channel."""
    make_room(line)
    step(line, line, line.levels[code], t)
    if line.cut[code] != 0:
        tally.line_saturated += 1
    note(rows, t, line.signal, code)


def leave_switch(
    rows: Any, tally: Any, bank: Any, switch: Any, sot: Any, gate: Any, node: Any, junction: Any,
    switching: Any, resetting: Any, t: int,
) -> None:  # fmt: skip
    """End what a switch has routed."""
    width = t - switch.closed_at
    mode = switch.mode
    if mode == READ:
        sense.disconnect(node, t)
    elif mode != OPEN and width <= 0:
        tally.pulse_missed += 1
    elif mode == RESET:
        name = bank.signal + 3 * switch.junction
        reset_junction(rows, tally, bank, junction, resetting, name, width, t)
    elif mode == WRITE:
        high, at_gate = deliver(switch, sot, sot, gate, gate, t)
        v_sot = grid_index(bank.full_scale, bank.points, high)
        v_gate = grid_index(bank.full_scale, bank.points, at_gate)
        name = bank.signal + 3 * switch.junction
        write_junction(rows, tally, bank, junction, switching, name, v_sot, v_gate, width, t)
    if mode == WRITE:
        forget(sot)
        forget(gate)


def route_switch(
    rows: Any, tally: Any, switch: Any, sot: Any, gate: Any, node: Any, account: Any,
    state: int, mode: int, number: int, t: int,
) -> None:  # fmt: skip
    """Route junction `number`, which is in `state`."""
    enter(account, mode, t)
    switch.mode, switch.junction, switch.closed_at = mode, number, t + switch.t_on
    if mode == READ:
        tally.reads += 1
        sense.connect(node, state, switch.closed_at)
    elif mode == WRITE:
        record(sot)
        record(gate)
    note(rows, t, switch.signal, mode)


def write_junction(
    rows: Any, tally: Any, bank: Any, junction: Any, switching: Any, name: int, sot: int,
    gate: int, width: int, t: int,
) -> None:  # fmt: skip
    """End a write pulse at two grid indices; `name` is the junction's first traced signal."""
    v_sot, v_gate = sot_volts(bank, sot), gate_volts(bank, gate)
    limit = threshold(bank, v_sot, v_gate) + junction.offset
    junction.state = written(junction.state, draw(switching), limit, bank.redraws != 0)
    tally.writes += 1
    add_drive(tally, sot >> 4, width)
    note(rows, t, name, v_sot)
    note(rows, t, name + 1, v_gate)
    note(rows, t, name + 2, junction.state)


def reset_junction(
    rows: Any, tally: Any, bank: Any, junction: Any, resetting: Any, name: int, width: int, t: int
) -> None:
    """End a reset pulse."""
    junction.state = after_reset(junction.state, draw(resetting), bank.reset_limit)
    tally.resets += 1
    add_drive(tally, bank.reset_code, width)
    note(rows, t, name + 2, junction.state)


def fire_reset(pulse: Any, t: int) -> None:
    """Begin a reset pulse of a driver."""
    pulse.sot, pulse.at_gate, pulse.fired = 0, 0, t


def end_reset(
    rows: Any, tally: Any, bank: Any, pulse: Any, junction: Any, resetting: Any, number: int, t: int
) -> None:
    """End a reset pulse of a driver at junction `number`."""
    name, width = bank.signal + 3 * number, t - pulse.fired
    reset_junction(rows, tally, bank, junction, resetting, name, width, t)


def add_drive(tally: Any, code: int, width: int) -> None:
    """Add code^2 * width to the sum of all pulses."""
    square = code * code
    low = tally.drive_low + square * (width & ((1 << LIMB) - 1))
    middle = tally.drive_middle + square * (width >> LIMB) + (low >> LIMB)
    tally.drive_low = low & ((1 << LIMB) - 1)
    tally.drive_middle = middle & ((1 << MIDDLE) - 1)
    tally.drive_high += middle >> MIDDLE


def start_converter(tally: Any, adc: Any, node: Any, account: Any, t: int) -> int:
    """Begin to sample; returns how long until the next event, 0 for a converter that is busy."""
    if adc.busy != 0:
        tally.adc_start_ignored += 1
        return 0
    adc.busy, adc.started, adc.sampling = 1, t, 1
    enter(account, CONVERTING, t)
    sense.load(node, t)
    return adc.t_sample  # type: ignore[no-any-return]


def hold(adc: Any, node: Any, draws: Any, t: int) -> int:
    """End of sampling; returns how long until the end of conversion."""
    level = sense.acquire(node, adc.started, t)
    deviate = adc.first + bin_index(adc.edges, adc.guide, draw(draws))
    adc.held = converter.sampled(adc, level, deviate)
    adc.sampling = 0
    return adc.t_rest  # type: ignore[no-any-return]


def end_conversion(rows: Any, tally: Any, adc: Any, account: Any, t: int) -> None:
    """End of conversion: the result is there."""
    code = converter.code_of(adc, adc.held)
    if code != adc.held >> 4:
        tally.adc_saturated += 1
    adc.register, adc.busy = code, 0
    enter(account, IDLE, t)
    adc.conversions += 1
    note(rows, t, adc.signal, code)


def sense_junction(
    rows: Any, tally: Any, comparator: Any, junction: Any, draws: Any, number: int, t: int
) -> int:
    """Let a comparator decide over junction `number`."""
    tally.reads += 1
    comparator.decisions += 1
    bit = compared(draw(draws), comparator.limits[junction.state])
    if bit != junction.state:
        tally.read_error += 1
    note(rows, t, comparator.signal + number, bit)
    return bit
