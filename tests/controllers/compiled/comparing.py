"""Runs the same work by either engine, and looks at everything that a board shows afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from controllers import Board, LabBoard, PipelineBoard
from controllers.compiled import sheet as tables
from controllers.compiled.engine import CompiledScheduler
from controllers.event import EventScheduler
from devices import AnalogSwitch, Line, SenseNode
from emulator import Drive, MemoryTrace
from emulator.kernels import Kernel
from emulator.streams import Stream
from tests.controllers.compiled.bank_board import BankBoard, Plan, make

EVENT, COMPILED = "e", "c"
LATER = (0, 1, 40_000, 1_000_000, 7_654_321, 1_000_000_000)  # ps
WAYS = {tables.TABULATED: "tabulated", tables.LOOKED_UP: "looked up", tables.WALKED: "walked"}

Look = dict[str, Any]
Build = Callable[[Board], CompiledScheduler]


@dataclass(frozen=True)
class Work:
    """Batches for a board: rows of each, the spread of drives, gate drives, draws, and a seed."""

    rows: tuple[int, ...]
    spread: float = 1.5
    gate_spread: float = 1.0
    draws: int = 1
    seed: int = 0

    def drives(self, neurons: int) -> Iterator[Drive]:
        generator = np.random.default_rng(self.seed)
        for count in self.rows:
            shape = count, neurons
            r = generator.normal(-0.5, self.spread, shape)
            yield Drive(r, generator.normal(0, self.gate_spread, shape))


def play(
    plan: Plan,
    work: Work,
    engines: str,
    *,
    traced: bool = False,
    build: Build = CompiledScheduler,
    before: Callable[[Board], None] = lambda board: None,
) -> Look:
    """Run a plan's work, batch i by engine `engines[i]` (the last one for all that follow).

    `before` is called before each batch. Returns everything that can be seen.
    """
    trace = MemoryTrace() if traced else None
    board = make(plan, trace)
    schedulers = {EVENT: EventScheduler()}
    if COMPILED in engines:
        schedulers[COMPILED] = build(board)
    seen: Look = {}
    for i, drive in enumerate(work.drives(plan.neurons)):
        before(board)
        board.scheduler = schedulers[engines[min(i, len(engines) - 1)]]
        outcome = board.update(drive, work.draws)
        seen[f"{i}: y"], seen[f"{i}: codes"] = outcome.y.tolist(), outcome.codes.tolist()
        seen.update((f"{i}: {key}", value) for key, value in look(board).items())
    seen["trace"] = trace.rows if trace else []
    return seen


def look(board: Board) -> Look:
    """Return time, books, counters, fidelity, states, draws, and the levels from now on."""
    emulator, now = board.emulator, board.emulator.now
    entries = emulator.ledger.entries(now)
    return {
        "now": now,
        "next": emulator.peek(),
        "books": [(e.part, e.name, e.amount, e.window_amount) for e in entries],
        "counters": {name: n for name, n in emulator.counters.items() if n},
        "fidelity": board.fidelity(),
        "states": list(board.mtj.state),
        "draws": [[s.drawn(d) for d in range(s.devices)] for s in streams(board)],
        "levels": [[line.level(now + t) for t in LATER] for line in lines(board)],
        "nodes": [[copy(node).level(now + t) for t in LATER] for node in nodes(board)],
        "switches": [(s.mode, s.junction) for s in switches(board)],
        "registers": [(a.data, bool(a.busy)) for a in board.adcs.values()]
        if isinstance(board, BankBoard) else [],
        "memories": memories(board),
    }  # fmt: skip


def differences(one: Look, other: Look) -> list[str]:
    """Return the names of what differs."""
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


def same(plan: Plan, work: Work, engines: str = COMPILED, **how: Any) -> None:
    """Assert that nothing tells the engines apart."""
    reference = play(plan, work, EVENT, **how)
    found = play(plan, work, engines, **how)
    for name in differences(reference, found):
        assert found[name] == reference[name], name


def streams(board: Board) -> list[Stream]:
    bank = [board.mtj.switching, board.mtj.resetting]
    if isinstance(board, PipelineBoard):
        return [*bank, board.comparator.noise]
    if isinstance(board, LabBoard):
        return [*bank, board.adc.noise]
    assert isinstance(board, BankBoard)
    return [*bank, *(adc.noise for adc in board.adcs.values())]


def lines(board: Board) -> list[Line]:
    if isinstance(board, BankBoard):
        return [line for dac in board.dacs.values() for line in dac.lines]
    return [*board.opamp.lines] if isinstance(board, LabBoard) else []


def nodes(board: Board) -> list[SenseNode]:
    if isinstance(board, BankBoard):
        return [*board.nodes.values()]
    return [board.sense] if isinstance(board, LabBoard) else []


def switches(board: Board) -> list[AnalogSwitch]:
    if isinstance(board, BankBoard):
        return [*board.switches.values()]
    return [board.switch] if isinstance(board, LabBoard) else []


def memories(board: Board) -> list[list[int]]:
    """Return what the controllers remember of their last readings."""
    if isinstance(board, BankBoard):
        return [list(mcu.last_ap) for mcu in board.mcus.values()]
    if isinstance(board, LabBoard):
        return [list(board.mcu.last_ap)]
    assert isinstance(board, PipelineBoard)
    return [list(board.logic.last_ap), list(board.logic.resetting)]


@contextmanager
def watching() -> Iterator[Counter[str]]:
    """Count the ways in which the compiled engine runs batches."""
    ways: Counter[str] = Counter()
    call = Kernel.__call__

    def watched(kernel: Kernel[Any, Any], *args: Any, **more: Any) -> Any:
        result = call(kernel, *args, **more)
        sheets = [a for a in args if isinstance(a, tables.Sheet)]
        if kernel.root.__name__ == "play":
            ways["loop"] += 1
        for sheet in sheets:
            ways[WAYS[sheet.source]] += 1
            ways["traced rows"] += bool(sheet.traced)
        return result

    with pytest.MonkeyPatch.context() as local:
        local.setattr(Kernel, "__call__", watched)
        yield ways
