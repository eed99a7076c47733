"""Two infomorphic neurons look for the clusters of the breast cancer data, without labels.

Labels are used to judge, in a way that is settled before a run: neuron 1 is the one that counts
(not the better of the two), and which of its outputs means benign is settled by the better of the
two assignments, because a cluster has no name.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import VgsotActivation
from emulator import Config, Count, Params, Result, Table, TraceSink
from learning import (
    BREAST_CANCER_CLASSES,
    ClusterLearner,
    ClusterParams,
    leading_axes,
    load_breast_cancer,
    matched,
    two_means,
    wilson,
)

from .study import Study
from .warnings import even_votes, untrained
from .watch import Watch

Integers = NDArray[np.int64]
COLUMNS = ("step", "neuron", "accuracy", "goal", "seconds", "energy_j", "updates")
NEURONS = 2


class ClustersParams(Params):
    """The scenario's own keys: how the clusters are read off the board."""

    draws: Count = Field(ge=1, le=10_000)


class Clusters:
    """One run: samples, a learner, a board, and what its neurons say of each sample."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        own = config.node(config.scenario).card
        self.draws = ClustersParams.from_card(own, config.scenario).draws
        learner = ClusterParams.from_card(config.node("learner").card, "learner")
        self.x, self.labels = load_breast_cancer()
        self.study = Study.begin(config, watch, trace, NEURONS)
        self.study.columns.update({name: [] for name in COLUMNS})
        self.watch, self.board, self.steps = watch, self.study.bench.board, learner.steps
        activation = VgsotActivation(self.study.bench.mtj)
        self.learner = ClusterLearner(learner, self.x.shape[1], activation, config.seed)
        self.found = np.empty((0, NEURONS), dtype=np.int64)  # clusters of the first samples

    def train(self) -> None:
        """Take the learning steps, first those of neuron 1, then those of neuron 2."""
        self.watch.begin("learning", self.steps)
        for step in range(self.steps):
            neuron, goal = self.learner.trained(step), self._learn(step)
            accuracy = matched(self.limit()[:, 0], self.labels)[0]  # a probe: nobody learns from it
            self.study.row({"neuron": neuron + 1, "accuracy": accuracy, "goal": goal})
            self.watch.advance(1, f"neuron {neuron + 1}, goal {goal:.3f} bit")
            if self.study.asked_to_stop():
                return

    def _learn(self, step: int) -> float:
        """Ask the board twice, for the context and with it, and learn; returns the goal."""
        learner, board, study = self.learner, self.board, self.study
        x = self.x[learner.batch_indices(step, len(self.x))]
        alone = learner.drive(x)
        study.compute(learner.drive_operations(len(x)))
        drive = learner.with_context(alone, board.update(learner.on_board(alone)))
        study.compute(learner.context_operations(len(x)))
        outcome = board.update(learner.on_board(drive))
        study.compute(learner.learn_operations(step, len(x)))
        return learner.learn(step, x, drive, outcome).goal

    def limit(self) -> Integers:
        """Return the clusters of infinitely many draws at the delivered probabilities, (n, 2)."""
        drive = self.learner.on_board(self.learner.drive(self.x))
        return np.where(self.board.probability(drive) > 0.5, 1, -1).astype(np.int64)

    def find(self) -> None:
        """Let the board say to which cluster each sample belongs, by majority of its draws."""
        chunk = max(1, self.board.link.params.burst // (self.draws * NEURONS))
        self.watch.begin("clusters", len(self.x))
        for first in range(0, len(self.x), chunk):
            if self.study.asked_to_stop():
                return
            x = self.x[first : first + chunk]
            self.study.compute(self.learner.drive_operations(len(x)))
            outcome = self.board.update(self.learner.on_board(self.learner.drive(x)), self.draws)
            self.study.compute(self.learner.vote_operations(len(x), self.draws))
            votes = outcome.votes(self.draws)
            self.found = np.vstack([self.found, self.learner.clusters(votes, self.draws, first)])
            self.watch.advance(len(x), f"{len(self.found)} samples")

    def metrics(self) -> dict[str, float | int | None]:
        """Return accuracies under the better assignment of labels, per neuron, and references."""
        n, limit = len(self.labels), self.limit()
        whole = len(self.found) == n
        one, two = (matched(found, self.labels)[0] if whole else None for found in self._each())
        low, high = wilson(round(one * n), n) if one is not None else (None, None)
        return {
            "neuron1_accuracy": one,
            "neuron1_accuracy_low": low,
            "neuron1_accuracy_high": high,
            "neuron1_accuracy_limit": matched(limit[:, 0], self.labels)[0],
            "neuron2_accuracy": two,
            "neuron2_accuracy_limit": matched(limit[:, 1], self.labels)[0],
            "agreement": self._agreement() if whole else None,
            "kmeans_accuracy": matched(two_means(self.x), self.labels)[0],
            "draws": self.draws,
            "samples": len(self.found),
            "learning_steps": len(self.study.columns["step"]),
        }

    def _each(self) -> tuple[Integers, Integers]:
        return self.found[:, 0], self.found[:, 1]

    def _agreement(self) -> float:
        """Return the share of samples that both neurons divide alike, under the better naming."""
        one, two = self._each()
        return matched(one, (two > 0).astype(np.int64))[0]

    def table(self) -> Table:
        """Return one row per judged sample: its class, r of both neurons, and their clusters.

        `named_1` and `named_2` are the clusters by the class that the better assignment gives them,
        `pc_1` and `pc_2` the sample's place along the data's first two principal axes.
        """
        n = len(self.found)
        r, places = self.learner.drive(self.x).r[:n], self.x[:n] @ leading_axes(self.x, 2).T
        names = np.array(BREAST_CANCER_CLASSES)
        columns: dict[str, list[float | int | str]] = {"sample": list(range(n))}
        columns["label"] = names[self.labels[:n]].tolist()
        columns |= {f"pc_{k}": places[:, k - 1].tolist() for k in (1, 2)}
        for k, found in enumerate(self._each(), 1):
            benign = matched(found, self.labels[:n])[1] if n else 1
            columns[f"r_{k}"] = r[:, k - 1].tolist()
            columns[f"cluster_{k}"] = found.tolist()
            columns[f"named_{k}"] = names[(found == benign).astype(int)].tolist()
        return columns

    def warnings(self) -> list[str]:
        """Return a sentence if the weights are random, and one if votes may tie."""
        tied = "ties are broken at random by the stream `learner.ties`"
        return [*untrained(len(self.study.columns["step"])), *even_votes(self.draws, tied)]


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train both neurons, then sort all samples; stops between steps when asked to."""
    clusters = Clusters(config, watch, trace)
    clusters.train()
    clusters.find()
    return clusters.study.result(
        clusters.metrics(),
        weights=clusters.learner.state(),
        tables={"clusters": clusters.table()},
        warnings=clusters.warnings(),
    )
