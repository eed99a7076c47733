"""Resistance against V_SOT, up and down: where each direction of a junction switches.

S0 note 6: the control program retrieves switching voltages. One loop of a device goes from 0 V up
to `v_sot_max`, down to -`v_sot_max` and back to 0 V; a pulse per step, the resistance after each,
no reset in between. Positive pulses take the board's own path: converter, follower, switch.
Negative pulses take its reset path, whose fixed rail a bench supply replaces; the board's converter
cannot go below 0 V. All of it is on the clock, the settling of the supply included; the supply
itself is an instrument without a price.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from pydantic import Field, model_validator

from controllers import BOARDS, LabBoard
from controllers.engines import Engine
from controllers.rv_probe import RvProbe
from devices.vgsot import drive_at
from emulator import Config, ConfigError, Count, Drive, Params, Ratio, Result, Time, TraceSink, Volt
from emulator.ticks import PS_PER_S

from .procedure import with_numbers
from .reach import delivered_volts
from .study import Study
from .watch import Watch

NEVER = math.nan  # a loop in which a direction did not switch
WHY = "the sweep is firmware, which the event engine runs"


class RvLoopParams(Params):
    """The scenario's own keys."""

    devices: Count = Field(ge=1, le=1000)
    loops: Count = Field(ge=1, le=10_000)
    v_sot_step: Volt = Field(gt=0, le=1)
    v_sot_max: Volt = Field(gt=0, le=5)
    t_supply: Time = Field(ge=0, le=PS_PER_S)
    sigma: Ratio = Field(ge=0, le=1)

    @model_validator(mode="after")
    def _reaches_its_end(self) -> Self:
        if self.v_sot_step > self.v_sot_max:
            raise ValueError(
                f"v_sot_step = {self.v_sot_step:g} V exceeds v_sot_max = {self.v_sot_max:g} V"
            )
        return self

    @property
    def steps(self) -> int:
        """How many steps lead from 0 V to `v_sot_max`."""
        return max(1, round(self.v_sot_max / self.v_sot_step))


@dataclass
class RvPoints:
    """Points of the loops in time order, columns of equal length; `v_sot` carries its sign."""

    device: list[int] = field(default_factory=list)
    loop: list[int] = field(default_factory=list)
    v_sot: list[float] = field(default_factory=list)
    code: list[int] = field(default_factory=list)
    r_ohm: list[float] = field(default_factory=list)
    state: list[str] = field(default_factory=list)


class RvLoop:
    """One run: loops of all devices, and the voltages at which they switched."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        own = config.node(config.scenario).card
        self.params = RvLoopParams.from_card(own, config.scenario)
        require_converter(config)
        # every pulse finds the state that the last one left: no write redraws it
        held = with_numbers(config, "mtj", reset="always", sigma=own.numbers["sigma"].value)
        self.study = Study.begin(held, watch, trace, self.params.devices)
        self.study.config = config
        self.watch = watch
        board = self.study.bench.board
        assert isinstance(board, LabBoard)
        self.study.engine = Engine("event", WHY, board.scheduler)
        self.board, self.probe = board, RvProbe(board, self.params.t_supply)
        self.points = RvPoints()
        names = ("step", "device", "loop", "v_switch_p_ap", "v_switch_ap_p", "seconds",
                 "energy_j", "updates")  # fmt: skip
        self.study.columns.update({name: [] for name in names})

    def sweep(self) -> None:
        """Take all loops, one device after the other."""
        mtj = self.study.bench.mtj
        self.watch.begin("sweeping", self.params.devices * self.params.loops)
        for device in range(self.params.devices):
            self.probe.down(device, mtj.v_reset)  # begin in P
            for loop in range(self.params.loops):
                if self.study.asked_to_stop():
                    return
                up, down = self._loop(device, loop)
                found = {"v_switch_p_ap": up, "v_switch_ap_p": down}
                self.study.row({"device": device, "loop": loop, **found})
                self.watch.advance(1, f"device {device} switched at {up:.2f} V and {down:.2f} V")

    def _loop(self, device: int, loop: int) -> tuple[float, float]:
        """Take one loop; return where it switched in each direction."""
        steps = np.arange(self.params.steps + 1) * self.params.v_sot_step
        first = len(self.points.code)
        for v_sot in (*steps[1:], *steps[-2::-1]):
            self._positive(device, loop, float(v_sot))
        middle = len(self.points.code)
        for v_sot in (*steps[1:], *steps[-2::-1]):
            code = self.probe.down(device, float(v_sot))
            self._note(device, loop, -float(v_sot), code)
        return self._switched("AP", first, middle), self._switched("P", middle, None)

    def _positive(self, device: int, loop: int, v_sot: float) -> None:
        """Fire a positive pulse at V_gate = v_g0 and keep what was read."""
        board, mtj = self.board, self.study.bench.mtj
        r, c = (np.full((1, 1), x) for x in drive_at(mtj.switching, v_sot, mtj.v_g0))
        codes, gates, _ = board.encode(Drive(r, c))
        arrives, _ = delivered_volts(board, codes, gates)
        code = self.probe.up(device, int(codes[0, 0]), int(gates[0, 0]))
        self._note(device, loop, float(arrives[0, 0]), code)

    def _note(self, device: int, loop: int, v_sot: float, code: int) -> None:
        points = self.points
        points.device.append(device)
        points.loop.append(loop)
        points.v_sot.append(v_sot)
        points.code.append(code)
        points.r_ohm.append(self.probe.ohm(code))
        points.state.append("AP" if self.probe.is_ap(code) else "P")

    def _switched(self, state: str, first: int, last: int | None) -> float:
        """Return the voltage after which `state` was read for the first time after the other one.

        NaN if it never was: a device begins in P.
        """
        states = ["P", *self.points.state]
        for point in range(first, last or len(self.points.state)):
            if states[point + 1] == state != states[point]:
                return self.points.v_sot[point]
        return NEVER

    def metrics(self) -> dict[str, float | int | None]:
        """Return switching voltages (mean and standard deviation over loops), R_P, R_AP, TMR."""
        found: dict[str, float | int | None] = {}
        for name in ("v_switch_p_ap", "v_switch_ap_p"):
            volts = [v for v in self.study.columns[name] if not math.isnan(v)]
            found[name] = _mean(volts)
            found[f"{name}_std"] = float(np.std(volts, ddof=1)) if len(volts) > 1 else None
        r_p, r_ap = (
            _mean([r for r, at in zip(self.points.r_ohm, self.points.state, strict=True)
                   if at == state])
            for state in ("P", "AP")
        )  # fmt: skip
        tmr = r_ap / r_p - 1.0 if r_p and r_ap else None
        loops, points = len(self.study.columns["step"]), len(self.points.code)
        return {**found, "r_p_ohm": r_p, "r_ap_ohm": r_ap, "tmr": tmr, "loops": loops,
                "points": points}  # fmt: skip

    def warnings(self) -> list[str]:
        """Return a warning for loops that did not switch, and for offsets far below the curve."""
        told = []
        for name in ("v_switch_p_ap", "v_switch_ap_p"):
            missed = sum(math.isnan(v) for v in self.study.columns[name])
            if missed:
                told.append(f"{missed} loops have no {name}: raise rv-loop.v_sot_max")
        if self.params.sigma:
            told.append(
                "rv-loop.sigma: an offset of P_sw holds at every voltage, so a junction with a "
                "positive one switches far below its critical voltage"
            )
        return told


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Sweep all devices; stops between loops when asked to."""
    rv = RvLoop(config, watch, trace)
    rv.sweep()
    return rv.study.result(rv.metrics(), tables={"rv_loop": vars(rv.points)},
                           warnings=rv.warnings())  # fmt: skip


def require_converter(config: Config) -> None:
    """Raise `ConfigError` for a board that reads no resistance, before another reason hides it."""
    card = config.node("board").card
    if not issubclass(BOARDS.get(card.model, LabBoard), LabBoard):
        raise ConfigError(
            f"board={card.name}: a resistance needs a converter, this board has a comparator "
            "(board=lab has one)"
        )


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
