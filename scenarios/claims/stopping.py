"""How a wish to stop reaches what a claim has running."""

from __future__ import annotations

from collections.abc import Callable

from ..watch import Unwatched


class StoppedError(Exception):
    """Somebody asked to stop while a claim was being judged."""


class StopWatch(Unwatched):
    """Hands on the wish to stop and shows nothing: a claim's own runs are no progress to report."""

    def __init__(self) -> None:
        self.asked: Callable[[], bool] = lambda: False

    def stop(self) -> bool:
        """Return True once somebody asked to stop."""
        return self.asked()

    def check(self) -> None:
        """Raise `StoppedError` once somebody asked to stop."""
        if self.stop():
            raise StoppedError
