"""What a vote costs: accuracy against energy and latency, from one update per neuron to many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from emulator import Config, Count, Ratio, Result, TraceSink
from emulator.result import UPDATE_GROUPS
from emulator.ticks import PS_PER_S

from .columns import columns_of
from .sinn import Sinn
from .task import Score, TaskParams, load_task
from .watch import Watch

DRAWS = (1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)
CHEAPEST = ("draws", "accuracy", "energy_j", "latency_s")  # what is said of the cheapest point


class DrawsParams(TaskParams):
    """The scenario's own keys: the task, the largest vote, and what counts as good enough."""

    max_draws: Count = Field(ge=1, le=DRAWS[-1])
    margin: Ratio = Field(ge=0, le=1)


@dataclass(frozen=True)
class Point:
    """A vote of `draws` updates per neuron: its accuracy, and the cost of one classification.

    `energy_j` is that of device, front end and controller inside update windows, `latency_s` the
    emulated time, host and link included, both per sample of the bursts that were classified.
    """

    draws: int
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    energy_j: float
    latency_s: float


def measure(sinn: Sinn, draws: int) -> tuple[Score, Point | None]:
    """Classify the test set on the board; no point if the test was cut short."""
    energy, began = _window_joules(sinn), sinn.study.bench.emulator.now
    score = sinn.test(draws)
    found = {name: value for name, value in score.metrics().items() if value is not None}
    if not found:
        return score, None
    energy = _window_joules(sinn) - energy
    seconds = (sinn.study.bench.emulator.now - began) / PS_PER_S
    n = score.samples
    return score, Point(draws, energy_j=energy / n, latency_s=seconds / n, **found)


def _window_joules(sinn: Sinn) -> float:
    """Return what updates have cost so far."""
    bill = sinn.study.bench.bill()
    return bill.total(window=True, where=lambda line: line.entry.group in UPDATE_GROUPS)


def votes(most: int) -> list[int]:
    """Return how often to draw: 1, 2, 3, 5, 10, ... up to and including `most`."""
    return [*(draws for draws in DRAWS if draws < most), most]


def cheapest(points: Sequence[Point], least: float) -> Point | None:
    """Return the point of least energy whose accuracy is at least `least`."""
    good = [point for point in points if point.accuracy >= least]
    return min(good, key=lambda point: point.energy_j, default=None)


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Train, then classify the test set with ever more draws; stops between steps when asked."""
    own = config.node(config.scenario).card
    params = DrawsParams.from_card(own, config.scenario)
    sinn = Sinn(config, watch, trace, load_task(params, config.data))
    sinn.train()
    points, score = [], Score(0, 0, 0)
    for draws in votes(params.max_draws):
        score, point = measure(sinn, draws)
        if point is None:
            break
        points.append(point)
    return sinn.study.result(
        {**score.metrics(), **_found(sinn, points, params.margin), "test_samples": score.samples},
        weights=sinn.learner.state(),
        tables={"draws": columns_of(Point, points)},
        warnings=sinn.warnings(),
    )


def _found(sinn: Sinn, points: Sequence[Point], margin: float) -> dict[str, float | None]:
    """Return the limits, the cheapest point close to that of many draws, and every accuracy."""
    bounds = sinn.bounds()
    limit = bounds["accuracy_probability"] or 0.0
    best = cheapest(points, limit - margin)
    return {
        **bounds,
        **{f"cheapest_{name}": getattr(best, name, None) for name in CHEAPEST},
        **{f"accuracy_{point.draws}": point.accuracy for point in points},
        "learning_steps": len(sinn.study.columns["step"]),
    }
