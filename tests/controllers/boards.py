"""Boards as a configuration makes them, drives for them, and a look at their books."""

from __future__ import annotations

import numpy as np

from emulator import Bill, Drive, TraceSink
from scenarios.catalog import configure
from scenarios.workbench import Workbench

BOARDS = ("lab", "fpga", "asic")
RESETS = ("after_ap", "always", "none")
INSIDE = ("device", "front_end", "controller")  # the groups of an update's energy
FAST_LINK = ("board.link.latency=1 us", "board.link.rate=1 GB/s")


def bench(
    *settings: str, seed: int = 0, neurons: int = 10, trace: TraceSink | None = None
) -> Workbench:
    """Return a board on an emulator of its own, configured as on the command line."""
    return Workbench.build(configure("sinn-digits", settings, seed=seed), neurons, trace)


def random_drive(rows: int, neurons: int = 10, seed: int = 1) -> Drive:
    """Return drives that switch with probabilities from about 0.05 to 0.95."""
    generator = np.random.default_rng(seed)
    return Drive(generator.normal(0, 0.5, (rows, neurons)), np.zeros((rows, neurons)))


def books(made: Workbench) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (amount, amount inside update windows) by (part, state or action)."""
    entries = made.emulator.ledger.entries(made.emulator.now)
    return {(e.part, e.name): (e.amount, e.window_amount) for e in entries}


def inside(bill: Bill) -> float:
    """Return the energy that counts as energy of updates, in joules."""
    return bill.total(window=True, where=lambda line: line.entry.group in INSIDE)
