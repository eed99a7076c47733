"""Whoever leads the clock, the board gives the same answers, times and books."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Clock
from scenarios.workbench import Workbench
from tests.controllers.boards import BOARDS, FAST_LINK, bench, books, random_drive

ROWS, NEURONS = 2, 5
CPU = Clock(216_000_000_000)  # the Cortex-M7's 216 MHz


def state(made: Workbench, batch: Any) -> tuple[Any, ...]:
    """Return everything that a batch leaves behind."""
    outcome = made.board.collect(batch)
    return made.emulator.now, outcome.y.tolist(), outcome.codes.tolist(), books(made)


@cache
def alone(board: str, until: int | None = None) -> tuple[Any, ...]:
    """Run a batch with SimPy in the lead, and idle until a time."""
    made = bench(f"board={board}", *FAST_LINK, neurons=NEURONS)
    batch = made.board.start(random_drive(ROWS, NEURONS))
    made.emulator.complete(batch.done)
    if until is not None:
        made.emulator.advance(until)
    return state(made, batch)


def led(board: str, next_time: Callable[[Workbench], int]) -> tuple[Any, ...]:
    """Run the same batch with somebody else in the lead."""
    made = bench(f"board={board}", *FAST_LINK, neurons=NEURONS)
    batch = made.board.start(random_drive(ROWS, NEURONS))
    while not batch.done.processed:
        made.emulator.advance(next_time(made))
    return state(made, batch)


@pytest.mark.parametrize("board", BOARDS)
def test_a_cpu_may_lead_edge_by_edge(board: str) -> None:
    edges = iter(range(1, 10**9))
    result = led(board, lambda made: CPU.edge(next(edges)))
    edge = result[0]
    assert alone(board)[0] <= edge == CPU.edge(CPU.index(alone(board)[0]))
    assert result == alone(board, edge)


@pytest.mark.parametrize("board", BOARDS)
def test_hopping_from_event_to_event_is_the_same(board: str) -> None:
    def hop(made: Workbench) -> int:
        when = made.emulator.peek()
        assert when is not None
        return when

    assert led(board, hop) == alone(board)


@pytest.mark.parametrize("board", ["lab", "asic"])
@settings(max_examples=15, deadline=None)
@given(hops=st.lists(st.integers(0, 30_000_000), min_size=1, max_size=40))
def test_time_may_be_cut_anywhere(board: str, hops: list[int]) -> None:
    end, cut = alone(board)[0], [0]

    def hop(made: Workbench) -> int:
        cut[0] += 1
        length = hops[cut[0] % len(hops)] if cut[0] < 200 else end
        return min(made.emulator.now + length, end)

    assert led(board, hop) == alone(board)
