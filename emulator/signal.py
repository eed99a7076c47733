"""A signal: something that happens again and again and that a program can wait for."""

from __future__ import annotations

import simpy
from simpy.events import Event


class Recurring:
    """An event that recurs, such as an end of conversion; satisfies `Signal`."""

    __slots__ = ("_env", "_event")

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._event: Event | None = None

    def next(self) -> Event:
        """Return an event for the next time; all who wait share it."""
        if self._event is None:
            self._event = self._env.event()
        return self._event

    def fire(self) -> None:
        """It happens now."""
        if self._event is not None:
            event, self._event = self._event, None
            event.succeed()
