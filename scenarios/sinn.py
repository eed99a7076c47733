"""A spintronic infomorphic network learns to classify on an emulated board."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import VgsotActivation
from emulator import (
    Config,
    ConfigError,
    Count,
    Params,
    Result,
    TraceSink,
)
from learning import (
    DataSet,
    InfomorphicLearner,
    InfomorphicParams,
    SoftmaxParams,
    SoftmaxRegression,
    find_data,
    load_digits_split,
    load_mnist,
    wilson,
)

from .study import Study
from .watch import Watch
from .weights import load_weights

COLUMNS = ("step", "accuracy", "goal", "seconds", "energy_j", "updates")
SATURATED = 0.95  # a neuron is saturated if its theta is flat at so many of a batch's samples
Samples = NDArray[np.float64]
Labels = NDArray[np.int64]


class TaskParams(Params):
    """The task: what is learned, and on what it is judged."""

    data_set: Literal["digits", "mnist"]
    test_samples: Count = Field(ge=0)
    monitor_samples: Count = Field(ge=1)
    weights: str


class SinnParams(TaskParams):
    """The scenario's own keys: the task, and how often each neuron votes."""

    draws: Count = Field(ge=1, le=10_000)


@dataclass(frozen=True)
class Score:
    """How a test went: `right` of `samples` classified, out of `asked`."""

    right: int
    samples: int
    asked: int

    def metrics(self) -> dict[str, float | None]:
        """Return accuracy and its 95 % interval (Wilson), None where the test was cut short."""
        if self.samples < self.asked or not self.asked:
            return dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high"))
        low, high = wilson(self.right, self.samples)
        accuracy = self.right / self.samples
        return {"accuracy": accuracy, "accuracy_low": low, "accuracy_high": high}


class Sinn:
    """One run: a learner, a board, and what they found so far."""

    def __init__(
        self, config: Config, watch: Watch, trace: TraceSink | None, task: TaskParams
    ) -> None:
        self.config, self.params = config, task
        learner = InfomorphicParams.from_card(config.node("learner").card, "learner")
        self.steps, self.saturated = learner.steps, 0
        self.data = load_data(self.params, config.data)
        if self.params.test_samples > len(self.data.x_test):
            raise ConfigError(
                f"test_samples = {self.params.test_samples} is outside "
                f"[0, {len(self.data.x_test)}], the test set of {self.data.name}"
            )
        self.study = Study.begin(config, watch, trace, self.data.classes)
        self.study.columns.update({name: [] for name in COLUMNS})
        self.watch, self.bench = watch, self.study.bench
        activation = VgsotActivation(self.bench.mtj)
        features = self.data.x_train.shape[1]
        self.learner = InfomorphicLearner(
            learner, features, self.data.classes, activation, config.seed
        )
        if self.params.weights:
            self._load(Path(self.params.weights))

    def _load(self, path: Path) -> None:
        """Take up stored weights; raises `DataError` or `ConfigError` that names the file."""
        try:
            self.learner.load(load_weights(path))
        except ConfigError as error:
            raise ConfigError(f"weights={path}: {error}") from None

    def train(self) -> None:
        """Take the learning steps."""
        self.watch.begin("learning", self.steps)
        n = min(self.params.monitor_samples, len(self.data.x_train))
        for step in range(self.steps):
            goal = self._learn(step)
            # a probe on training samples
            accuracy = self.limit(self.data.x_train[:n], self.data.y_train[:n])
            self.study.row({"accuracy": accuracy, "goal": goal})
            self.watch.advance(1, self._note(accuracy))
            if self.study.asked_to_stop():
                return

    def _learn(self, step: int) -> float:
        """Show one batch of samples to the board and let the learner answer; returns the goal."""
        learner, board = self.learner, self.bench.board
        chosen = learner.batch_indices(step, len(self.data.x_train))
        x = self.data.x_train[chosen]
        drive = learner.drive(x, self.data.y_train[chosen])
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(drive)
        self.study.compute(learner.learn_operations(len(x)))
        report = learner.learn(x, drive, outcome)
        self.saturated += report.saturated >= SATURATED
        return report.goal

    def limit(self, x: Samples, y: Labels) -> float:
        """Return the accuracy of infinitely many draws at the delivered probabilities."""
        probability = self.bench.board.probability(self.learner.inference_drive(x))
        return float(np.mean(np.argmax(probability, axis=1) == y))

    def test_set(self) -> tuple[Samples, Labels]:
        """Return the samples to classify and their classes: the first ones of the test set."""
        count = self.params.test_samples or len(self.data.x_test)
        return self.data.x_test[:count], self.data.y_test[:count]

    def test(self, draws: int) -> Score:
        """Classify the test set by `draws` full updates per neuron."""
        x, y = self.test_set()
        chunk = max(1, self.bench.board.link.params.burst // (draws * self.bench.board.neurons))
        self.watch.begin("inference", len(x))
        right = done = 0
        while done < len(x) and not self.study.asked_to_stop():
            some = slice(done, done + chunk)
            predicted = self._classify(x[some], done, draws)
            right += int(np.count_nonzero(predicted == y[some]))
            done += len(predicted)
            self.watch.advance(len(predicted), self._note(right / done))
        return Score(right, done, len(x))

    def _classify(self, x: Samples, first: int, draws: int) -> Labels:
        """Return the classes of samples, the first of which is test sample `first`."""
        learner, board = self.learner, self.bench.board
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(learner.inference_drive(x), draws)
        self.study.compute(learner.vote_operations(len(x), draws))
        return learner.predict(outcome.votes(draws), first)

    def bounds(self) -> dict[str, float | None]:
        """Return what the votes may reach: infinitely many draws, and backpropagation."""
        bounds: dict[str, float | None] = {"accuracy_probability": self.limit(*self.test_set())}
        reference = self.config.node(self.config.scenario).children.get("reference")
        if reference is not None:
            params = SoftmaxParams.from_card(reference.card, f"{self.config.scenario}.reference")
            bounds["accuracy_backprop"] = self._backprop(params)
        return bounds

    def _backprop(self, params: SoftmaxParams) -> float | None:
        """Return the accuracy of a layer of this size trained on the host; no time passes."""
        if not params.presentations or self.study.stopped:
            return None
        data = self.data
        bias = self.learner.params.bias
        layer = SoftmaxRegression(params, data.x_train.shape[1], data.classes, bias)
        layer.train(data.x_train, data.y_train)
        x, y = self.test_set()
        return float(np.mean(layer.predict(x) == y))

    def warnings(self) -> list[str]:
        """Return a sentence if the weights are random, and one if neurons could not learn."""
        told, steps = [], len(self.study.columns["step"])
        if not steps and not self.params.weights:
            told.append(
                "no learning step was taken and no weights were given: the weights are random"
            )
        if self.saturated:
            told.append(
                f"in {self.saturated} of {steps} learning steps every neuron was saturated: its "
                f"switching probability was 0 or 1 at {100 * SATURATED:.0f} % or more of the "
                "samples and passed no gradient on; the weights are too large "
                "(learner.init_scale, learner.eta)"
            )
        return told

    def _note(self, accuracy: float) -> str:
        return f"accuracy {accuracy:.3f}, {self.bench.emulated().seconds:.3g} s emulated"


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train, then classify the test set; stops between steps when asked to."""
    own = config.node(config.scenario).card
    params = SinnParams.from_card(own, config.scenario)
    sinn = Sinn(config, watch, trace, params)
    sinn.train()
    score = sinn.test(params.draws)
    metrics = {
        **score.metrics(),
        **sinn.bounds(),
        "draws": params.draws,
        "test_samples": score.samples,
        "learning_steps": len(sinn.study.columns["step"]),
    }
    return sinn.study.result(metrics, weights=sinn.learner.state(), warnings=sinn.warnings())


def load_data(params: TaskParams, directory: str | None) -> DataSet:
    """Return the data set; raises `DataError` if its files are missing or damaged."""
    if params.data_set == "digits":
        return load_digits_split()
    return load_mnist(find_data("mnist", Path(directory) if directory else None))
