"""The seam between mathematics and time: what a learner hands to a board, and gets back.

A learner knows no volt, no second and no joule; a board knows no gradient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import ConfigError
from .ticks import NEVER

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drive:
    """A batch of dimensionless drives, one row per sample, one column per neuron.

    `r` is the receptive input, `c` the contextual one; both float64 of shape (n, neurons).
    Raises `ConfigError` if the shapes differ or a value is not finite.
    """

    r: Floats
    c: Floats

    def __post_init__(self) -> None:
        if self.r.shape != self.c.shape or self.r.ndim != 2:
            raise ConfigError(f"Drive.r {self.r.shape} and Drive.c {self.c.shape} must be (n, D)")
        if not (np.isfinite(self.r).all() and np.isfinite(self.c).all()):
            raise ConfigError("Drive: a value is NaN or infinite")

    def __len__(self) -> int:
        return int(self.r.shape[0])


@dataclass(frozen=True)
class Outcome:
    """What came back: `y` in {-1, +1} (int8) and the converter's `codes` (int32).

    Both have shape (n * draws, neurons): the draws of one sample are consecutive rows.
    """

    y: NDArray[np.int8]
    codes: NDArray[np.int32]

    def votes(self, draws: int) -> NDArray[np.int64]:
        """Return how many of the `draws` of each sample gave +1, shape (n, neurons)."""
        outputs = (self.y > 0).reshape(-1, draws, self.y.shape[1])
        return np.asarray(outputs.sum(axis=1), dtype=np.int64)


class NeuronBoard(Protocol):
    """A board that updates stochastic neurons."""

    @property
    def neurons(self) -> int:
        """Number of neurons (junctions)."""

    def update(self, drive: Drive, draws: int = 1) -> Outcome:
        """Run `draws` updates of every neuron for every row of `drive`, in time order."""

    def probability(self, drive: Drive) -> Floats:
        """Return P(y = +1) that the board delivers for `drive`: a probe, no time passes."""


class Activation(Protocol):
    """The fitted switching curve that the host knows: theta = P(y = +1 | r, c)."""

    def theta(self, r: Floats, c: Floats) -> Floats:
        """Return theta, elementwise."""

    def slope_r(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dr, where theta = sigmoid(A(r, c))."""

    def slope_c(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dc."""


@dataclass(frozen=True)
class Converter:
    """How a board's converters read the pre-activation of a node.

    The nearest of the codes -2^(bits-1) .. 2^(bits-1) - 1, which stand for as many steps of
    full_scale / 2^bits; beyond either end of this range the last one. `full_scale` > 0 in units of
    the pre-activation, `bits` >= 1.
    """

    full_scale: float
    bits: int

    @property
    def step(self) -> float:
        """One step in units of the pre-activation."""
        return self.full_scale / (1 << self.bits)

    @property
    def lowest(self) -> int:
        """The lowest code."""
        return -(1 << self.bits - 1)

    @property
    def highest(self) -> int:
        """The highest code."""
        return (1 << self.bits - 1) - 1


@dataclass(frozen=True)
class Moments:
    """The long-run `mean` of noise and its rms deviation `sigma` from it."""

    mean: float
    sigma: float


@dataclass(frozen=True)
class PassGrid:
    """When nodes are read: in `passes` passes, the first at `first_ps`, then every `interval_ps`.

    `per_sample` passes in turn belong to one sample: pass k of sample b is number
    `per_sample` b + k. Raises `ConfigError` unless there are passes and samples are whole, and time
    goes forward.
    """

    first_ps: int
    interval_ps: int
    passes: int
    per_sample: int = 1

    def __post_init__(self) -> None:
        if self.first_ps < 0 or self.interval_ps < 1:
            raise ConfigError(
                f"PassGrid: passes from {self.first_ps} ps on, every {self.interval_ps} ps: time "
                "begins at 0 and goes forward"
            )
        if self.last_ps > NEVER:
            raise ConfigError(
                f"PassGrid: {self.passes} passes end at {self.last_ps} ps, beyond {NEVER}"
            )
        if self.passes < 1 or self.per_sample < 1 or self.passes % self.per_sample:
            raise ConfigError(
                f"PassGrid: {self.passes} passes are no whole samples of {self.per_sample} passes"
            )

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.passes // self.per_sample

    @property
    def last_ps(self) -> int:
        """When the last pass is read."""
        return self.first_ps + (self.passes - 1) * self.interval_ps

    @property
    def times(self) -> NDArray[np.int64]:
        """The instants in ps."""
        return self.first_ps + self.interval_ps * np.arange(self.passes, dtype=np.int64)

    def part(self, first: int, samples: int) -> PassGrid:
        """Return the grid of samples `first` .. `first + samples - 1` alone."""
        begin = self.first_ps + first * self.per_sample * self.interval_ps
        return PassGrid(begin, self.interval_ps, samples * self.per_sample, self.per_sample)


class PassNoise(Protocol):
    """Noise at the nodes of a network, read whenever a board runs a pass.

    What has a time of its own (a junction that flips by itself, a recording replayed in real time)
    goes on while nobody reads it, and decides by the clock what is read. All other noise takes one
    step per pass, whenever that happens. A learner that compares two passes, a test of one and a
    bench that reads one junction at a fixed rate differ in their grids only.
    """

    @property
    def nodes(self) -> int:
        """Number of nodes (units of all layers, in order)."""

    def passes(self, when: PassGrid) -> NDArray[np.float32]:
        """Return the noise of every pass, shape (when.per_sample, when.samples, nodes).

        What a source remembers goes on where the last call ended; a call begins after that. Raises
        `SequenceError` for a source with a memory that is asked for its past.
        """

    def apart(self, name: str) -> PassNoise:
        """Return noise that may be read without changing what this one does next: for a test.

        It is of the same kind, begins at its beginning and draws from streams of `name`. Noise with
        a time of its own returns itself: there is one such device, and it goes on in any case.
        """

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what a source remembers, as float64 arrays by name."""

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up a state; raises `ConfigError` for one that does not fit."""


class KnownNoise(PassNoise, Protocol):
    """Noise whose source says what it comes to in the long run."""

    @property
    def moments(self) -> Moments:
        """Mean and deviation of what `passes` returns, the same at every node."""
