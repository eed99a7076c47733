"""A spintronic infomorphic network learns to classify on an emulated board."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from emulator import Config, Count, Result, TraceSink
from learning import Samples

from .network import Network
from .task import Labels, Score, Task, TaskParams, load_task
from .warnings import untrained
from .watch import Watch

COLUMNS = ("step", "accuracy", "goal", "seconds", "energy_j", "updates")
SATURATED = 0.95  # a neuron is saturated if its theta is flat at so many of a batch's samples


class SinnParams(TaskParams):
    """The scenario's own keys: the task, and how often each neuron votes."""

    draws: Count = Field(ge=1, le=10_000)


class Sinn(Network):
    """One run: a network that learns, is tested, and says what it has found so far."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None, task: Task) -> None:
        super().__init__(config, watch, trace, task)
        self.study.columns.update({name: [] for name in COLUMNS})
        self.saturated = 0

    def train(self) -> None:
        """Take the learning steps."""
        steps = self.learner.params.steps
        self.watch.begin("learning", steps)
        for step in range(steps):
            report = self.learn(self.board, step)
            self.saturated += report.saturated >= SATURATED
            accuracy = self.limit(self.board, *self.task.monitor)  # a probe, no time passes
            self.study.row({"accuracy": accuracy, "goal": report.goal})
            self.watch.advance(1, self._note(accuracy))
            if self.study.asked_to_stop():
                return

    def test(self, draws: int) -> Score:
        """Classify the test set by `draws` full updates per neuron."""
        x, y = self.task.test
        chunk = self.at_once(draws)
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
        return self.learner.predict(self.answer(self.board, x, draws).votes(draws), first)

    def bounds(self) -> dict[str, float | None]:
        """Return what the votes may reach: infinitely many draws, and backpropagation."""
        return {"accuracy_probability": self.limit(self.board, *self.task.test), **self.backprop()}

    def warnings(self) -> list[str]:
        """Return a sentence if the weights are random, and one if neurons could not learn."""
        steps = len(self.study.columns["step"])
        told = untrained(steps, self.task.params.weights)
        if self.saturated:
            told.append(
                f"in {self.saturated} of {steps} learning steps every neuron was saturated: its "
                f"switching probability was 0 or 1 at {100 * SATURATED:.0f} % or more of the "
                "samples and passed no gradient on; the weights are too large "
                "(learner.init_scale, learner.eta)"
            )
        return told

    def _note(self, accuracy: float) -> str:
        seconds = self.study.bench.emulated().seconds
        return f"accuracy {accuracy:.3f}, {seconds:.3g} s emulated"


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train, then classify the test set; stops between steps when asked to."""
    own = config.node(config.scenario).card
    params = SinnParams.from_card(own, config.scenario)
    sinn = Sinn(config, watch, trace, load_task(params, config.data))
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
