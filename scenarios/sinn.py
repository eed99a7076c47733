"""A spintronic infomorphic network learns to classify on an emulated board."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from controllers.engines import choose
from devices import VgsotActivation
from emulator import (
    Config,
    ConfigError,
    Count,
    Params,
    Result,
    TraceSink,
    __version__,
)
from learning import (
    DataSet,
    InfomorphicLearner,
    InfomorphicParams,
    find_data,
    load_digits_split,
    load_mnist,
    wilson,
)

from .warnings import warnings_of
from .watch import Watch
from .weights import load_weights
from .workbench import Workbench

COLUMNS = ("step", "accuracy", "goal", "seconds", "energy_j", "updates")


class SinnParams(Params):
    """The scenario's own keys: the task, and how it is judged."""

    data_set: Literal["digits", "mnist"]
    draws: Count = Field(ge=1, le=10_000)
    test_samples: Count = Field(ge=0)
    monitor_samples: Count = Field(ge=1)
    weights: str


class Sinn:
    """One run: a learner, a board, and what they found so far."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        self.config, self.watch = config, watch
        own = config.node(config.scenario).card
        self.params = SinnParams.from_card(own, config.scenario)
        learner = InfomorphicParams.from_card(config.node("learner").card, "learner")
        self.steps = learner.steps
        self.data = load_data(self.params, config.data)
        if self.params.test_samples > len(self.data.x_test):
            raise ConfigError(
                f"test_samples = {self.params.test_samples} is outside "
                f"[0, {len(self.data.x_test)}], the test set of {self.data.name}"
            )
        self.bench = Workbench.build(config, self.data.classes, trace)
        self.engine = choose(self.bench.board, config.engine)
        activation = VgsotActivation(self.bench.mtj)
        features = self.data.x_train.shape[1]
        self.learner = InfomorphicLearner(
            learner, features, self.data.classes, activation, config.seed
        )
        if self.params.weights:
            self._load(Path(self.params.weights))
        self.columns: dict[str, list[float | int]] = {name: [] for name in COLUMNS}
        self.stopped = False

    def _load(self, path: Path) -> None:
        """Take up stored weights; raises `DataError` or `ConfigError` that names the file."""
        try:
            self.learner.load(load_weights(path))
        except ConfigError as error:
            raise ConfigError(f"weights={path}: {error}") from None

    def train(self) -> None:
        """Take the learning steps."""
        self.watch.begin("learning", self.steps)
        for step in range(self.steps):
            goal = self._learn(step)
            row = self._row(step, goal)
            for name, value in row.items():
                self.columns[name].append(value)
            self.watch.step(row)
            self.watch.advance(1, self._note(row["accuracy"]))
            if self.watch.stop():
                self.stopped = True
                return

    def _learn(self, step: int) -> float:
        """Show one batch of samples to the board and let the learner answer; returns the goal."""
        learner, board = self.learner, self.bench.board
        chosen = learner.batch_indices(step, len(self.data.x_train))
        x = self.data.x_train[chosen]
        drive = learner.drive(x, self.data.y_train[chosen])
        self._compute(learner.drive_operations(len(x)))
        outcome = board.update(drive)
        self._compute(learner.learn_operations(len(x)))
        return learner.learn(x, drive, outcome).goal

    def _row(self, step: int, goal: float) -> dict[str, float | int]:
        """Return one row of the history; its accuracy is a probe on training samples."""
        n = min(self.params.monitor_samples, len(self.data.x_train))
        accuracy = self.limit(self.data.x_train[:n], self.data.y_train[:n])
        emulated, energy = self.bench.emulated(), self.bench.joules()
        seconds, updates = emulated.seconds, emulated.updates
        return dict(zip(COLUMNS, (step, accuracy, goal, seconds, energy, updates), strict=True))

    def limit(self, x: NDArray[np.float64], y: NDArray[np.int64]) -> float:
        """Return the accuracy of infinitely many draws at the delivered probabilities."""
        probability = self.bench.board.probability(self.learner.inference_drive(x))
        return float(np.mean(np.argmax(probability, axis=1) == y))

    def test(self) -> dict[str, float | int | None]:
        """Classify the test set by `draws` full updates per neuron; returns the metrics."""
        count = self.params.test_samples or len(self.data.x_test)
        x, y = self.data.x_test[:count], self.data.y_test[:count]
        draws, neurons = self.params.draws, self.bench.board.neurons
        chunk = max(1, self.bench.board.link.params.burst // (draws * neurons))
        self.watch.begin("inference", len(x))
        predicted: list[NDArray[np.int64]] = []
        for first in range(0, len(x), chunk):
            if self.stopped or self.watch.stop():
                self.stopped = True
                break
            predicted.append(self._classify(x[first : first + chunk], first))
            done = sum(map(len, predicted))
            right = int(np.count_nonzero(np.concatenate(predicted) == y[:done]))
            self.watch.advance(len(predicted[-1]), self._note(right / done))
        return self._metrics(x, y, np.concatenate([np.empty(0, dtype=np.int64), *predicted]))

    def _classify(self, x: NDArray[np.float64], first: int) -> NDArray[np.int64]:
        """Return the classes of samples, the first of which is test sample `first`."""
        learner, board, draws = self.learner, self.bench.board, self.params.draws
        self._compute(learner.drive_operations(len(x)))
        outcome = board.update(learner.inference_drive(x), draws)
        self._compute(learner.vote_operations(len(x), draws))
        return learner.predict(outcome.votes(draws), first)

    def _compute(self, operations: int) -> None:
        """Let the host's time pass."""
        self.bench.emulator.perform(self.bench.board.host.compute(operations))

    def _metrics(
        self, x: NDArray[np.float64], y: NDArray[np.int64], predicted: NDArray[np.int64]
    ) -> dict[str, float | int | None]:
        n = len(predicted)
        right = int(np.count_nonzero(predicted == y[:n]))
        low, high = wilson(right, n)
        return {
            "accuracy": right / n if n == len(y) else None,
            "accuracy_low": low if n == len(y) else None,
            "accuracy_high": high if n == len(y) else None,
            "accuracy_probability": self.limit(x, y),
            "draws": self.params.draws,
            "test_samples": n,
            "learning_steps": len(self.columns["step"]),
        }

    def result(self, metrics: dict[str, float | int | None], wall_s: float) -> Result:
        """Return what was found, as plain data."""
        bench, board = self.bench, self.bench.board
        return Result(
            scenario=self.config.scenario,
            status="interrupted" if self.stopped else "complete",
            seed=self.config.seed,
            engine=self.engine.name,
            engine_reason=self.engine.reason,
            board=board.name,
            version=__version__,
            metrics=metrics,
            emulated=bench.emulated(),
            bill=bench.bill(),
            fidelity=board.fidelity(),
            warnings=[*self._untrained(), *warnings_of(self.config, board, bench.mtj)],
            steps=self.columns,
            weights=self.learner.state(),
            config=self.config,
            timeline=board.timeline(),
            wall_s=wall_s,
        )

    def _untrained(self) -> list[str]:
        if self.columns["step"] or self.params.weights:
            return []
        return ["no learning step was taken and no weights were given: the weights are random"]

    def _note(self, accuracy: float) -> str:
        return f"accuracy {accuracy:.3f}, {self.bench.emulated().seconds:.3g} s emulated"


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train, then classify the test set; stops between steps when asked to."""
    began = time.perf_counter()
    sinn = Sinn(config, watch, trace)
    sinn.train()
    metrics = sinn.test()
    return sinn.result(metrics, time.perf_counter() - began)


def load_data(params: SinnParams, directory: str | None) -> DataSet:
    """Return the data set; raises `DataError` if its files are missing or damaged."""
    if params.data_set == "digits":
        return load_digits_split()
    return load_mnist(find_data("mnist", Path(directory) if directory else None))
