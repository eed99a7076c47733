"""What every scenario on a board has in common: a bench, a watch, rows of progress, a result."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from controllers import Host
from controllers.engines import choose
from devices import VgsotParams
from emulator import (
    Bill,
    Config,
    Emulated,
    Emulator,
    Result,
    Table,
    Timeline,
    TraceSink,
    __version__,
)
from emulator.result import Weights

from .array_bench import ArrayBench
from .warnings import Described, warnings_of
from .watch import Watch
from .workbench import Workbench

Value = float | int


class Told(Described, Protocol):
    """A board that can show what it did."""

    name: str
    host: Host

    def timeline(self) -> Timeline:
        """Return one update, or one sample, phase by phase."""


class Bench(Protocol):
    """A priced board on an emulator of its own."""

    @property
    def emulator(self) -> Emulator:
        """The clock and the books."""

    @property
    def board(self) -> Told:
        """The board."""

    @property
    def mtj(self) -> VgsotParams | None:
        """The junctions that it writes, if it does."""

    def bill(self) -> Bill:
        """Return what has been booked so far, priced."""

    def joules(self) -> float:
        """Return its total."""

    def emulated(self) -> Emulated:
        """Return the totals of time and updates so far."""


class Engine(Protocol):
    """What runs the batches, and why."""

    @property
    def name(self) -> str:
        """`event` or `compiled`."""

    @property
    def reason(self) -> str:
        """Why this one."""


B = TypeVar("B", bound=Bench)


@dataclass
class Study(Generic[B]):
    """One run of a scenario. `columns` holds its progress, one row per step."""

    config: Config
    watch: Watch
    bench: B
    engine: Engine
    columns: dict[str, list[Value]] = field(default_factory=dict)
    stopped: bool = False
    began: float = field(default_factory=time.perf_counter)

    @staticmethod
    def begin(
        config: Config, watch: Watch, trace: TraceSink | None, neurons: int
    ) -> Study[Workbench]:
        """Build the board and choose its engine; raises `ConfigError` or `PriceError`."""
        began = time.perf_counter()
        bench = Workbench.build(config, neurons, trace)
        return Study(config, watch, bench, choose(bench.board, config.engine), began=began)

    @staticmethod
    def begin_array(
        config: Config, watch: Watch, trace: TraceSink | None, layers: Sequence[int], inputs: int,
        decorrelated: int = 0,
    ) -> Study[ArrayBench]:  # fmt: skip
        """Build the array of a network, see `ArrayBench.build`."""
        began = time.perf_counter()
        bench = ArrayBench.build(config, layers, inputs, trace, decorrelated)
        return Study(config, watch, bench, bench.engine, began=began)

    def compute(self, operations: int) -> None:
        """Let the host's time pass."""
        self.bench.emulator.perform(self.bench.board.host.compute(operations))

    def costs(self) -> dict[str, Value]:
        """Return emulated seconds, joules and updates so far."""
        emulated = self.bench.emulated()
        energy = self.bench.joules()
        return {"seconds": emulated.seconds, "energy_j": energy, "updates": emulated.updates}

    def row(self, found: Mapping[str, Value]) -> None:
        """Keep one row of progress: what was found in a step, and what it has cost so far."""
        row = {"step": len(self.columns.get("step", ())), **found, **self.costs()}
        for name, value in row.items():
            self.columns.setdefault(name, []).append(value)
        self.watch.step(row)

    def asked_to_stop(self) -> bool:
        """Return True once somebody asked to end the run; asked between steps."""
        self.stopped = self.stopped or self.watch.stop()
        return self.stopped

    def result(
        self,
        metrics: Mapping[str, Value | None],
        *,
        weights: Weights | None = None,
        tables: Mapping[str, Table] | None = None,
        files: Mapping[str, str | bytes] | None = None,
        warnings: Sequence[str] = (),
    ) -> Result:
        """Return what was found, as plain data."""
        bench, board = self.bench, self.bench.board
        return Result(
            scenario=self.config.scenario,
            status="interrupted" if self.stopped else "complete",
            seed=self.config.seed,
            engine=self.engine.name,
            engine_reason=self.engine.reason,
            board=board.name,
            version=__version__,
            metrics=metrics,
            emulated=bench.emulated(),
            bill=bench.bill(),
            fidelity=board.fidelity(),
            warnings=[*warnings, *warnings_of(self.config, board, bench.mtj)],
            steps=self.columns,
            weights=weights or {},
            config=self.config,
            timeline=board.timeline(),
            wall_s=time.perf_counter() - self.began,
            tables=tables or {},
            files=files or {},
        )
