"""`spinboard bench`: how fast both engines run, each figure beside the event engine's.

Machines are shared and drift, so every figure is measured in short slices that alternate with
slices of the event engine; the median of the slice ratios is what to quote.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import simpy
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from controllers import make_board
from controllers.engines import choose
from devices import VgsotActivation, VgsotParams
from emulator import Config, Drive, Emulator, MemoryTrace, ParquetTrace, TraceSink
from emulator.kernels import announcing
from learning import InfomorphicLearner, InfomorphicParams

from .catalog import configure
from .json_text import to_json

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


@dataclass(frozen=True)
class Row:
    """One figure; `ratio_to_event` is its rate over that of the event engine, slice by slice."""

    name: str
    value: float
    unit: str
    ratio_to_event: float | None


@dataclass(frozen=True)
class Workload:
    """Something that can be timed in slices: `run()` does one and returns how much it did.

    Its ratio is taken to the workload called `event`.
    """

    name: str
    unit: str
    run: Callable[[], float]
    event: str = "updates_event"


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
        self._x = np.where(random.random(x.shape) < 0.19, x, 0.0)
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
    """Yield what is measured; the event engine's own rows come first."""
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
            Workload("simpy_timeouts", "1/s", timeouts),
            Workload("updates_event", "1/s", event.run),
            Workload("updates_event_trace", "1/s", traced.run),
            Workload("closed_loop_event", "1/s", ClosedLoop(mnist, "event").run),
            Workload("trace_rows_event", "1/s", written[0].run, "trace_rows_event"),
            Workload("lab_realtime_event", "s/s", event.emulate, "lab_realtime_event"),
            *(
                Workload(f"updates_d{n}", "1/s", Updates(lab, "compiled", n).run)
                for n in (1, NEURONS)
            ),
            Workload(
                "updates_d10_history", "1/s", Updates(history, "compiled", NEURONS).run
            ),
            *(
                Workload(f"updates_d{n}", "1/s", Updates(lab, "compiled", n).run)
                for n in (64, 4096)
            ),
            Workload(
                "updates_trace_d64", "1/s", Updates(lab, "compiled", 64, Counted()).run,
                "updates_event_trace",
            ),
            Workload(
                "closed_loop_mnist", "1/s", ClosedLoop(mnist, "compiled").run,
                "closed_loop_event",
            ),
            Workload("trace_rows", "1/s", written[1].run, "trace_rows_event"),
            Workload("lab_realtime_factor", "s/s", fast.emulate, "lab_realtime_event"),
        )  # fmt: skip
        for each in written:
            each.close()


def measure(slices: int = SLICES) -> list[Row]:
    """Time all workloads in alternation; CPU time, medians over the slices."""
    with threadpool_limits(1), workloads() as loads:
        rates: dict[str, list[float]] = {load.name: [] for load in loads}
        for _ in range(slices):
            for load in loads:
                began = time.process_time()
                amount = load.run()
                rates[load.name].append(amount / (time.process_time() - began))
        return [_row(load, rates) for load in loads]


def _row(load: Workload, rates: dict[str, list[float]]) -> Row:
    own, event = rates[load.name], rates[load.event]
    ratio = statistics.median(a / b for a, b in zip(own, event, strict=True))
    return Row(load.name, statistics.median(own), load.unit, ratio)


def run_bench(*, as_json: bool) -> None:
    """Measure and print."""
    errors = Console(stderr=True)
    with errors.status("measuring"), announcing(errors.print):
        rows = measure()
    if as_json:
        print(to_json({"schema": 1, "rows": [asdict(row) for row in rows]}))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("row", "rate", "unit", "ratio to the event engine"):
        table.add_column(column, justify="left" if column in ("row", "unit") else "right")
    for row in rows:
        ratio = "" if row.ratio_to_event is None else f"{row.ratio_to_event:.3g}"
        table.add_row(row.name, f"{row.value:,.4g}", row.unit, ratio)
    Console().print(table)
