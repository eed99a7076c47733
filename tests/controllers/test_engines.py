"""Which engine a board gets, and what is said about it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from controllers import Board, LabBoard, Timer
from controllers.compiled.engine import CompiledScheduler
from controllers.engines import choose
from emulator import Do, Until
from tests.controllers.boards import BOARDS, bench, books, random_drive

US = 1_000_000


def lab() -> LabBoard:
    board = bench(neurons=2).board
    assert isinstance(board, LabBoard)
    return board


def with_steps(board: LabBoard, *steps: Do | Until) -> LabBoard:
    """Let the lanes of a board end with other steps."""
    board.lanes = tuple(replace(lane, steps=(*lane.steps, *steps)) for lane in board.lanes)
    return board


@pytest.mark.parametrize("name", BOARDS)
@pytest.mark.parametrize(
    ("wanted", "reason"), [("auto", "all sequences are static"), ("compiled", "asked for")]
)
def test_boards_that_ship_are_compiled(name: str, wanted: str, reason: str) -> None:
    board = bench(f"board={name}").board
    engine = choose(board, wanted)
    assert (engine.name, engine.reason) == ("compiled", reason)
    assert isinstance(board.scheduler, CompiledScheduler)
    assert engine.scheduler is board.scheduler


def test_the_event_engine_runs_when_it_is_asked_for() -> None:
    board = lab()
    before = board.scheduler
    engine = choose(board, "event")
    assert (engine.name, engine.reason) == ("event", "asked for")
    assert board.scheduler is before


@pytest.mark.parametrize("wanted", ["auto", "compiled"])
def test_a_sequence_that_waits_runs_on_the_event_engine(wanted: str) -> None:
    board = lab()
    before = board.scheduler
    engine = choose(with_steps(board, Until(board.adc.done, 1)), wanted)
    assert engine.name == "event"
    assert engine.reason == "not compiled: the sequence waits for a signal"
    assert board.scheduler is before


def test_a_port_without_a_compiled_form_is_named() -> None:
    board, seen = lab(), []
    engine = choose(with_steps(board, Do(seen.append, 1)), "compiled")
    assert engine.name == "event"
    assert "has no compiled port" in engine.reason
    board.update(random_drive(3, 2))
    assert seen == [1] * 6


def ticking(board: Board) -> list[int]:
    """Update three batches, a timer due during the second; return the ticks it saw."""
    seen: list[int] = []
    timer = Timer(board.emulator, "timer")
    board.update(random_drive(5, 2))
    timer.every(10 * US, lambda: seen.append(board.emulator.now))
    board.update(random_drive(5, 2))
    timer.stop()
    board.emulator.advance(board.emulator.now + 20 * US)
    board.update(random_drive(5, 2))
    return seen


def test_batches_that_somebody_else_may_disturb_are_counted_and_told() -> None:
    event, mixed = bench(neurons=2), bench(neurons=2)
    engine = choose(mixed.board, "auto")
    assert engine.reason == "all sequences are static"
    assert ticking(event.board) == ticking(mixed.board)
    assert engine.name == "compiled"
    told = "batches in which others were due ran on the event engine: 1"
    assert engine.reason == f"all sequences are static; {told}"
    assert books(event) == books(mixed)


def test_who_asks_for_the_event_engine_does_not_import_numba() -> None:
    code = """
import sys
from controllers.engines import choose
from scenarios.catalog import configure
from scenarios.workbench import Workbench
bench = Workbench.build(configure("sinn-digits"), 2, None)
choose(bench.board, "event")
assert "numba" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
