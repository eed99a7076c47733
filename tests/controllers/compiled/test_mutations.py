"""A mutation of one engine is caught: steps, ties, physics, prices, residencies, draws."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import controllers.compiled
from controllers import Board
from controllers.compiled import batches
from controllers.compiled.engine import CompiledScheduler
from controllers.lane import Lane
from devices import OPEN, READ, RESET, WRITE
from emulator import Step, Wait
from emulator.kernels import Kernel
from tests.controllers.compiled.bank_board import (
    FAST_LINK,
    BankBoard,
    FrontEnd,
    LanePlan,
    Plan,
    Token,
    make,
)
from tests.controllers.compiled.comparing import Build, Work, same, watching
from tests.controllers.compiled.test_differences import CONVERSION, SETTINGS, update

STEPS: tuple[Token, ...] = (
    ("wait", 500_000), ("set", RESET), ("wait", 1_200_000), ("set", OPEN), ("write",),
    ("wait", 1_000_000), ("set", WRITE), ("wait", 600_000), ("set", READ), ("park", 0, 0),
    ("wait", 500_000), ("start",), ("wait", CONVERSION), ("store",), ("set", OPEN),
)  # fmt: skip
UNUSUAL = (*STEPS[:12], ("start",), *STEPS[12:])  # a converter is started twice: no pattern


def bank(*tokens: Token) -> Plan:
    return Plan(3, 4, SETTINGS, (LanePlan((0, 1, 2), FrontEnd(0, 0, 0, 0), tokens),))


BY_ROWS, BY_EVENTS = bank(*STEPS), bank(*UNUSUAL)
LAB = Plan(3, 4, ("board=lab", *FAST_LINK, "board.dac.bits=8"))
ASIC = Plan(3, 4, ("board=asic", "board.issue_cycles=2", "mtj.reset=always"))
WORK = Work((6, 4))
OVERFLOWS = r"ignore:overflow encountered:RuntimeWarning"  # of Philox as plain Python
Mutate = Callable[[Any], Any]
Change = Callable[[tuple[Step, ...]], tuple[Step, ...]]


def caught(plan: Plan, build: Build, **how: Any) -> None:
    """Assert that the engines differ, or that the one which was tampered with breaks down."""
    with pytest.raises((AssertionError, ValueError, ArithmeticError)):
        same(plan, WORK, build=build, **how)


def given(board: Board, lanes: tuple[Lane, ...]) -> CompiledScheduler:
    """Return a compiled engine that was told of other lanes than the board's."""
    true, board.lanes = board.lanes, lanes
    try:
        return CompiledScheduler(board)
    finally:
        board.lanes = true


def with_steps(change: Change) -> Build:
    return lambda board: given(
        board, tuple(replace(lane, steps=change(lane.steps)) for lane in board.lanes)
    )


def longer(k: int) -> Change:
    """Make step `k`, a wait, 1 ps longer."""

    def change(steps: tuple[Step, ...]) -> tuple[Step, ...]:
        wait = steps[k]
        assert isinstance(wait, Wait)
        return (*steps[:k], Wait(wait.duration + 1), *steps[k + 1 :])

    return change


def swapped(k: int) -> Change:
    """Swap step `k` with the one after it."""
    return lambda steps: (*steps[:k], steps[k + 1], steps[k], *steps[k + 2 :])


def waits(plan: Plan) -> list[int]:
    return [k for k, step in enumerate(make(plan).lanes[0].steps) if isinstance(step, Wait)]


def nothing(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return steps


@pytest.mark.parametrize("plan", [BY_ROWS, BY_EVENTS, LAB, ASIC])
@pytest.mark.parametrize("traced", [True, False])
def test_without_a_mutation_nothing_is_caught(plan: Plan, traced: bool) -> None:
    with watching() as ways:
        same(plan, WORK, build=with_steps(nothing), traced=traced)
    if not traced:
        assert ("loop" in ways) == (plan is BY_EVENTS)


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize(
    ("plan", "k"), [(p, k) for p in (BY_ROWS, BY_EVENTS, ASIC) for k in waits(p)]
)
def test_a_wait_that_is_1_ps_longer(plan: Plan, k: int, traced: bool) -> None:
    if plan is ASIC and k == len(make(plan).steps()) - 2 and not traced:
        pytest.skip("a longer read pulse of a comparator shows in the trace only")
    caught(plan, with_steps(longer(k)), traced=traced)


SWAPS = [0, 2, 4, 5, 7, 8, 10]  # of steps that matter, by the first one's place


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize(
    ("plan", "k"),
    [*((BY_ROWS, k) for k in [*SWAPS, 11, 12]), *((BY_EVENTS, k) for k in [*SWAPS, 13]),
     *((ASIC, k) for k in (0, 1, 3, 4, 5))],
)  # fmt: skip
def test_two_steps_that_are_swapped(plan: Plan, k: int, traced: bool) -> None:
    caught(plan, with_steps(swapped(k)), traced=traced)


def late_converters(board: Board) -> CompiledScheduler:
    """Let steps of lanes precede ends of conversion in the compiled engine."""
    assert isinstance(board, BankBoard)
    adc = board.adcs[0]
    true, adc.rank = adc.rank, adc.rank + 1000
    try:
        return CompiledScheduler(board)
    finally:
        adc.rank = true


@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("plan", [BY_ROWS, BY_EVENTS])
def test_a_tie_of_converter_and_lane_the_other_way_round(plan: Plan, traced: bool) -> None:
    caught(plan, late_converters, traced=traced)


def last_first(board: Board) -> CompiledScheduler:
    """Let the lane that was built last be the first one at an instant."""
    ranks = [lane.rank for lane in board.lanes]
    turned = zip(board.lanes, reversed(ranks), strict=True)
    return given(board, tuple(replace(lane, rank=rank) for lane, rank in turned))


@pytest.mark.parametrize("traced", [True, False])
def test_a_tie_of_lanes_the_other_way_round(traced: bool) -> None:
    """Two lanes route one switch at one instant: the later one has it."""
    one = FrontEnd(0, 0, 0, 0)
    lanes = tuple(LanePlan((k,), one, update(CONVERSION)) for k in range(2))
    caught(Plan(2, 1, SETTINGS, lanes), last_first, traced=traced)


# -- mutations of laws and books: the machine's own code, run as plain Python -------------------


def compiled_names() -> Iterator[tuple[ModuleType, str, Any]]:
    """Yield all names of the compiled engine's modules and what they stand for."""
    for info in pkgutil.iter_modules(controllers.compiled.__path__, "controllers.compiled."):
        module = importlib.import_module(info.name)
        yield from ((module, name, value) for name, value in [*vars(module).items()])


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Run the compiled engine's kernels as plain Python, where a name can be given another law."""
    for module, name, value in compiled_names():
        if isinstance(value, Kernel):
            monkeypatch.setattr(module, name, value.root)
    return monkeypatch


def mutated(plain: pytest.MonkeyPatch, law: str, mutate: Mutate) -> None:
    """Give the compiled engine, and it alone, a mutant of a law."""
    places = [place for place in compiled_names() if place[1] == law]
    assert places
    for module, name, value in places:
        plain.setattr(module, name, mutate(value))


@pytest.mark.filterwarnings(OVERFLOWS)
@pytest.mark.parametrize("traced", [True, False])
@pytest.mark.parametrize("plan", [BY_ROWS, BY_EVENTS, LAB, ASIC])
def test_as_plain_python_nothing_is_caught(
    plain: pytest.MonkeyPatch, plan: Plan, traced: bool
) -> None:
    same(plan, WORK, traced=traced)


def off_by(offset: int) -> Callable[[Any], Any]:
    """Return a law's mutant whose result differs by `offset`."""
    return lambda law: lambda *args: law(*args) + offset


def at_odd(law: Any) -> Any:
    """Return a mutant that books nothing every seventh time."""
    calls = [0]

    def mutant(*args: Any) -> Any:
        calls[0] += 1
        return None if calls[0] % 7 == 0 else law(*args)

    return mutant


def late(law: Any) -> Any:
    """Return a mutant of `enter` that books 1 ps to the next state."""
    return lambda account, state, t: law(account, state, t - 1 if state else t)


IN_LOOP = [
    ("enter", late, BY_EVENTS), ("add_drive", at_odd, BY_EVENTS),
    ("threshold", off_by(1 << 29), BY_EVENTS),
    ("bin_index", off_by(16), BY_EVENTS),
    ("after_reset", lambda law: lambda state, *_: state, BY_EVENTS),
    ("grid_index", off_by(1), BY_EVENTS),
]  # fmt: skip


@pytest.mark.filterwarnings(OVERFLOWS)
@pytest.mark.parametrize(("name", "mutate", "plan"), IN_LOOP)
def test_a_law_that_differs_in_the_loop(
    plain: pytest.MonkeyPatch, name: str, mutate: Mutate, plan: Plan
) -> None:
    mutated(plain, name, mutate)
    caught(plan, CompiledScheduler, traced=True)


IN_ROWS = [
    ("bin_index", off_by(1), LAB), ("written", lambda law: lambda state, *_: state, LAB),
    ("after_reset", lambda law: lambda state, *_: state, BY_ROWS),
    ("compared", lambda law: lambda word, limit: 1 - law(word, limit), ASIC),
    ("reads_ap", lambda law: lambda code, middle: 1 - law(code, middle), LAB),
    ("code_of", off_by(1), LAB),
]  # fmt: skip


@pytest.mark.filterwarnings(OVERFLOWS)
@pytest.mark.parametrize(("name", "mutate", "plan"), IN_ROWS)
def test_a_law_that_differs_in_rows(
    plain: pytest.MonkeyPatch, name: str, mutate: Mutate, plan: Plan
) -> None:
    mutated(plain, name, mutate)
    caught(plan, CompiledScheduler)


OFFSETS = ["period", "reset_set", "reset_end", "reset_width", "write_set", "write_end",
           "write_width", "read_set", "start", "open_set"]  # fmt: skip


@pytest.mark.parametrize("field", OFFSETS)
def test_a_recipe_that_differs_by_a_picosecond(monkeypatch: pytest.MonkeyPatch, field: str) -> None:
    """Where rows are added up, every time of the recipe is booked somewhere."""
    found = batches.recipe_of

    def mutant(*args: Any) -> Any:
        recipe = found(*args)
        return replace(recipe, **{field: getattr(recipe, field) + 1})

    monkeypatch.setattr(batches, "recipe_of", mutant)
    with watching() as ways:
        caught(BY_ROWS, CompiledScheduler)
    assert "loop" not in ways


def test_a_count_that_is_dropped() -> None:
    """One action less in the books, in either place where it is counted."""

    class Forgetful(CompiledScheduler):
        def run(self, board: Board, *batch: Any) -> Any:
            yield from super().run(board, *batch)
            board.mtj.account.counts[0] -= 1

    for traced in (True, False):
        caught(LAB, Forgetful, traced=traced)


def test_a_word_that_is_drawn_in_vain() -> None:
    class Wasteful(CompiledScheduler):
        def run(self, board: Board, *batch: Any) -> Any:
            yield from super().run(board, *batch)
            board.mtj.resetting.seek(board.mtj.resetting.positions() + np.int64(1))

    caught(LAB, Wasteful)
