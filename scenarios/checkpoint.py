"""Points from which a run can go on after it was killed: `checkpoint.npz` and `config.toml`."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np

from emulator import DataError

from .watch import State
from .weights import load_weights

FILE = "checkpoint.npz"
Write = Callable[[str, str | bytes], None]


class CheckpointStore:
    """The checkpoints of one run: `start` is where it goes on, None at its beginning.

    `write` replaces a file of the run in one step, so that a kill leaves the old point or the new
    one; `config` writes the `config.toml` that repeats the run.
    """

    def __init__(self, write: Write, config: Callable[[], str], start: State | None = None) -> None:
        self._write, self._config, self.start = write, config, start
        self._named = False

    def save(self, state: State) -> None:
        """Keep `state` in place of the last point; raises `SpinboardError` if it cannot be."""
        if not self._named:
            self._write("config.toml", self._config())
            self._named = True
        buffer = io.BytesIO()
        np.savez(buffer, **dict(state))  # type: ignore[arg-type]
        self._write(FILE, buffer.getvalue())


def read_checkpoint(folder: Path) -> State:
    """Return the point that a run left in `folder`; raises `DataError` if it cannot be read."""
    if not (folder / FILE).is_file():
        raise DataError(f"{folder} holds no {FILE}: there is no point to go on from")
    return load_weights(folder / FILE)
