"""How little the choice of rate and noise matters: training accuracy along slices (S1 fig. 3).

Every slice varies one number and keeps the others as they are configured; at each value a single
layer is trained by ANP, once per seed. The rate is varied with every kind of noise, and for
backpropagation, the line beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from emulator import Card, Config, ConfigError, Result, TraceSink

from .catalog import shelf
from .columns import columns_of
from .perturbation import Training, load_task
from .rising import Rising
from .scenario import NOISES
from .trainings import Finished, Plan, SweepTask, Trainings, learns_from_noise
from .watch import Watch

VALUES = Rising(0.0, 1e6, "0.001, 0.01, 0.1", above=True)
ODDS = Rising(0.0, 1.0, "0.1, 0.5, 0.9", above=True)


class RobustnessParams(SweepTask):
    """The scenario's own keys beside those of a sweep: the values along each slice.

    `etas`: rates, with each kind of noise in `kinds`; `variances` of Gaussian noise; `alphas`,
    `counts` and `odds` of Bernoulli noise: its scale, its sources per node, its probability.
    `bp_etas`: rates of backpropagation.
    """

    kinds: str
    etas: str
    variances: str
    alphas: str
    counts: str
    odds: str
    bp_etas: str


@dataclass(frozen=True)
class Slice:
    """One number that is varied: the setting that does it, and the noise card around it.

    Backpropagation has no noise.
    """

    name: str
    setting: str
    noise: str
    values: tuple[str, ...]

    def configured(self, config: Config, value: str) -> Config:
        """Return the configuration at a value; raises `ConfigError` for one that cannot be."""
        rule = [] if self.noise else ["learner.rule=bp"]
        chosen = selected(config, self.noise) if self.noise else config
        return chosen.override([*rule, f"{self.setting}={value}"], shelf())


@dataclass(frozen=True)
class Point:
    """Training and test accuracy at one value of one slice, mean, least and most over the seeds.

    `noise` is the card that taught, empty for backpropagation.
    """

    slice: str
    noise: str
    value: float
    train_accuracy: float
    train_low: float
    train_high: float
    test_accuracy: float
    zero_share: float


class Robustness:
    """One sweep along all slices."""

    def __init__(self, config: Config, watch: Watch) -> None:
        self.config = config
        self.params = RobustnessParams.from_card(config.node(config.scenario).card, config.scenario)
        learns_from_noise(config)
        self.slices = slices_of(self.params, config.node("noise").card)
        self.data = load_task(self.params, config.data)
        self.trainings = Trainings(watch, self.params.epochs, list(self._plans()))

    def _plans(self) -> Iterator[Plan]:
        """Yield a training per slice, value and seed."""
        for each in self.slices:
            for value in each.values:
                config = each.configured(self.config, value)
                for seed in range(config.seed, config.seed + self.params.seeds):
                    yield self._plan(replace(config, seed=seed), f"{each.name} {value}")

    def _plan(self, config: Config, note: str) -> Plan:
        return Plan(note, lambda watch: Training(config, watch, None, self.params, self.data))

    def points(self) -> list[Point]:
        """Return what the trainings came to, value by value as far as all seeds are done."""
        places = [(each, value) for each in self.slices for value in each.values]
        groups = self.trainings.groups(self.params.seeds)
        return [
            point_of(each, value, found)
            for (each, value), found in zip(places, groups, strict=False)
        ]

    def metrics(self) -> dict[str, float | int | None]:
        """Return the best of backpropagation, and the worst and best that noise taught."""
        points = self.points()
        by_noise = [point.train_accuracy for point in points if point.noise]
        bound = [point.train_accuracy for point in points if not point.noise]
        return {
            "train_accuracy_bp": max(bound, default=None),
            "train_accuracy_best": max(by_noise, default=None),
            "train_accuracy_worst": min(by_noise, default=None),
        }

    def warnings(self) -> list[str]:
        """Return how this differs from the source, and which noise is not the configured one."""
        told = ["S1 draws the least and most over all other choices; here all others stay"]
        own, used = self.config.node("noise").card.name, {each.noise for each in self.slices}
        if own not in used:
            told.append(f"noise={own} teaches no slice: `kinds` = {self.params.kinds}")
        for noise in sorted(used - {own, ""}):
            names = [each.name for each in self.slices if each.noise == noise]
            numbers = selected(self.config, noise).node("noise").card.numbers
            told.append(
                f"slice {', '.join(names)}: noise={noise} as its card has it, "
                + ", ".join(f"{key} = {number}" for key, number in numbers.items())
            )
        return told


def selected(config: Config, noise: str) -> Config:
    """Return the configuration with a card of noise; the user's own stays if it is that one.

    Raises `ConfigError` for a card that is none.
    """
    if noise == config.node("noise").card.name:
        return config
    return config.override([f"noise={noise}"], shelf())


def slices_of(params: RobustnessParams, noise: Card) -> tuple[Slice, ...]:
    """Return the slices with their values; those of one model take `noise` if it is of that.

    Raises `ConfigError` for a list that cannot be.
    """
    gauss = noise.name if noise.model == "gaussian_noise" else "gaussian"
    coins = noise.name if noise.model == "bernoulli_noise" else "bernoulli"
    etas = tuple(VALUES.words("etas", params.etas))
    sigmas = [repr(float(v) ** 0.5) for v in VALUES.words("variances", params.variances)]
    return (
        *(Slice("eta", "learner.eta", kind, etas) for kind in kinds_of(params.kinds)),
        Slice("variance", "noise.sigma", gauss, tuple(sigmas)),
        Slice("alpha", "noise.alpha", coins, tuple(VALUES.words("alphas", params.alphas))),
        Slice("count", "noise.draws", coins, tuple(VALUES.words("counts", params.counts))),
        Slice("odds", "noise.p", coins, tuple(ODDS.words("odds", params.odds))),
        Slice("bp", "learner.eta", "", tuple(VALUES.words("bp_etas", params.bp_etas))),
    )


def kinds_of(text: str) -> list[str]:
    """Return the cards of noise in a list; raises `ConfigError` for an empty or a double one."""
    kinds = [NOISES.get(word.strip(), word.strip()) for word in text.split(",")]
    if not all(kinds) or len(set(kinds)) < len(kinds):
        raise ConfigError(
            f"kinds = {text}: expected cards of noise such as gaussian, hmm, each once"
        )
    return kinds


def point_of(each: Slice, value: str, found: Sequence[Finished]) -> Point:
    """Return what the trainings at one value came to."""
    train = [one.score("train_accuracy") for one in found]
    return Point(
        slice=each.name,
        noise=each.noise,
        value=float(value) ** 2 if each.name == "variance" else float(value),
        train_accuracy=fmean(train),
        train_low=min(train),
        train_high=max(train),
        test_accuracy=fmean(one.score("accuracy") for one in found),
        zero_share=fmean(one.score("zero_share") for one in found),
    )


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep all slices; stops within a training when asked to."""
    sweep = Robustness(config, watch)
    sweep.trainings.run()
    return sweep.trainings.result(
        config, sweep.metrics(), {"robustness": columns_of(Point, sweep.points())}, sweep.warnings()
    )
