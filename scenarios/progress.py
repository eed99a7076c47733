"""Watches for the command line: progress on a terminal, steps kept on disk, signals heard."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from .checkpoint import CheckpointStore
from .watch import State

SAVE_EVERY_S = 5.0


class StopFlag:
    """Set by SIGINT or SIGTERM; a second signal interrupts at once."""

    def __init__(self) -> None:
        self.raised = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Catch the signals while the block runs."""
        before = {number: signal.signal(number, self._hear) for number in self._numbers()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.raised:
            raise KeyboardInterrupt
        self.raised = True

    @staticmethod
    def _numbers() -> tuple[signal.Signals, ...]:
        return (signal.SIGINT, signal.SIGTERM)


class ConsoleWatch:
    """Shows a bar with step, accuracy and emulated time, and saves the steps now and then."""

    def __init__(
        self,
        console: Console,
        flag: StopFlag,
        save: Callable[[Mapping[str, list[float | int]]], None],
        visible: bool,
        store: CheckpointStore | None = None,
    ) -> None:
        self._flag, self._save, self._store = flag, save, store
        self._console, self._visible = console, visible
        self._progress = Progress(
            TextColumn("{task.description:>9}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[note]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not (visible and console.is_terminal),
        )
        self._task: TaskID | None = None
        self._columns: dict[str, list[float | int]] = {}
        self._saved_at = time.monotonic()

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Draw the bars while the block runs."""
        with self._progress:
            yield

    def notice(self, text: str) -> None:
        """Print a line, above the bar if there is one: what takes long is said before it begins."""
        if self._visible:
            self._console.print(text, highlight=False, soft_wrap=True)

    def stop(self) -> bool:
        """Return True once a signal was heard."""
        return self._flag.raised

    def begin(self, phase: str, total: int) -> None:
        """Start a new bar."""
        self._task = self._progress.add_task(phase, total=total, note="")

    def advance(self, units: int, note: str) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, advance=units, note=note)

    def step(self, row: Mapping[str, float | int]) -> None:
        """Keep a row; save all of them every few seconds."""
        for name, value in row.items():
            self._columns.setdefault(name, []).append(value)
        if time.monotonic() - self._saved_at >= SAVE_EVERY_S:
            self._save(self._columns)
            self._saved_at = time.monotonic()

    def keep(self, name: str, state: State) -> None:
        """Store a point from which part `name` can go on."""
        if self._store is not None:
            self._store.save(name, state)

    def kept(self, name: str) -> State | None:
        """Return the point from which part `name` goes on, if this run resumes another."""
        return None if self._store is None else self._store.load(name)
