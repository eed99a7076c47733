from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Entry, Ledger

PARTS = {"mtj": ("hold",), "adc": ("idle", "converting"), "switch": ("open", "reset", "write", "r")}
# One event: (ps since the last one, what happens, which part, which state or how many).
events = st.lists(
    st.tuples(
        st.integers(0, 10**9),
        st.sampled_from(["enter", "count", "look", "open", "close"]),
        st.sampled_from(sorted(PARTS)),
        st.integers(0, 3),
    ),
    max_size=40,
)


def run(schedule, *, look: bool = True) -> tuple[Ledger, int, int, list[Entry]]:
    """Play a schedule; return (ledger, end, time inside windows, entries)."""
    ledger = Ledger()
    accounts = {part: ledger.open(part, "front_end", s, ("n",)) for part, s in PARTS.items()}
    t = inside = 0
    opened = None
    for dt, what, part, k in schedule:
        t += dt
        if what == "enter":
            accounts[part].enter(k % len(PARTS[part]), t)
        elif what == "count":
            accounts[part].count(0, k)
        elif what == "look" and look:
            ledger.entries(t)
        elif what == "open" and opened is None:
            ledger.open_window(t)
            opened = t
        elif what == "close" and opened is not None:
            ledger.close_window(t)
            inside += t - opened
            opened = None
    if opened is not None:
        ledger.close_window(t)
        inside += t - opened
    return ledger, t, inside, ledger.entries(t)


def total(entries: list[Entry], part: str, field: str) -> int:
    return sum(getattr(e, field) for e in entries if e.part == part and e.kind == "state")


@given(events)
def test_residencies_of_every_part_sum_to_the_emulated_time(schedule):
    _, end, _, entries = run(schedule)
    for part in PARTS:
        assert total(entries, part, "amount") == end


@given(events)
def test_windows_are_a_share_of_the_whole_and_sum_to_the_window_time(schedule):
    ledger, _, inside, entries = run(schedule)
    assert ledger.window_ps == inside
    for part in PARTS:
        assert total(entries, part, "window_amount") == inside
    assert all(0 <= e.window_amount <= e.amount for e in entries)


@given(events)
def test_amounts_are_those_of_the_entries(schedule):
    ledger, end, _, entries = run(schedule)
    assert ledger.amounts(end) == [entry.amount for entry in entries]


@given(events)
def test_looking_at_the_books_changes_nothing(schedule):
    assert run(schedule)[3] == run(schedule, look=False)[3]


def test_an_interrupted_state_books_what_elapsed():
    ledger = Ledger()
    adc = ledger.open("adc", "front_end", ("idle", "converting"), ("conversion",), bank=3)
    adc.enter(1, 100)
    adc.count(0)
    ledger.open_window(150)
    adc.enter(0, 170)
    adc.count(0, 2)
    ledger.close_window(175)
    assert adc.state == "idle"
    assert ledger.entries(1000) == [
        Entry("adc", "front_end", "state", "idle", 3, 930, 5),
        Entry("adc", "front_end", "state", "converting", 3, 70, 20),
        Entry("adc", "front_end", "action", "conversion", 3, 3, 2),
    ]


def test_a_count_has_no_largest_value():
    ledger = Ledger()
    ledger.open("mtj", "device", ("hold",), ("drive",)).count(0, 10**40)
    assert ledger.entries(0)[1].amount == 10**40
    assert Fraction(ledger.entries(0)[1].amount) == Fraction(10**40)


def test_time_runs_forwards():
    account = Ledger().open("adc", "front_end", ("idle", "converting"))
    account.enter(1, 100)
    with pytest.raises(ValueError, match="time runs backwards"):
        account.enter(0, 99)
    account.enter(0, 100)


def test_a_name_is_taken_once():
    ledger = Ledger()
    ledger.open("adc", "front_end")
    with pytest.raises(ValueError, match="two parts are called 'adc'"):
        ledger.open("adc", "front_end")


def test_windows_do_not_nest():
    ledger = Ledger()
    with pytest.raises(ValueError, match="no update window is open"):
        ledger.close_window(0)
    ledger.open_window(0)
    with pytest.raises(ValueError, match="an update window is open already"):
        ledger.open_window(1)


def test_a_part_may_not_appear_inside_a_window():
    """Its state since time 0 would be booked into the window."""
    ledger = Ledger()
    ledger.open_window(10)
    with pytest.raises(ValueError, match="'late' is opened inside an update window"):
        ledger.open("late", "front_end")


def test_entries_follow_the_order_of_construction():
    ledger = Ledger()
    for part in ("z", "a", "m"):
        ledger.open(part, "host", ("on", "off"), ("x",))
    assert [(e.part, e.name) for e in ledger.entries(0)] == [
        (part, name) for part in ("z", "a", "m") for name in ("on", "off", "x")
    ]
