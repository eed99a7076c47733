"""A board of any wiring: front ends that share lines, nodes, converters and switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from controllers import Batch, Board, LabBoard, Mcu, PipelineBoard
from controllers.board import Codes, grid_of
from controllers.figures import Figure
from controllers.lane import OPERANDS, Lane, Pace
from devices import (
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
    Clock,
    Config,
    Do,
    Emulator,
    Node,
    Number,
    Operand,
    Step,
    Timeline,
    TraceSink,
    Wait,
    duration_of,
)
from scenarios.catalog import configure

CODE, GATE_CODE, JUNCTION, INDEX = (Operand(name) for name in OPERANDS)
FAST_LINK = ("board.link.latency=1 us", "board.link.rate=1 GB/s")
Token = tuple[str | int, ...]


@dataclass(frozen=True)
class FrontEnd:
    """Which parts a lane drives: numbers of a pair of lines, a node and a converter.

    Front ends with the same `switch` are one: the first with that number says what it gates.
    """

    lines: int
    node: int
    adc: int
    switch: int


@dataclass(frozen=True)
class LanePlan:
    """Which junctions a lane serves with which front end, and what it does (`BankBoard.step`)."""

    junctions: tuple[int, ...]
    front: FrontEnd
    tokens: tuple[Token, ...]


@dataclass(frozen=True)
class Plan:
    """A board: `settings` as on the command line, its lanes, and (spare clocks) of a pace or None.

    `converters_first` says whether an end of conversion precedes the step of a lane at the same
    instant. Without lanes the configured board is taken as it is (a pipeline).
    """

    neurons: int
    seed: int = 0
    settings: tuple[str, ...] = ()
    lanes: tuple[LanePlan, ...] = ()
    converters_first: bool = True
    pace: tuple[str, int] | None = None


class Controllers:
    """Several microcontrollers that begin and end together."""

    def __init__(self, mcus: list[Mcu]) -> None:
        self.mcus = mcus

    def begin(self, batch: Batch | None) -> None:
        for mcu in self.mcus:
            mcu.begin(batch)

    def end(self) -> None:
        for mcu in self.mcus:
            mcu.end()


class BankBoard(Board):
    """Lanes of a plan on the parts of the laboratory board."""

    PARTS: ClassVar[Mapping[str, str]] = LabBoard.PARTS

    def __init__(self, emulator: Emulator, node: Node, mtj: VgsotParams, plan: Plan) -> None:
        super().__init__(emulator, node, mtj, plan.neurons)
        cards = {name: child.card for name, child in node.children.items()}
        self.dac_params = DacParams.from_card(cards["dac"], "board.dac")
        self.opamp = OpampParams.from_card(cards["opamp"], "board.opamp")
        self.switch_params = SwitchParams.from_card(cards["switch"], "board.switch")
        self.adc_params = AdcParams.from_card(cards["adc"], "board.adc")
        self.divider = DividerParams.from_card(cards["divider"], "board.divider")
        grid = grid_of(self.dac_params, mtj, self.switch_params.r_on)
        self.law = self.opamp.law(self.dac_params.tau, max(1, round(grid.step_uv)))
        self.mtj = MtjBank(emulator, "mtj", mtj, plan.neurons, grid)
        self.dacs: dict[int, Dac] = {}
        self.nodes: dict[int, SenseNode] = {}
        self.adcs: dict[int, Adc] = {}
        self.switches: dict[int, AnalogSwitch] = {}
        self.mcus: dict[FrontEnd, Mcu] = {}
        if not plan.converters_first:
            for k in range(len(plan.lanes)):
                emulator.rank(f"lane{k}")
        self.lanes = tuple(self._lane(k, lane) for k, lane in enumerate(plan.lanes))
        self.controller = Controllers([*self.mcus.values()])
        self.pace = None if plan.pace is None else self._pace(*plan.pace)

    # -- wiring ----------------------------------------------------------------------------

    def _lane(self, k: int, plan: LanePlan) -> Lane:
        mcu, dac = self._mcu(plan.front), self._dac(plan.front.lines)
        steps = tuple(_step(mcu, dac, token) for token in plan.tokens)
        return Lane(steps, self.emulator.rank(f"lane{k}"), plan.junctions)

    def _mcu(self, front: FrontEnd) -> Mcu:
        if front not in self.mcus:
            adc, switch = self._adc(front), self._switch(front)
            volts = [self.divider.sense_volts(r) for r in adc.node.r_by_state]
            middle = self.adc_params.code(sum(volts) / 2.0 * 1e6)
            name = f"mcu{len(self.mcus)}"
            parts = adc, switch, self.mtj
            self.mcus[front] = Mcu(self.emulator, name, parts, self.neurons, middle, 1)
        return self.mcus[front]

    def _dac(self, k: int) -> Dac:
        if k not in self.dacs:
            follower = Follower(self.emulator, f"opamp{k}", self.opamp, self.law, 2)
            self.dacs[k] = Dac(self.emulator, f"dac{k}", self.dac_params, follower.lines)
        return self.dacs[k]

    def _node(self, k: int) -> SenseNode:
        if k not in self.nodes:
            c_adc, r_adc = self.adc_params.c_adc, self.adc_params.r_adc
            self.nodes[k] = SenseNode(self.emulator, self.divider, self.mtj, c_adc, r_adc)
        return self.nodes[k]

    def _adc(self, front: FrontEnd) -> Adc:
        k = front.adc
        if k not in self.adcs:
            self.adcs[k] = Adc(self.emulator, f"adc{k}", self.adc_params, self._node(front.node))
        return self.adcs[k]

    def _switch(self, front: FrontEnd) -> AnalogSwitch:
        k = front.switch
        if k not in self.switches:
            sot, gate = self._dac(front.lines).lines
            self.switches[k] = AnalogSwitch(
                self.emulator, f"switch{k}", self.switch_params, (sot, gate), self.mtj,
                self._node(front.node),
            )  # fmt: skip
        return self.switches[k]

    def _pace(self, clock: str, spare: int) -> Pace:
        """Return a pace at which every lane is done before its next update begins."""
        edges, n = Clock(int(clock)), self.neurons
        need = [1]
        for lane in self.lanes:
            own = lane.junctions
            gaps = [(b - a - 1) % n + 1 for a, b in zip(own, own[1:] + own[:1], strict=True)]
            cycles = edges.cycles(duration_of(lane.steps) + 1)
            need.append(-(-cycles // min(gaps)))
        slot = max(edges.cycles(duration_of(lane.steps)) for lane in self.lanes) + spare
        return Pace(edges, max(need) + spare // 2, slot)

    # -- what else a board says of itself --------------------------------------------------

    def steps(self) -> tuple[Step, ...]:
        """Return the sequence of the first lane."""
        return self.lanes[0].steps

    def timeline(self) -> Timeline:
        """Nothing is shown of this board."""
        return Timeline([])

    def figures(self) -> list[Figure]:
        """Nothing is shown of this board."""
        return []

    def formulas(self) -> Mapping[str, Number]:
        """Nothing is priced on this board."""
        return {}

    def delivered(self, codes: Codes, gates: Codes) -> tuple[Codes, Codes]:
        """Levels depend on what other lanes do: nobody asks."""
        raise AssertionError

    def fidelity(self) -> dict[str, float | int | None]:
        """Return what each switch has delivered."""
        found: dict[str, float | int | None] = {}
        for k, switch in self.switches.items():
            found[f"{k}.pulses"], found[f"{k}.error"] = switch.pulses, switch.sum_error_uv
            found[f"{k}.worst"], found[f"{k}.worst_gate"] = switch.worst_error_uv
        return found


def _step(mcu: Mcu, dac: Dac, token: Token) -> Step:
    """Return ("wait", ps), ("write",), ("sot",), ("gate",), ("swapped",), ("park", sot, gate),
    ("set", mode), ("reset",), ("start",) or ("store",) as a step."""
    name, *numbers = token
    if name == "wait":
        return Wait(int(numbers[0]))
    ports: dict[str | int, tuple[object, ...]] = {
        "write": (dac.write, CODE, GATE_CODE),
        "swapped": (dac.write, GATE_CODE, CODE),
        "sot": (dac.write_channel, 0, CODE),
        "gate": (dac.write_channel, 1, GATE_CODE),
        "park": (dac.write, *numbers),
        "set": (mcu.switch.set, *numbers, JUNCTION),
        "reset": (mcu.reset_if_ap, JUNCTION),
        "start": (mcu.adc.start,),
        "store": (mcu.store, JUNCTION, INDEX),
    }
    return Do(*ports[name])  # type: ignore[arg-type]


@cache
def configured(settings: tuple[str, ...]) -> Config:
    return configure("sinn-digits", settings)


def make(plan: Plan, trace: TraceSink | None = None) -> Board:
    """Return the board of a plan on an emulator of its own."""
    config = configured(plan.settings)
    emulator = Emulator(plan.seed, trace)
    mtj, node = VgsotParams.from_card(config.node("mtj").card, "mtj"), config.node("board")
    if plan.lanes:
        return BankBoard(emulator, node, mtj, plan)
    kinds = {"lab": LabBoard, "pipeline": PipelineBoard}
    return kinds[node.card.model](emulator, node, mtj, plan.neurons)
