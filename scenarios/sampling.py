"""How long to wait between two passes: accuracy, time and energy against the sampling interval.

When passes follow each other faster than the junctions flip, both see the same noise and nothing is
learned; when slower, time and energy are spent on waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from devices.telegraph_pairs import pair_difference, same_error, same_share
from emulator import Config, Result, TraceSink
from emulator.ticks import PS_PER_S
from learning import Mean, departure, mean_share

from .columns import columns_of
from .perturbation import Training, load_task
from .reporting.engineering import engineering
from .rising import Rising
from .sampled_junctions import SampledJunctions
from .trainings import Finished, Plan, SweepTask, Trainings, learns_from_noise
from .watch import Watch

SIGMAS = 4.5
ROUNDED = 1e-6  # of an interval: a whole number of ps
INTERVALS = Rising(0.001, 1000.0, "0.1, 1, 3")


class SamplingParams(SweepTask):
    """The scenario's own keys beside those of a sweep.

    `intervals` in correlation times of the junctions. `observed`: with the noise of the readings,
    which differs between any two passes and teaches by itself.
    """

    intervals: str
    observed: bool


@dataclass(frozen=True)
class Point:
    """What came out at one interval, over all seeds.

    `zero_share` is the share of samples whose passes did not differ at any node, `zero_law` what
    telegraph noise makes of it, `zero_error` its standard error and `zero_sigma` how far it departs
    (`learning.departure`); `node_*` are those of a single node. `accuracy` is the mean over
    seeds, `accuracy_error` its standard error (`learning.mean_share`).
    """

    interval_tau_c: float
    interval_s: float
    zero_share: float
    zero_law: float
    zero_error: float
    zero_sigma: float
    node_share: float
    node_law: float
    node_error: float
    node_sigma: float
    accuracy: float
    accuracy_error: float
    epoch_s: float
    epoch_j: float


class Sampling:
    """One sweep over intervals, and the same trainings with noise that forgets at once."""

    def __init__(self, config: Config, watch: Watch) -> None:
        self.params = SamplingParams.from_card(config.node(config.scenario).card, config.scenario)
        words = INTERVALS.words("intervals", self.params.intervals)
        self.intervals = [float(word) for word in words]
        learns_from_noise(config)
        self.junctions = SampledJunctions.of(config, self.params.observed)
        self.data = load_task(self.params, config.data)
        self.trainings = Trainings(watch, self.params.epochs, list(self._plans(config.seed)))

    def _plans(self, first: int) -> Iterator[Plan]:
        """Yield the trainings at every interval, then those with independent noise."""
        seeds, junctions = range(first, first + self.params.seeds), self.junctions
        for interval in self.intervals:
            for seed in seeds:
                config = junctions.at(interval, seed)
                yield self._plan(config, f"{interval:g} tau_c", junctions.compared)
        for seed in seeds:
            config = replace(junctions.config, seed=seed)
            yield self._plan(config, "independent", junctions.forgetful)

    def _plan(self, config: Config, note: str, dressed: Callable[[Training], Training]) -> Plan:
        return Plan(
            note, lambda watch: dressed(Training(config, watch, None, self.params, self.data))
        )

    def points(self) -> list[Point]:
        """Return what the trainings came to, interval by interval as far as all seeds are done."""
        groups = self.trainings.groups(self.params.seeds)
        return [self._point(found) for found in groups[: len(self.intervals)]]

    def independent(self) -> Mean | None:
        """Return the accuracy with independent noise, None unless all seeds are done."""
        groups = self.trainings.groups(self.params.seeds)[len(self.intervals) :]
        return self._accuracy(groups[0]) if groups else None

    def _point(self, found: Sequence[Finished]) -> Point:
        """Return what the trainings at one interval came to."""
        dwell, board = self.junctions.dwell, found[0].study.bench.board
        dt, nodes, each = board.interval_ps / PS_PER_S, board.nodes, found[0].count("samples")
        samples = each * len(found)
        accuracy, epochs = self._accuracy(found), sum(one.epochs for one in found)
        zero, node = (
            sum(one.count(f"same_{what}") for one in found) for what in ("samples", "nodes")
        )
        zero_law = float(same_share(dwell, dt, nodes))
        node_law = float(1.0 - pair_difference(dwell, dt))
        zero_error = same_error(dwell, dt, nodes, each) / sqrt(len(found))
        node_error = same_error(dwell, dt, 1, each) / sqrt(len(found) * nodes)
        return Point(
            interval_tau_c=dt / dwell.tau_c,
            interval_s=dt,
            zero_share=zero / samples,
            zero_law=zero_law,
            zero_error=zero_error,
            zero_sigma=departure(zero, samples, zero_law, zero_error),
            node_share=node / (samples * nodes),
            node_law=node_law,
            node_error=node_error,
            node_sigma=departure(node, samples * nodes, node_law, node_error),
            accuracy=accuracy.value,
            accuracy_error=accuracy.error,
            epoch_s=sum(one.score("seconds") for one in found) / epochs,
            epoch_j=sum(one.score("energy_j") for one in found) / epochs,
        )

    def _accuracy(self, found: Sequence[Finished]) -> Mean:
        return mean_share([one.score("accuracy") for one in found], len(self.data.x_test))

    def metrics(self) -> dict[str, float | int | None]:
        """Return how law and measurement agree, and what the slowest and best intervals cost."""
        points, reference = self.points(), self.independent()
        best, margin = self._cheapest() or (None, None)
        return {
            "tau_c_s": self.junctions.dwell.tau_c,
            "worst_zero_sigma": max((point.zero_sigma for point in points), default=None),
            "worst_node_sigma": max((point.node_sigma for point in points), default=None),
            "accuracy_independent": reference.value if reference else None,
            "accuracy_independent_error": reference.error if reference else None,
            "cheapest_interval_s": best.interval_s if best else None,
            "cheapest_interval_tau_c": best.interval_tau_c if best else None,
            "cheapest_accuracy": best.accuracy if best else None,
            "cheapest_accuracy_margin": margin,
            "cheapest_epoch_j": best.epoch_j if best else None,
            "cheapest_epoch_s": best.epoch_s if best else None,
        }

    def _cheapest(self) -> tuple[Point, float] | None:
        """Return the cheapest point that learns as independent noise does, as far as one can tell.

        The 95 % interval of the difference, half of which comes with it, reaches 0. None if no
        point does, or before there is a reference.
        """
        reference, enough = self.independent(), []
        if reference is not None:
            groups = self.trainings.groups(self.params.seeds)
            for point, found in zip(self.points(), groups, strict=False):
                margin = self._accuracy(found).margin(reference)
                if point.accuracy >= reference.value - margin:
                    enough.append((point, margin))
        return min(enough, key=lambda one: one[0].epoch_j, default=None)

    def warnings(self) -> list[str]:
        """Return what to know before the table is used."""
        told = ["between two batches the board updates its weights: the junctions are taken up "
                "after that as if no time had passed"]  # fmt: skip
        for interval, point in zip(self.intervals, self.points(), strict=False):
            if point.interval_tau_c > interval * (1.0 + ROUNDED):
                told.append(
                    f"intervals = {interval:g}: passes take {engineering(point.interval_s, 's')}, "
                    f"{point.interval_tau_c:.3g} tau_c, and cannot follow faster"
                )
            for what, sigma in (("samples", point.zero_sigma), ("nodes", point.node_sigma)):
                if sigma > SIGMAS:
                    told.append(
                        f"at {point.interval_tau_c:g} tau_c more or fewer {what} without a "
                        f"difference than telegraph noise has ({sigma:.1f} sigma)"
                    )
        if self.independent() is not None:
            told += self._confidence()
        return told

    def _confidence(self) -> list[str]:
        """Return what the choice of the cheapest interval rests on."""
        seeds, cheapest = self.params.seeds, self._cheapest()
        told = []
        if seeds == 1:
            told.append(
                f"seeds = 1: errors are those of {len(self.data.x_test)} test samples; how much "
                "trainings differ is not in them"
            )
        if cheapest is None:
            return [*told, "no interval of `intervals` learns as independent noise does"]
        law = "normal" if seeds == 1 else f"Student's t, {2 * (seeds - 1)} degrees of freedom"
        return [
            *told,
            f"the cheapest interval is not told from independent noise: {seeds} seed"
            f"{'s' * (seeds > 1)} tell differences above {cheapest[1]:.1%} (95 %, {law})",
        ]


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep the sampling interval; stops within a training when asked to."""
    sweep = Sampling(config, watch)
    sweep.trainings.run()
    return sweep.trainings.result(
        config, sweep.metrics(), {"sampling": columns_of(Point, sweep.points())}, sweep.warnings()
    )
