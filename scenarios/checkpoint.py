"""Points from which a run can go on after it was killed, or for longer than it was asked to."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emulator import DataError

from .rundir import RunDir
from .watch import State
from .weights import load_weights

FILES = "checkpoint-*.npz"


class CheckpointStore:
    """The points of one run, one for each part of it: `checkpoint-NAME.npz` in its folder.

    A point is replaced in one step, so that a kill leaves the old one or the new one. `config`
    writes the `config.toml` that repeats the run.
    """

    def __init__(self, folder: RunDir, config: Callable[[], str]) -> None:
        self._folder, self._config = folder, config
        self._named = False

    def save(self, name: str, state: State) -> None:
        """Keep `state` in place of the last point; raises `SpinboardError` if it cannot be."""
        if not self._named:
            self._folder.write("config.toml", self._config())
            self._named = True
        buffer = io.BytesIO()
        np.savez(buffer, **{key: _narrow(array) for key, array in state.items()})  # type: ignore[arg-type]
        self._folder.keep(_file(name), buffer.getvalue())

    def load(self, name: str) -> State | None:
        """Return the point of part `name`, None without; raises `DataError` for a damaged one."""
        path = self._folder.path(_file(name))
        return load_weights(path, "") if path.is_file() else None


def points_in(folder: Path) -> list[Path]:
    """Return the points that a run left in `folder`.

    Raises `DataError` if there are none, or one is damaged.
    """
    found = sorted(folder.glob(FILES))
    if not found:
        raise DataError(f"{folder} holds no {FILES}: there is no point to go on from")
    for path in found:
        load_weights(path, "")
    return found


def _file(name: str) -> str:
    return FILES.replace("*", name)


def _narrow(array: NDArray[np.float64]) -> NDArray[np.float32] | NDArray[np.float64]:
    """Return an array in single precision if that holds it exactly, as it does PyTorch's."""
    with np.errstate(over="ignore"):
        single = array.astype(np.float32)
    return single if np.array_equal(single, array, equal_nan=True) else array
