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

    def keep(self, state: State) -> None:
        """Keep a point from which the run can go on, in place of the last one."""

    def kept(self) -> State | None:
        """Return the point from which to go on, None for a run from the beginning."""


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

    def keep(self, state: State) -> None:
        """Nothing is kept."""

    def kept(self) -> State | None:
        """Begin at the beginning."""
        return None
