"""How long to wait between two passes: accuracy, time and energy against the sampling interval.

When passes follow each other faster than the junctions flip, both see the same noise and nothing is
learned; when slower, time and energy are spent on waiting.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, stdev

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import LevelNoise, SmtjParams
from devices.noise import telegraph_dwell, telegraph_levels
from devices.noise_params import TelegraphNoiseParams
from devices.telegraph_pairs import pair_difference, same_error, same_share
from emulator import Config, ConfigError, Count, PassGrid, Result, TraceSink
from emulator.ticks import PS_PER_S

from .array_bench import ArrayBench
from .array_noise import TELEGRAPH
from .catalog import shelf
from .columns import columns_of
from .joined import joined
from .perturbation import PerturbationTask, Training, load_task
from .procedure import with_numbers
from .rising import Rising
from .study import Study
from .watch import Quiet, Watch

SIGMAS = 4.5
INTERVALS = Rising(0.001, 1000.0, "0.1, 1, 3")


class SamplingParams(PerturbationTask):
    """The scenario's own keys beside those of a training.

    `intervals` in correlation times of the junctions; `seeds` trainings at each. `observed`: with
    the noise of the readings, which differs between any two passes and teaches by itself.
    """

    intervals: str
    seeds: Count = Field(ge=1, le=100)
    observed: bool


@dataclass(frozen=True)
class Point:
    """What came out at one interval, over all seeds.

    `zero_share` is the share of samples whose passes did not differ at any node, `zero_law` what
    telegraph noise makes of it and `zero_error` the standard error; `node_share` and `node_law` are
    those of a single node. `accuracy` is the mean over seeds, `accuracy_error` its standard error.
    """

    interval_tau_c: float
    interval_s: float
    zero_share: float
    zero_law: float
    zero_error: float
    node_share: float
    node_law: float
    accuracy: float
    accuracy_error: float
    epoch_s: float
    epoch_j: float


class Compared:
    """Noise that counts how often two looks at the junctions saw the same; a `PassNoise`."""

    def __init__(self, noise: LevelNoise) -> None:
        self._noise, self._gap = noise, float(np.ptp(noise.levels)) / 2.0
        self.nodes = noise.nodes
        self.samples = self.same_nodes = self.same_samples = 0

    def passes(self, when: PassGrid) -> NDArray[np.float32]:
        """Return the noise of both passes of some samples, having looked at it."""
        noise = self._noise.passes(when)
        self.samples += when.samples
        same = np.abs(noise[0] - noise[1]) < self._gap
        self.same_nodes += int(np.count_nonzero(same))
        self.same_samples += int(np.count_nonzero(same.all(axis=1)))
        return noise

    def apart(self, name: str) -> LevelNoise:
        """Return the noise of a test, at which nobody looks."""
        return self._noise.apart(name)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what the source remembers."""
        return self._noise.state()

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up a state."""
        self._noise.load(state)


class Sampling:
    """One sweep over intervals, and the same trainings with noise that forgets at once."""

    def __init__(self, config: Config, watch: Watch) -> None:
        self.watch = watch
        self.params = SamplingParams.from_card(config.node(config.scenario).card, config.scenario)
        self.intervals = [
            float(word) for word in INTERVALS.words("intervals", self.params.intervals)
        ]
        node = config.node("noise")
        self.config = config
        if node.card.model == TELEGRAPH and not self.params.observed:
            self.config = with_numbers(config, "noise", sigma=0)
            node = self.config.node("noise")
        if node.card.model != TELEGRAPH:
            raise ConfigError(f"noise={node.card.name} has no dwell time; take noise=smtj")
        self.telegraph = TelegraphNoiseParams.from_card(node.card, "noise")
        if self.telegraph.junctions != 1:
            raise ConfigError(
                f"noise.junctions = {self.telegraph.junctions}: the law is that of one per node"
            )
        for key, value in self.telegraph.spreads.items():
            raise ConfigError(f"noise.{key} = {value:g}: the law is that of equal junctions")
        self.junction = SmtjParams.from_card(node.children["junction"].card, "noise.junction")
        self.dwell = telegraph_dwell(self.telegraph, self.junction)
        self.data = load_task(self.params, config.data)
        self.points: list[Point] = []
        self.independent: list[float] = []
        self.studies: list[Study[ArrayBench]] = []
        self.stopped = False

    def run(self) -> None:
        """Train at every interval, then with independent noise; stop when asked to."""
        seeds = range(self.config.seed, self.config.seed + self.params.seeds)
        self.watch.begin("trainings", (len(self.intervals) + 1) * len(seeds))
        for interval in self.intervals:
            found = [self._train(self._at(interval, seed)) for seed in seeds if not self.stopped]
            if self.stopped:
                return
            self.points.append(self._point(found))
        for seed in seeds:
            training, _ = self._train(self._independent(seed))
            if self.stopped:
                return
            self.independent.append(_accuracy(training))

    def _at(self, interval: float, seed: int) -> Config:
        """Return the configuration with passes `interval` correlation times apart."""
        ps = round(interval * self.dwell.tau_c * PS_PER_S)
        config = self.config.override([f"board.t_interval={ps} ps"], shelf())
        return replace(config, seed=seed)

    def _independent(self, seed: int) -> Config:
        """Return the configuration with coins of the same levels and odds, tossed at each pass."""
        low, high = telegraph_levels(self.telegraph, self.junction).tolist()
        words = [f"noise.alpha={high - low!r}", f"noise.p={1.0 - self.dwell.occupancy_p!r}",
                 f"noise.centred={self.telegraph.centred}".lower()]  # fmt: skip
        config = self.config.override(["noise=bernoulli"], shelf()).override(words, shelf())
        return replace(config, seed=seed)

    def _train(self, config: Config) -> tuple[Training, Compared | None]:
        """Train once; returns the training, and its noise with what it counted."""
        training, compared = Training(config, Quiet(self.watch), None, self.params, self.data), None
        if isinstance(training.noise, LevelNoise) and config.node("noise").card.model == TELEGRAPH:
            training.noise = compared = Compared(training.noise)
        training.train()
        self.stopped = self.stopped or training.study.stopped
        self.studies.append(training.study)
        self.watch.advance(1, f"{training.board.interval_ps / PS_PER_S:.3g} s between passes")
        return training, compared

    def _point(self, found: Sequence[tuple[Training, Compared | None]]) -> Point:
        """Return what the trainings at one interval came to."""
        trainings = [training for training, _ in found]
        noises = [noise for _, noise in found if noise is not None]
        dt, nodes = trainings[0].board.interval_ps / PS_PER_S, noises[0].nodes
        samples = sum(noise.samples for noise in noises)
        mean, error = mean_and_error([_accuracy(training) for training in trainings])
        epochs = sum(training.done for training in trainings)
        return Point(
            interval_tau_c=dt / float(self.dwell.tau_c),
            interval_s=dt,
            zero_share=sum(noise.same_samples for noise in noises) / samples,
            zero_law=same_share(self.dwell, dt, nodes),
            zero_error=same_error(self.dwell, dt, nodes, samples),
            node_share=sum(noise.same_nodes for noise in noises) / (samples * nodes),
            node_law=1.0 - pair_difference(self.dwell, dt),
            accuracy=mean,
            accuracy_error=error,
            epoch_s=sum(t.study.bench.emulated().seconds for t in trainings) / epochs,
            epoch_j=sum(t.study.bench.joules() for t in trainings) / epochs,
        )

    def metrics(self) -> dict[str, float | int | None]:
        """Return how law and measurement agree, and what the slowest and best intervals cost."""
        reference, error = mean_and_error(self.independent)
        off = [abs(p.zero_share - p.zero_law) / p.zero_error for p in self.points]
        enough = [p for p in self.points if self._matches(p, reference, error)]
        best = min(enough, key=lambda p: p.epoch_j, default=None)
        return {
            "tau_c_s": self.dwell.tau_c,
            "worst_zero_sigma": max(off, default=None),
            "accuracy_independent": reference if self.independent else None,
            "accuracy_independent_error": error if self.independent else None,
            "cheapest_interval_s": best.interval_s if best else None,
            "cheapest_interval_tau_c": best.interval_tau_c if best else None,
            "cheapest_accuracy": best.accuracy if best else None,
            "cheapest_epoch_j": best.epoch_j if best else None,
            "cheapest_epoch_s": best.epoch_s if best else None,
            "trainings": len(self.studies),
        }

    @staticmethod
    def _matches(point: Point, reference: float, error: float) -> bool:
        """Whether an interval learns as independent noise does, within twice the joint error."""
        return point.accuracy >= reference - 2.0 * float(np.hypot(point.accuracy_error, error))

    def warnings(self) -> list[str]:
        """Return what to know before the table is used."""
        told: list[str] = []
        for point in self.points:
            if abs(point.zero_share - point.zero_law) > SIGMAS * point.zero_error:
                told.append(
                    f"at {point.interval_tau_c:g} tau_c more or fewer samples without a difference "
                    "than telegraph noise has"
                )
        return told


def mean_and_error(values: Sequence[float]) -> tuple[float, float]:
    """Return mean and its standard error; NaN where there are too few."""
    if not values:
        return math.nan, math.nan
    spread = stdev(values) if len(values) > 1 else math.nan
    return fmean(values), spread / math.sqrt(len(values))


def _accuracy(training: Training) -> float:
    return float(training.study.columns["accuracy"][-1]) if training.done else math.nan


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep the sampling interval; stops within a training when asked to."""
    sweep = Sampling(config, watch)
    sweep.run()
    return joined(
        sweep.studies,
        config,
        sweep.metrics(),
        tables={"sampling": columns_of(Point, sweep.points)},
        warnings=sweep.warnings(),
    )
