"""Projected FPGA and ASIC: one update per issue slot, interleaved over the junctions."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import Annotated, ClassVar

import numpy as np
from pydantic import Field

from devices import (
    Comparator,
    ComparatorParams,
    DacParams,
    DividerParams,
    MtjBank,
    PulseDriver,
    VgsotParams,
)
from emulator import (
    Clock,
    ConfigError,
    Do,
    Emulator,
    Frequency,
    Node,
    Number,
    Operand,
    Params,
    Step,
    Time,
    Timeline,
    Wait,
    duration_of,
)
from emulator.params import Dimension
from emulator.ticks import PS_PER_S

from .board import Batch, Board, Codes, grid_of, phases_of
from .figures import Figure, retention_figure
from .lane import OPERANDS, Lane, Pace

IDLE, ACTIVE = range(2)
CODE, GATE_CODE, JUNCTION, INDEX = (Operand(n) for n in OPERANDS)


class PipelineParams(Params):
    """Clock and pulse widths. An update is issued every `issue_cycles` clocks.

    `issue_cycles = "auto"` is as often as the junctions allow. Pulse widths come from a delay
    line; the slot that a junction is occupied for is a whole number of clocks.
    """

    clock: Frequency = Field(ge=1_000_000, le=10**14)
    issue_cycles: Annotated[int | None, Dimension("", 1)] = Field(ge=1, le=1_000_000)
    t_reset: Time = Field(gt=0, le=PS_PER_S)
    t_write: Time = Field(gt=0, le=PS_PER_S)
    t_read: Time = Field(gt=0, le=PS_PER_S)


class Logic:
    """The digital part: issues updates, decides on resets, collects the bits."""

    def __init__(
        self, emulator: Emulator, name: str, parts: tuple[PulseDriver, Comparator], neurons: int
    ) -> None:
        self.name = name
        self._emulator = emulator
        self.driver, self.comparator = parts
        self._account = emulator.ledger.open(name, "controller", ("idle", "active"))
        self.last_ap = [0] * neurons
        self.resetting = [0] * neurons
        self._batch: Batch | None = None

    def begin(self, batch: Batch | None) -> None:
        """Wake up; results go to `batch` if there is one."""
        self._account.enter(ACTIVE, self._emulator.now)
        self._batch = batch

    def end(self) -> None:
        """The pipe is empty."""
        self._account.enter(IDLE, self._emulator.now)

    def reset_if_ap(self, junction: int) -> None:
        """Begin a reset pulse if the junction was last read in the antiparallel state."""
        if self.last_ap[junction]:
            self.resetting[junction] = 1
            self.driver.fire_reset(junction)

    def end_reset(self, junction: int) -> None:
        """End the reset pulse, if there is one."""
        if self.resetting[junction]:
            self.resetting[junction] = 0
            self.driver.end_reset(junction)

    def store(self, junction: int, index: int) -> None:
        """Sense the junction and keep the bit of update `index`."""
        bit = self.comparator.sense(junction)
        self.last_ap[junction] = bit
        if self._batch is not None:
            self._batch.bits[index] = self._batch.codes[index] = bit


class PipelineBoard(Board):
    """Every junction is a lane: update u runs on junction u mod D and starts at its own edge.

    Raises `ConfigError` for a rate that the junctions cannot deliver.
    """

    PARTS: ClassVar[Mapping[str, str]] = {
        "dac": "dac", "comparator": "comparator", "divider": "divider", "link": "link",
        "host": "host",
    }  # fmt: skip

    def __init__(self, emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> None:
        super().__init__(emulator, node, mtj, neurons)
        cards = {name: child.card for name, child in node.children.items()}
        self.params = PipelineParams.from_card(node.card, "board")
        self.dac_params = DacParams.from_card(cards["dac"], "board.dac")
        noise = ComparatorParams.from_card(cards["comparator"], "board.comparator")
        divider = DividerParams.from_card(cards["divider"], "board.divider")
        self.clock = Clock(self.params.clock)
        self._check_rate()
        self.mtj = MtjBank(emulator, "mtj", mtj, neurons, grid_of(self.dac_params, mtj, 0.0))
        self.driver = PulseDriver(emulator, f"{self.name}.driver", self.dac_params, self.mtj)
        self.comparator = Comparator(emulator, f"{self.name}.comparator", noise, divider, self.mtj)
        parts = self.driver, self.comparator
        self.logic = Logic(emulator, f"{self.name}.logic", parts, neurons)
        self.controller = self.logic
        steps, rank = self.steps(), emulator.rank
        self.lanes = tuple(Lane(steps, rank(f"{self.name}.lane{j}"), (j,)) for j in range(neurons))
        self.pace = Pace(self.clock, self.issue_cycles, self.slot_cycles)

    @property
    def issue_cycles(self) -> int:
        """Clocks from one update to the next, on another junction if there are several."""
        asked = self.params.issue_cycles
        return self._least_issue_cycles if asked is None else asked

    @property
    def _least_issue_cycles(self) -> int:
        """Clocks after which the junctions, in turn, are free again."""
        return -(-self.slot_cycles // self.neurons)

    @property
    def slot_cycles(self) -> int:
        """Clocks for which one update occupies its junction."""
        return self.clock.cycles(duration_of(self._pulses()))

    def _check_rate(self) -> None:
        """Refuse a rate at which a junction's next update would begin before its last has ended."""
        need = -(-self.slot_cycles // self.issue_cycles)
        if need > self.neurons:
            rate = self.params.clock / 1000 / self.issue_cycles
            most = self.params.clock / 1000 * self.neurons / self.slot_cycles
            raise ConfigError(
                f"{self.name}: {rate / 1e6:g} M updates/s take {need} junctions (each is occupied "
                f"for {duration_of(self._pulses()) / 1e3:g} ns, {self.slot_cycles} clocks), there "
                f"are {self.neurons}, good for {most / 1e6:g} M/s: set "
                f"board.issue_cycles={self._least_issue_cycles}"
            )

    def _pulses(self) -> tuple[Step, ...]:
        """The pulses of one update, as the delay line times them."""
        reset = () if self.mtj_params.reset == "none" else (Wait(self.params.t_reset, "reset"),)
        write, read = Wait(self.params.t_write, "write"), Wait(self.params.t_read, "read")
        return (*reset, write, read)

    def steps(self) -> tuple[Step, ...]:
        """One update of one junction: reset if it must be, write, read."""
        *reset, write, read = self._pulses()
        begin, end = Do(self.logic.reset_if_ap, JUNCTION), Do(self.logic.end_reset, JUNCTION)
        if self.mtj_params.reset == "always":
            begin, end = (
                Do(self.driver.fire_reset, JUNCTION), Do(self.driver.end_reset, JUNCTION)
            )  # fmt: skip
        return (
            *((begin, *reset, end) if reset else ()),
            Do(self.driver.fire, JUNCTION, CODE, GATE_CODE),
            write,
            Do(self.driver.end, JUNCTION),
            read,
            Do(self.logic.store, JUNCTION, INDEX),
        )

    def delivered(self, codes: Codes, gates: Codes) -> tuple[Codes, Codes]:
        """Return the driver's levels: they arrive as they are."""
        return self._arrival[codes], self._arrival[gates]

    @cached_property
    def _arrival(self) -> Codes:
        """The grid index of each code."""
        index, level = self.mtj.grid.index, self.dac_params.level_uv
        return np.array([index(level(c)) for c in range(1 << self.dac_params.bits)])

    def timeline(self) -> Timeline:
        """Return one update's pulses and the wait for the end of its slot."""
        numbers = self.node.card.numbers
        pulses = duration_of(self._pulses())
        rest = Wait(self.clock.span(self.slot_cycles) - pulses, "to the next clock")
        provenance: Mapping[str, Number] = {
            "reset": numbers["t_reset"],
            "write": numbers["t_write"],
            "read": numbers["t_read"],
            "to the next clock": numbers["clock"],
        }
        issue = self.clock.span(self.issue_cycles)
        return Timeline(phases_of((*self._pulses(), rest), provenance), issue_ps=issue)

    def figures(self) -> list[Figure]:
        """Return junctions needed, read swing, driver step, bounds."""
        needed = -(-self.slot_cycles // self.issue_cycles)
        occupied = duration_of(self._pulses()) / 1e3
        step = self.dac_params.lsb / self.mtj_params.k_v
        return [
            Figure("junctions needed", str(needed),
                   f"each is occupied for {occupied:g} ns, {self.slot_cycles} clocks"),
            Figure("read swing", f"{self.comparator.swing * 1e3:.1f} mV", "between the two states"),
            Figure("driver step", f"{step:.3g} of r", "one LSB in units of the receptive input"),
            retention_figure(self.clock.span(self.slot_cycles)),
        ]  # fmt: skip

    def formulas(self) -> Mapping[str, Number]:
        """Return the published energy of a sub-nanosecond pulse; its voltage is not published."""
        pulse = Number(Decimal("15.8"), "pJ", "S0 table 2, at 0.8 ns", "given")
        heat = Number(0, "J", "inside the pulse's energy", "derived")
        return {"write_pulse": pulse, "write_heat": heat}

    def fidelity(self) -> dict[str, float | int | None]:
        """Return saturation counts, and the clocks between issues and per slot."""
        return {
            "dac_saturated": self.emulator.counters["dac_saturated"],
            "read_error": self.emulator.counters["read_error"],
            "lsb_v": self.dac_params.lsb,
            "slot_cycles": self.slot_cycles,
        }
