"""Boards that are not like the shipped ones: lanes that differ, parts and maps of one's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from controllers import Board, LabBoard
from controllers import lab as lab_board
from controllers.compiled.engine import CompiledScheduler
from controllers.engines import choose
from controllers.event import EventScheduler
from controllers.lane import Lane
from controllers.pipeline import Logic
from devices import (
    OPEN,
    READ,
    WRITE,
    Comparator,
    ComparatorParams,
    Dac,
    Follower,
    MtjBank,
    PulseDriver,
    VgsotParams,
)
from emulator import NEVER, Do, Drive, Emulator, MemoryTrace, SequenceError, Wait
from tests.controllers.compiled import bank_board as boards
from tests.controllers.compiled.bank_board import BankBoard, FrontEnd, LanePlan, Plan, Token
from tests.controllers.compiled.comparing import differences, look, watching

NS, US = 1_000, 1_000_000
REST: tuple[Token, ...] = (
    ("set", WRITE), ("wait", US), ("set", READ), ("park", 0, 0), ("wait", 650 * NS), ("start",),
    ("wait", 3_400 * NS), ("store",), ("set", OPEN), ("wait", 100 * NS),
)  # fmt: skip
ONE: tuple[Token, ...] = (("write",), ("wait", 800 * NS), *REST)
THRICE: tuple[Token, ...] = (("sot",), ("sot",), ("gate",), ("wait", 800 * NS), *REST)
SETTINGS = (*boards.FAST_LINK, "board.adc.clock=20 MHz", "board.adc.sampling_cycles=56")
Make = Callable[[Emulator], Board]


def plan(*tokens: tuple[Token, ...], settings: tuple[str, ...] = ()) -> Plan:
    """Return a plan of lanes with two junctions and a front end each."""
    lanes = tuple(
        LanePlan((2 * k, 2 * k + 1), FrontEnd(k, k, k, k), some) for k, some in enumerate(tokens)
    )
    return Plan(2 * len(tokens), 1, ("board=lab", *SETTINGS, *settings), lanes)


def made(kind: type[BankBoard], what: Plan) -> Make:
    config = boards.configured(what.settings)
    mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
    return lambda emulator: kind(emulator, config.node("board"), mtj, what)


def drives(neurons: int, rows: int = 200) -> Drive:
    generator = np.random.default_rng(0)
    shape = rows, neurons
    return Drive(generator.normal(0, 1, shape), generator.normal(0, 1, shape))


def same(make: Make, drive: Drive, start: int = 0) -> dict[str, int]:
    """Assert that both engines leave the same; returns the ways of the compiled one."""
    seen = []
    for compiled in (False, True):
        board = make(Emulator(1))
        board.emulator.advance(start)
        board.scheduler = CompiledScheduler(board) if compiled else EventScheduler()
        with watching() as ways:
            outcome = board.update(drive)
        found = look(board) | {"y": outcome.y.tolist(), "codes": outcome.codes.tolist()}
        seen.append(found)
    assert differences(*seen) == []
    return ways


@pytest.mark.parametrize("tokens", [(ONE, THRICE), (THRICE, ONE)], ids=["1, 3", "3, 1"])
def test_lanes_that_write_their_lines_a_different_number_of_times(
    tokens: tuple[tuple[Token, ...], ...],
) -> None:
    what = plan(*tokens)
    assert same(made(BankBoard, what), drives(4))["loop"] == 1


class Meddling(BankBoard):
    """The second lane also lifts the gate line of the first, in the middle of its wait."""

    def _lane(self, k: int, plan: LanePlan) -> Lane:
        lane = super()._lane(k, plan)
        if k == 0:
            return lane
        first, _, *others = lane.steps
        lift = Do(self._dac(0).write_channel, 1, 3000)
        steps = (first, Wait(2_500 * NS), lift, Wait(2_500 * NS), *others)
        return Lane(steps, lane.rank, lane.junctions)


def test_a_lane_that_drives_the_line_of_another() -> None:
    slowly: tuple[Token, ...] = (("write",), ("wait", 5 * US), *REST)
    assert same(made(Meddling, plan(slowly, slowly)), drives(4))["loop"] == 1


class OneSlowAmplifier(BankBoard):
    """The second lane's amplifier slews at 0.25 V/us."""

    def _dac(self, k: int) -> Dac:
        if k == 1 and k not in self.dacs:
            slow = self.opamp.model_copy(update={"slew_rate": 0.25e6})
            law = slow.law(self.dac_params.tau, max(1, round(self.mtj.grid.step_uv)))
            follower = Follower(self.emulator, "opamp1", slow, law, 2)
            self.dacs[k] = Dac(self.emulator, "dac1", self.dac_params, follower.lines)
        return super()._dac(k)


def test_amplifiers_that_differ_rest_after_codes_of_their_own() -> None:
    pulse: tuple[Token, ...] = (("write",), ("wait", 100 * NS), ("set", WRITE), ("wait", 20 * US))
    what = plan(
        pulse + REST[2:], pulse + REST[2:],
        settings=("board.opamp.offset=0 mV", "board.opamp.v_supply=6 V", "mtj.reset=none",
                  "mtj.v_c0=0.2 V"),
    )  # fmt: skip
    make = made(OneSlowAmplifier, what)
    board = make(Emulator(1))
    volts = 1391 * board.dac_params.lsb * board.mtj.grid.sot_ratio  # only one of them rests again
    r = np.full((200, 4), -0.5)
    r[:, [0, 2]] = (volts - board.mtj_params.v_c0) / board.mtj_params.k_v
    same(make, Drive(r, np.zeros_like(r)))


class Mixed(BankBoard):
    """A microcontroller serves two junctions, a piece of logic two others."""

    def __init__(self, emulator: Emulator, node, mtj, plan: Plan) -> None:  # type: ignore[no-untyped-def]
        super().__init__(emulator, node, mtj, plan)
        driver = PulseDriver(emulator, "driver", self.dac_params, self.mtj)
        noise = ComparatorParams(noise=0.01)
        comparator = Comparator(emulator, "comparator", noise, self.divider, self.mtj)
        self.logic = Logic(emulator, "logic", (driver, comparator), self.neurons)
        junction, index = boards.JUNCTION, boards.INDEX
        steps = (
            Do(self.logic.reset_if_ap, junction), Wait(800), Do(self.logic.end_reset, junction),
            Do(driver.fire, junction, boards.CODE, boards.GATE_CODE), Wait(800),
            Do(driver.end, junction), Wait(800), Do(self.logic.store, junction, index),
        )  # fmt: skip
        self.lanes += (Lane(steps, emulator.rank("logic lane"), (2, 3)),)
        self.controller = boards.Controllers([*self.mcus.values(), self.logic])  # type: ignore[list-item]


def test_a_microcontroller_and_logic_remember_apart() -> None:
    tokens: tuple[Token, ...] = (("reset",), ("wait", US), ("set", OPEN), *ONE)
    lane = LanePlan((0, 1), FrontEnd(0, 0, 0, 0), tokens)
    what = Plan(4, 1, ("board=lab", *SETTINGS), (lane,))
    seen = []
    for engine in ("event", "compiled"):
        board = made(Mixed, what)(Emulator(1))
        assert choose(board, engine).name == engine
        outcome = board.update(drives(4))
        assert isinstance(board, Mixed)
        minds = board.logic.last_ap, board.logic.resetting, board.mcus[lane.front].last_ap
        found = {"y": outcome.y.tolist(), "minds": [list(each) for each in minds]}
        seen.append(look(board) | found)
    assert differences(*seen) == []


def lab(kind: type[LabBoard] = LabBoard, trace: MemoryTrace | None = None) -> LabBoard:
    config = boards.configured(())
    mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
    return kind(Emulator(1, trace), config.node("board"), mtj, 3)


class HalfAsFar(LabBoard):
    """Writes half of every code."""

    def encode(self, drive):  # type: ignore[no-untyped-def]
        codes, gates, cut = super().encode(drive)
        return codes // 2, gates, cut


def test_a_map_of_ones_own_is_used_by_both_engines() -> None:
    seen = []
    for engine in ("event", "compiled"):
        board = lab(HalfAsFar)
        assert choose(board, engine).name == engine
        seen.append(board.update(drives(3)).y.tolist())
    assert seen[0] == seen[1]


class Sticky(MtjBank):
    """Junctions that fall back at once."""

    def write(self, junction: int, sot: int, gate: int, width: int) -> None:
        super().write(junction, sot, gate, width)
        self.state[junction] = 0


def test_a_part_of_ones_own_kind_stays_with_the_event_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lab_board, "MtjBank", Sticky)
    board = lab()
    engine = choose(board, "auto")
    assert engine.name == "event"
    assert engine.reason == "not compiled: Sticky, a part of its own kind, has no compiled form"
    assert (board.update(drives(3)).y == -1).all()


class Full(MemoryTrace):
    """A sink on a disk that is full."""

    def block(self, *rows: object) -> None:
        raise ValueError("no space left")


def test_an_error_of_a_sink_arrives_as_it_is() -> None:
    board = lab(trace=Full())
    choose(board, "compiled")
    with pytest.raises(ValueError, match=r"^no space left$"):
        board.update(drives(3))


@pytest.mark.parametrize("tokens", [ONE, THRICE], ids=["one", "three writes"])
@pytest.mark.parametrize("start", [2**62 - 40 * US, 2**62 + 12_345, NEVER - 10**12])
def test_bits_are_the_same_until_time_ends(tokens: tuple[Token, ...], start: int) -> None:
    same(made(BankBoard, plan(tokens, ONE)), drives(4, rows=6), start)


def test_a_batch_that_would_outlast_time_is_refused() -> None:
    board = made(BankBoard, plan(ONE))(Emulator(1))
    board.emulator.advance(NEVER - 20 * US)
    board.scheduler = CompiledScheduler(board)
    with pytest.raises(SequenceError, match=f"a batch would end at [0-9]+ ps, beyond {NEVER}"):
        board.update(drives(2))
