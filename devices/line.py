"""A driven node: its level at any time, carried from write to write in integer microvolts.

The functions are the node's automaton in both engines; compiled, they run on rows of an array.
"""

from __future__ import annotations

from typing import Any, Protocol

from .settling import Settling, SettlingLaw
from .settling import level as settled

UNSEEN = -1
PAST = 256  # segments of a node's history that a compiled run holds: the latest ones


class Node(Protocol):
    """What the automaton keeps, of a `Line` or of a row of an array.

    The node goes from `start` (at `since`, ps) to `target`. While somebody records, earlier
    segments (since, start, target) are kept: `past[:kept]`. `seen` is the level that was last
    asked for since then, at `seen_at` (`UNSEEN`: none).
    """

    start: int
    target: int
    since: int
    recorders: int
    kept: int
    past: Any
    seen: int
    seen_at: int


def step(line: Node, law: Settling, target: int, t: int) -> None:
    """Drive the node towards `target` from time `t` on.

    The target that it has already changes nothing: the node goes on settling.
    """
    if target == line.target:
        return
    if line.recorders > 0 and t > line.since:
        segment = line.past[line.kept]
        segment[0], segment[1], segment[2] = line.since, line.start, line.target
        line.kept += 1
    line.start, line.target, line.since = present(line, law, t), target, t
    line.seen_at = UNSEEN


def present(line: Node, law: Settling, t: int) -> int:
    """Return the level at `t`, not before the last step.

    A pulse often ends as its line is parked: who asks for the same level again gets it at once.
    """
    if line.start == line.target:
        return line.target
    if t != line.seen_at:
        line.seen = settled(law, line.start, line.target, t - line.since)
        line.seen_at = t
    return line.seen


def make_room(line: Node) -> None:
    """Forget the oldest segment where there is room for `PAST` of them only."""
    if line.kept == PAST:
        for k in range(PAST - 1):
            here, there = line.past[k], line.past[k + 1]
            here[0], here[1], here[2] = there[0], there[1], there[2]
        line.kept -= 1


def record(line: Node) -> None:
    """Keep all levels from now on, until the same caller says `forget`."""
    line.recorders += 1


def forget(line: Node) -> None:
    """Drop earlier levels once nobody records any more."""
    line.recorders -= 1
    if line.recorders == 0:
        line.kept = 0


def level(line: Node, law: Settling, t: int) -> int:
    """Return the level at `t`, not before the last step or what is recorded.

    Raises `ValueError` for a level that was not recorded.
    """
    if t >= line.since:
        return present(line, law, t)
    for k in range(line.kept - 1, -1, -1):
        segment = line.past[k]
        if t >= segment[0]:
            return settled(law, segment[1], segment[2], t - segment[0])
    raise ValueError("a level was asked for that was not recorded")


def peak(line: Node, law: Settling, t0: int, t1: int) -> tuple[int, int]:
    """Return (level, time) of the highest level within [t0, t1], the latest if there are several.

    Between steps a level is monotone, so it is found at the edges of the segments, which must
    have been recorded since `t0`; a segment begins with its `start`.
    """
    best, when = level(line, law, t1), t1
    since, start = line.since, line.start
    if since <= t0 and line.target >= start:
        return best, when
    k = line.kept
    while since > t0:
        if start > best:
            best, when = start, since
        k -= 1
        if k < 0:
            return best, when
        since, start = line.past[k][0], line.past[k][1]
    begin = level(line, law, t0)
    return (begin, t0) if begin > best else (best, when)


class Line:
    """One node behind a converter and an amplifier.

    Every step starts from the level that the node actually has. `low` and `high` are the limits
    of the amplifier, `offset` its input offset (all microvolts). While somebody records (a switch
    that gates a pulse), earlier levels can be asked for too.
    """

    __slots__ = ("high", "kept", "law", "low", "offset", "past", "recorders", "seen", "seen_at",
                 "since", "start", "target")  # fmt: skip
    record, forget = record, forget

    def __init__(self, law: SettlingLaw, low: int, high: int, offset: int = 0) -> None:
        self.law, self.low, self.high, self.offset = law, low, high, offset
        self.target = self.start = self.limit(0)
        self.since = self.recorders = self.kept = self.seen = 0
        self.seen_at = UNSEEN
        self.past: list[list[int]] = []

    def limit(self, level_uv: int) -> int:
        """Return the level that the amplifier makes of an input: offset added, limits applied."""
        return min(max(level_uv + self.offset, self.low), self.high)

    def cuts(self, level_uv: int) -> bool:
        """True if a limit cuts an input level; a line at rest (input 0) is not cut."""
        return level_uv != 0 and not self.low <= level_uv + self.offset <= self.high

    def step(self, target: int, t: int) -> None:
        """Drive the node towards `target` (within the limits) from time `t` on."""
        if self.recorders and self.kept == len(self.past):
            self.past.append([0, 0, 0])
        step(self, self.law, target, t)

    def level(self, t: int) -> int:
        """Return the level at `t`, not before the last step or what is recorded."""
        return level(self, self.law, t)

    def peak(self, t0: int, t1: int) -> tuple[int, int]:
        """Return (level, time) of the highest level within [t0, t1], recorded since `t0`."""
        return peak(self, self.law, t0, t1)
