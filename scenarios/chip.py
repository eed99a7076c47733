"""A chip of junctions on a board of its own, and the network that learns on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from controllers.board import Board
from devices import VgsotActivation
from emulator import Config, ConfigError, Drive, NeuronBoard, TraceSink
from emulator.ticks import PS_PER_S
from learning import DataSet, InfomorphicLearner, InfomorphicParams

from .sinn import Score, TaskParams
from .study import Study
from .watch import Watch
from .weights import load_weights

MONITOR_EVERY = 20  # learning steps
Classes = NDArray[np.int64]


@dataclass(frozen=True)
class Cost:
    """Emulated time and energy of everything: board, link and host."""

    seconds: float
    energy_j: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.energy_j + other.energy_j)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.seconds - other.seconds, self.energy_j - other.energy_j)


@dataclass(frozen=True)
class Verdict:
    """How a chip classifies: the limit of infinitely many draws, the vote, its first draw."""

    limit: float
    vote: Score
    first: Score


class Chip:
    """A fresh board with one draw of junctions, and a learner with fresh weights.

    Equal seeds draw equal deviates, so chips of one run differ in their sigma alone. Whoever
    calibrates hands `learn` and `judge` the board that corrects.
    """

    def __init__(
        self, config: Config, watch: Watch, trace: TraceSink | None, task: TaskParams, data: DataSet
    ) -> None:
        self.task, self.data, self.watch = task, data, watch
        self.study = Study.begin(config, watch, trace, data.classes)
        self.board: Board = self.study.bench.board
        params = InfomorphicParams.from_card(config.node("learner").card, "learner")
        activation, features = VgsotActivation(self.study.bench.mtj), data.x_train.shape[1]
        self.learner = InfomorphicLearner(params, features, data.classes, activation, config.seed)
        if task.weights:
            self._load(Path(task.weights))

    def _load(self, path: Path) -> None:
        """Take up stored weights; raises `DataError` or `ConfigError` that names the file."""
        try:
            self.learner.load(load_weights(path))
        except ConfigError as error:
            raise ConfigError(f"weights={path}: {error}") from None

    def cost(self) -> Cost:
        """Return what was spent on this chip so far."""
        bench = self.study.bench
        return Cost(bench.emulator.now / PS_PER_S, bench.joules())

    def learn(self, board: NeuronBoard, title: str) -> bool:
        """Take the learning steps through `board`; returns False if asked to stop."""
        x, y, note = self.data.x_train, self.data.y_train, title
        n = min(self.task.monitor_samples, len(x))
        for step in range(self.learner.params.steps):
            self._step(board, step)
            if step % MONITOR_EVERY == 0:
                note = f"{title}, accuracy {self.limit(board, x[:n], y[:n]):.3f}"
            self.watch.advance(1, note)
            if self.study.asked_to_stop():
                return False
        return True

    def _step(self, board: NeuronBoard, step: int) -> None:
        """Show one batch to the board and let the learner answer."""
        learner, data = self.learner, self.data
        chosen = learner.batch_indices(step, len(data.x_train))
        x = data.x_train[chosen]
        drive = learner.drive(x, data.y_train[chosen])
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(drive)
        self.study.compute(learner.learn_operations(len(x)))
        learner.learn(x, drive, outcome)

    def limit(self, board: NeuronBoard, x: NDArray[np.float64], y: Classes) -> float:
        """Return the accuracy of infinitely many draws at the probabilities that arrive."""
        probability = board.probability(self.learner.inference_drive(x))
        return float(np.mean(np.argmax(probability, axis=1) == y))

    def test_set(self) -> tuple[NDArray[np.float64], Classes]:
        """Return the samples to classify and their classes: the first ones of the test set."""
        count = self.task.test_samples or len(self.data.x_test)
        return self.data.x_test[:count], self.data.y_test[:count]

    def inference_drive(self) -> Drive:
        """Return the drive of the test set."""
        return self.learner.inference_drive(self.test_set()[0])

    def judge(self, board: NeuronBoard, draws: int) -> Verdict | None:
        """Classify the test set by `draws` updates per neuron; None if asked to stop."""
        x, y = self.test_set()
        at_once = max(1, self.board.link.params.burst // (draws * self.board.neurons))
        right = np.zeros(2, dtype=np.int64)
        for first in range(0, len(x), at_once):
            if self.study.asked_to_stop():
                return None
            some = slice(first, first + at_once)
            found = self._classify(board, x[some], first, draws)
            right += [np.count_nonzero(classes == y[some]) for classes in found]
        vote, single = (Score(int(count), len(x), len(x)) for count in right)
        return Verdict(self.limit(board, x, y), vote, single)

    def _classify(
        self, board: NeuronBoard, x: NDArray[np.float64], first: int, draws: int
    ) -> tuple[Classes, Classes]:
        """Return the classes by all draws and by the first alone; `first` numbers the samples."""
        learner = self.learner
        self.study.compute(learner.drive_operations(len(x)))
        outcome = board.update(learner.inference_drive(x), draws)
        self.study.compute(learner.vote_operations(len(x), draws))
        single = (outcome.y[::draws] > 0).astype(np.int64)
        return learner.predict(outcome.votes(draws), first), learner.predict(single, first)
