"""A chip of junctions on a board of its own, and the network that learns on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator import NeuronBoard
from emulator.ticks import PS_PER_S

from .network import Network
from .task import Score

MONITOR_EVERY = 20  # learning steps


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
    """How a chip classifies: the limit of infinitely many draws, the vote, its first draw.

    `right` (samples,): of which test samples the vote is right.
    """

    limit: float
    vote: Score
    first: Score
    right: NDArray[np.bool_]


class Chip(Network):
    """A fresh board with one draw of junctions, and a learner with fresh weights.

    Equal seeds draw equal deviates, so chips of one run differ in their sigma alone. Whoever
    calibrates hands `take_steps` and `judge` the board that corrects.
    """

    def cost(self) -> Cost:
        """Return what was spent on this chip so far."""
        bench = self.study.bench
        return Cost(bench.emulator.now / PS_PER_S, bench.joules())

    def take_steps(self, board: NeuronBoard, title: str) -> bool:
        """Take the learning steps through `board`; returns False if asked to stop."""
        note = title
        for step in range(self.learner.params.steps):
            self.learn(board, step)
            if step % MONITOR_EVERY == 0:
                note = f"{title}, accuracy {self.limit(board, *self.task.monitor):.3f}"
            self.watch.advance(1, note)
            if self.study.asked_to_stop():
                return False
        return True

    def judge(self, board: NeuronBoard, draws: int) -> Verdict | None:
        """Classify the test set by `draws` updates per neuron; None if asked to stop."""
        x, y = self.task.test
        at_once, learner = self.at_once(draws), self.learner
        right = np.zeros((2, len(x)), dtype=np.bool_)
        for first in range(0, len(x), at_once):
            if self.study.asked_to_stop():
                return None
            some = slice(first, first + at_once)
            outcome = self.answer(board, x[some], draws)
            single = (outcome.y[::draws] > 0).astype(np.int64)
            for k, votes in enumerate((outcome.votes(draws), single)):
                right[k, some] = learner.predict(votes, first) == y[some]
        vote, once = (Score(int(each.sum()), len(x), len(x)) for each in right)
        return Verdict(self.limit(board, x, y), vote, once, right[0])
