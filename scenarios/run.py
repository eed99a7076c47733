"""`run(config) -> Result`: pure, no printing, no files but those it reads."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from threadpoolctl import threadpool_limits

from emulator import Config, Result, TraceSink

from .scenario import find
from .watch import Unwatched, Watch

Runner = Callable[[Config, Watch, TraceSink | None], Result]


def run(config: Config, watch: Watch | None = None, trace: TraceSink | None = None) -> Result:
    """Run a configuration to its end, or until `watch` asks to stop.

    Matrices are multiplied by one thread: these are too small to gain from more, and the result
    does not depend on the number of cores. Raises `SpinboardError` for anything that is wrong with
    the configuration or its data.
    """
    runner: Runner = import_module(f".{find(config.scenario).module}", __package__).run
    with threadpool_limits(1, user_api="blas"):
        return runner(config, watch or Unwatched(), trace)
