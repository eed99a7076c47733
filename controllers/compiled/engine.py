"""The compiled engine as a scheduler: takes a batch, leaves the board as the event engine would."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controllers.board import Batch, Board, Codes, line_volts
from controllers.event import EventScheduler
from devices.dac import nearest_code, within_range
from emulator import NEVER, Drive, Program, SequenceError, duration_of, tick
from emulator.kernels import Kernel

from .batches import RowBatches
from .exchange import Exchange
from .held import held
from .layout import ROWS, Job, records, repeated
from .loop import play
from .machine import build
from .parts import Parts

UNTRACED = -1 << 40  # a block that is never filled
_NOTHING = np.empty(0, dtype=np.int64)


def encode(
    x: NDArray[np.float64], v_0: float, k: float, ratio: float, lsb: float, top: float,
    codes: NDArray[np.uint16],
) -> int:  # fmt: skip
    """Write the code of every drive; returns how many were clipped."""
    clipped = 0
    for i in range(x.size):
        wanted = nearest_code(line_volts(x[i], v_0, k, ratio), lsb)
        code = within_range(wanted, top)
        codes[i] = np.uint16(code)
        clipped += 1 if code != wanted else 0
    return clipped


PLAY, ENCODE = Kernel(play), Kernel(encode)


class CompiledScheduler:
    """Runs the lanes of one board over batches.

    A batch during which somebody else is due on the clock (a timer, an unfinished conversion) is
    left to the event engine.
    """

    def __init__(self, board: Board) -> None:
        self._parts = Parts(board.mtj)
        self._machine = build(board.lanes, self._parts)
        self._exchange = Exchange(self._machine, self._parts, board.emulator)
        self._batches = RowBatches.of(self._machine, self._parts, board)
        self._rows = records(ROWS, 1)
        plain = self._rows.view(np.ndarray)
        self._columns = [plain[name][0] for name in ("t_ps", "name", "value")]
        self._contended = EventScheduler()
        self.contended_batches = 0

    def encode(self, board: Board, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped), as `Board.encode` does.

        A board with a map of its own is asked for it.
        """
        if type(board).encode is not Board.encode:
            return board.encode(drive)
        p, dac, found, clipped = board.mtj_params, board.dac_params, [], 0
        maps = ((drive.r, p.v_c0, p.k_v, board.mtj.grid.sot_ratio), (drive.c, p.v_g0, p.k_g, 1.0))
        for x, v_0, k, ratio in maps:
            codes, flat = np.empty(x.size, dtype=np.uint16), np.ascontiguousarray(x).ravel()
            clipped += ENCODE(flat, v_0, k, ratio, dac.lsb, dac.top, codes)
            found.append(codes.reshape(x.shape))
        return found[0], found[1], clipped

    def run(self, board: Board, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Run all updates of a batch, codes and gates of shape (rows / draws, junctions)."""
        emulator = board.emulator
        now, end = emulator.now, _end(board, batch.rows)
        if end >= NEVER:
            raise SequenceError(f"{board.name}: a batch would end at {end} ps, beyond {NEVER}")
        following = emulator.peek()
        converting = any(adc.busy for adc in self._parts.adcs)
        if converting or (following is not None and following <= end):
            self.contended_batches += 1
            yield from self._contended.run(board, codes, gates, batch)
            return
        job = _job(board, codes, gates, batch, now)
        self._exchange.take_up()
        self._play(board, job, now, end)
        self._exchange.hand_over()
        batch.bits, batch.codes = job.bits, job.results
        yield tick(emulator.env, end - now, board.lanes[0].rank)
        self._resume(board, end)

    def _play(self, board: Board, job: Job, now: int, end: int) -> None:
        """Run the batch, by whole rows if that may be; hand blocks of trace rows to the sink."""
        block, traced = self._rows[0], board.emulator.trace is not None
        block.used = 0 if traced else UNTRACED
        batches = self._batches
        if batches is not None and batches.ready(now) and (not traced or batches.traces()):
            batches.run(job, now, block, (lambda: self._flush(board)) if traced else None)
            return
        job = repeated(job)
        job.bits[:], job.results[:] = 0, 0  # of updates that store nothing
        running, fresh = 1, True
        while running:
            with held(board.name):
                running = PLAY(self._machine, job, block, now, end, fresh)
            self._flush(board)
            fresh = False

    def _flush(self, board: Board) -> None:
        """Hand the trace rows to the sink, and begin an empty block."""
        trace, block = board.emulator.trace, self._rows[0]
        if trace is not None:
            used, block.used = int(block.used), 0
            t_ps, name, value = (column[:used] for column in self._columns)
            trace.block(self._parts.signals, t_ps, name, value)

    def _resume(self, board: Board, end: int) -> None:
        """Put conversions that outlast the batch on the clock."""
        for adc, due in zip(
            self._parts.adcs, self._machine.queue[0]["due"][len(board.lanes) :], strict=False
        ):
            if due < NEVER:
                adc.resume(int(due))


def _job(board: Board, codes: Codes, gates: Codes, batch: Batch, now: int) -> Job:
    count = batch.rows * board.neurons
    starts = _NOTHING if board.pace is None else board.pace.starts(now, count)
    flat, gate = (np.ascontiguousarray(some, dtype=np.uint16).ravel() for some in (codes, gates))
    bits, results = np.empty(count, dtype=np.int8), np.empty(count, dtype=np.int32)
    return Job(flat, gate, starts, batch.rows, batch.draws, board.neurons, bits, results)


def _end(board: Board, rows: int) -> int:
    """Return when a batch of `rows` that begins now will have ended."""
    now = board.emulator.now
    if board.pace is not None:
        return board.pace.drained(now, rows * board.neurons)
    updates = ((duration_of(lane.steps), len(lane.junctions)) for lane in board.lanes)
    return now + rows * max(period * junctions for period, junctions in updates)
