"""A layered network learns from the noise of its junctions, on an emulated analogue array.

One training; `scenarios/convergence.py` runs several, and sweeps run many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import make_noise
from emulator import Config, ConfigError, Count, Params, PassGrid, PassNoise, TraceSink
from learning import Augmentation, Epochs, ImageSet, PerturbationParams, load_images
from learning.perturbation import PerturbationLearner, StepReport

from .array_noise import pace_warnings, replay_warnings
from .epoch_table import SCORES
from .perturbation_doubts import reading_doubts, rule_doubts
from .replay import wrap_warnings
from .study import Study, Value
from .watch import State, Watch
from .weights import under

NOTE_EVERY = 10  # batches between two notes beside the bar
TEST_NOISE = "noise.test"  # names the draws of tests


class PerturbationTask(Params):
    """The keys of a training.

    `train_samples` and `test_samples` take the first of each set, 0 all of them. `pad` crops
    images shifted by up to as many pixels and mirrors half of them, 0 leaves them as they are.
    `readings`: the learner sees the nodes exactly, or through the board's converters (but for bp,
    which a host computes).
    """

    data_set: Literal["mnist", "cifar10", "cifar100"]
    epochs: Count = Field(ge=0, le=1_000_000)
    train_samples: Count = Field(ge=0)
    test_samples: Count = Field(ge=0)
    pad: Count = Field(ge=0, le=16)
    readings: Literal["exact", "converter"]


class Training:
    """One training: a learner, its noise, and the board that runs both passes of every sample.

    Its points are kept under `name`, that of its seed if it has none of its own. Tests read
    `test_noise`: the same junctions where they flip by the clock, otherwise noise that leaves that
    of the training as it is, however much is tested.
    """

    def __init__(
        self, config: Config, watch: Watch, trace: TraceSink | None, params: PerturbationTask,
        data: ImageSet, name: str = "",
    ) -> None:  # fmt: skip
        self.params, self.data, self.name = params, data, name or f"seed{config.seed}"
        rule = PerturbationParams.from_card(config.node("learner").card, "learner")
        sizes = rule.sizes(self.data.features, self.data.classes)
        every = rule.accumulate if rule.rule == "danp" else 0
        self.study = Study.begin_array(config, watch, trace, sizes[1:], sizes[0], every)
        self.board = self.study.bench.board
        noise = make_noise(config.node("noise"), self.board.nodes, config.seed)
        converter = self.board.converter if params.readings == "converter" else None
        self.learner = PerturbationLearner(
            rule, sizes[0], sizes[-1], config.seed, converter, noise.moments
        )
        self.noise: PassNoise = noise
        self.test_noise = noise.apart(TEST_NOISE)
        self.batches = Epochs(config.seed, rule.batch)
        self.augmentation = Augmentation(config.seed, params.pad, self.data.shape)
        self.steps = self.batches.steps(len(self.data.x_train))
        self.done = 0
        self.point: State = {}  # where the last finished epoch ended

    def train(self) -> None:
        """Learn until the last epoch, or until asked to stop; a stop loses the epoch it is in.

        Without an epoch the network is tested as it is. Raises `ConfigError` if the point to go on
        from is beyond the last epoch.
        """
        watch, epochs = self.study.watch, self.params.epochs
        kept = watch.kept(self.name)
        if kept is not None:
            self._take_up(kept)
        self.point = self._state()
        if not epochs:
            self._row(self._test())
        watch.begin("batches", max(epochs - self.done, 0) * self.steps)
        while self.done < epochs:
            row = self._epoch()
            if row is None:
                return
            self.done += 1
            self._row(row)
            self.point = self._state()
            watch.keep(self.name, self.point)

    def _row(self, found: Mapping[str, Value]) -> None:
        scores = {name: found[name] for name in ("accuracy", *SCORES) if name in found}
        self.study.row({"seed": self.study.config.seed, **scores})

    def _epoch(self) -> dict[str, Value] | None:
        """Learn one epoch, then test; None if asked to stop meanwhile."""
        sums, seen = np.zeros(len(fields(StepReport))), 0
        for count in range(1, self.steps + 1):
            report, samples = self._step(self.done * self.steps + count - 1)
            sums += samples * np.array(astuple(report))
            seen += samples
            if count % NOTE_EVERY == 0 or count == self.steps:
                self.study.watch.advance((count - 1) % NOTE_EVERY + 1, self._note(sums / seen))
            if self.study.asked_to_stop():
                return None
        mean = StepReport(*(sums / seen).tolist())
        return {
            **self._test(),
            "train_accuracy": mean.accuracy, "train_loss": mean.loss,
            "zero_share": mean.zero_share, "hidden_share": mean.hidden_share,
            "saturated_share": mean.saturated_share,
        }  # fmt: skip

    def _test(self) -> dict[str, Value]:
        """Classify the test set, with the noise of the instants at which that happens."""
        data = self.data
        when = self._answer(len(data.x_test))

        def noise(first: int, samples: int) -> NDArray[np.float32]:
            assert when is not None  # backpropagation is tested without noise
            drawn: NDArray[np.float32] = self.test_noise.passes(when.part(first, samples))[0]
            return drawn

        tested = self.learner.evaluate(data.rows(data.x_test), data.y_test, noise)
        return {"accuracy": tested.accuracy, "test_loss": tested.loss,
                "test_saturated_share": tested.saturated_share}  # fmt: skip

    def _step(self, step: int) -> tuple[StepReport, int]:
        """Run both passes of a batch and let the learner compare them; returns its size, too."""
        data, n = self.data, len(self.data.x_train)
        chosen = self.batches.indices(step, n)
        images = data.x_train[chosen]
        if self.params.pad:
            images = self.augmentation.apply(images, step // self.steps, chosen, n)
        when = self._work(len(chosen))
        noise = None if when is None else self.noise.passes(when)
        return self.learner.step(data.rows(images), data.y_train[chosen], noise), len(chosen)

    def _work(self, samples: int) -> PassGrid | None:
        """Let time pass for a step: on the board, or backpropagation's on the host (None)."""
        operations = self.learner.operations
        if self.learner.params.noise_passes:
            return self.board.train(samples, operations.update(samples, self.board.cascade))
        self.study.compute(operations.step(samples))
        return None

    def _answer(self, samples: int) -> PassGrid | None:
        """Let time pass for a test, as for a step."""
        if self.learner.params.noise_passes:
            return self.board.infer(samples)
        self.study.compute(self.learner.operations.evaluation(samples))
        return None

    def _note(self, means: NDArray[np.float64]) -> str:
        left = self.params.epochs - self.done
        seconds = self.study.bench.emulated().seconds
        return (f"loss {means[0]:.3f}, accuracy {means[1]:.3f}, {left} epochs left, "
                f"{seconds:.3g} s emulated")  # fmt: skip

    # -- going on after a kill -------------------------------------------------------------

    def _state(self) -> State:
        """Return all that the next epochs depend on, and the rows of those that are done."""
        columns = self.study.columns
        return {
            "epoch": np.array(float(self.done)),
            **{f"learner.{name}": array for name, array in self.learner.state().items()},
            **{f"noise.{name}": array for name, array in self.noise.state().items()},
            **{f"test_noise.{name}": array for name, array in self.test_noise.state().items()},
            **{f"steps.{name}": np.array(columns[name], np.float64) for name in self.found()},
        }

    def found(self) -> list[str]:
        """Return the columns that were found; what they cost is what the board's books say."""
        return [name for name in ("accuracy", *SCORES) if name in self.study.columns]

    def _take_up(self, kept: State) -> None:
        """Go on from a state; the board does its part of the work once more, for its books.

        Of a training that is finished, a sweep keeps no learner: nobody will go on with it.
        """
        done, rows, learner = int(kept["epoch"]), under("steps.", kept), under("learner.", kept)
        if done > self.params.epochs:
            raise ConfigError(f"epochs = {self.params.epochs}, but {done} are learned already")
        if learner:
            self.learner.load(learner)
        self.noise.load(under("noise.", kept))
        self.test_noise.load(under("test_noise.", kept))
        self.study.watch.begin("epochs before", done)
        n, size = len(self.data.x_train), self.batches.size
        for row in range(done):
            for first in range(0, n, size):
                self._work(min(size, n - first))
            self._answer(len(self.data.x_test))
            self._row({name: float(column[row]) for name, column in rows.items()})
            self.study.watch.advance(1, "")
        self.done = done

    # -- what came out ---------------------------------------------------------------------

    def weights(self) -> State:
        """Return the learner's arrays after the last finished epoch, whatever came after it."""
        return under("learner.", self.point)

    def per_epoch(self, cost: str) -> float | None:
        """Return what a finished epoch took of `seconds` or `energy_j`, None without any."""
        return self.study.columns[cost][-1] / self.done if self.done else None

    def warnings(self) -> list[str]:
        """Return what stood in the way of learning."""
        columns, config, interval = self.study.columns, self.study.config, self.board.interval_ps
        told = pace_warnings(config, interval) + replay_warnings(self.noise, interval)
        told += rule_doubts(self.learner.params.rule)
        if self.done:
            last = {name: float(columns[name][-1]) for name in self.found()}
            told += reading_doubts(config.node("noise"), self.board.converter, last)
        if self.done and not np.isfinite(columns["train_loss"][-1]):
            told.append("the loss is not finite: the network diverged; lower learner.eta")
        return told + wrap_warnings(self.noise, self.done)


def load_task(params: PerturbationTask, directory: str | None) -> ImageSet:
    """Return the images of a task; raises `DataError`, or `ConfigError` for more than there are."""
    data = load_images(params.data_set, Path(directory) if directory else None)
    return data.first(params.train_samples, params.test_samples)
