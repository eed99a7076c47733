"""Every step of every update is an event of its own, and ties have one order."""

from __future__ import annotations

from itertools import groupby

import pytest

from controllers import Processor, Timer
from emulator import Do, Emulator, MemoryTrace, Wait
from scenarios.workbench import Workbench
from tests.controllers.boards import RESETS, bench, random_drive

ROWS = 3
BATCH = 6  # the transaction's start and end, two transfers, and the two named below


def events_of_a_batch(made: Workbench) -> int:
    """Return how many events the queue hands out while a batch runs."""
    env, counted = made.emulator.env, 0
    step = env.step

    def counting() -> None:
        nonlocal counted
        counted += 1
        step()

    env.step = counting  # type: ignore[method-assign]
    made.board.update(random_drive(ROWS, made.board.neurons))
    return counted


@pytest.mark.parametrize("reset", RESETS)
def test_the_lab_board_takes_one_event_per_step(reset: str) -> None:
    made = bench(f"mtj.reset={reset}")
    updates, conversion = ROWS * 10, 2  # end of sampling, end of conversion
    # per batch: the lane starts, has played and ends; all lanes have ended
    expected = updates * (len(made.board.steps()) + conversion) + 2 + BATCH
    assert events_of_a_batch(made) == expected


@pytest.mark.parametrize("board", ["fpga", "asic"])
@pytest.mark.parametrize("reset", RESETS)
def test_a_pipeline_takes_one_event_per_step(board: str, reset: str) -> None:
    made = bench(f"board={board}", f"mtj.reset={reset}")
    updates, lanes, issue = ROWS * 10, 10, 1
    # per batch: all lanes have ended, the pipe is empty; per lane: it starts, has played and ends
    expected = updates * (len(made.board.steps()) + issue) + 3 * lanes + BATCH
    assert events_of_a_batch(made) == expected


@pytest.mark.parametrize("reset", RESETS)
def test_lanes_at_the_same_instant_go_in_the_order_of_their_junctions(reset: str) -> None:
    trace = MemoryTrace()
    # two junctions at two clocks per issue: one reads or writes when the other one begins
    made = bench("board=fpga", f"mtj.reset={reset}", "board.t_write=2 ns", "board.t_read=2 ns",
                 "board.t_reset=2 ns", trace=trace)  # fmt: skip
    made.board.update(random_drive(20))
    shared = 0
    for _, rows in groupby(trace.rows, key=lambda row: row[0]):
        junctions = [int(signal.split(".")[0]) for _, _, signal, _ in rows]
        assert junctions == sorted(junctions)
        shared += len(set(junctions)) > 1
    assert shared > 100


def test_the_end_of_conversion_precedes_the_step_that_reads_it() -> None:
    trace = MemoryTrace()
    made = bench(trace=trace)
    outcome = made.board.update(random_drive(ROWS))
    ends = trace.select("lab.adc0", "eoc")
    assert [code for _, code in ends] == outcome.codes.ravel().tolist()
    for when, _ in ends:  # the controller stores and opens the switch at that very instant
        names = [part for t, part, _, _ in trace.rows if t == when]
        assert names == ["lab.adc0", "lab.switch"]


@pytest.mark.parametrize("first", ["core", "timer"])
def test_a_tie_goes_to_the_part_that_was_built_first(first: str) -> None:
    emulator = Emulator()
    emulator.rank(first)
    core, timer = Processor(emulator, "core"), Timer(emulator, "timer")
    log: list[str] = []
    timer.every(1000, lambda: log.append("timer"))
    core.run(iter_steps(Wait(1000), Do(log.append, "core")))
    emulator.advance(1000)
    assert log == [first, "timer" if first == "core" else "core"]


def iter_steps(*steps: Do | Wait):  # type: ignore[no-untyped-def]
    """Return firmware that takes these steps."""
    yield from steps


def test_a_tie_within_one_part_goes_by_posting() -> None:
    emulator = Emulator()
    rank, log = emulator.rank("part"), []
    for name in "abc":
        emulator.post(500, lambda name=name: log.append(name), rank)
    emulator.post(500, lambda: log.append("late"), emulator.rank("later part"))
    emulator.post(500, lambda: log.append("d"), rank)
    emulator.post(499, lambda: log.append("before"))
    emulator.advance(500)
    assert log == ["before", "a", "b", "c", "d", "late"]
