from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Emulator, MemoryTrace, Program, SequenceError, Tick, tick
from emulator.core import FIRST_RANK

# One post: (time, rank of its part or None, delay of a further post that it makes or None).
posts = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.none() | st.integers(FIRST_RANK, FIRST_RANK + 3),
        st.none() | st.integers(0, 5),
    ),
    max_size=12,
)
END = 100


def start(schedule) -> tuple[Emulator, list[tuple[int, object]]]:
    """An emulator with posts, posts made by posts, and two processes that tick on their own."""
    emulator, log = Emulator(), []

    def note(name: object) -> None:
        log.append((emulator.now, name))

    def happen(i: int, rank: int | None, delay: int | None) -> None:
        note(i)
        if delay is not None:
            later(emulator.now + delay, rank, lambda: note((i, "further")))

    def later(t: int, rank: int | None, fn) -> None:
        if rank is None:
            emulator.post(t, fn)
        else:
            emulator.post(t, fn, rank)

    def clock(name: str, period: int) -> Program:
        instant = Tick(emulator.env, emulator.rank(name))
        while True:
            yield instant.arm(period)
            note(name)

    emulator.process(clock("a", 7))
    emulator.process(clock("b", 14))
    for i, (t, rank, delay) in enumerate(schedule):
        later(t, rank, lambda i=i, rank=rank, delay=delay: happen(i, rank, delay))
    return emulator, log


@given(posts, st.lists(st.integers(0, END), max_size=20))
def test_any_subdivision_of_an_advance_gives_the_same_history(schedule, stops):
    whole, expected = start(schedule)
    whole.advance(END)
    parts, log = start(schedule)
    for stop in [*sorted(stops), END]:
        parts.advance(stop)
    assert log == expected
    assert parts.now == whole.now == END
    assert parts.peek() == whole.peek()


@given(posts)
def test_ties_are_resolved_by_rank_and_then_by_order_of_posting(schedule):
    emulator, log = Emulator(), []
    keys = []
    for i, (t, rank, _) in enumerate(schedule):
        if rank is None:
            emulator.post(t, lambda i=i: log.append(i))
            keys.append((t, 2**60, i))
        else:
            emulator.post(t, lambda i=i: log.append(i), rank)
            keys.append((t, rank, i))
    emulator.advance(END)
    assert log == [i for _, _, i in sorted(keys)]


def test_an_advance_includes_its_end():
    emulator, log = Emulator(), []
    for t in (9, 10, 11):
        emulator.post(t, lambda t=t: log.append(t))
    assert emulator.advance(10) == 11
    assert log == [9, 10]
    assert emulator.now == 10
    assert emulator.advance(10) == 11
    assert emulator.advance(11) is None
    assert log == [9, 10, 11]


def test_what_is_posted_at_the_end_during_the_advance_still_happens():
    emulator, log = Emulator(), []
    emulator.post(10, lambda: emulator.post(10, lambda: log.append("chained")))
    assert emulator.advance(10) is None
    assert log == ["chained"]


def test_an_empty_queue_has_no_next_event_and_time_may_still_pass():
    emulator = Emulator()
    assert emulator.peek() is None
    assert emulator.advance(10**15) is None
    assert emulator.now == 10**15
    emulator.post(10**15 + 5, lambda: None)
    assert emulator.peek() == 10**15 + 5


def test_the_past_is_closed():
    emulator = Emulator()
    emulator.advance(100)
    with pytest.raises(ValueError, match="cannot post at 99 ps, it is 100 ps already"):
        emulator.post(99, lambda: None)
    with pytest.raises(ValueError, match="cannot advance to 99 ps, it is 100 ps already"):
        emulator.advance(99)


def test_time_is_exact_after_a_hundred_days():
    """Picoseconds keep their order at 8.6e18 ps, where a double has steps of 1024."""
    emulator, log = Emulator(), []
    days = 100 * 86_400 * 10**12
    for t in (days + 2, days + 1, days + 3):
        emulator.post(t, lambda t=t: log.append(t - days))
    emulator.advance(days + 2)
    assert log == [1, 2]
    assert emulator.peek() == days + 3


def test_completing_returns_the_value_and_stops_there():
    emulator, log = Emulator(), []

    def program() -> Program:
        yield tick(emulator.env, 30, FIRST_RANK)
        return "value"

    emulator.post(31, lambda: log.append("after"))
    process = emulator.process(program())
    assert emulator.complete(process) == "value"
    assert emulator.now == 30
    assert log == []
    assert emulator.complete(process) == "value"


def test_waiting_for_nobody_is_an_error():
    emulator = Emulator()
    emulator.post(25, lambda: None)
    message = "nothing is left to happen at 25 ps, but something is still awaited"
    with pytest.raises(SequenceError, match=message):
        emulator.complete(emulator.env.event())


def test_a_program_that_fails_is_not_silent():
    emulator = Emulator()

    def program() -> Program:
        yield tick(emulator.env, 5, FIRST_RANK)
        raise SequenceError("no such port")

    emulator.process(program())
    with pytest.raises(SequenceError, match="no such port"):
        emulator.advance(10)


def test_a_tick_may_be_armed_again_once_it_has_happened():
    emulator, log = Emulator(), []
    instant = Tick(emulator.env, FIRST_RANK)
    for delay in (3, 0, 4):
        assert instant.arm(delay) is instant
        instant.callbacks.append(lambda _: log.append(emulator.now))
        emulator.complete(instant)
    assert log == [3, 3, 7]


def test_a_parts_rank_is_the_order_of_its_construction():
    emulator = Emulator()
    ranks = [emulator.rank(part) for part in ("z", "a", "z", "m")]
    assert ranks == [FIRST_RANK, FIRST_RANK + 1, FIRST_RANK, FIRST_RANK + 2]


def test_a_trace_is_off_unless_it_is_asked_for():
    trace = MemoryTrace()
    assert Emulator().trace is None
    assert Emulator(trace=trace).trace is trace
