"""Accuracy against device variation, before and after the board has measured its own devices.

For each sigma two chips are put on the board, of the same deviates and under the same seed:

- The first learns as it is made (`none`). The learner works through the devices that will answer
  later, so it makes up for a part of their offsets by itself. Then the board measures them, and
  the same weights classify once more through corrected drives (`after`): a network that was
  trained and is calibrated in the field.
- The second is measured first, and learns and classifies through corrected drives (`before`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from controllers.calibrated import Calibrated
from emulator import Config, Count, NeuronBoard, Result, TraceSink
from learning import wilson

from .catalog import shelf
from .chip import Chip, Cost
from .columns import columns_of
from .joined import joined
from .recovery import Recovery, recovery
from .rising import Rising
from .task import TaskParams, load_task
from .watch import Watch

KINDS = ("none", "after", "before")
LADDER = (10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000)
SIGMAS = Rising(0, 1, such_as="0, 0.05, 0.1")
FREE = Cost(0.0, 0.0)


class VariationParams(TaskParams):
    """The scenario's own keys: the task, the sigmas, and the effort of a calibration."""

    sigmas: str
    trials: Count = Field(ge=1, le=1_000_000)
    draws: Count = Field(ge=1, le=10_000)


@dataclass(frozen=True)
class Stage:
    """A chip that is ready to be judged: how it was calibrated, and what has led there."""

    kind: str
    sigma: float
    learning: Cost
    calibration: Cost


@dataclass(frozen=True)
class Row:
    """One chip, judged. `seconds` and `energy_j` are learning, calibration and classification.

    `accuracy` is the vote of `draws`, with its 95 % interval. `out_of_reach` is the share of
    neurons and test samples whose probability no drive could correct.
    """

    sigma: float
    calibration: str
    accuracy_probability: float
    accuracy_one_draw: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    offset_error: float
    out_of_reach: float
    calibration_seconds: float
    calibration_energy_j: float
    seconds: float
    energy_j: float


@dataclass(frozen=True)
class Rung:
    """A trained chip after so many trials of calibration (`accuracy_probability` is a probe)."""

    trials: int
    seconds: float
    energy_j: float
    offset_error: float
    accuracy_probability: float


class Variation:
    """The sweep: what each chip came to, and the chips themselves for their books."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        own = config.node(config.scenario).card
        self.config, self.watch, self.trace = config, watch, trace
        self.params = VariationParams.from_card(own, config.scenario)
        self.sigmas = [float(word) for word in SIGMAS.words("sigmas", self.params.sigmas)]
        self.task = load_task(self.params, config.data)
        self.chips: list[Chip] = []
        self.rows: list[Row] = []
        self.right: dict[tuple[float, str], NDArray[np.bool_]] = {}  # by sigma and calibration
        self.rungs: list[Rung] = []
        self.steps: dict[str, list[float | int]] = {}

    def run(self) -> None:
        """Put one chip after the other on the board, until done or asked to stop."""
        first = self._plug(self.sigmas[0])
        Calibrated(first.board)  # what cannot be calibrated is refused before anything runs
        self.watch.begin("learning", 2 * len(self.sigmas) * first.learner.params.steps)
        for sigma in self.sigmas:
            as_made = first if sigma == self.sigmas[0] else self._plug(sigma)
            if not self._as_made(as_made, sigma) or not self._calibrated(self._plug(sigma), sigma):
                return

    def _plug(self, sigma: float) -> Chip:
        """Return a fresh chip; the last one of the sweep is traced."""
        last = len(self.chips) == 2 * len(self.sigmas) - 1
        config = self.config.override([f"mtj.sigma={sigma}"], shelf())
        trace = self.trace if last else None
        self.chips.append(Chip(config, self.watch, trace, self.task))
        return self.chips[-1]

    def _as_made(self, chip: Chip, sigma: float) -> bool:
        """Learn and classify without any correction, then measure and classify again."""
        calibrated = Calibrated(chip.board)
        if not chip.take_steps(chip.board, f"sigma {sigma:g}"):
            return False
        learned = chip.cost()
        if not self._judge(chip, chip.board, calibrated, Stage("none", sigma, learned, FREE)):
            return False
        calibration = self._climb(chip, calibrated, sigma)
        return self._judge(
            chip, calibrated, calibrated, Stage("after", sigma, learned, calibration)
        )

    def _climb(self, chip: Chip, calibrated: Calibrated, sigma: float) -> Cost:
        """Measure in ever longer steps; of the largest sigma it is kept how far each one leads."""
        began = chip.cost()
        for trials in (*(n for n in LADDER if n < self.params.trials), self.params.trials):
            calibrated.measure(trials - calibrated.trials)
            if sigma == self.sigmas[-1]:
                spent, limit = chip.cost() - began, chip.limit(calibrated, *self.task.test)
                rung = Rung(trials, spent.seconds, spent.energy_j, calibrated.error(), limit)
                self.rungs.append(rung)
        return chip.cost() - began

    def _calibrated(self, chip: Chip, sigma: float) -> bool:
        """Measure first, then learn and classify through corrected drives."""
        calibrated = Calibrated(chip.board)
        calibrated.measure(self.params.trials)
        calibration = chip.cost()
        if not chip.take_steps(calibrated, f"sigma {sigma:g}, calibrated"):
            return False
        stage = Stage("before", sigma, chip.cost() - calibration, calibration)
        return self._judge(chip, calibrated, calibrated, stage)

    def _judge(self, chip: Chip, board: NeuronBoard, calibrated: Calibrated, stage: Stage) -> bool:
        """Classify through `board` and keep a row; returns False if asked to stop."""
        began = chip.cost()
        verdict = chip.judge(board, self.params.draws)
        if verdict is None:
            return False
        total = stage.learning + stage.calibration + (chip.cost() - began)
        low, high = wilson(verdict.vote.right, verdict.vote.samples)
        row = Row(
            sigma=stage.sigma,
            calibration=stage.kind,
            accuracy_probability=verdict.limit,
            accuracy_one_draw=verdict.first.right / verdict.first.samples,
            accuracy=verdict.vote.right / verdict.vote.samples,
            accuracy_low=low,
            accuracy_high=high,
            offset_error=calibrated.error(),
            out_of_reach=calibrated.out_of_reach(chip.learner.inference_drive(self.task.test[0])),
            calibration_seconds=stage.calibration.seconds,
            calibration_energy_j=stage.calibration.energy_j,
            seconds=total.seconds,
            energy_j=total.energy_j,
        )
        self.rows.append(row)
        self.right[stage.sigma, stage.kind] = verdict.right
        self._step(row)
        return True

    def _step(self, row: Row) -> None:
        """Tell the watch how far the sweep has come, and what all chips have cost so far."""
        costs = [chip.cost() for chip in self.chips]
        found = {
            "step": len(self.rows) - 1,
            "sigma": row.sigma,
            "calibration": KINDS.index(row.calibration),
            "vote": row.accuracy,
            "seconds": sum(cost.seconds for cost in costs),
            "energy_j": sum(cost.energy_j for cost in costs),
            "updates": sum(chip.board.updates for chip in self.chips),
        }
        for name, value in found.items():
            self.steps.setdefault(name, []).append(value)
        self.watch.step(found)

    def metrics(self) -> dict[str, float | int | None]:
        """Return what the largest sigma costs and what comes back; None where it was not reached.

        `recovered` is the share of the votes lost between the smallest sigma and the largest one
        that calibration before learning brings back, `recovered_after` after it, each with its
        95 % interval (`recovery`), None where the loss lies within chance.
        """
        found = {(row.sigma, row.calibration): row for row in self.rows}
        least = found.get((self.sigmas[0], "none"))
        none, after, before = (found.get((self.sigmas[-1], kind)) for kind in KINDS)
        return {
            "accuracy": of(none, "accuracy"),
            "accuracy_low": of(none, "accuracy_low"),
            "accuracy_high": of(none, "accuracy_high"),
            "accuracy_probability": of(none, "accuracy_probability"),
            "accuracy_one_draw": of(none, "accuracy_one_draw"),
            **(self.chips[0].backprop() if self.chips else {}),
            "accuracy_least_sigma": of(least, "accuracy"),
            "accuracy_calibrated": of(before, "accuracy"),
            "accuracy_calibrated_after": of(after, "accuracy"),
            **self._recovered("recovered", "before"),
            **self._recovered("recovered_after", "after"),
            "calibration_seconds": of(before, "calibration_seconds"),
            "calibration_energy_j": of(before, "calibration_energy_j"),
            "offset_error": of(before, "offset_error"),
            "out_of_reach": of(before, "out_of_reach"),
            "sigma": self.sigmas[-1],
            "trials": self.params.trials,
            "draws": self.params.draws,
            "chips": len(self.chips),
        }

    def _recovered(self, name: str, kind: str) -> dict[str, float | None]:
        """Return what one kind of calibration brings back, and the interval of that."""
        found = self.recovery(kind)
        low, high = found.interval if found and found.interval else (None, None)
        return {name: found.share if found else None, f"{name}_low": low, f"{name}_high": high}

    def recovery(self, kind: str) -> Recovery | None:
        """Return what one kind of calibration brings back of the largest sigma's loss, if any."""
        chips = (self.sigmas[0], "none"), (self.sigmas[-1], "none"), (self.sigmas[-1], kind)
        if not all(chip in self.right for chip in chips):
            return None
        return recovery(*(self.right[chip] for chip in chips))

    def warnings(self) -> list[str]:
        """Return a sentence for a sigma that the sweep does not use, and for a loss by chance."""
        told, sigma = [], self.config.node("mtj").card.numbers["sigma"]
        if sigma.trust == "user":
            told.append(
                f"mtj.sigma = {sigma} is not used: this study takes its sigmas from `sigmas`"
            )
        found = self.recovery("before")
        if found and found.interval is None:
            told.append(
                f"the votes lost between sigma {self.sigmas[0]:g} and {self.sigmas[-1]:g} may be "
                "chance: `recovered` has no interval; more test samples or a larger sigma tell more"
            )
        return told


def of(row: Row | None, name: str) -> float | None:
    """Return a figure of a row, None if the sweep did not come so far."""
    return None if row is None else float(getattr(row, name))


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep sigma; stops between steps when asked to."""
    sweep = Variation(config, watch, trace)
    sweep.run()
    return joined(
        [chip.study for chip in sweep.chips],
        config,
        sweep.metrics(),
        steps=sweep.steps,
        weights=sweep.chips[-1].learner.state(),
        tables={
            "variation": columns_of(Row, sweep.rows),
            "calibration": columns_of(Rung, sweep.rungs),
        },
        warnings=sweep.warnings(),
    )
