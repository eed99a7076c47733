"""How networks converge that learn from noise, beside backpropagation (S1 fig. 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import Field

from emulator import Config, ConfigError, Count, Result, Table, TraceSink
from emulator.result import Weights
from emulator.streams import check_seed
from emulator.ticks import PS_PER_S
from learning import wilson

from .catalog import shelf
from .epoch_table import COLUMNS, epoch_table
from .joined import joined
from .perturbation import PerturbationTask, Training, load_task
from .procedure import with_numbers
from .replay import wraps
from .study import Value
from .warnings import untrained
from .watch import Aside, Watch
from .weights import load_weights, under

SIMULATED, MEASURED = "danp_cifar100", "danp_cifar100_measured"  # cards of table I
RECORDED = "recorded_noise"  # the model of measured noise
SHAPE = ("hidden_layers", "hidden_units", "slope", "bias", "loss", "batch", "device")


class ConvergenceParams(PerturbationTask):
    """The scenario's own keys beside those of a training.

    `seeds` trainings, at the configured seed and those that follow it. `bound`: one more by
    backpropagation. `weights`: the `weights.npz` of a run to start from, "" for fresh ones.
    """

    seeds: Count = Field(ge=1, le=100)
    bound: bool
    weights: str


class Convergence:
    """Trainings that differ in their seed alone, and the bound that backpropagation sets them.

    Each has a board and a clock of its own. The bound is the host's affair: it costs the boards
    nothing and is left out of their books and steps. A trace is that of the first training.
    """

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        self.config, self.watch, self.trace = config, watch, trace
        self.params = ConvergenceParams.from_card(
            config.node(config.scenario).card, config.scenario
        )
        check_seed(config.seed + self.params.seeds - 1)
        if self.params.bound and not self.params.epochs:
            raise ConfigError("bound = true: backpropagation learns nothing in epochs = 0")
        self.data = load_task(self.params, config.data)
        self.trainings: list[Training] = []
        self.bound: Training | None = None

    def run(self) -> None:
        """Train at every seed, then by backpropagation; stop when asked to."""
        first = self.config.seed
        for seed in range(first, first + self.params.seeds):
            training = self._training(seed)
            self.trainings.append(training)
            training.train()
            if training.study.stopped:
                return
        if self.params.bound:
            self.bound = Training(
                self._backprop(), Aside(self.watch), None, self.params, self.data, "bp"
            )
            self.bound.train()
            training.study.stopped = self.bound.study.stopped

    def _training(self, seed: int) -> Training:
        trace = None if self.trainings else self.trace
        config = replace(self.config, seed=seed)
        training = Training(config, self.watch, trace, self.params, self.data)
        if self.params.weights:
            start_from(Path(self.params.weights), training)
        return training

    def _backprop(self) -> Config:
        """Return the published backpropagation of the data set, on the same network and batches."""
        own = self.config.node("learner").card.numbers
        config = self.config.override([f"learner=bp_{self.params.data_set}"], shelf())
        return with_numbers(config, "learner", **{key: own[key] for key in SHAPE})

    # -- what came out ---------------------------------------------------------------------

    def result(self) -> Result:
        """Return the trainings as one result; time and energy are those of all of them."""
        studies = [training.study for training in self.trainings]
        table = self.table()
        return joined(
            studies,
            self.config,
            self.metrics(table),
            steps={
                name: [value for study in studies for value in study.columns.get(name, ())]
                for name in studies[0].columns
            },
            weights=weights_of(self.trainings),
            tables={"convergence": table},
            warnings=self.warnings(),
        )

    def table(self) -> Table:
        """Return the trainings epoch by epoch, and the bound once it has learned all of them."""
        bound = self.bound if self._bounded() else None
        return epoch_table(
            [training.study.columns for training in self.trainings],
            first=min(self.params.epochs, 1),
            bound=None if bound is None else bound.study.columns,
        )

    def _bounded(self) -> bool:
        return self.bound is not None and self.bound.done == self.params.epochs

    def metrics(self, table: Table) -> dict[str, Value | None]:
        """Return the scores at the last epoch that all trainings reached, and what an epoch takes.

        A training that was stopped within its first epoch does not count.
        """
        begun = [training for training in self.trainings if training.found()]
        rows = min((len(training.study.columns["step"]) for training in begun), default=0)
        return {
            **self._scores(table, rows - 1),
            **self._reference(),
            "chance_accuracy": 1.0 / self.data.classes,
            "epochs": min((training.done for training in begun), default=0),
            "trainings": len(begun),
            "per_epoch_s": self.trainings[0].per_epoch("seconds"),
            "per_epoch_j": self.trainings[0].per_epoch("energy_j"),
            "interval_s": self.trainings[0].board.interval_ps / PS_PER_S,
            "test_samples": len(self.data.x_test),
            **wraps(self.trainings[0].noise),
        }

    def _scores(self, table: Table, row: int) -> dict[str, Value | None]:
        """Return the means in a row of the table, -1: there is none, each with what surrounds it.

        Over several seeds that is the least and the most; at one seed, the 95 % interval of the
        test accuracy (Wilson).
        """
        ends = ("", "_min", "_max") if self.params.seeds > 1 else ("",)
        scores = {
            name + end: float(table[name + end][row]) if row >= 0 and name in table else None
            for name in COLUMNS
            for end in ends
        }
        if self.params.seeds > 1:
            return scores
        accuracy, n = scores["test_accuracy"], len(self.data.x_test)
        low, high = (None, None) if accuracy is None else wilson(round(accuracy * n), n)
        return {**scores, "test_accuracy_low": low, "test_accuracy_high": high}

    def _reference(self) -> dict[str, Value | None]:
        """Return the best test accuracy that backpropagation reached, if that was asked for."""
        if not self.params.bound:
            return {}
        if self.bound is None or not self._bounded():
            return {"accuracy_backprop": None}
        return {"accuracy_backprop": max(self.bound.study.columns["accuracy"])}

    def warnings(self) -> list[str]:
        """Return what stood in the way of learning, and what the figures do not say."""
        told = [text for training in self.trainings for text in training.warnings()]
        told += untrained(self.params.epochs, self.params.weights)
        told += rate_warnings(self.config, self.params.data_set)
        if self.trace is not None and self.params.seeds > 1:
            told.append(f"the trace is that of the training at seed {self.config.seed} alone")
        return list(dict.fromkeys(told))


def weights_of(trainings: Sequence[Training]) -> Weights:
    """Return weights after the last finished epoch; of several trainings, each under its name."""
    if len(trainings) == 1:
        return trainings[0].weights()
    return {
        f"{training.name}.{name}": array
        for training in trainings
        for name, array in training.weights().items()
    }


def start_from(path: Path, training: Training) -> None:
    """Take up stored weights; of a file of several trainings, those of this one's seed.

    Raises `DataError` or `ConfigError` that names the file.
    """
    arrays = load_weights(path)
    own = under(f"{training.name}.", arrays)
    several = sorted({name.partition(".")[0] for name in arrays if name.startswith("seed")})
    if several and not own:
        raise ConfigError(f"weights={path}: no {training.name} in it, only {', '.join(several)}")
    try:
        training.learner.load(own or arrays)
    except ConfigError as error:
        raise ConfigError(f"weights={path}: {error}") from None


def rate_warnings(config: Config, data_set: str) -> list[str]:
    """Return a sentence if measured noise is learned from at the rates for simulated noise.

    S1 table I has others for measured noise, on CIFAR-100 alone. Rates of the user's are his own.
    """
    learner = config.node("learner").card
    chosen = any(learner.numbers[key].trust == "user" for key in ("eta", "epsilon"))
    recorded = config.node("noise").card.model == RECORDED
    if not recorded or data_set != "cifar100" or learner.name != SIMULATED or chosen:
        return []
    return [
        f"learner={SIMULATED} has the rates of S1 table I for simulated noise; those for measured "
        f"noise differ on CIFAR-100: learner={MEASURED}"
    ]


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train epoch after epoch, seed after seed; stops within an epoch when asked to."""
    convergence = Convergence(config, watch, trace)
    convergence.run()
    return convergence.result()
