"""The laboratory board: STM32F767, two DAC channels, LM324 followers, analogue switches, ADC."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from devices import (
    OPEN,
    READ,
    RESET,
    WRITE,
    Adc,
    AdcParams,
    AnalogSwitch,
    Dac,
    DacParams,
    DividerParams,
    Follower,
    MtjBank,
    OpampParams,
    SenseNode,
    SwitchParams,
    VgsotParams,
    acquisition_limit,
)
from devices.vgsot import P_MIN
from emulator import (
    Count,
    Do,
    Emulator,
    Node,
    Number,
    Operand,
    Params,
    Program,
    Step,
    Time,
    Timeline,
    Volt,
    Wait,
    duration_of,
    elaborate,
)
from emulator.params import Dimension
from emulator.ticks import PS_PER_S

from .board import Batch, Board, Codes, Figure, grid_of, phases_of, retention_figure, write_heat
from .mcu import Mcu
from .sequencer import Processor, run_static

SOT, GATE = LINES = range(2)
REST = 0  # both lines are parked at code 0 between updates
CODE, GATE_CODE, JUNCTION = Operand("code"), Operand("gate"), Operand("junction")


class LabParams(Params):
    """Phases of one update and the number of microcontrollers.

    `t_settle_wait = "auto"` derives the preset wait from the settling law: the time after which
    a step of `settle_span` is within half an LSB, plus `t_settle_margin`.
    """

    mcus: Count = Field(ge=1, le=64)
    t_code_load: Time = Field(ge=0, le=PS_PER_S)
    t_reset_slot: Time = Field(gt=0, le=PS_PER_S)
    t_settle_wait: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(ge=0, le=PS_PER_S)
    settle_span: Volt = Field(gt=0, le=40)
    t_settle_margin: Time = Field(ge=0, le=PS_PER_S)
    t_pulse: Time = Field(gt=0, le=PS_PER_S)
    t_read_settle: Time = Field(ge=0, le=PS_PER_S)


class LabBoard(Board):
    """One junction at a time: preset both lines, let the switch gate the pulse, read, convert."""

    def __init__(self, emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> None:
        super().__init__(emulator, node, mtj, neurons)
        cards = {name: child.card for name, child in node.children.items()}
        self.params = LabParams.from_card(node.card, "board")
        self.dac_params = DacParams.from_card(cards["dac"], "board.dac")
        self.opamp_params = OpampParams.from_card(cards["opamp"], "board.opamp")
        self.switch_params = SwitchParams.from_card(cards["switch"], "board.switch")
        self.adc_params = AdcParams.from_card(cards["adc"], "board.adc")
        divider = DividerParams.from_card(cards["divider"], "board.divider")
        self._build(emulator, mtj, divider)
        self.t_settle_wait = self._settle_wait()
        self._arrival: Codes | None = None
        self._sequence = elaborate(self.steps(), ("code", "gate", "junction"))

    def _build(self, emulator: Emulator, mtj: VgsotParams, divider: DividerParams) -> None:
        """Wire the parts."""
        grid = grid_of(self.dac_params, mtj, self.switch_params.r_on)
        self.law = self.opamp_params.law(self.dac_params.tau, max(1, round(grid.step_uv)))
        self.mtj = MtjBank(emulator, "mtj", mtj, self.neurons, grid)
        self.opamp = Follower(emulator, f"{self.name}.opamp", self.opamp_params, self.law, 2)
        self.dac = Dac(emulator, f"{self.name}.dac", self.dac_params, self.opamp.lines)
        self.sense = SenseNode(
            emulator, divider, self.mtj, self.adc_params.c_adc, self.adc_params.r_adc
        )
        self.switch = AnalogSwitch(
            emulator, f"{self.name}.switch", self.switch_params,
            (self.opamp.lines[SOT], self.opamp.lines[GATE]), self.mtj, self.sense,
        )  # fmt: skip
        self.adc = Adc(emulator, f"{self.name}.adc0", self.adc_params, self.sense)
        p_volts, ap_volts = (divider.sense_volts(r) for r in self.sense.r_by_state)
        middle = self.adc_params.code((p_volts + ap_volts) / 2.0 * 1e6)
        self.mcu = Mcu(
            emulator, f"{self.name}.mcu", (self.adc, self.switch, self.mtj), self.neurons, middle,
            self.params.mcus,
        )  # fmt: skip
        self.processor = Processor(emulator, f"{self.name}.core")

    def _settle_wait(self) -> int:
        """Return the preset wait: as given, or by the settling law."""
        if self.params.t_settle_wait is not None:
            return self.params.t_settle_wait
        half_lsb = max(1, round(self.dac_params.lsb * 0.5e6))
        settled = self.law.settled_after(round(self.params.settle_span * 1e6), half_lsb)
        return settled + self.params.t_settle_margin

    def steps(self) -> tuple[Step, ...]:
        """One update of one junction: reset, preset, write, read, convert, park."""
        return (
            Wait(self.params.t_code_load, "code load"),
            *self._reset_steps(),
            Do(self.dac.write, CODE, GATE_CODE),
            Wait(self.t_settle_wait, "preset"),
            Do(self.switch.set, WRITE, JUNCTION),
            Wait(self.switch_params.t_on, "write switch"),
            Wait(self.params.t_pulse, "write pulse"),
            Do(self.switch.set, READ, JUNCTION),
            Do(self.dac.write, REST, REST),
            Wait(self.switch_params.t_on, "read switch"),
            Wait(self.params.t_read_settle, "read settling"),
            Do(self.adc.start),
            Wait(self.adc_params.t_conversion, "conversion"),
            Do(self.mcu.store, JUNCTION),
            Do(self.switch.set, OPEN, JUNCTION),
        )

    def _reset_steps(self) -> tuple[Step, ...]:
        """The reset slot from a fixed rail; it is reserved even when no pulse is needed."""
        if self.mtj_params.reset == "none":
            return ()
        fire = Do(self.mcu.reset_if_ap, JUNCTION)
        if self.mtj_params.reset == "always":
            fire = Do(self.switch.set, RESET, JUNCTION)
        slot = Wait(self.params.t_reset_slot, "reset slot")
        return (fire, slot, Do(self.switch.set, OPEN, JUNCTION))

    def _run(self, codes: Codes, gates: Codes, batch: Batch) -> Program:
        rows = zip(codes.ravel().tolist(), gates.ravel().tolist(), cycle(range(self.neurons)))
        self.mcu.begin(batch)
        rank = self.emulator.rank(self.processor.name)
        yield self.emulator.process(run_static(self.emulator, self._sequence, rows, rank))
        self.mcu.end()

    def delivered(self, codes: Codes, gates: Codes) -> tuple[Codes, Codes]:
        """Return what arrives at the end of the pulse when the lines start from rest."""
        if self._arrival is None:
            after = self.t_settle_wait + self.switch_params.t_on + self.params.t_pulse
            index, all_codes = self.mtj.grid.index, range(1 << self.dac_params.bits)
            self._arrival = np.array(
                [[index(self._from_rest(c, line, after)) for c in all_codes] for line in LINES]
            )
        return self._arrival[SOT][codes], self._arrival[GATE][gates]

    def _from_rest(self, code: int, channel: int, after: int) -> int:
        """Return the level (uV) of a line `after` ps from the write of a code at rest."""
        line = self.opamp.lines[channel]
        start, target = (line.limit(self.dac_params.level_uv(c)) for c in (REST, code))
        return self.law.level(start, target, after)

    def timeline(self) -> Timeline:
        """Return the phases, and both lines and the pulse for a drive at the critical voltage."""
        steps = self.steps()
        period = duration_of(steps)
        times = np.linspace(0, period, 600).astype(np.int64)
        p = self.mtj_params
        volts = np.array([p.v_c0 / self.mtj.grid.sot_ratio, p.v_g0])
        codes, _ = self.dac_params.encode(volts)
        written = self._time_of(steps, Do(self.dac.write, CODE, GATE_CODE))
        parked = self._time_of(steps, Do(self.dac.write, REST, REST))
        waves = {
            name: (times, self._wave(int(codes[line]), line, times, written, parked))
            for line, name in enumerate(("SOT line", "gate line"))
        }
        return Timeline(phases_of(steps, self._provenance()), waves)

    def _wave(
        self, code: int, channel: int, times: Codes, written: int, parked: int
    ) -> np.ndarray[Any, np.dtype[np.float64]]:
        peak = self._from_rest(code, channel, parked - written)
        line = self.opamp.lines[channel]
        rest = line.limit(0)
        levels = [
            rest if t < written
            else self._from_rest(code, channel, int(t) - written) if t < parked
            else self.law.level(peak, rest, int(t) - parked)
            for t in times
        ]  # fmt: skip
        return np.array(levels) * 1e-6

    @staticmethod
    def _time_of(steps: tuple[Step, ...], wanted: Step) -> int:
        return duration_of(steps[: steps.index(wanted)])

    def _provenance(self) -> Mapping[str, Number]:
        """Return where the duration of each phase comes from."""
        own = self.node.card.numbers
        switch = self.node.children["switch"].card.numbers["t_on"]
        preset = own["t_settle_wait"]
        if self.params.t_settle_wait is None:
            preset = Number(0, "", "settling law of converter and follower, plus margin", "derived")
        return {
            "code load": own["t_code_load"],
            "reset slot": own["t_reset_slot"],
            "preset": preset,
            "write switch": switch,
            "write pulse": own["t_pulse"],
            "read switch": switch,
            "read settling": own["t_read_settle"],
            "conversion": Number(
                0, "", "sampling and conversion cycles of the ADC clock", "derived"
            ),
        }

    def figures(self) -> list[Figure]:
        """Return settling times, read swing and margin, acquisition limit, bounds."""
        adc, sense, lsb = self.adc_params, self.sense, self.dac_params.lsb
        settle = self.law.settled_after(
            round(self.params.settle_span * 1e6), max(1, round(lsb * 0.5e6))
        )
        p_volts, ap_volts = (sense.params.sense_volts(r) for r in sense.r_by_state)
        swing = (p_volts - ap_volts) / (adc.v_ref / (1 << adc.bits))
        limit = acquisition_limit(
            adc.sampling_cycles, adc.clock / 1000, adc.r_adc, adc.c_adc, adc.bits
        )
        source = max(sense.params.source_ohm(r) for r in sense.r_by_state)
        across = sense.params.v_read - ap_volts
        kick = sense.params.c_filter / adc.c_adc / (1 << (adc.bits + 1))
        bound = f"per read at {across * 1e3:.0f} mV over the junction: the surface is clipped there"
        return [
            Figure(
                "settling of a line",
                f"{settle / 1e6:.2f} us",
                f"{self.params.settle_span:g} V to half an LSB, converter and follower in parallel",
            ),
            Figure(
                "read swing",
                f"{swing:.1f} LSB",
                "R_P {:.0f} ohm, R_AP {:.0f} ohm at the read voltage".format(*sense.r_by_state),
            ),
            self._read_margin(),
            Figure(
                "acquisition limit",
                f"{limit / 1e3:.1f} kohm",
                f"largest source for 1/4 LSB; this one has {source / 1e3:.1f} kohm",
            ),
            Figure(
                "filter capacitor",
                f"{kick:.2g} of 2^{adc.bits + 1} C_ADC",
                "below 1 the sampling kick reaches the node and has to recover",
            ),
            Figure("read disturb", f"< {P_MIN:g}", f"{bound}; not modelled"),
            retention_figure(self.timeline().period_ps),
        ]

    def _read_margin(self) -> Figure:
        """Return how far the worse state is from the decision level when it is sampled."""
        adc = self.adc_params
        held = self.sense.rehearse(self.params.t_read_settle, adc.t_sample)
        per_lsb = adc.v_ref * 1e6 / (1 << adc.bits)
        p_code, ap_code = (level / per_lsb + adc.offset for level in held)
        margin = min(p_code - self.mcu.middle, self.mcu.middle - ap_code)
        noise = f", {margin / adc.noise:.0f} sigma of the noise" if adc.noise else ""
        return Figure("read margin", f"{margin:.1f} LSB", f"at the end of sampling{noise}")

    def formulas(self) -> Mapping[str, Number]:
        """Return the heat of write pulses."""
        return {"write_heat": write_heat(self.dac_params, self.mtj_params, self.switch_params.r_on)}

    def fidelity(self) -> dict[str, float | int | None]:
        """Return saturation counts and the error of the delivered level at the pulse."""
        counters, updates = self.emulator.counters, self.updates
        names = ("dac_saturated", "line_saturated", "adc_saturated", "pulse_missed", "read_error")
        mean = self.switch.sum_error_uv / updates * 1e-6 if updates else None
        return {
            **{name: counters[name] for name in names},
            "mean_error_v": mean,
            "worst_error_v": self.switch.worst_error_uv * 1e-6,
            "lsb_v": self.dac_params.lsb,
        }
