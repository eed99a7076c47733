"""A network of infomorphic neurons on a board of its own, and the task that it learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from devices import VgsotActivation
from emulator import Config, ConfigError, NeuronBoard, Outcome, TraceSink
from learning import (
    InfomorphicLearner,
    InfomorphicParams,
    Samples,
    SoftmaxParams,
    SoftmaxRegression,
    StepReport,
)

from .study import Study
from .task import Labels, Task
from .watch import Watch
from .weights import load_weights


class Network:
    """A board, and a learner with fresh weights, or those of a file.

    Whoever stands between host and board (a calibration) hands over the board to ask; `board` is
    the network's own.
    """

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None, task: Task) -> None:
        self.config, self.watch, self.task, self.data = config, watch, task, task.data
        params = InfomorphicParams.from_card(config.node("learner").card, "learner")
        self.study = Study.begin(config, watch, trace, task.data.classes)
        self.board = self.study.bench.board
        self.learner = InfomorphicLearner(
            params, task.data.x_train.shape[1], task.data.classes,
            VgsotActivation(self.study.bench.mtj), config.seed,
        )  # fmt: skip
        if task.params.weights:
            self._load(Path(task.params.weights))

    def _load(self, path: Path) -> None:
        """Take up stored weights; raises `DataError` or `ConfigError` that names the file."""
        try:
            self.learner.load(load_weights(path))
        except ConfigError as error:
            raise ConfigError(f"weights={path}: {error}") from None

    def learn(self, board: NeuronBoard, step: int) -> StepReport:
        """Show one batch of samples to a board and let the learner answer."""
        learner, data = self.learner, self.data
        chosen = learner.batch_indices(step, len(data.x_train))
        x = data.x_train[chosen]
        drive = learner.drive(x, data.y_train[chosen])
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(drive)
        self.study.compute(learner.learn_operations(len(x)))
        return learner.learn(x, drive, outcome)

    def answer(self, board: NeuronBoard, x: Samples, draws: int) -> Outcome:
        """Let a board answer to samples without context; the host counts the votes."""
        learner = self.learner
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(learner.inference_drive(x), draws)
        self.study.compute(learner.vote_operations(len(x), draws))
        return outcome

    def at_once(self, draws: int) -> int:
        """Return how many samples one burst of the link takes."""
        return max(1, self.board.link.params.burst // (draws * self.board.neurons))

    def limit(self, board: NeuronBoard, x: Samples, y: Labels) -> float:
        """Return the accuracy of infinitely many draws at the probabilities that arrive."""
        probability = board.probability(self.learner.inference_drive(x))
        return float(np.mean(np.argmax(probability, axis=1) == y))

    def backprop(self) -> dict[str, float | None]:
        """Return the accuracy of a layer of this size trained by backpropagation on a host.

        No time passes. Nothing if the configuration names no reference.
        """
        where = f"{self.config.scenario}.reference"
        reference = self.config.node(self.config.scenario).children.get("reference")
        if reference is None:
            return {}
        params = SoftmaxParams.from_card(reference.card, where)
        if not params.presentations or self.study.stopped:
            return {"accuracy_backprop": None}
        data, bias = self.data, self.learner.params.bias
        layer = SoftmaxRegression(params, data.x_train.shape[1], data.classes, bias)
        layer.train(data.x_train, data.y_train)
        x, y = self.task.test
        return {"accuracy_backprop": float(np.mean(layer.predict(x) == y))}
