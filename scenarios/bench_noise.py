"""What `spinboard bench` times of noise-based learning: its noise, and a step of a training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

import devices
from devices import SmtjParams, TelegraphGrid, make_noise
from emulator import PassGrid, PassNoise, load_card
from learning import PerturbationParams

from .catalog import configure
from .workload import Row, Workload, take_turns

DEVICES, SAMPLES = 4096, 64  # of a chunk of telegraph noise: 256 KiB, less than a core's cache
CHUNKS = 100  # of a slice
INTERVAL = 25_000_000  # ps between two samples, those of a scope at 40 kHz
CLASSES = 10
ACCUMULATED = 64  # batches that share an update of R: a slice holds as many, and so one update


@dataclass(frozen=True)
class Task:
    """A training, with the cards of `scenario`: `slices` of `steps` steps, `plain` of plain ones.

    Its rows are called `name`, `name`_accumulated and, what both are compared with, `name`_plain.
    """

    name: str
    scenario: str
    features: int
    slices: int
    steps: int
    plain: int


TASKS = (
    Task("danp_step_784", "danp-mnist", 784, 11, 16, 6),
    Task("danp_step_3072", "danp-cifar10", 3072, 5, 6, 1),
)


class Learner(Protocol):
    """Learns from a batch and its noise."""

    def step(
        self, x: NDArray[np.float32], y: NDArray[np.int64], noise: NDArray[np.float32]
    ) -> object:
        """Learn from `x` (B, features), labels `y` (B,) and `noise` (2, B, nodes)."""


class Telegraph:
    """Junctions of the shipped card, without a bias, sampled on a grid by the exact step."""

    def __init__(self) -> None:
        junction = SmtjParams.from_card(load_card(devices.CARDS / "smtj.toml"), "smtj")
        dwells = [junction.dwell(0.0, 0.0)] * DEVICES
        self._grid = TelegraphGrid(0, "bench", dwells)
        self._fill()

    def run(self) -> float:
        """Fill some chunks; returns the number of samples."""
        for _ in range(CHUNKS):
            self._fill()
        return float(CHUNKS * SAMPLES * DEVICES)

    def _fill(self) -> None:
        self._grid.fill(PassGrid(self._grid.index * INTERVAL, INTERVAL, SAMPLES))


class Training:
    """Steps of a learner on one random batch (batch, features), each with noise of its own."""

    def __init__(
        self, learner: Learner, noise: PassNoise, shape: tuple[int, int], steps: int
    ) -> None:
        self._learner, self._noise, self._steps = learner, noise, steps
        self._when = PassGrid(0, INTERVAL, 2 * shape[0], 2)  # chains of steps have no clock
        random = np.random.default_rng(0)
        self._x = random.standard_normal(shape, dtype=np.float32)
        self._y = random.integers(0, CLASSES, shape[0])
        self._step()

    def run(self) -> float:
        """Learn some steps; returns their number."""
        for _ in range(self._steps):
            self._step()
        return float(self._steps)

    def _step(self) -> None:
        self._learner.step(self._x, self._y, self._noise.passes(self._when))


def missing() -> list[str]:
    """Return a note for the rows that cannot be measured here."""
    if find_spec("torch") is not None:
        return []
    names = " and ".join(f"{task.name}*" for task in TASKS)
    return [f"rows {names} are left out: they need PyTorch, which is not installed"]


def measure_noise(slices: int) -> list[Row]:
    """Time noise, and steps of learning unless `missing`; at most `slices` slices each."""
    rows = take_turns([Workload("telegraph_samples", "1/s", Telegraph().run)], slices)
    for task in TASKS if not missing() else ():
        rows += take_turns(list(trainings(task)), min(slices, task.slices))
    return rows


def trainings(task: Task) -> Iterator[Workload]:
    """Yield the plain step of a task, and the fast ones that are compared with it."""
    from learning.perturbation import PerturbationLearner  # noqa: PLC0415  (imports PyTorch)
    from learning.perturbation.plain import PlainDanp  # noqa: PLC0415

    config = configure(task.scenario)
    exact = PerturbationParams.from_card(config.node("learner").card, "learner")
    late = exact.model_copy(update={"accumulate": ACCUMULATED})
    ends, plain = (task.features, CLASSES, config.seed), f"{task.name}_plain"
    nodes = sum(exact.sizes(task.features, CLASSES)[1:])
    for name, learner, steps in (
        (plain, PlainDanp(exact, *ends), task.plain),
        (task.name, PerturbationLearner(exact, *ends), task.steps),
        (f"{task.name}_accumulated", PerturbationLearner(late, *ends), ACCUMULATED),
    ):
        noise = make_noise(config.node("noise"), nodes, config.seed)
        training = Training(learner, noise, (exact.batch, task.features), steps)
        yield Workload(name, "1/s", training.run, plain=plain)
