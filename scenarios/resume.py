"""Going on with a run: one that was killed or interrupted, or a finished one for longer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from emulator import Config, ConfigError, __version__

from .catalog import reread
from .checkpoint import points_in
from .rundir import RunDir
from .toml_text import to_toml


def resume(run: Path, changes: Sequence[str], out: str | None) -> tuple[Config, RunDir]:
    """Return what a run goes on with: its configuration, and a folder that holds its points.

    A killed run goes on in the folder that it left, `run` being where it would have come to lie;
    an interrupted or a finished one in a new folder, `out` or the next free one, and stays as it
    is. Raises `ConfigError` for a run that still goes on, `DataError` if it kept no point.
    """
    left = RunDir.unfinished(run)
    place = run if left is None else left.partial
    points = points_in(place)
    config = reread(place / "config.toml", changes)
    if left is not None:
        if out is not None:
            raise ConfigError(f"--out {out}: {run} was killed, and goes on in its own folder")
        return config, left
    folder = RunDir.reserve(out, config.scenario)
    folder.write("config.toml", to_toml(config.to_table(__version__)))
    for point in points:
        folder.write(point.name, point.read_bytes())
    return config, folder
