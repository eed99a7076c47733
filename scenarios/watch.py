"""What a run tells whoever watches it, and how it is asked to stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

State = Mapping[str, NDArray[np.float64]]  # arrays by name


class Watch(Protocol):
    """An observer of a run. It is asked between steps, never inside one."""

    def stop(self) -> bool:
        """Return True to end the run after the step that has just finished."""

    def begin(self, phase: str, total: int) -> None:
        """A phase of `total` units begins."""

    def advance(self, units: int, note: str) -> None:
        """`units` more are done; `note` is what to show beside the bar."""

    def step(self, row: Mapping[str, float | int]) -> None:
        """A learning step is finished; `row` is one row of `steps.parquet`."""

    def keep(self, name: str, state: State) -> None:
        """Keep a point from which the part `name` of the run can go on, in place of its last."""

    def kept(self, name: str) -> State | None:
        """Return the point from which part `name` goes on, None for one from the beginning."""


class Unwatched:
    """Nobody looks; satisfies `Watch`."""

    def stop(self) -> bool:
        """Never."""
        return False

    def begin(self, phase: str, total: int) -> None:
        """Nothing is shown."""

    def advance(self, units: int, note: str) -> None:
        """Nothing is shown."""

    def step(self, row: Mapping[str, float | int]) -> None:
        """Nothing is kept."""

    def keep(self, name: str, state: State) -> None:
        """Nothing is kept."""

    def kept(self, name: str) -> State | None:
        """Begin at the beginning."""
        return None


class Aside:
    """Passes on everything but the steps: those of what is only compared with; a `Watch`."""

    def __init__(self, watch: Watch) -> None:
        self.stop, self.begin, self.advance = watch.stop, watch.begin, watch.advance
        self.keep, self.kept = watch.keep, watch.kept

    def step(self, row: Mapping[str, float | int]) -> None:
        """Keep it out of `steps.parquet`."""
