"""How little the choice of rate and noise matters: training accuracy along slices (S1 fig. 3).

Every slice varies one number and keeps the others as they are configured; at each value a single
layer is trained by ANP, once per seed. Backpropagation at several rates is the line beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from pydantic import Field

from emulator import Config, Count, Result, TraceSink

from .array_bench import ArrayBench
from .catalog import shelf
from .columns import columns_of
from .joined import joined
from .perturbation import PerturbationTask, Training, load_task
from .rising import Rising
from .study import Study
from .watch import Quiet, Watch

VALUES = Rising(0.0, 1e6, "0.001, 0.01, 0.1", above=True)
ODDS = Rising(0.0, 1.0, "0.1, 0.5, 0.9", above=True)


class RobustnessParams(PerturbationTask):
    """The scenario's own keys beside those of a training: the values along each slice.

    `etas`: rates, with Gaussian noise; `variances` of Gaussian noise; `alphas`, `counts` and `odds`
    of Bernoulli noise: its scale, its sources per node, its probability. `bp_etas`: rates of
    backpropagation. `seeds` trainings at each.
    """

    etas: str
    variances: str
    alphas: str
    counts: str
    odds: str
    bp_etas: str
    seeds: Count = Field(ge=1, le=100)


@dataclass(frozen=True)
class Slice:
    """One number that is varied: the setting that does it, and what is configured around it."""

    name: str
    setting: str
    around: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """Training and test accuracy at one value of one slice, mean, least and most over the seeds."""

    slice: str
    value: float
    train_accuracy: float
    train_low: float
    train_high: float
    test_accuracy: float
    zero_share: float


class Robustness:
    """One sweep along all slices."""

    def __init__(self, config: Config, watch: Watch) -> None:
        self.config, self.watch = config, watch
        self.params = RobustnessParams.from_card(config.node(config.scenario).card, config.scenario)
        self.slices = slices_of(self.params)
        self.data = load_task(self.params, config.data)
        self.points: list[Point] = []
        self.studies: list[Study[ArrayBench]] = []
        self.stopped = False

    def run(self) -> None:
        """Train at every value of every slice; stop when asked to."""
        seeds = range(self.config.seed, self.config.seed + self.params.seeds)
        count = sum(len(each.values) for each in self.slices)
        self.watch.begin("trainings", count * len(seeds))
        for each in self.slices:
            for value in each.values:
                found = [self._train(each, value, seed) for seed in seeds if not self.stopped]
                if self.stopped:
                    return
                self.points.append(point_of(each, value, found))

    def _train(self, each: Slice, value: str, seed: int) -> Training:
        chosen = [word for word in each.around if word.count(".") == 0]
        rest = [word for word in each.around if word not in chosen]
        config = self.config.override(chosen, shelf())
        config = replace(config.override([*rest, f"{each.setting}={value}"], shelf()), seed=seed)
        training = Training(config, Quiet(self.watch), None, self.params, self.data)
        training.train()
        self.stopped = self.stopped or training.study.stopped
        self.studies.append(training.study)
        self.watch.advance(1, f"{each.name} {value}")
        return training

    def metrics(self) -> dict[str, float | int | None]:
        """Return the best of backpropagation, and the worst and best that noise taught."""
        by_noise = [p.train_accuracy for p in self.points if p.slice != "bp"]
        bound = [p.train_accuracy for p in self.points if p.slice == "bp"]
        return {
            "train_accuracy_bp": max(bound, default=None),
            "train_accuracy_best": max(by_noise, default=None),
            "train_accuracy_worst": min(by_noise, default=None),
            "trainings": len(self.studies),
        }


def slices_of(params: RobustnessParams) -> tuple[Slice, ...]:
    """Return the slices with their values; raises `ConfigError` for a list that cannot be."""
    sigmas = [repr(float(v) ** 0.5) for v in VALUES.words("variances", params.variances)]
    gauss, coins = ("noise=gaussian",), ("noise=bernoulli",)
    return (
        Slice("eta", "learner.eta", gauss, tuple(VALUES.words("etas", params.etas))),
        Slice("variance", "noise.sigma", gauss, tuple(sigmas)),
        Slice("alpha", "noise.alpha", coins, tuple(VALUES.words("alphas", params.alphas))),
        Slice("count", "noise.draws", coins, tuple(VALUES.words("counts", params.counts))),
        Slice("odds", "noise.p", coins, tuple(ODDS.words("odds", params.odds))),
        Slice("bp", "learner.eta", ("learner.rule=bp",),
              tuple(VALUES.words("bp_etas", params.bp_etas))),
    )  # fmt: skip


def point_of(each: Slice, value: str, found: Sequence[Training]) -> Point:
    """Return what the trainings at one value came to."""
    last = [training.study.columns for training in found if training.done]
    train = [float(columns["train_accuracy"][-1]) for columns in last]
    number = float(value) ** 2 if each.name == "variance" else float(value)
    return Point(
        slice=each.name,
        value=number,
        train_accuracy=fmean(train),
        train_low=min(train),
        train_high=max(train),
        test_accuracy=fmean(columns["accuracy"][-1] for columns in last),
        zero_share=fmean(columns["zero_share"][-1] for columns in last),
    )


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep all slices; stops within a training when asked to."""
    sweep = Robustness(config, watch)
    sweep.run()
    return joined(
        sweep.studies,
        config,
        sweep.metrics(),
        tables={"robustness": columns_of(Point, sweep.points)},
        warnings=["S1 draws the least and most over all other choices; here all others stay"],
    )
