"""A driven node: its level at any time, carried from write to write in integer microvolts."""

from __future__ import annotations

from .settling import SettlingLaw

_MEMO = 1 << 16


class Line:
    """One node behind a converter and an amplifier.

    Every step starts from the level that the node actually has. `low` and `high` are the limits
    of the amplifier, `offset` its input offset (all microvolts). While somebody records (a switch
    that gates a pulse), earlier levels can be asked for too.
    """

    __slots__ = ("_memo", "_past", "_recorders", "_since", "_start", "high", "law", "low",
                 "offset", "target")  # fmt: skip

    def __init__(self, law: SettlingLaw, low: int, high: int, offset: int = 0) -> None:
        self.law, self.low, self.high, self.offset = law, low, high, offset
        self.target = self._start = self.limit(0)
        self._since = self._recorders = 0
        self._past: list[tuple[int, int, int]] = []
        self._memo: dict[tuple[int, int, int], int] = {}

    def limit(self, level_uv: int) -> int:
        """Return the level that the amplifier makes of an input: offset added, limits applied."""
        return min(max(level_uv + self.offset, self.low), self.high)

    def cuts(self, level_uv: int) -> bool:
        """True if a limit cuts an input level; a line at rest (input 0) is not cut."""
        return level_uv != 0 and not self.low <= level_uv + self.offset <= self.high

    def step(self, target: int, t: int) -> None:
        """Drive the node towards `target` (within the limits) from time `t` on.

        The target that it has already changes nothing: the node goes on settling.
        """
        if target == self.target:
            return
        since = self._since
        if self._recorders and t > since:
            self._past.append((since, self._start, self.target))
        start = self._start
        if start != self.target:
            start = self._level(start, self.target, t - since)
        self._start, self.target, self._since = start, target, t

    def record(self) -> None:
        """Keep all levels from now on, until the same caller says `forget`."""
        self._recorders += 1

    def forget(self) -> None:
        """Drop earlier levels once nobody records any more."""
        self._recorders -= 1
        if not self._recorders:
            self._past.clear()

    def level(self, t: int) -> int:
        """Return the level at `t`, not before the last step or what is recorded."""
        if t >= self._since:
            return self._level(self._start, self.target, t - self._since)
        for since, start, target in reversed(self._past):
            if t >= since:
                return self._level(start, target, t - since)
        raise ValueError(f"the level at {t} ps was not recorded")

    def peak(self, t0: int, t1: int) -> tuple[int, int]:
        """Return (level, time) of the highest level within [t0, t1], recorded since `t0`.

        Between steps a level is monotone, so it is found at the edges of the segments.
        """
        after = self._since
        begin = t0 if t0 > after else after
        here = max((self.level(t1), t1), (self.level(begin), begin))
        return here if after <= t0 else max(here, self._past_peak(t0))

    def _past_peak(self, t0: int) -> tuple[int, int]:
        """Return the peak of the earlier segments since `t0`."""
        candidates = [(self.low, t0)]
        after = self._since
        for since, start, target in reversed(self._past):
            if after <= t0:
                break
            first = max(t0, since)
            candidates.append((self._level(start, target, after - since), after))
            candidates.append((self._level(start, target, first - since), first))
            after = since
        return max(candidates)

    def _level(self, start: int, target: int, dt: int) -> int:
        if start == target:
            return target
        key = (start, target, dt)
        found = self._memo.get(key)
        if found is None:
            if len(self._memo) >= _MEMO:
                self._memo.clear()
            found = self._memo[key] = self.law.level(start, target, dt)
        return found
