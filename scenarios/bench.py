"""`spinboard bench`: how fast the engine runs, each figure beside the raw rate of SimPy.

Machines are shared and drift, so every figure is measured in short slices that alternate with
slices of the event engine; the median of the slice ratios is what to quote.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import simpy
from rich.console import Console
from rich.table import Table

from controllers import make_board
from devices import VgsotParams
from emulator import Config, Drive, Emulator, MemoryTrace, TraceSink

from .catalog import configure
from .json_text import to_json

SLICES = 15
TIMEOUTS = 40_000
SAMPLES = 200
NEURONS = 10


@dataclass(frozen=True)
class Row:
    """One figure: `ratio_to_event` is its rate over that of `updates_event`, slice by slice."""

    name: str
    value: float
    unit: str
    ratio_to_event: float | None


@dataclass(frozen=True)
class Workload:
    """Something that can be timed in slices: `run()` does one and returns how much it did."""

    name: str
    unit: str
    run: Callable[[], float]


def timeouts() -> float:
    """Let one SimPy process wait `TIMEOUTS` times."""

    def clock(env: simpy.Environment) -> simpy.events.ProcessGenerator:
        while True:
            yield env.timeout(1)

    env = simpy.Environment(initial_time=0)
    env.process(clock(env))
    env.run(until=TIMEOUTS)
    return float(TIMEOUTS)


class Updates:
    """Updates of the lab board at drives like those of a trained network."""

    def __init__(self, config: Config, trace: TraceSink | None = None) -> None:
        self._emulator = Emulator(config.seed, trace)
        mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
        self._board = make_board(self._emulator, config.node("board"), mtj, NEURONS)
        r = np.random.default_rng(0).normal(-0.8, 0.5, size=(SAMPLES, NEURONS))
        self._drive = Drive(r, np.zeros_like(r))
        self._board.update(self._drive)

    def run(self) -> float:
        """Run one batch; returns the number of updates."""
        self._board.update(self._drive)
        return float(SAMPLES * NEURONS)

    def emulate(self) -> float:
        """Run one batch; returns the emulated seconds inside its update window."""
        before = self._emulator.ledger.window_ps
        self._board.update(self._drive)
        return (self._emulator.ledger.window_ps - before) * 1e-12


def measure(slices: int = SLICES) -> list[Row]:
    """Time all workloads in alternation; CPU time, medians over the slices."""
    lab, fpga = configure("sinn-digits"), configure("sinn-digits", ["board=fpga"])
    plain = Updates(lab)
    loads = (
        Workload("simpy_timeouts", "1/s", timeouts),
        Workload("updates_event", "1/s", plain.run),
        Workload("updates_event_trace", "1/s", Updates(lab, MemoryTrace()).run),
        Workload("updates_event_pipeline", "1/s", Updates(fpga).run),
        Workload("lab_realtime_factor", "emulated s / s", plain.emulate),
    )
    rates: dict[str, list[float]] = {load.name: [] for load in loads}
    for _ in range(slices):
        for load in loads:
            began = time.process_time()
            amount = load.run()
            rates[load.name].append(amount / (time.process_time() - began))
    return [_row(load, rates) for load in loads]


def _row(load: Workload, rates: dict[str, list[float]]) -> Row:
    own, event = rates[load.name], rates["updates_event"]
    ratio = None
    if load.unit == "1/s":
        ratio = statistics.median(a / b for a, b in zip(own, event, strict=True))
    return Row(load.name, statistics.median(own), load.unit, ratio)


def run_bench(*, as_json: bool) -> None:
    """Measure and print."""
    errors = Console(stderr=True)
    with errors.status("measuring"):
        rows = measure()
    if as_json:
        print(to_json({"schema": 1, "rows": [asdict(row) for row in rows]}))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("row", "rate", "unit", "ratio to updates_event"):
        table.add_column(column, justify="left" if column in ("row", "unit") else "right")
    for row in rows:
        ratio = "" if row.ratio_to_event is None else f"{row.ratio_to_event:.3g}"
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, ratio)
    Console().print(table)
