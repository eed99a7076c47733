"""The event engine as a scheduler: every lane is a process, every step an event."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emulator import Drive, Emulator, Program, elaborate

from .lane import OPERANDS, Lane, Pace
from .sequencer import run_static

Codes = NDArray[np.integer]


class Laned(Protocol):
    """A board, as a scheduler sees it."""

    emulator: Emulator
    lanes: tuple[Lane, ...]
    pace: Pace | None

    def encode(self, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped)."""


class EventScheduler:
    """Runs the lanes of a board on the queue, whatever else is due there."""

    contended_batches = 0

    def encode(self, board: Laned, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped)."""
        return board.encode(drive)

    def run(self, board: Laned, codes: Codes, gates: Codes, batch: Any) -> Program:
        """Run all updates of a batch, codes and gates of shape (rows / draws, junctions)."""
        if batch.draws > 1:
            codes, gates = (np.repeat(some, batch.draws, axis=0) for some in (codes, gates))
        emulator, pace = board.emulator, board.pace
        env, began = emulator.env, emulator.now
        batch.bits, batch.codes = [0] * codes.size, [0] * codes.size
        starts = pace.starts(began, codes.size) if pace else None
        lanes = [_run_lane(emulator, lane, codes, gates, starts) for lane in board.lanes]
        yield env.all_of([emulator.process(lane) for lane in lanes])
        if pace:
            yield env.timeout(pace.drained(began, codes.size) - emulator.now)


def _run_lane(
    emulator: Emulator, lane: Lane, codes: Codes, gates: Codes, starts: Codes | None
) -> Program:
    """Return the process of one lane: its junctions, row after row."""
    columns = list(lane.junctions)
    index = np.arange(codes.size).reshape(codes.shape)[:, columns].ravel()
    picked = codes[:, columns].ravel().tolist(), gates[:, columns].ravel().tolist()
    rows = zip(*picked, columns * len(codes), index.tolist(), strict=True)
    begins = None if starts is None else starts[index].tolist()
    return run_static(emulator, elaborate(lane.steps, OPERANDS), rows, lane.rank, begins)
