"""A board measures the switching probability of its junctions; the surface is fitted back.

The procedure of S0 note 7: every point is a number of identical trials, V_SOT rises in steps, all
devices take part; here at several gate voltages, as in its fig 3. A trial is reset, write, read. A
point is one batch: the host sends two codes, the board answers with its trials. Points of a user's
own (`csv=FILE`) are fitted in the same way; then no board time passes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from devices import VgsotParams
from devices.psw_fit import CURVE, Interval, PswFit, fit_psw
from devices.vgsot import drive_at
from emulator import (
    Config,
    ConfigError,
    Count,
    DataError,
    Drive,
    Params,
    Result,
    Table,
    TraceSink,
    Volt,
)

from .procedure import with_numbers
from .psw_card import fitted_card
from .psw_doubts import doubts_of_deviance, doubts_of_reach, doubts_of_trials
from .psw_points import PswPoints, read_points, volts_around
from .reach import delivered_volts, reach
from .study import Study
from .watch import Watch

FITTED = ("v_c", "slope", "gate_efficiency", "d2d_sigma", *CURVE)
DENSE = 120  # points of a drawn curve
OPERATIONS = 40  # of one point and one unknown, per evaluation of the likelihood


class PswCurveParams(Params):
    """The scenario's own keys; `v_sot_span` lies on each side of `mtj.v_c0`."""

    devices: Count = Field(ge=1, le=1000)
    trials: Count = Field(ge=1, le=1_000_000)
    v_sot_step: Volt = Field(gt=0, le=1)
    v_sot_span: Volt = Field(gt=0, le=5)
    gates: Count = Field(ge=1, le=100)
    v_gate_step: Volt = Field(gt=0, le=5)
    reset: Literal["always", "after_ap", "none"]
    csv: str

    @property
    def steps(self) -> int:
        """How many values V_SOT takes."""
        return 2 * round(self.v_sot_span / self.v_sot_step) + 1


class PswCurve:
    """One run: points, from the board or from a file, and the fit to them."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        own = config.node(config.scenario).card
        self.params = PswCurveParams.from_card(own, config.scenario)
        self.config, self.watch = config, watch
        self.file = Path(self.params.csv) if self.params.csv else None
        self.points = PswPoints() if self.file is None else read_points(self.file)
        procedure = with_numbers(config, "mtj", reset=self.params.reset)
        devices = self.params.devices if self.file is None else len(self.points.names)
        self.study = Study.begin(procedure, watch, trace, devices)
        self.study.config = config
        self.mtj: VgsotParams = self.study.bench.mtj
        if self.mtj.form != "additive":
            raise ConfigError(f"mtj.form = {self.mtj.form}: only the additive surface is fitted")
        names = ("step", "v_sot", "v_gate", "p_sw", "seconds", "energy_j", "updates")
        self.study.columns.update({name: [] for name in names})

    def measure(self) -> None:
        """Measure all points, one gate voltage after the other, V_SOT rising."""
        p, mtj = self.params, self.mtj
        sweep = volts_around(mtj.v_c0, p.v_sot_step, p.steps)
        gates = volts_around(mtj.v_g0, p.v_gate_step, p.gates)
        self._within_reach(sweep, gates)
        self.watch.begin("measuring", p.steps * p.gates)
        for v_gate in gates:
            for v_sot in sweep:
                if self.study.asked_to_stop():
                    return
                self._measure(v_sot, v_gate)

    def _within_reach(self, sweep: Sequence[float], gates: Sequence[float]) -> None:
        """Raise `ConfigError` for voltages of which the board delivers none."""
        board = self.study.bench.board
        lines = ("V_SOT", sweep, "mtj.v_c0"), ("V_gate", gates, "mtj.v_g0")
        for (line, volts, centre), (low, high) in zip(lines, reach(board), strict=True):
            if volts[0] > high or volts[-1] < low:
                raise ConfigError(
                    f"{self.config.scenario}: {line} from {volts[0]:.3g} to {volts[-1]:.3g} V, "
                    f"around {centre}, lies beyond the reach of board={board.name}, which delivers "
                    f"{low:.3g} .. {high:.3g} V as configured"
                )

    def _measure(self, v_sot: float, v_gate: float) -> None:
        """Measure one point of every device."""
        board, trials = self.study.bench.board, self.params.trials
        shape = 1, board.neurons
        r, c = drive_at(self.mtj.switching, v_sot, v_gate)
        drive = Drive(np.full(shape, r), np.full(shape, c))
        switched = board.update(drive, trials).votes(trials)[0]
        self.study.compute(board.neurons * trials)
        codes, gates, _ = board.encode(drive)
        at_sot, at_gate = (float(v[0, 0]) for v in delivered_volts(board, codes, gates))
        for device, count in enumerate(switched):
            self.points.add(at_sot, at_gate, int(count) / trials, trials, str(device))
        mean = float(switched.mean()) / trials
        self.study.row({"v_sot": at_sot, "v_gate": at_gate, "p_sw": mean})
        self.watch.advance(1, f"P_sw {mean:.2f} at {at_sot:.3f} V, gate {at_gate:.2f} V")

    def fit(self) -> PswFit | None:
        """Return the fit; None for a run that was interrupted before there was enough to fit."""
        try:
            found = fit_psw(self.points.counts(self.mtj))
        except DataError as error:
            if self.study.stopped:
                return None
            where = f"csv={self.file}: " if self.file else f"{self.config.scenario}: "
            raise DataError(f"{where}{error}") from None
        if self.file is None:
            work = OPERATIONS * found.evaluations * found.points * found.unknowns
            self.study.compute(work)
        return found

    def metrics(self, fit: PswFit | None) -> dict[str, float | int | None]:
        """Return what was fitted, each with its 95 % interval."""
        found: dict[str, float | int | None] = {}
        intervals = intervals_of(fit, self.mtj) if fit else {}
        for name in FITTED:
            value, low, high = intervals.get(name, (None, None, None))
            found |= {name: value, f"{name}_low": low, f"{name}_high": high}
        deviance = fit.deviance if fit else None
        return {
            **found,
            "deviance": deviance,
            "points": len(self.points),
            "trials": self.points.trials,
        }

    def tables(self, fit: PswFit | None) -> dict[str, Table]:
        """Return the points, the offsets of the devices, and the fitted curves."""
        tables = {"psw_curve": self.points.table()}
        if fit:
            tables["psw_devices"] = offsets_of(fit, self.points)
            tables["psw_fit"] = curves_of(fit, self.points, self.mtj)
        return tables

    def warnings(self, fit: PswFit | None) -> list[str]:
        """Return what casts doubt on the fit, and a warning if a setting has no effect."""
        told = doubts_of_trials(self.points)
        if fit:
            board, v_c = self.study.bench.board, intervals_of(fit, self.mtj)["v_c"].value
            told += doubts_of_deviance(fit, self.points.counts(self.mtj))
            told += doubts_of_reach(v_c, reach(board)[0], board.name)
        reset = self.config.node("mtj").card.numbers["reset"]
        if reset.trust == "user" and reset.value != self.params.reset and self.file is None:
            told.append(
                f"mtj.reset = {reset.value} does not hold here: the trials of a point follow "
                f"{self.config.scenario}.reset = {self.params.reset}"
            )
        return told


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Measure the points unless a file has them, then fit; stops between points when asked to."""
    psw = PswCurve(config, watch, trace)
    if psw.file is None:
        psw.measure()
    fit = psw.fit()
    files = {}
    if fit:
        card = config.node("mtj").card
        files["mtj.toml"] = fitted_card(card, fit, intervals_of(fit, psw.mtj), psw.points)
    return psw.study.result(
        psw.metrics(fit), tables=psw.tables(fit), files=files, warnings=psw.warnings(fit)
    )


def intervals_of(fit: PswFit, mtj: VgsotParams) -> dict[str, Interval]:
    """Return every fitted quantity: (a, b, c0), the spread, and the same curve in volts.

    At V_gate = v_g0 P_sw is 1/2 at `v_c` = v_c0 - k_v c0/a and falls off as a logistic of
    (V_SOT - v_c) / `slope`, slope = k_v/a; `gate_efficiency` = dV_c/dV_gate = -(b/a) k_v/k_g.
    """
    a, b, c0 = fit.curve
    k_v, ratio = mtj.k_v, mtj.k_v / mtj.k_g
    zero = 0.0 * a
    return {
        **{name: fit.of(name) for name in CURVE},
        "d2d_sigma": fit.sigma(),
        "v_c": fit.derived(mtj.v_c0 - k_v * c0 / a, k_v * np.array([c0 / a**2, zero, -1 / a])),
        "slope": fit.derived(k_v / a, k_v * np.array([-1 / a**2, zero, zero])),
        "gate_efficiency": fit.derived(-ratio * b / a, ratio * np.array([b / a**2, -1 / a, zero])),
    }


def offsets_of(fit: PswFit, points: PswPoints) -> Table:
    """Return the offset of each device with its standard error."""
    return {
        "device": points.names,
        "offset": fit.offsets.tolist(),
        "error": fit.offset_errors.tolist(),
    }


def curves_of(fit: PswFit, points: PswPoints, mtj: VgsotParams) -> Table:
    """Return the fitted curve of each device at each gate voltage (to a millivolt), dense."""
    sweep = np.linspace(min(points.v_sot), max(points.v_sot), DENSE)
    gates = sorted({round(v, 3) for v in points.v_gate})
    places = np.arange(len(points.names))
    v_gate, device, v_sot = (
        grid.ravel() for grid in np.meshgrid(gates, places, sweep, indexing="ij")
    )
    p = fit.probability(*drive_at(mtj.switching, v_sot, v_gate), device)
    names = points.names
    return {
        "v_sot": v_sot.tolist(),
        "v_gate": v_gate.tolist(),
        "p_fit": p.tolist(),
        "device": [names[place] for place in device],
    }
