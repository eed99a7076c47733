"""What every board of stochastic neurons has: the drive map, batches in time, phases, formulas."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from simpy.events import Event

from devices import DacParams, DeliveredGrid, MtjBank, VgsotParams
from emulator import (
    ConfigError,
    Drive,
    Emulator,
    Node,
    Number,
    Outcome,
    Phase,
    Program,
    SequenceError,
    Step,
    Timeline,
    Wait,
    nearest,
)

from .event import EventScheduler
from .figures import Figure
from .host import Host, HostParams, Link, LinkParams
from .lane import Lane, Pace

Codes = NDArray[np.integer]
T = TypeVar("T", float, NDArray[np.float64])


@dataclass
class Batch:
    """A batch on its way: `done` happens when its last result is back at the host.

    Bits and codes are those of its updates in order; the scheduler makes room for them. Of its
    `rows` each `draws` consecutive ones share their codes.
    """

    done: Event
    rows: int
    draws: int = 1
    bits: list[int] | NDArray[np.int8] = field(default_factory=list)
    codes: list[int] | NDArray[np.int32] = field(default_factory=list)

    @property
    def finished(self) -> bool:
        """True once the last result is back."""
        return self.done.processed


class Scheduler(Protocol):
    """An engine: runs the lanes of a board over a batch.

    `contended_batches` counts those that it had to leave to the event engine.
    """

    contended_batches: int

    def encode(self, board: Board, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped)."""

    def run(self, board: Board, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Run all updates of a batch, codes and gates of shape (rows / draws, junctions)."""


class Controller(Protocol):
    """Who runs the updates: a microcontroller, a piece of logic."""

    def begin(self, batch: Batch | None) -> None:
        """Wake up; results go to `batch` if there is one."""

    def end(self) -> None:
        """Go idle."""


class Board(ABC):
    """A board with `neurons` junctions; satisfies `emulator.NeuronBoard`.

    The board maps dimensionless drives to volts, V_SOT = v_c0 + k_V r and
    V_gate = v_g0 + k_G c as they are to arrive at the junction, and volts to codes.
    """

    PARTS: ClassVar[Mapping[str, str]]  # the parts of its card, and the model of each
    mtj: MtjBank
    dac_params: DacParams
    controller: Controller
    lanes: tuple[Lane, ...]  # who runs the updates
    pace: Pace | None = None  # when they begin

    def __init__(self, emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> None:
        if neurons < 1:
            raise ConfigError(f"a board needs at least one junction, not {neurons}")
        check_parts(node, self.PARTS)
        self.name = node.card.name
        self.node = node
        self.emulator = emulator
        self.neurons = neurons
        self.mtj_params = mtj
        self._latest: Batch | None = None
        self.scheduler: Scheduler = EventScheduler()
        params = {name: node.children[name].card for name in ("link", "host")}
        self.link = Link(
            emulator, f"{self.name}.link", LinkParams.from_card(params["link"], "board.link")
        )
        self.host = Host(emulator, "host", HostParams.from_card(params["host"], "board.host"))

    # -- what a board says of itself -------------------------------------------------------

    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """Return the static sequence of one update."""

    @abstractmethod
    def timeline(self) -> Timeline:
        """Return one update phase by phase."""

    @abstractmethod
    def figures(self) -> list[Figure]:
        """Return what follows from the parameters: settling, swing, margins, bounds."""

    @abstractmethod
    def formulas(self) -> Mapping[str, Number]:
        """Return prices that follow from this board's parameters."""

    @abstractmethod
    def delivered(self, codes: Codes, gates: Codes) -> tuple[Codes, Codes]:
        """Return the grid indices that arrive for codes, each update starting from rest."""

    def cautions(self) -> list[str]:
        """Return what a user should know before trusting a run on this board."""
        return []

    @abstractmethod
    def fidelity(self) -> dict[str, float | int | None]:
        """Return how faithfully pulses were delivered."""

    @property
    def updates(self) -> int:
        """Updates so far: writes of a junction, whoever asked for them."""
        return self.mtj.account.counts[MtjBank.WRITE]

    # -- the seam to a learner -------------------------------------------------------------

    def update(self, drive: Drive, draws: int = 1) -> Outcome:
        """Run `draws` updates of every neuron for every row of `drive`.

        The outcome has `draws` consecutive rows per row of `drive`.
        """
        batch = self.start(drive, draws)
        self.emulator.complete(batch.done)
        return self.collect(batch)

    def probability(self, drive: Drive) -> NDArray[np.float64]:
        """Return the P(y = +1) that arrives at each junction: a probe, no time passes."""
        codes, gates, _ = self.encode(drive)
        sot, gate = (index.astype(np.int64) for index in self.delivered(codes, gates))
        return self.mtj.probability(sot, gate)

    # -- a batch in time (for whoever leads the clock) --------------------------------------

    def start(self, drive: Drive, draws: int = 1) -> Batch:
        """Put a batch on the board; time passes only when somebody advances the emulator.

        Raises `ConfigError` for a batch that does not fit, `SequenceError` if one is under way.
        """
        if self._latest is not None and not self._latest.finished:
            raise SequenceError(f"{self.name} is running a batch already")
        if drive.r.shape[1] != self.neurons:
            raise ConfigError(f"{self.name}: {drive.r.shape[1]} drives, {self.neurons} junctions")
        if draws < 1 or len(drive) == 0:
            raise ConfigError(f"{self.name}: {draws} draws of {len(drive)} samples is no batch")
        codes, gates, clipped = self.scheduler.encode(self, drive)
        self.emulator.counters["dac_saturated"] += clipped * draws
        batch = Batch(self.emulator.env.event(), len(codes) * draws, draws)
        batch.done = self.emulator.process(self._transact(codes, gates, batch))
        self._latest = batch
        return batch

    def collect(self, batch: Batch) -> Outcome:
        """Return the results of a finished batch; raises `SequenceError` if it is under way."""
        if not batch.finished:
            raise SequenceError(f"{self.name}: the batch is not finished at {self.emulator.now} ps")
        shape = batch.rows, self.neurons
        y = np.asarray(batch.bits, dtype=np.int8).reshape(shape) * np.int8(2)
        y -= 1
        return Outcome(y, np.asarray(batch.codes, dtype=np.int32).reshape(shape))

    def begin_window(self, batch: Batch | None = None) -> None:
        """Open an update window and wake the controller; firmware does it for its own updates.

        Rates and energies *per update* are taken inside windows.
        """
        self.emulator.ledger.open_window(self.emulator.now)
        self.controller.begin(batch)

    def end_window(self) -> None:
        """Let the controller go idle and close the window."""
        self.controller.end()
        self.emulator.ledger.close_window(self.emulator.now)

    def _transact(self, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Transfer the codes (once, however often they are drawn), run the window, return."""
        link = self.link
        yield from link.transfer(codes.size * link.params.bytes_down)
        self.begin_window(batch)
        yield from self.run_batch(codes, gates, batch)
        self.end_window()
        yield from link.transfer(batch.rows * self.neurons * link.params.bytes_up)

    def run_batch(self, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Run all updates of a batch: a process to be joined."""
        yield from self.scheduler.run(self, codes, gates, batch)

    # -- the drive map ---------------------------------------------------------------------

    def encode(self, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped)."""
        p, ratio = self.mtj_params, self.mtj.grid.sot_ratio
        codes, cut = self.dac_params.encode(line_volts(drive.r, p.v_c0, p.k_v, ratio))
        gates, cut_gate = self.dac_params.encode(line_volts(drive.c, p.v_g0, p.k_g, 1.0))
        return codes, gates, cut + cut_gate


def line_volts(x: T, v_0: float, k: float, ratio: float) -> T:
    """Return the volts of a line so that v_0 + k x arrive behind a divider of `ratio`."""
    return (v_0 + k * x) / ratio


def check_parts(node: Node, wanted: Mapping[str, str]) -> None:
    """Raise `ConfigError` unless a board's card names each part it is built from, and no other."""
    for part in node.children:
        if part not in wanted:
            raise ConfigError(f"board.{part} is no part of this board{nearest(part, wanted)}")
    for part, model in wanted.items():
        if part not in node.children:
            raise ConfigError(f"board: the card '{node.card.name}' names no '{part}' ({model})")
        found = node.children[part].card
        if found.model != model:
            raise ConfigError(
                f"board.{part}={found.name} is a card of model '{found.model}', expected '{model}'"
            )


def grid_of(dac: DacParams, mtj: VgsotParams, r_series: float) -> DeliveredGrid:
    """Return the delivered-voltage grid of a converter behind `r_series` ohm."""
    ratio = mtj.r_sot / (mtj.r_sot + r_series)
    return DeliveredGrid(dac.full_scale, dac.bits, ratio, mtj.v_reset)


def phases_of(steps: Sequence[Step], provenance: Mapping[str, Number]) -> list[Phase]:
    """Return the named waits of a sequence with the trust and source of each."""
    phases, at = [], 0
    for step in steps:
        if isinstance(step, Wait):
            number = provenance[step.phase]
            phases.append(Phase(step.phase, at, step.duration, number.trust, number.source))
            at += step.duration
    return phases


def write_heat(dac: DacParams, mtj: VgsotParams, r_series: float) -> Number:
    """Return the joules of one code^2 * ps: LSB^2 / (R_SOT + R_series), LSB of the grid."""
    grid = grid_of(dac, mtj, r_series)
    lsb = grid.step_uv * 16e-6
    return Number(
        lsb * lsb / (mtj.r_sot + r_series) * 1e-12, "J", "sum of V^2 t / (R_SOT + R_series)",
        "derived",
    )  # fmt: skip
