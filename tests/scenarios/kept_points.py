"""A watch that keeps points as the command line does, and ends a run as a kill or Ctrl-C does."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.watch import State


class KilledError(Exception):
    """The run is gone, without a word."""


class Points:
    """Keeps the last point of each name; after `points` of them kills the run, or stops it."""

    def __init__(
        self,
        start: Mapping[str, State] | None = None,
        *,
        points: int | None = None,
        kill: bool = False,
    ) -> None:
        self.start, self.last = dict(start or {}), dict(start or {})
        self.rows: list[dict[str, float | int]] = []
        self._left, self._kill = points, kill

    def stop(self) -> bool:
        return self._left == 0

    def begin(self, phase: str, total: int) -> None:
        pass

    def advance(self, units: int, note: str) -> None:
        pass

    def step(self, row: Mapping[str, float | int]) -> None:
        self.rows.append(dict(row))

    def keep(self, name: str, state: State) -> None:
        self.last[name] = {key: array.copy() for key, array in state.items()}
        if self._left is not None:
            self._left -= 1
            if self._kill and self._left == 0:
                raise KilledError

    def kept(self, name: str) -> State | None:
        return self.start.get(name)
