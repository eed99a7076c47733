"""What a run yields: plain data, no files, no printing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .config import Config
from .prices import Bill
from .ticks import PS_PER_S

Table = Mapping[str, Sequence[float | int | str]]  # columns of equal length, by name
Weights = Mapping[str, NDArray[np.float64]]
Status = Literal["complete", "interrupted"]
GROUPS = ("device", "front_end", "controller", "link", "host")
UPDATE_GROUPS = ("device", "front_end", "controller")


@dataclass(frozen=True)
class Phase:
    """One phase of an update: where it begins, how long it lasts, and where that figure is from."""

    name: str
    start_ps: int
    duration_ps: int
    trust: str
    source: str


@dataclass(frozen=True)
class Timeline:
    """One update, phase by phase, with the voltages on the board's lines.

    `waves` maps a line's name to (t in ps, volts) arrays. `issue_ps` is the interval between the
    starts of two updates where they interleave over the junctions, None where one follows the
    other.
    """

    phases: Sequence[Phase]
    waves: Mapping[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = field(default_factory=dict)
    issue_ps: int | None = None

    @property
    def period_ps(self) -> int:
        """Sum of the phases."""
        return sum(phase.duration_ps for phase in self.phases)


@dataclass(frozen=True)
class Emulated:
    """Totals of the emulated board. `update_*` figures are taken inside update windows."""

    elapsed_ps: int
    window_ps: int
    updates: int

    @property
    def seconds(self) -> float:
        """Emulated time of the whole run."""
        return self.elapsed_ps / PS_PER_S

    @property
    def update_rate_hz(self) -> float | None:
        """Updates per second inside update windows, None without updates."""
        return self.updates * PS_PER_S / self.window_ps if self.window_ps else None


@dataclass(frozen=True)
class Result:
    """Everything a run found out.

    `steps` holds one column per quantity and one row per learning step: `step`, `accuracy`,
    `goal`, `seconds`, `energy_j`, `updates`. `weights` are the trained arrays. `tables` are what a
    study has measured, by name, `files` what it leaves behind (the text of a card, the bytes of a
    recording), by file name.
    """

    scenario: str
    status: Status
    seed: int
    engine: str
    engine_reason: str
    board: str
    version: str
    metrics: Mapping[str, float | int | None]
    emulated: Emulated
    bill: Bill
    fidelity: Mapping[str, float | int | None]
    warnings: Sequence[str]
    steps: Mapping[str, Sequence[float | int]]
    weights: Weights
    config: Config
    timeline: Timeline
    wall_s: float
    tables: Mapping[str, Table] = field(default_factory=dict)
    files: Mapping[str, str | bytes] = field(default_factory=dict)

    def energy_per_update_j(self) -> float | None:
        """Device, front end and controller inside update windows, per update."""
        if not self.emulated.updates:
            return None
        inside = self.bill.total(window=True, where=lambda li: li.entry.group in UPDATE_GROUPS)
        return inside / self.emulated.updates

    def summary(self, run_dir: str | None = None) -> dict[str, Any]:
        """Return the object that `--json` prints and `summary.json` holds."""
        split = self.bill.by(lambda line: line.entry.group)
        return {
            "schema": 1,
            "version": self.version,
            "status": self.status,
            "scenario": self.scenario,
            "seed": self.seed,
            "engine": self.engine,
            "engine_reason": self.engine_reason,
            "board": self.board,
            "prices": self.bill.prices,
            "config_digest": self.config.digest(self.version),
            "metrics": dict(self.metrics),
            "emulated": {
                "seconds": self.emulated.seconds,
                "updates": self.emulated.updates,
                "update_rate_hz": self.emulated.update_rate_hz,
                "energy_per_update_j": self.energy_per_update_j(),
                "energy_j": self.bill.total(),
                "energy_low_j": self.bill.total("low"),
                "energy_high_j": self.bill.total("high"),
            },
            "energy_by_part_j": self.bill.by(lambda line: line.entry.part),
            "energy_split_j": {group: split.get(group, 0.0) for group in GROUPS},
            "energy_by_trust_j": self.bill.by(lambda line: line.price.trust),
            "pulse_fidelity": dict(self.fidelity),
            "warnings": list(self.warnings),
            "wall_s": self.wall_s,
            "run_dir": run_dir,
        }
