from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import (
    Clock,
    Do,
    Emulator,
    Operand,
    SequenceError,
    Until,
    Wait,
    duration_of,
    elaborate,
)
from emulator.sequence import static_reason
from emulator.signal import Recurring

CODE, JUNCTION = Operand("code"), Operand("junction")


class Port:
    """A port that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []

    def op(self, *args: object) -> None:
        self.calls.append(args)


def play(steps, operands, rows) -> None:
    sequence = elaborate(steps, operands)
    for values in rows:
        row = values + sequence.constants
        for _, op, pick in sequence.entries:
            if op is not None:
                op(*pick(row))


def test_arguments_are_picked_out_of_the_row_in_order():
    port = Port()
    steps = (
        Do(port.op),
        Do(port.op, JUNCTION),
        Do(port.op, 7),
        Wait(10),
        Do(port.op, JUNCTION, 7, CODE),
        Do(port.op, "x", CODE),
    )
    play(steps, ("code", "junction"), [(100, 3), (200, 4)])
    assert port.calls == [
        (), (3,), (7,), (3, 7, 100), ("x", 100),
        (), (4,), (7,), (4, 7, 200), ("x", 200),
    ]  # fmt: skip


@given(st.lists(st.integers(0, 3) | st.none(), max_size=10))
def test_every_pick_is_the_call_that_was_written(choices):
    """None is a constant, k the operand k: the port gets just these."""
    port = Port()
    names = ("a", "b", "c", "d")
    args = [("const", i) if k is None else Operand(names[k]) for i, k in enumerate(choices)]
    play((Do(port.op, *args),), names, [(10, 11, 12, 13)])
    assert port.calls == [
        tuple(("const", i) if k is None else 10 + k for i, k in enumerate(choices))
    ]


def test_entries_are_the_waits_and_calls_in_their_order():
    port = Port()
    sequence = elaborate((Wait(5), Do(port.op), Wait(0), Wait(7)), ())
    assert [(delay, op) for delay, op, _ in sequence.entries] == [
        (5, None), (0, port.op), (0, None), (7, None)
    ]  # fmt: skip


def test_an_operand_that_nobody_supplies_is_named():
    with pytest.raises(SequenceError, match="operand 'code' is not supplied"):
        elaborate((Do(print, CODE),), ("junction",))


@given(st.lists(st.integers(0, 10**12)))
def test_the_duration_is_the_sum_of_the_waits(waits):
    assert duration_of([step for w in waits for step in (Do(print), Wait(w))]) == sum(waits)


def test_a_wait_in_cycles_holds_whole_cycles():
    assert Wait(68, "conversion", Clock(27_000_000_000)).duration == 2_518_519
    assert Wait(10).duration == 10
    assert Wait(10, "x") == Wait(10, "x") != Wait(10, "y")


def test_nobody_waits_backwards():
    with pytest.raises(SequenceError, match=r"Wait\(-1\) is negative"):
        Wait(-1)


def test_until_makes_a_sequence_dynamic():
    steps = (Wait(1), Until(Recurring(Emulator().env), 100), Wait(2))
    assert static_reason(steps) == "the sequence waits for a signal"
    assert static_reason((Wait(1), Do(print))) is None
    with pytest.raises(SequenceError, match="the duration of a dynamic sequence is not known"):
        duration_of(steps)
    with pytest.raises(SequenceError, match="a sequence with Until cannot be elaborated"):
        elaborate(steps, ())


def test_a_pulse_wakes_everybody_who_waits_and_nobody_twice():
    emulator, log = Emulator(), []
    pulse = Recurring(emulator.env)

    def waiter(name: str):
        while True:
            yield pulse.next()
            log.append((name, emulator.now))

    emulator.process(waiter("a"))
    emulator.process(waiter("b"))
    for t in (10, 20):
        emulator.post(t, pulse.fire)
    emulator.advance(100)
    assert log == [("a", 10), ("b", 10), ("a", 20), ("b", 20)]


def test_a_pulse_that_nobody_awaits_leaves_no_trace():
    emulator = Emulator()
    pulse = Recurring(emulator.env)
    pulse.fire()
    assert emulator.peek() is None
    assert not pulse.next().triggered


def test_those_who_wait_share_one_event_until_it_has_happened():
    pulse = Recurring(Emulator().env)
    first = pulse.next()
    assert pulse.next() is first
    pulse.fire()
    assert first.triggered
    assert pulse.next() is not first
