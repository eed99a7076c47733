"""The state of a learner as named arrays, the way a run directory keeps it (`weights.npz`)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

Floats = NDArray[np.float64]
State = dict[str, Floats]


def take(state: Mapping[str, Floats], name: str, shape: tuple[int, ...]) -> Floats:
    """Return a copy of `state[name]` as float64.

    Raises `ConfigError` if it is missing, has another shape than `shape`, or is not finite.
    """
    if name not in state:
        known = ", ".join(sorted(state)) or "nothing"
        raise ConfigError(f"learner state: '{name}' is missing (found: {known})")
    values = np.array(state[name], dtype=np.float64)
    if values.shape != shape:
        raise ConfigError(f"learner state: '{name}' has shape {values.shape}, expected {shape}")
    if not np.isfinite(values).all():
        raise ConfigError(f"learner state: '{name}' holds a NaN or an infinity")
    return values
