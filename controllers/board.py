"""What every board of stochastic neurons has: the drive map, batches in time, phases, formulas."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
)

from .host import Host, HostParams, Link, LinkParams

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Figure:
    """Something that follows from a board's parameters, for people to read."""

    name: str
    value: str
    note: str


@dataclass
class Batch:
    """A batch on its way: `done` happens when its last result is back at the host."""

    done: Event
    rows: int
    bits: list[int]
    codes: list[int]

    @property
    def finished(self) -> bool:
        """True once the last result is back."""
        return self.done.processed


class Board(ABC):
    """A board with `neurons` junctions; satisfies `emulator.NeuronBoard`.

    The board maps dimensionless drives to volts, V_SOT = v_c0 + k_V r and
    V_gate = v_g0 + k_G c as they are to arrive at the junction, and volts to codes.
    """

    mtj: MtjBank
    dac_params: DacParams

    def __init__(self, emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> None:
        if neurons < 1:
            raise ConfigError(f"a board needs at least one junction, not {neurons}")
        self.name = node.card.name
        self.node = node
        self.emulator = emulator
        self.neurons = neurons
        self.mtj_params = mtj
        self.updates = 0
        self._latest: Batch | None = None
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

    @abstractmethod
    def _run(self, codes: Codes, gates: Codes, batch: Batch) -> Program:
        """Run all updates of a batch; a process body."""

    @abstractmethod
    def fidelity(self) -> dict[str, float | int | None]:
        """Return how faithfully pulses were delivered."""

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
        return self.mtj.probability(*self.delivered(codes, gates))

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
        codes, gates, clipped = self.encode(drive)
        self.emulator.counters["dac_saturated"] += clipped * draws
        codes, gates = (np.repeat(c, draws, axis=0) for c in (codes, gates))
        n = codes.size
        batch = Batch(self.emulator.env.event(), len(codes), [0] * n, [0] * n)
        down = n // draws * self.link.params.bytes_down  # a host sends repeated codes once
        batch.done = self.emulator.process(self._transact(codes, gates, batch, down))
        self._latest = batch
        return batch

    def collect(self, batch: Batch) -> Outcome:
        """Return the results of a finished batch; raises `SequenceError` if it is under way."""
        if not batch.finished:
            raise SequenceError(f"{self.name}: the batch is not finished at {self.emulator.now} ps")
        shape = batch.rows, self.neurons
        bits = np.array(batch.bits, dtype=np.int8).reshape(shape)
        return Outcome(2 * bits - 1, np.array(batch.codes, dtype=np.int32).reshape(shape))

    def _transact(self, codes: Codes, gates: Codes, batch: Batch, down: int) -> Program:
        """Transfer the codes, run the update window, transfer the results."""
        emulator, link = self.emulator, self.link
        yield from link.transfer(down)
        emulator.ledger.open_window(emulator.now)
        yield from self._run(codes, gates, batch)
        emulator.ledger.close_window(emulator.now)
        self.updates += codes.size
        yield from link.transfer(codes.size * link.params.bytes_up)

    # -- the drive map ---------------------------------------------------------------------

    def encode(self, drive: Drive) -> tuple[Codes, Codes, int]:
        """Return (SOT codes, gate codes, how many were clipped)."""
        p = self.mtj_params
        codes, cut = self.dac_params.encode((p.v_c0 + p.k_v * drive.r) / self.mtj.grid.sot_ratio)
        gates, cut_gate = self.dac_params.encode(p.v_g0 + p.k_g * drive.c)
        return codes, gates, cut + cut_gate


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


def retention_figure(t_update: int, t_attempt_s: float = 1e-9, p_loss: float = 1e-6) -> Figure:
    """Return the energy barrier that keeps a state for one update (Neel-Arrhenius)."""
    barrier = math.log(t_update * 1e-12 / t_attempt_s / p_loss) if t_update else 0.0
    return Figure(
        "retention",
        f"> {max(barrier, 0.0):.1f} kT",
        f"barrier that loses a state within one update with P < {p_loss:g}; not modelled",
    )


def write_heat(dac: DacParams, mtj: VgsotParams, r_series: float) -> Number:
    """Return the joules of one code^2 * ps: LSB^2 / (R_SOT + R_series), LSB of the grid."""
    grid = grid_of(dac, mtj, r_series)
    lsb = grid.step_uv * 16e-6
    return Number(
        lsb * lsb / (mtj.r_sot + r_series) * 1e-12, "J", "sum of V^2 t / (R_SOT + R_series)"
    )
