"""What the commands do: everything between the command line and `run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import controllers
from emulator import (
    Config,
    ConfigError,
    DataError,
    ParquetTrace,
    PriceError,
    Result,
    SequenceError,
    SpinboardError,
    __version__,
    load_card,
)
from emulator.kernels import announcing

from .catalog import configure, reread
from .checkpoint import CheckpointStore
from .json_text import to_json
from .progress import ConsoleWatch, StopFlag
from .reporting.tables import show_result, show_timeline
from .resume import resume
from .run import run
from .rundir import RunDir
from .scenario import SCENARIOS
from .toml_text import to_toml

INTERRUPTED = 130
BAD_INPUT = (ConfigError, DataError, PriceError, SequenceError)  # what could not be written stays


@dataclass(frozen=True)
class RunRequest:
    """The arguments of `spinboard run`."""

    scenario: str | None
    settings: tuple[str, ...]
    head: Mapping[str, Any]
    config: Path | None
    out: str | None
    trace: bool
    json: bool
    quiet: bool
    resume: Path | None = None

    def resolve(self) -> Config:
        """Return the configuration that was asked for; raises `ConfigError`."""
        name, settings = self.scenario, self.settings
        if name is not None and "=" in name:
            settings, name = (name, *settings), None
        if self.config is None:
            if name is None:
                raise ConfigError("name a scenario (`spinboard list` shows them) or --config FILE")
            return configure(name, settings, **self.head)
        config = reread(self.config, settings, **self.head)
        if name not in (None, config.scenario):
            raise ConfigError(f"{self.config} is a configuration of '{config.scenario}'")
        return config

    def changes(self) -> list[str]:
        """Return the settings of a run that goes on: epochs=N alone; raises `ConfigError`."""
        words = [word for word in (self.scenario, *self.settings) if word is not None]
        others = [word for word in words if not word.startswith("epochs=")]
        others += [f"--{name}" for name in (*(["config"] if self.config else ()), *self.head)]
        if others:
            raise ConfigError(
                f"--resume goes on with a run as it was: {others[0]} cannot change it"
            )
        return words


def run_scenario(request: RunRequest) -> int:
    """Run, store and report; returns the exit code. Raises `SpinboardError`."""
    if request.resume is None:
        config = request.resolve()
        folder = RunDir.reserve(request.out, config.scenario)
    else:
        config, folder = resume(request.resume, request.changes(), request.out)
    errors = Console(stderr=True)
    with StopFlag().listening():  # a signal while the run is being written loses nothing
        try:
            result = execute(config, folder, errors, trace=request.trace, quiet=request.quiet)
        except BAD_INPUT:
            folder.discard()
            raise
        place = folder.commit(result)
    report(result, place, errors, request)
    return INTERRUPTED if result.status == "interrupted" else 0


def execute(
    config: Config, folder: RunDir, console: Console, *, trace: bool = False, quiet: bool = False
) -> Result:
    """Run a configuration under a progress bar, listening for signals and notices.

    It goes on from the points in its folder, if there are any.
    """
    flag = StopFlag()
    sink = ParquetTrace(folder.path("trace.parquet")) if trace else None
    store = CheckpointStore(folder, lambda: to_toml(config.to_table(__version__)))
    watch = ConsoleWatch(console, flag, folder.save_steps, not quiet, store)
    with flag.listening(), watch.showing(), announcing(watch.notice):
        try:
            return run(config, watch, sink)
        finally:
            if sink is not None:
                sink.close()


def report(result: Result, place: Path, errors: Console, request: RunRequest) -> None:
    """Tell what came out: one JSON object, tables, or the run directory alone."""
    try:
        _print(result, place, request)
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  (for the flush at exit)
    except OSError as error:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        raise SpinboardError(f"stdout cannot be written ({error}); the run is in {place}") from None
    if result.status == "interrupted":
        steps = len(result.steps.get("step", ()))
        text = f"interrupted after {steps} steps; kept in {place}"
        errors.print(text, highlight=False, soft_wrap=True)


def _print(result: Result, place: Path, request: RunRequest) -> None:
    """Print the JSON object or the tables."""
    if sys.stdout is None:
        return
    if request.json:
        sys.stdout.write(to_json(result.summary(str(place))) + "\n")
    elif not request.quiet:
        console = Console()
        show_result(result, console)
        console.print()
        show_timeline(result.timeline, console)
        console.print(f"report: {place / 'report.html'}", highlight=False, soft_wrap=True)
    sys.stdout.flush()


def show_list() -> None:
    """Print scenarios, boards and price lists."""
    table = Table(box=None, pad_edge=False)
    for title in ("scenario", "what it does", "default cards"):
        table.add_column(title, overflow="fold")
    for scenario in SCENARIOS.values():
        cards = [f"{top}={card}" for top, card in scenario.tops.items() if top != scenario.name]
        table.add_row(scenario.name, scenario.summary, " ".join(cards))
    console = Console()
    console.print(table)
    boards = [p.stem for p in sorted(controllers.CARDS.glob("*.toml")) if load_card(p).parts]
    prices = [p.stem for p in sorted(controllers.PRICES.glob("*.toml"))]
    console.print(f"\nboards: {', '.join(boards)}   price lists: {', '.join(prices)}")


def fetch_data(name: str, directory: Path) -> None:
    """Download a data set and say where it lies; raises `SpinboardError`."""
    from learning.datasets import FILES  # noqa: PLC0415
    from learning.fetch import fetch_mnist  # noqa: PLC0415  (a slow import)

    if name not in FILES:
        raise ConfigError(f"data set '{name}' is unknown (known: {', '.join(FILES)})")
    console = Console(stderr=True)
    with console.status(f"fetching {name}"):
        folder = fetch_mnist(directory)
    Console().print(f"{name}: {folder}, checksums verified", highlight=False, soft_wrap=True)
