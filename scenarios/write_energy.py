"""Write energy and switching against pulse width and direction, and what a board makes of them.

The law is `devices.write_energy`. Critical voltages of the junction's card hold at the pulse width
of the board as it is configured; at every other width the law carries them there. For each width a
board is built with that pulse and that critical voltage, and measures P -> AP switching at each
voltage by full updates. AP -> P has no pulse of free height on a board: it is the law alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import VgsotParams, WritePulse, WritePulseParams
from devices.vgsot import drive_at
from emulator import Config, Count, Drive, Number, Params, Result, Table, TraceSink
from emulator.ticks import PS_PER_NS, PS_PER_S, whole_ps
from learning import wilson

from .catalog import shelf
from .columns import columns_of
from .joined import joined
from .procedure import with_numbers
from .rising import Rising
from .study import Study
from .watch import Watch
from .workbench import Workbench

WIDTH_OF = {"pipeline": "t_write", "lab": "t_pulse"}  # the key of a board's pulse width, by model
FINE = 121  # points of a drawn curve
POSITIVE = Rising(0, 1e9, such_as="0.5, 1, 2", above=True)


class WriteEnergyParams(Params):
    """The scenario's own keys: pulse widths in ns, pulse heights in volts, the effort per point."""

    widths: str
    voltages: str
    junctions: Count = Field(ge=1, le=10_000)
    trials: Count = Field(ge=1, le=100_000)


@dataclass(frozen=True)
class Point:
    """P -> AP at one width and voltage: law and measurement (its 95 % interval, Wilson).

    `update_s` is the length of one update, `priced_write_j` what the price list takes for the
    action `write`, whatever the width (Joule heat of measured codes is booked apart, as `drive`).
    """

    width_s: float
    voltage_v: float
    p_law: float
    p_measured: float
    p_low: float
    p_high: float
    update_s: float
    priced_write_j: float


class WriteEnergy:
    """The law, the boards that were built for it, and what they measured."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        self.config, self.watch, self.trace = config, watch, trace
        own = config.node(config.scenario).card
        self.params = WriteEnergyParams.from_card(own, config.scenario)
        self.words = POSITIVE.words("widths", self.params.widths)
        self.widths = np.array([float(word) for word in self.words]) * PS_PER_NS
        heights = POSITIVE.words("voltages", self.params.voltages)
        self.volts = [float(word) for word in heights]
        self.key = WIDTH_OF[config.node("board").card.model]
        self.mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
        pulse = WritePulseParams.from_card(config.node("pulse").card, "pulse")
        stated = config.node("board").card.numbers[self.key].si("s")
        assert stated is not None
        self.stated = whole_ps(stated)
        self.law = WritePulse(pulse, self.mtj, self.stated)
        self.law.energy(self.widths)  # a width that cannot be is refused before anything runs
        self.studies: list[Study[Workbench]] = []
        self.points: list[Point] = []

    def run(self) -> None:
        """Measure width after width, until done or asked to stop."""
        self.watch.begin("widths", len(self.words))
        for word, width in zip(self.words, self.widths, strict=True):
            study = self._build(word, width)
            for volts in self.volts:
                self.points.append(self._measure(study, width, volts))
            self.watch.advance(1, f"{word} ns")
            if study.asked_to_stop():
                return

    def _build(self, word: str, width: float) -> Study[Workbench]:
        """Return a board whose pulse is `width` ps long; the last one is traced."""
        config = self.config.override([f"board.{self.key}={word} ns"], shelf())
        v_c = Decimal(f"{float(self.law.critical_voltage(np.array(width))):.9g}")
        carried = Number(v_c, "V", f"v_c0 carried to {word} ns", "derived")
        config = with_numbers(config, "mtj", v_c0=carried)
        trace = self.trace if len(self.studies) == len(self.words) - 1 else None
        self.studies.append(Study.begin(config, self.watch, trace, self.params.junctions))
        return self.studies[-1]

    def _measure(self, study: Study[Workbench], width: float, volts: float) -> Point:
        """Return the share of pulses of `volts` that switched."""
        mtj, board, trials = study.bench.mtj, study.bench.board, self.params.trials
        at_rest = np.zeros((1, board.neurons))
        r, _ = drive_at(mtj.switching, volts, mtj.v_g0)
        drive = Drive(at_rest + r, at_rest)
        switched = int(board.update(drive, trials).votes(trials).sum())
        low, high = wilson(switched, trials * board.neurons)
        return Point(
            width_s=width / PS_PER_S,
            voltage_v=volts,
            p_law=float(self.law.p_sw(np.array(volts), np.array(width))),
            p_measured=switched / (trials * board.neurons),
            p_low=low,
            p_high=high,
            update_s=board.timeline().period_ps / PS_PER_S,
            priced_write_j=priced_write(study),
        )

    def metrics(self) -> dict[str, float | int | None]:
        """Return the energies at the narrowest useful width and at the board's own."""
        pulse = self.law.params
        at, own = np.array([max(pulse.t_0, 1), self.stated], dtype=np.float64), PS_PER_S
        least, stated = self.law.energy(at)
        off = [abs(point.p_measured - point.p_law) for point in self.points]
        return {
            "energy_least_j": float(least),
            "width_least_s": pulse.t_0 / own,
            "energy_stated_j": float(stated),
            "width_stated_s": self.stated / own,
            "v_c0_v": self.mtj.v_c0,
            "worst_p_error": max(off, default=None),
            "widths": len(self.studies),
            "trials": self.params.trials * self.params.junctions,
        }

    def tables(self) -> dict[str, Table]:
        """Return the law on a fine grid, switching at each voltage, and what was measured."""
        t = np.geomspace(self.widths.min(), self.widths.max(), FINE)
        return {
            "write_energy": {
                "width_s": (t / PS_PER_S).tolist(),
                **self._both("v_c_{}_v", t),
                "energy_p_ap_j": self.law.energy(t).tolist(),
                "energy_ap_p_j": self.law.energy(t, "ap_p").tolist(),
            },
            "write_switching": self._switching(t),
            "write_measured": columns_of(Point, self.points),
        }

    def _both(self, name: str, t: NDArray[np.float64]) -> dict[str, list[float]]:
        law = self.law.critical_voltage
        return {name.format(d): law(t, d).tolist() for d in ("p_ap", "ap_p")}

    def _switching(self, t: NDArray[np.float64]) -> Table:
        """Return P_sw over the fine grid at each voltage, both directions."""
        volts = np.repeat(self.volts, len(t))
        widths = np.tile(t, len(self.volts))
        return {
            "voltage_v": volts.tolist(),
            "width_s": (widths / PS_PER_S).tolist(),
            "p_p_ap": self.law.p_sw(volts, widths).tolist(),
            "p_ap_p": self.law.p_sw(volts, widths, "ap_p").tolist(),
        }

    def warnings(self) -> list[str]:
        """Return what must be known before the tables are used."""
        told = [
            "the switching curve is a logistic; real write-error tails fall faster: read no error "
            "rate below 1e-3 from it",
            f"mtj.v_c0 = {self.mtj.v_c0:g} V is taken to hold at the board's own pulse, "
            f"board.{self.key} = {self.stated / PS_PER_NS:g} ns",
        ]
        if self.mtj.sigma > 0:
            told.append(
                f"mtj.sigma = {self.mtj.sigma:g}: the measured junctions are offset, the law is "
                "that of a nominal one; the measured intervals are those of the trials alone and "
                "may exclude the law (mtj.sigma=0 measures nominal junctions)"
            )
        return told


def priced_write(study: Study[Workbench]) -> float:
    """Return the joules that a board's bill takes for one action `write`."""
    parts = {line.entry.name: line for line in study.bench.bill().lines if line.entry.part == "mtj"}
    writes = parts["write"].entry.amount
    return float(parts["write"].joules() / writes) if writes else 0.0


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep the pulse width; stops between widths when asked to."""
    sweep = WriteEnergy(config, watch, trace)
    sweep.run()
    return joined(
        sweep.studies, config, sweep.metrics(), tables=sweep.tables(), warnings=sweep.warnings()
    )
