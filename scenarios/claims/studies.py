"""Whole runs that claims ask for, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emulator import Config, ConfigError, Result, nearest

from ..catalog import check_head, configure, find, shelf
from ..run import run
from .quantity import Quantity


class Studies:
    """Runs scenarios on the claims' own lab board, junction, seed and data."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._done: dict[tuple[str, ...], Result] = {}

    def metric(self, scenario: str, name: str, settings: Sequence[str]) -> Quantity:
        """Return a metric of a run; raises `ConfigError` for one that it does not have.

        Raises what the run raises, `DataError` for a data set that is not there.
        """
        found = self._result(scenario, settings).metrics
        value = found.get(name)
        if value is None:
            raise ConfigError(f"{scenario} has no metric '{name}'{nearest(name, found)}")
        return Quantity(float(value))

    def _result(self, scenario: str, settings: Sequence[str]) -> Result:
        key = (scenario, *settings)
        if key not in self._done:
            self._done[key] = run(self._configured(scenario, settings))
        return self._done[key]

    def _configured(self, scenario: str, settings: Sequence[str]) -> Config:
        own, tops = self._config, find(scenario).tops
        config = configure(scenario, seed=own.seed, data=own.data)
        if tops["board"] in own.nodes:
            nodes = {"board": own.nodes[tops["board"]], "mtj": own.nodes["mtj"]}
            config = replace(config, nodes={**config.nodes, **nodes})
        return check_head(config.override(settings, shelf()))
