"""`run(config) -> Result`: pure, no printing, no files but the data set it reads."""

from __future__ import annotations

from collections.abc import Callable

from threadpoolctl import threadpool_limits

from emulator import Config, Result, TraceSink

from . import sinn
from .watch import Unwatched, Watch

Runner = Callable[[Config, Watch, TraceSink | None], Result]
RUNNERS: dict[str, Runner] = {"sinn-digits": sinn.run, "sinn-mnist": sinn.run}


def run(config: Config, watch: Watch | None = None, trace: TraceSink | None = None) -> Result:
    """Run a configuration to its end, or until `watch` asks to stop.

    Matrices are multiplied by one thread: these are too small to gain from more, and the result
    does not depend on the number of cores. Raises `SpinboardError` for anything that is wrong with
    the configuration or its data.
    """
    with threadpool_limits(1, user_api="blas"):
        return RUNNERS[config.scenario](config, watch or Unwatched(), trace)
