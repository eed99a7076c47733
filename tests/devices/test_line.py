from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import Line, SettlingLaw, decay

SNAP = 50
LAW = SettlingLaw(400_000, decay(122_427), decay(360_674), SNAP)
HIGH = 3_500_000
# Writes: (ps since the last one, wanted level in uV).
writes = st.lists(
    st.tuples(st.integers(0, 3_000_000), st.integers(-100_000, 4_000_000)), min_size=1, max_size=25
)


class History:
    """The same node, played by hand: one segment per write, every level from the law itself."""

    def __init__(self, schedule) -> None:
        self.line = Line(LAW, 0, HIGH)
        self.segments = [(0, 0, 0)]
        t = 0
        for dt, wanted in schedule:
            t += dt
            target = self.line.limit(wanted)
            if target != self.segments[-1][2]:
                self.segments.append((t, self.level(t), target))
        self.end = t

    def level(self, t: int) -> int:
        since, start, target = next(s for s in reversed(self.segments) if s[0] <= t)
        return target if start == target else LAW.level(start, target, t - since)

    def play(self, record_from: int | None = None) -> Line:
        """Write to the line; recording starts at `record_from`."""
        recording = record_from is None
        for t, _, target in self.segments[1:]:
            if not recording and t >= record_from:
                self.line.record()
                recording = True
            self.line.step(target, t)
        if not recording:
            self.line.record()
        return self.line


@given(writes)
def test_the_level_is_continuous_at_every_write(schedule):
    """It may move by less than the snap: a residue below 1/16 LSB counts as settled."""
    line = Line(LAW, 0, HIGH)
    t = 0
    for dt, wanted in schedule:
        t += dt
        before = line.level(t)
        line.step(line.limit(wanted), t)
        assert abs(line.level(t) - before) < SNAP


@given(writes, st.integers(0, 5_000_000))
def test_every_write_starts_from_the_level_that_the_node_has(schedule, later):
    history = History(schedule)
    line = history.play()
    assert line.level(history.end + later) == history.level(history.end + later)
    assert 0 <= line.level(history.end + later) <= HIGH


@given(writes, st.data())
def test_the_peak_of_a_window_is_the_highest_level_on_a_fine_grid(schedule, data):
    """The window may hold any number of writes."""
    history = History(schedule)
    t1 = history.end + data.draw(st.integers(0, 2_000_000))
    t0 = data.draw(st.integers(0, t1))
    level, when = history.play(record_from=t0).peak(t0, t1)
    edges = {t0, t1, *(t for t, _, _ in history.segments if t0 <= t <= t1)}
    grid = sorted(edges | {t0 + (t1 - t0) * k // 200 for k in range(201)})
    assert level >= max(history.level(t) for t in grid)
    assert t0 <= when <= t1
    assert abs(level - history.level(when)) < SNAP


@given(writes, st.data())
def test_a_recorded_level_can_be_asked_for_afterwards(schedule, data):
    history = History(schedule)
    t0 = data.draw(st.integers(0, history.end))
    line = history.play(record_from=t0)
    for t in (t0, data.draw(st.integers(t0, history.end)), history.end):
        assert line.level(t) == history.level(t)


def test_what_nobody_records_is_gone():
    line = Line(LAW, 0, HIGH)
    for _ in range(2):
        line.record()
    line.step(1_000_000, 1000)
    line.forget()
    assert line.level(500) == 0  # one still records
    line.forget()
    line.step(2_000_000, 2000)
    with pytest.raises(ValueError, match="that was not recorded"):
        line.level(1500)


def test_limits_and_offset_are_the_amplifiers():
    line = Line(LAW, 0, 1_000_000, offset=5000)
    assert line.limit(500_000) == 505_000
    assert line.limit(-10_000) == 0
    assert line.limit(999_000) == 1_000_000
    assert line.cuts(995_001)
    assert not line.cuts(995_000)
    assert line.level(0) == 5000  # at rest it shows its offset


@given(writes, st.integers(0, 3_000_000))
def test_writing_the_same_level_again_changes_nothing(schedule, again):
    once, twice = Line(LAW, 0, HIGH), Line(LAW, 0, HIGH)
    t = 0
    for (dt, wanted), (gap, _) in pairwise([*schedule, (again, 0)]):
        t += dt
        target = once.limit(wanted)
        for line in (once, twice):
            line.step(target, t)
        twice.step(target, t + gap // 2)
    for later in (t + again, t + 2 * again):
        assert once.level(later) == twice.level(later)


def test_looking_changes_nothing():
    looked, plain = Line(LAW, 0, HIGH), Line(LAW, 0, HIGH)
    for line in (looked, plain):
        line.step(1_400_000, 1000)
    for t in range(1000, 5_000_000, 37_000):
        looked.level(t)
        looked.peak(1000, t)
    for line in (looked, plain):
        line.step(200_000, 5_000_000)
    assert looked.level(6_000_000) == plain.level(6_000_000)
