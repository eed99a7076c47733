"""Trained weights as a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from emulator import DataError

Array = NDArray[np.float64]


def load_weights(path: Path, setting: str = "weights=") -> dict[str, Array]:
    """Return the arrays of a `weights.npz`; raises `DataError` if it cannot be read.

    `setting` is what named the file, for the message. Damaged bytes fail in several libraries (zip,
    zlib, the array header), hence `Exception`.
    """
    try:
        with path.open("rb") as file, NpzFile(file) as arrays:
            return {name: _real(arrays[name]) for name in arrays.files}
    except FileNotFoundError:
        raise DataError(f"{setting}{path}: no such file") from None
    except Exception as error:
        raise DataError(f"{setting}{path}: not a weights.npz, or damaged ({error})") from None


def under(prefix: str, arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays whose names begin with `prefix`, by the rest of their names."""
    return {n.removeprefix(prefix): array for n, array in arrays.items() if n.startswith(prefix)}


def _real(array: NDArray[np.generic]) -> Array:
    if array.dtype.kind not in "fiu":
        raise ValueError(f"numbers of type {array.dtype} are not real")
    return np.asarray(array, dtype=np.float64)
