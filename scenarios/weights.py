"""Trained weights as a file."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emulator import DataError


def load_weights(path: Path) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a `weights.npz`; raises `DataError` if it cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: np.asarray(arrays[name], dtype=np.float64) for name in arrays.files}
    except FileNotFoundError:
        raise DataError(f"weights={path}: no such file") from None
    except (OSError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise DataError(f"weights={path}: not a weights.npz ({error})") from None
