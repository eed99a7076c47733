"""The laboratory board: STM32F767, two DAC channels, LM324 followers, analogue switches, ADC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

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
)
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
)
from emulator.params import Dimension
from emulator.ticks import PS_PER_S

from .board import Batch, Board, Codes, grid_of, phases_of, write_heat
from .figures import Figure, read_figures, retention_figure
from .lane import OPERANDS, Lane
from .mcu import Mcu
from .sequencer import Processor

SOT, GATE = LINES = range(2)
REST = 0  # both lines are parked at code 0 between updates
CODE, GATE_CODE, JUNCTION, INDEX = (Operand(name) for name in OPERANDS)


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

    PARTS: ClassVar[Mapping[str, str]] = {
        "adc": "adc", "dac": "dac", "opamp": "opamp", "switch": "switch", "divider": "divider",
        "link": "link", "host": "host",
    }  # fmt: skip

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
        rank = emulator.rank(self.processor.name)
        self.lanes = (Lane(self.steps(), rank, tuple(range(neurons))),)

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
        self.controller = self.mcu
        self.processor = Processor(emulator, f"{self.name}.core")

    def _settle_wait(self) -> int:
        """Return the preset wait: as given, or by the settling law."""
        if self.params.t_settle_wait is not None:
            return self.params.t_settle_wait
        return self._settled_after_span() + self.params.t_settle_margin

    def _settled_after_span(self) -> int:
        """Return when a step of the largest span is within half an LSB."""
        half_lsb = max(1, round(self.dac_params.lsb * 0.5e6))
        return self.law.settled_after(round(self.params.settle_span * 1e6), half_lsb)

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
            Do(self.mcu.store, JUNCTION, INDEX),
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

    def run_batch(self, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Run all updates of a batch while the core is taken."""
        self.processor.claim()
        yield from super().run_batch(codes, gates, batch)
        self.processor.release()

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
        settling = Figure(
            "settling of a line",
            f"{self._settled_after_span() / 1e6:.2f} us",
            f"{self.params.settle_span:g} V to half an LSB, converter and follower in parallel",
        )
        read = read_figures(self.adc_params, self.sense, self.mcu.middle, self.params.t_read_settle)
        return [settling, *read, retention_figure(self.timeline().period_ps)]

    def formulas(self) -> Mapping[str, Number]:
        """Return the heat of write pulses."""
        heat = write_heat(self.dac_params, self.mtj_params, self.switch_params.r_on)
        pulse = Number(0, "J", "a microsecond is all heat", "derived")
        return {"write_heat": heat, "write_pulse": pulse}

    def cautions(self) -> list[str]:
        """Return a warning if the lines are parked too briefly to forget the previous code."""
        steps = self.steps()
        written = self._time_of(steps, Do(self.dac.write, CODE, GATE_CODE))
        parked = self._time_of(steps, Do(self.dac.write, REST, REST))
        step = round(self.params.settle_span * 1e6)
        left = self.law.residue(step, duration_of(steps) - parked + written)
        if not left:
            return []
        return [
            f"a step of {self.params.settle_span:g} V leaves {left * 1e-3:.3g} mV on a parked "
            "line: levels depend on the previous code, which accuracy_probability does not know"
        ]

    def fidelity(self) -> dict[str, float | int | None]:
        """Return saturation counts and the error of the delivered level at the pulse."""
        counters, switch = self.emulator.counters, self.switch
        names = ("dac_saturated", "line_saturated", "adc_saturated", "pulse_missed",
                 "read_error", "adc_start_ignored")  # fmt: skip
        worst, worst_gate = switch.worst_error_uv
        return {
            **{name: counters[name] for name in names},
            "mean_error_v": switch.sum_error_uv / switch.pulses * 1e-6 if switch.pulses else None,
            "worst_error_v": worst * 1e-6,
            "worst_gate_error_v": worst_gate * 1e-6,
            "lsb_v": self.dac_params.lsb,
        }
