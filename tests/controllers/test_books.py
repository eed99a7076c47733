"""The books of every board: time adds up to the picosecond, actions to the update."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pytest

from emulator import Outcome
from scenarios.workbench import Workbench
from tests.controllers.boards import BOARDS, RESETS, bench, books, random_drive

ROWS = 15
BATCHES = 2


@cache
def work(board: str, reset: str) -> tuple[Workbench, list[Outcome]]:
    """Return a board after two batches with work of the host around them, and the answers."""
    made = bench(f"board={board}", f"mtj.reset={reset}")
    outcomes = []
    for batch in range(BATCHES):
        made.emulator.perform(made.board.host.compute(12_345 + batch))
        outcomes.append(made.board.update(random_drive(ROWS, seed=batch), draws=2))
    made.emulator.perform(made.board.host.compute(7))
    return made, outcomes


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("board", BOARDS)
def test_residencies_of_every_part_sum_to_the_emulated_time(board: str, reset: str) -> None:
    made, _ = work(board, reset)
    ledger = made.emulator.ledger
    spent: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for entry in ledger.entries(made.emulator.now):
        if entry.kind == "state":
            spent[entry.part][0] += entry.amount
            spent[entry.part][1] += entry.window_amount
    assert set(spent) == set(ledger.accounts)
    assert {tuple(pair) for pair in spent.values()} == {(made.emulator.now, ledger.window_ps)}


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("board", BOARDS)
def test_every_update_writes_once_and_reads_once(board: str, reset: str) -> None:
    made, outcomes = work(board, reset)
    updates = sum(outcome.y.size for outcome in outcomes)
    assert updates == made.board.updates == BATCHES * ROWS * 2 * 10
    booked = books(made)
    assert booked["mtj", "write"] == (updates, updates)
    assert booked["mtj", "read"] == (updates, updates)
    senses = ("lab.adc0", "conversion") if board == "lab" else (f"{board}.comparator", "decision")
    assert booked[senses] == (updates, updates)


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("board", BOARDS)
def test_resets_follow_what_was_read(board: str, reset: str) -> None:
    made, outcomes = work(board, reset)
    read_ap = np.concatenate([outcome.y for outcome in outcomes]) > 0  # per junction, in time
    due = {"after_ap": int(read_ap[:-1].sum()), "always": read_ap.size, "none": 0}
    assert books(made)["mtj", "reset"][0] == due[reset]
    assert 0 < due["after_ap"] < read_ap.size


@pytest.mark.parametrize("board", BOARDS)
def test_host_and_link_work_outside_update_windows(board: str) -> None:
    made, _ = work(board, "after_ap")
    booked = books(made)
    assert booked["host", "operation"] == (2 * 12_345 + 1 + 7, 0)
    assert booked["host", "busy"] == ((2 * 12_345 + 1 + 7) * 1000, 0)  # 1e9 operations per second
    assert booked[f"{board}.link", "busy"][1] == 0
    down, up = (4, 2) if board == "lab" else (2, 1)
    sent = BATCHES * ROWS * 10 * (down + 2 * up)  # codes once, results of both draws
    assert booked[f"{board}.link", "byte"] == (sent, 0)


@pytest.mark.parametrize("board", BOARDS)
def test_pulse_widths_and_codes_are_kept_as_one_integer(board: str) -> None:
    """The heat of the pulses is the sum of code^2 ps, codes in 12-bit LSB as they arrive."""
    made = bench(f"board={board}", "mtj.reset=none")
    drive = random_drive(ROWS)
    made.board.update(drive)
    codes, gates, _ = made.board.encode(drive)
    arrived, _ = made.board.delivered(codes, gates)
    width = 1_000_000 if board == "lab" else 800
    assert books(made)["mtj", "drive"][0] == int(((arrived >> 4) ** 2).sum()) * width
