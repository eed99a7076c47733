"""`spinboard bench`: how fast both engines run, and noise-based learning.

Machines are shared and drift, so every figure is measured in short slices that alternate with
slices of what it is compared with: the event engine, or a learning step as one would write it down
first. The median of the slice ratios is what to quote.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
import simpy
from rich.console import Console
from rich.table import Table

from controllers import make_board
from controllers.engines import choose
from devices import VgsotActivation, VgsotParams
from emulator import Config, Drive, Emulator, MemoryTrace, ParquetTrace, TraceSink
from emulator.kernels import announcing
from learning import InfomorphicLearner, InfomorphicParams

from .bench_noise import measure_noise, missing
from .catalog import configure
from .json_text import to_json
from .workload import Row, Workload, take_turns

SLICES = 15
TIMEOUTS = 40_000
EVENT_UPDATES = 2_000  # of a slice of the event engine
UPDATES = 1_000_000  # of a slice of the compiled engine
NEURONS = 10
DRAWS = 20
# An amplifier so slow that no line is at rest again when the next update writes it.
HISTORY = ["board.opamp.slew_rate=0.1 V/us"]
PIXELS = 784
SAMPLES = 1000  # of a learning step


def timeouts() -> float:
    """Let one SimPy process wait `TIMEOUTS` times."""

    def clock(env: simpy.Environment) -> simpy.events.ProcessGenerator:
        while True:
            yield env.timeout(1)

    env = simpy.Environment(initial_time=0)
    env.process(clock(env))
    env.run(until=TIMEOUTS)
    return float(TIMEOUTS)


class Counted:
    """A sink that counts rows and drops them."""

    def __init__(self) -> None:
        self.rows = 0

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Count one row."""
        self.rows += 1

    def block(self, names: object, t_ps: np.ndarray, name: object, value: object) -> None:
        """Count a block of rows."""
        self.rows += t_ps.size

    def close(self) -> None:
        """Nothing is left to do."""


class Updates:
    """Updates of the lab board at drives like those of a trained network.

    Every drive is drawn `DRAWS` times, so that the board is measured, not the host's conversion
    of drives into codes; the closed loop measures that too.
    """

    def __init__(
        self, config: Config, engine: str, neurons: int, trace: TraceSink | None = None
    ) -> None:
        self._emulator = Emulator(config.seed, trace)
        mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
        self._board = make_board(self._emulator, config.node("board"), mtj, neurons)
        choose(self._board, engine)
        updates = EVENT_UPDATES if engine == "event" else UPDATES
        shape = max(1, updates // neurons // DRAWS), neurons
        self._amount = float(shape[0] * neurons * DRAWS)
        r = np.random.default_rng(0).normal(-0.8, 0.5, size=shape)
        self._drive = Drive(r, np.zeros_like(r))
        self.run()

    def run(self) -> float:
        """Run one batch; returns the number of updates."""
        self._board.update(self._drive, DRAWS)
        return self._amount

    def emulate(self) -> float:
        """Run one batch; returns the emulated seconds inside its update window."""
        before = self._emulator.ledger.window_ps
        self._board.update(self._drive, DRAWS)
        return (self._emulator.ledger.window_ps - before) * 1e-12


class Written:
    """Trace rows of the lab board, streamed to a Parquet file."""

    def __init__(self, config: Config, engine: str, path: Path) -> None:
        self._file = ParquetTrace(path)
        self._sink = _Both(self._file)
        self._updates = Updates(config, engine, 64, self._sink)

    def run(self) -> float:
        """Run one batch; returns the number of rows."""
        before = self._sink.rows
        self._updates.run()
        return float(self._sink.rows - before)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


class _Both(Counted):
    """Counts rows and passes them on."""

    def __init__(self, sink: ParquetTrace) -> None:
        super().__init__()
        self._sink = sink

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        super().row(t_ps, part, signal, value)
        self._sink.row(t_ps, part, signal, value)

    def block(self, names, t_ps, name, value) -> None:  # type: ignore[no-untyped-def]
        super().block(names, t_ps, name, value)
        self._sink.block(names, t_ps, name, value)


class ClosedLoop:
    """Ten neurons classify images of MNIST's size: drives, updates, votes.

    In batches of as many samples as a learning step has. The pixels are random, 19 in 100 of
    them dark grey to white, as in MNIST.
    """

    def __init__(self, config: Config, engine: str) -> None:
        updates = EVENT_UPDATES if engine == "event" else SAMPLES * NEURONS
        self._batches = 1 if engine == "event" else UPDATES // 10 // updates
        self._emulator = Emulator(config.seed)
        mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
        self._board = make_board(self._emulator, config.node("board"), mtj, NEURONS)
        choose(self._board, engine)
        params = InfomorphicParams.from_card(config.node("learner").card, "learner")
        self._learner = InfomorphicLearner(params, PIXELS, NEURONS, VgsotActivation(mtj), 0)
        random = np.random.default_rng(0)
        x = random.random((updates // NEURONS, PIXELS))
        self._x = np.where(random.random(x.shape) < 0.19, x, 0.0).astype(np.float32)
        self.run()

    def run(self) -> float:
        """Classify some batches; returns the number of updates."""
        updates = 0
        for _ in range(self._batches):
            outcome = self._board.update(self._learner.inference_drive(self._x))
            self._learner.predict(outcome.votes(1))
            updates += outcome.y.size
        return float(updates)


@contextmanager
def workloads() -> Iterator[tuple[Workload, ...]]:
    """Yield what is compared with the event engine; its own rows come first."""
    lab, mnist = configure("sinn-digits"), configure("sinn-mnist")
    history = configure("sinn-digits", HISTORY)
    with tempfile.TemporaryDirectory() as folder:
        event = Updates(lab, "event", NEURONS)
        fast = Updates(lab, "compiled", NEURONS)
        written = [
            Written(lab, engine, Path(folder) / f"{engine}.parquet")
            for engine in ("event", "compiled")
        ]
        traced = Updates(lab, "event", 64, MemoryTrace())
        yield (
            _load("simpy_timeouts", timeouts),
            _load("updates_event", event.run),
            _load("updates_event_trace", traced.run),
            _load("closed_loop_event", ClosedLoop(mnist, "event").run),
            _load("trace_rows_event", written[0].run, "trace_rows_event"),
            Workload("lab_realtime_event", "s/s", event.emulate, "lab_realtime_event"),
            *(_load(f"updates_d{n}", Updates(lab, "compiled", n).run) for n in (1, NEURONS)),
            _load("updates_d10_history", Updates(history, "compiled", NEURONS).run),
            *(_load(f"updates_d{n}", Updates(lab, "compiled", n).run) for n in (64, 4096)),
            _load(
                "updates_trace_d64", Updates(lab, "compiled", 64, Counted()).run,
                "updates_event_trace",
            ),
            _load("closed_loop_mnist", ClosedLoop(mnist, "compiled").run, "closed_loop_event"),
            _load("trace_rows", written[1].run, "trace_rows_event"),
            Workload("lab_realtime_factor", "s/s", fast.emulate, "lab_realtime_event"),
        )  # fmt: skip
        for each in written:
            each.close()


def _load(name: str, run: Callable[[], float], event: str = "updates_event") -> Workload:
    return Workload(name, "1/s", run, event)


def measure(slices: int) -> list[Row]:
    """Time all workloads, each in turn with what it is compared with: at most `slices` slices."""
    with workloads() as loads:
        rows = take_turns(loads, slices)
    return rows + measure_noise(slices)


def run_bench(*, as_json: bool) -> None:
    """Measure and print."""
    errors = Console(stderr=True)
    warnings = missing()
    for warning in warnings:
        errors.print(warning)
    with errors.status("measuring"), announcing(errors.print):
        rows = measure(SLICES)
    if as_json:
        told = {"schema": 1, "rows": [asdict(row) for row in rows], "warnings": warnings}
        print(to_json(told))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("row", "rate", "unit", "ratio to the event engine", "to the plain step"):
        table.add_column(column, justify="left" if column in ("row", "unit") else "right")
    for row in rows:
        ratios = [_cell(ratio) for ratio in (row.ratio_to_event, row.ratio_to_plain)]
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, *ratios)
    Console().print(table)


def _cell(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.3g}"
