"""Going on with a run that was killed or interrupted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emulator import Config

from .catalog import reread
from .checkpoint import read_checkpoint
from .rundir import RunDir
from .watch import State


def resume(run: Path, changes: Sequence[str], out: str | None) -> tuple[Config, State, RunDir]:
    """Return what a run goes on with: its configuration, the last point, and the folder.

    A killed run goes on in the folder that it left, `run` being where it would have come to lie;
    an interrupted one in a new folder, `out` or the next free one. Raises `ConfigError` for a run
    that still goes on, `DataError` if it kept no point.
    """
    folder = RunDir.unfinished(run)
    place = run if folder is None else folder.partial
    start = read_checkpoint(place)
    config = reread(place / "config.toml", changes)
    return config, start, folder or RunDir.reserve(out, config.scenario)
