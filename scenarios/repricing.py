"""A stored run under another price list, without running it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from emulator import Bill

from .catalog import reread
from .energy import reprice
from .workbench import Workbench


def reprice_run(run_dir: Path, prices: str) -> Bill:
    """Price the run stored in `run_dir` by `paper`, `datasheet` or a price list of your own.

    Formulas in the list (the heat of a write) are evaluated on the run's own board. Raises
    `ConfigError`, `DataError` or `PriceError`.
    """
    config = reread(run_dir / "config.toml", prices=prices)
    with np.load(run_dir / "weights.npz") as arrays:
        neurons = int(arrays["weights"].shape[0])
    return reprice(run_dir, Workbench.build(config, neurons, None).prices)
