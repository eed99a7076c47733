"""Trained weights as a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from emulator import DataError


def load_weights(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a `weights.npz`; raises `DataError` if it cannot be read.

    Damaged bytes fail in several libraries (zip, zlib, the array header), hence `Exception`.
    """
    try:
        with path.open("rb") as file, NpzFile(file) as arrays:
            return {name: _real(arrays[name]) for name in arrays.files}
    except FileNotFoundError:
        raise DataError(f"weights={path}: no such file") from None
    except Exception as error:
        raise DataError(f"weights={path}: not a weights.npz ({error})") from None


def _real(array: NDArray[np.generic]) -> NDArray[np.float64]:
    if array.dtype.kind not in "fiu":
        raise ValueError(f"numbers of type {array.dtype} are not real")
    return np.asarray(array, dtype=np.float64)
