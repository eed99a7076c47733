"""Somebody else is due on the clock: the event engine takes that batch, and all is as before."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from controllers import Board, Timer
from controllers.board import Batch, Codes
from controllers.compiled.engine import CompiledScheduler
from controllers.event import EventScheduler
from emulator import Program
from tests.controllers.compiled.bank_board import FAST_LINK, Plan
from tests.controllers.compiled.comparing import (
    COMPILED,
    EVENT,
    Work,
    differences,
    lines,
    nodes,
    play,
)

BOARDS = {"lab": ("board=lab", *FAST_LINK), "asic": ("board=asic", "board.issue_cycles=2")}
WORK = Work((4, 3, 5))
Log = list[tuple[object, ...]]


class Noting(EventScheduler):
    """Notes when batches begin and end."""

    def __init__(self) -> None:
        self.times: list[tuple[int, int]] = []

    def run(self, board: Board, codes: Codes, gates: Codes, batch: Batch) -> Program:
        began = board.emulator.now
        yield from super().run(board, codes, gates, batch)
        self.times.append((began, board.emulator.now))


def spans(plan: Plan) -> list[tuple[int, int]]:
    """Return when each batch of the work begins and ends."""
    noting = Noting()
    play(plan, WORK, COMPILED, build=lambda board: noting)  # type: ignore[arg-type,return-value]
    return noting.times


def glance(board: Board, log: Log) -> None:
    """Note what somebody who comes by at this instant sees."""
    now = board.emulator.now
    levels = [line.level(now) for line in lines(board)]
    modes = [node.mode for node in nodes(board)]
    log.append((now, levels, modes, list(board.mtj.state), list(board.mtj.account.counts)))


def both(
    plan: Plan, visit: Callable[[Board, Log], None], *, traced: bool
) -> tuple[int, int]:  # fmt: skip
    """Assert that both engines show visitors the same; returns (contended batches, visits)."""
    built: list[CompiledScheduler] = []

    def build(board: Board) -> CompiledScheduler:
        built.append(CompiledScheduler(board))
        return built[0]

    logs: list[Log] = [[], []]
    looks = []
    for engine, log in zip((EVENT, COMPILED), logs, strict=True):
        came = log

        def before(board: Board, log: Log = came) -> None:
            if not log:
                log.append(())  # visitors are invited once
                visit(board, log)

        looks.append(play(plan, WORK, engine, before=before, build=build, traced=traced))
    assert differences(*looks) == []
    assert logs[0] == logs[1]
    return built[0].contended_batches, len(logs[0]) - 1


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("where", ["begin", "within", "end", "after", "link"])
def test_a_visitor_during_a_batch_makes_it_an_event_batch(
    board: str, where: str, traced: bool
) -> None:
    plan = Plan(3, 2, BOARDS[board])
    begin, end = spans(plan)[1]
    when = {
        "begin": begin, "within": (begin + end) // 2, "end": end, "after": end + 1,
        "link": begin - 1,
    }[where]  # fmt: skip

    def visit(board: Board, log: Log) -> None:
        board.emulator.post(when, lambda: glance(board, log))

    contended, visits = both(plan, visit, traced=traced)
    assert visits == 1
    assert contended == (1 if where in ("begin", "within", "end") else 0)


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("period", [97, 1_000, 3_333])
def test_a_timer_ticks_through_all_batches(board: str, period: int) -> None:
    plan = Plan(3, 2, BOARDS[board])
    scale = 1000 if board == "lab" else 1

    def visit(board: Board, log: Log) -> None:
        Timer(board.emulator, "timer").every(period * scale, lambda: glance(board, log))

    contended, visits = both(plan, visit, traced=False)
    assert visits > 3
    assert contended > 0


@pytest.mark.parametrize("board", BOARDS)
def test_a_visitor_may_interfere(board: str) -> None:
    """Who comes by may drive ports too: a junction is written in the middle of a batch."""
    plan = Plan(3, 2, BOARDS[board])
    begin, end = spans(plan)[1]

    def interfere(board: Board, log: Log) -> None:
        board.mtj.write(1, board.mtj.grid.points // 3, board.mtj.grid.points // 8, 1000)
        glance(board, log)

    def visit(board: Board, log: Log) -> None:
        board.emulator.post((begin + end) // 2, lambda: interfere(board, log))

    assert both(plan, visit, traced=False) == (1, 1)
