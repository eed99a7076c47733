"""The trainings of a sweep, one after the other; what is finished is kept, and need not be redone.

All of them are built before the first one begins, so that a value that cannot be is refused at
once. The point from which a sweep goes on holds the rows of every finished training and all of
the one that is under way: after a kill the boards play the finished trainings once more, for
their books, and the sweep ends as if it had never been interrupted, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emulator import Config, ConfigError, Count, Result, Table
from learning import PerturbationParams

from .array_bench import ArrayBench
from .epoch_table import SCORES
from .joined import joined
from .perturbation import PerturbationTask, Training
from .study import Study, Value
from .watch import State, Unwatched, Watch
from .weights import under

POINT = "sweep"  # the name of its point


class SweepTask(PerturbationTask):
    """The keys that every sweep over trainings has: `seeds` trainings at each value."""

    epochs: Count = Field(ge=1, le=1_000_000)
    seeds: Count = Field(ge=1, le=100)


@dataclass(frozen=True)
class Plan:
    """One training that is to be: how to build it under a watch, and what to call it."""

    note: str
    build: Callable[[Watch], Training]


@dataclass(frozen=True)
class Finished:
    """What is left of a training that ran to its end: board, rows, and its noise's state."""

    study: Study[ArrayBench]
    noise: State
    epochs: int

    def score(self, name: str) -> float:
        """Return the last epoch's value of a column."""
        return float(self.study.columns[name][-1])

    def count(self, name: str) -> int:
        """Return what the noise has counted."""
        return int(self.noise[name])


class Member:
    """The watch of one training of a sweep; satisfies `Watch`.

    It stops when the sweep is to stop, and its points become part of the sweep's.
    """

    def __init__(self, watch: Watch, keep: Callable[[State], None], kept: State) -> None:
        self.stop, self._keep, self._kept = watch.stop, keep, kept

    def begin(self, phase: str, total: int) -> None:
        """Show nothing: the sweep counts trainings."""

    def advance(self, units: int, note: str) -> None:
        """Show nothing."""

    def step(self, row: Mapping[str, float | int]) -> None:
        """Tell nothing: a row of the sweep is a whole training."""

    def keep(self, name: str, state: State) -> None:
        """Make it a part of the sweep's point."""
        self._keep(state)

    def kept(self, name: str) -> State | None:
        """Return this training's part of the point, None if it had not finished an epoch."""
        return self._kept or None


class Trainings:
    """All trainings of a sweep, in order. `finished` and `steps` hold those that are done."""

    def __init__(self, watch: Watch, epochs: int, plans: Sequence[Plan]) -> None:
        self.watch, self.epochs, self.plans = watch, epochs, plans
        self.finished: list[Finished] = []
        self.steps: dict[str, list[Value]] = {}
        self._studies: list[Study[ArrayBench]] = []
        self._done: dict[str, NDArray[np.float64]] = {}  # of the point: the finished trainings
        for plan in plans:
            plan.build(Unwatched())

    def run(self) -> None:
        """Train one after the other, until done or asked to stop.

        Raises `ConfigError` if the kept point is that of trainings of another length.
        """
        kept = self.watch.kept(POINT) or {}
        if kept and int(kept["epochs"]) != self.epochs:
            raise ConfigError(
                f"epochs = {self.epochs}: the finished trainings of this sweep had "
                f"{int(kept['epochs'])}, it can only go on with as many"
            )
        self.watch.begin("trainings", len(self.plans))
        for plan in self.plans:
            if not self._train(plan, under(self._prefix(), kept)):
                return

    def groups(self, size: int) -> list[list[Finished]]:
        """Return the finished trainings `size` by `size`, without the rest."""
        count = len(self.finished) // size
        return [self.finished[i * size : (i + 1) * size] for i in range(count)]

    def result(
        self, config: Config, metrics: Mapping[str, Value | None], tables: Mapping[str, Table],
        warnings: Sequence[str],
    ) -> Result:  # fmt: skip
        """Return what the sweep has found; time and bill are those of all trainings."""
        metrics = {**metrics, "trainings": len(self.finished)}
        return joined(
            self._studies, config, metrics, steps=self.steps, tables=tables, warnings=warnings
        )

    def _train(self, plan: Plan, kept: State) -> bool:
        """Train once; returns False if it was stopped."""
        training = plan.build(Member(self.watch, self._keep, kept))
        self._studies.append(training.study)
        training.train()
        if training.study.stopped:
            return False
        found = {n: array for n, array in training.point.items() if not n.startswith("learner.")}
        self._done |= self._named(found)
        self.finished.append(Finished(training.study, under("noise.", found), training.done))
        self._row(training.study)
        self.watch.advance(1, plan.note)
        return True

    def _keep(self, state: State) -> None:
        """Keep the finished trainings, and the point of the one under way."""
        self.watch.keep(
            POINT, {"epochs": np.array(float(self.epochs)), **self._done, **self._named(state)}
        )

    def _named(self, state: State) -> dict[str, NDArray[np.float64]]:
        return {f"{self._prefix()}{name}": array for name, array in state.items()}

    def _prefix(self) -> str:
        """Return what the names of the training under way begin with in a point."""
        return f"{len(self.finished)}."

    def _row(self, study: Study[ArrayBench]) -> None:
        """Keep a row for a finished training; costs are those of the sweep so far.

        `test_accuracy`, not `accuracy`: that of one training after another is no progress.
        """
        costs = [done.study.costs() for done in self.finished]
        row: dict[str, Value] = {
            "step": len(self.finished) - 1,
            "seed": study.config.seed,
            "test_accuracy": study.columns["accuracy"][-1],
            **{name: study.columns[name][-1] for name in SCORES},
            **{name: sum(cost[name] for cost in costs) for name in costs[0]},
        }
        for name, value in row.items():
            self.steps.setdefault(name, []).append(value)
        self.watch.step(row)


def learns_from_noise(config: Config) -> None:
    """Raise `ConfigError` unless the learner of a configuration compares noisy passes."""
    params = PerturbationParams.from_card(config.node("learner").card, "learner")
    if not params.noise_passes:
        raise ConfigError(f"learner.rule = {params.rule} takes no noise: choose np, anp or danp")
