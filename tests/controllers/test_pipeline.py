"""FPGA and ASIC: junctions are lanes, slots are whole clocks, a rate needs enough of them."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest

from emulator import ConfigError, MemoryTrace
from tests.controllers.boards import RESETS, bench, books, inside, random_drive

ROWS = 40
UPDATES = ROWS * 10
CLOCK_HZ = {"fpga": 500 * 10**6, "asic": 2 * 10**9}
WATTS = {"fpga": Fraction(200, 1000), "asic": Fraction(5, 1000)}
PULSES_PS = {"none": 1600, "after_ap": 2400, "always": 2400}  # write and read, with the reset


@pytest.mark.parametrize("board", CLOCK_HZ)
@pytest.mark.parametrize("reset", RESETS)
def test_a_slot_is_the_whole_clocks_that_cover_the_pulses(board: str, reset: str) -> None:
    made = bench(f"board={board}", f"mtj.reset={reset}")
    clocks = math.ceil(Fraction(PULSES_PS[reset] * CLOCK_HZ[board], 10**12))
    assert made.board.fidelity()["slot_cycles"] == clocks
    assert made.board.timeline().period_ps == clocks * 10**12 // CLOCK_HZ[board]


@pytest.mark.parametrize("board", CLOCK_HZ)
@pytest.mark.parametrize("issue", [1, 3])
def test_a_batch_takes_one_issue_per_update_and_the_last_slot(board: str, issue: int) -> None:
    made = bench(f"board={board}", f"board.issue_cycles={issue}")
    made.board.update(random_drive(ROWS))
    period = 10**12 // CLOCK_HZ[board]
    clocks = (UPDATES - 1) * issue + int(made.board.fidelity()["slot_cycles"] or 0)
    started = 1_000_000 + UPDATES * 2 * 1000  # the link: 1 us and 2 bytes per update at 1 GB/s
    assert started % period == 0
    assert made.emulator.ledger.window_ps == clocks * period


@pytest.mark.parametrize("board", CLOCK_HZ)
def test_energy_per_update_is_power_over_rate_and_the_pulses(board: str) -> None:
    made = bench(f"board={board}")
    made.board.update(random_drive(ROWS))
    booked = books(made)
    resets = booked["mtj", "reset"][0]
    logic = WATTS[board] * made.emulator.ledger.window_ps / 10**12
    pulses = UPDATES * (Fraction("15.8") + Fraction("0.06")) + resets * Fraction("15.8")
    assert 0 < resets < UPDATES
    assert inside(made.bill()) == float(logic + pulses / 10**12)


def occupied(trace: MemoryTrace, junction: int, slot_ps: int) -> list[tuple[int, int]]:
    """Return the slots (from, to) of a junction, from the read that ends each one's pulses."""
    pulses_ps = 2400
    ends = [t for t, _ in trace.select("asic.comparator", f"{junction}.bit")]
    return [(t - pulses_ps, t - pulses_ps + slot_ps) for t in ends]


def test_updates_of_one_junction_never_overlap_and_five_are_under_way_at_once() -> None:
    trace = MemoryTrace()
    made = bench("board=asic", "mtj.reset=always", trace=trace, neurons=5)
    made.board.update(random_drive(ROWS, 5))
    slots = {j: occupied(trace, j, 2500) for j in range(5)}
    for mine in slots.values():
        assert len(mine) == ROWS
        assert all(end <= start for (_, end), (start, _) in pairwise(mine))
    starts = sorted(start for mine in slots.values() for start, _ in mine)
    assert {b - a for a, b in pairwise(starts)} == {500}
    middle = starts[len(starts) // 2]
    assert sum(a <= middle < b for mine in slots.values() for a, b in mine) == 5


def test_a_rate_that_the_junctions_cannot_deliver_is_refused() -> None:
    message = (
        r"^asic: 2000 M updates/s take 5 junctions \(each is occupied for 2\.4 ns, 5 clocks\), "
        r"there are 2, good for 800 M/s: set board\.issue_cycles=3$"
    )
    with pytest.raises(ConfigError, match=message):
        bench("board=asic", neurons=2)
    with pytest.raises(ConfigError, match="take 3 junctions"):
        bench("board=asic", "board.issue_cycles=2", neurons=2)


def test_the_advised_issue_rate_is_the_fastest_that_two_junctions_deliver() -> None:
    made = bench("board=asic", "board.issue_cycles=3", neurons=2)
    made.board.update(random_drive(ROWS, 2))
    assert made.emulator.ledger.window_ps == ((2 * ROWS - 1) * 3 + 5) * 500


@pytest.mark.parametrize(("neurons", "cycles"), [(1, 5), (2, 3), (5, 1), (10, 1)])
def test_issuing_as_often_as_the_junctions_allow(neurons: int, cycles: int) -> None:
    made = bench("board=asic", "board.issue_cycles=auto", neurons=neurons)
    made.board.update(random_drive(ROWS, neurons))
    last = neurons * ROWS - 1
    assert made.emulator.ledger.window_ps == (last * cycles + 5) * 500
    assert made.board.timeline().issue_ps == cycles * 500


@pytest.mark.parametrize(
    ("board", "reset", "least"),
    [("asic", "none", 4), ("asic", "after_ap", 5), ("fpga", "none", 1), ("fpga", "after_ap", 2)],
)
def test_junctions_needed_at_one_update_per_clock(board: str, reset: str, least: int) -> None:
    settings = f"board={board}", f"mtj.reset={reset}"
    assert bench(*settings, neurons=least).board.neurons == least
    if least > 1:
        with pytest.raises(ConfigError, match=f"take {least} junctions"):
            bench(*settings, neurons=least - 1)
