"""Whole runs that claims ask for, each once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emulator import Config, ConfigError, DataError, Result, nearest
from learning import find_files
from learning.datasets import IMAGES

from ..catalog import check_head, configure, shelf
from ..run import run
from ..scenario import find
from .quantity import RUN, Quantity
from .readings import named
from .stopping import StoppedError, StopWatch

BOARD = "lab"  # what studies of neurons run on
LEARNER, NOISE = "pid_mnist", "telegraph"
UNITS = {"_s": "s", "_j": "J", "_v": "V", "_hz": "Hz", "_ohm": "ohm"}  # by a metric's last word


class AbsentError(DataError):
    """A data set that is not there; its text says where it was looked for."""


class Studies:
    """Runs scenarios on the claims' own lab board, junction, learner, noise, seed and data.

    Learner and noise are those of scenarios whose own are `pid_mnist` and `telegraph`; others keep
    theirs.
    """

    def __init__(self, config: Config, watch: StopWatch | None = None) -> None:
        self._config, self._watch = config, watch or StopWatch()
        self._done: dict[tuple[str, ...], Result] = {}

    def metric(self, scenario: str, name: str, settings: Sequence[str]) -> Quantity:
        """Return a metric of a run; raises `ConfigError` for one that it does not have.

        Raises what the run raises, `AbsentError` for a data set that is not there (`DataError`
        for one that is damaged), `StoppedError` if somebody asked to stop meanwhile.
        """
        found = self._result(scenario, settings).metrics
        value = found.get(name)
        if value is None and name in found:
            raise ConfigError(f"{scenario} finds no '{name}' with these settings")
        if value is None:
            raise ConfigError(f"{scenario} has no metric '{name}'{nearest(name, found)}")
        unit = next((unit for end, unit in UNITS.items() if name.partition("_low")[0].partition(
            "_high")[0].endswith(end)), "")  # fmt: skip
        return Quantity.of(float(value), unit, {RUN: 1.0})

    def configured(self, scenario: str, settings: Sequence[str]) -> Config:
        """Return the configuration of a run; raises `ConfigError`."""
        own, tops = self._config, find(scenario).tops
        config = configure(scenario, seed=own.seed, data=own.data)
        nodes = dict(config.nodes)
        if tops["board"] in own.nodes:
            nodes |= {"board": own.nodes[tops["board"]], "mtj": own.nodes["mtj"]}
        for top, card in (("learner", LEARNER), ("noise", NOISE)):
            if tops.get(top) == card:
                nodes[top] = own.nodes[top]
        words = map(find(scenario).spelled, settings)
        return check_head(replace(config, nodes=nodes).override(words, shelf()))

    def _result(self, scenario: str, settings: Sequence[str]) -> Result:
        key = (scenario, *settings)
        if key not in self._done:
            config = self.configured(scenario, settings)
            _look_for_data(config)
            self._watch.check()
            with named(BOARD):
                result = run(config, self._watch)
            if result.status == "interrupted":
                raise StoppedError
            self._done[key] = result
        return self._done[key]


def _look_for_data(config: Config) -> None:
    """Raise `AbsentError` if the scenario names a data set to be fetched that is not there."""
    chosen = config.node(config.scenario).card.numbers.get("data_set")
    if chosen is None or chosen.value not in IMAGES:
        return
    try:
        find_files(str(chosen.value), Path(config.data) if config.data else None)
    except DataError as missing:
        raise AbsentError(str(missing)) from None
