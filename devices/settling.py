"""How a driven node settles: integer microvolts, table-driven decay, no `exp` in the hot loop.

The exponential is tabulated once per time constant on a grid finer than tau/256 and interpolated
linearly in integers (relative error below 2e-6), so that every engine and every machine gets the
same microvolt. `remaining` and `level` are the laws of both engines: compiled, they run on rows
of an array that have the fields named here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

import numpy as np

from emulator.elementary import exp
from emulator.memo import remembered

ONE = 1 << 30  # fixed-point 1.0 of the decay tables
REACH = 21  # time constants after which e^-t/tau is below 2^-30
LONGEST = REACH * 511 + 2  # entries of a table at most
MAX_STEP = 1 << 30  # uV; no line and no amplifier goes as far


def remaining(table: Sequence[int], size: int, shift: int, x: int, t: int) -> int:
    """Return x * exp(-t / tau) for x >= 0 and t >= 0, rounded down.

    `table` has `size` entries e^(-k 2^shift / tau) * 2^30.
    """
    i = t >> shift
    if i + 1 >= size:
        return 0
    here = table[i]
    fraction = t & ((1 << shift) - 1)
    return (x * (here - ((here - table[i + 1]) * fraction >> shift))) >> 30


@dataclass(frozen=True, eq=False)
class Decay:
    """exp(-t / tau) as a table of integers; `tau` in ps. A `tau` of 0 decays at once."""

    tau: int
    shift: int
    table: tuple[int, ...]

    def of(self, x: int, t: int) -> int:
        """Return x * exp(-t / tau) for x >= 0 and t >= 0, rounded down."""
        return remaining(self.table, len(self.table), self.shift, x, t)


@lru_cache(maxsize=256)
def decay(tau: int) -> Decay:
    """Tabulate the decay of time constant `tau` (ps)."""
    if tau <= 0:
        return Decay(0, 0, ())
    shift = max(0, tau.bit_length() - 9)
    steps = np.arange(REACH * (tau >> shift) + 2, dtype=np.float64) * float(1 << shift)
    table = np.rint(exp(-steps / tau) * ONE).astype(np.int64)
    return Decay(tau, shift, tuple(table.tolist()))


class Settling(Protocol):
    """What the law reads, of a `SettlingLaw` or of a row of an array.

    `slew` in microvolts per microsecond (0: no limit), `linear` the residue at which slewing
    ends, `snap` the residue that counts as none (both in microvolts), and the tables of the
    amplifier's and the converter's decay.
    """

    slew: int
    linear: int
    snap: int
    amp_table: Sequence[int]
    amp_size: int
    amp_shift: int
    dac_table: Sequence[int]
    dac_size: int
    dac_shift: int


def amplifier_residue(law: Settling, step: int, t: int) -> int:
    """Return what an amplifier leaves of a step of `step` >= 0 microvolts after `t` ps."""
    if law.slew == 0 or step <= law.linear:
        return remaining(law.amp_table, law.amp_size, law.amp_shift, step, t)
    t_slew = int((step - law.linear) * 1_000_000 / law.slew)  # floored: exact below 2^53
    if t < t_slew:
        return step - law.slew * t // 1_000_000
    return remaining(law.amp_table, law.amp_size, law.amp_shift, law.linear, t - t_slew)


def residue(law: Settling, step: int, t: int) -> int:
    """Return what converter and amplifier leave of a step of `step` >= 0 after `t` ps.

    They settle in parallel: the larger of the two counts.
    """
    converter = remaining(law.dac_table, law.dac_size, law.dac_shift, step, t)
    return max(converter, amplifier_residue(law, step, t))


@remembered
def level(law: Settling, start: int, target: int, t: int) -> int:
    """Return the level (uV) `t` ps after a step from `start` to `target`."""
    if start == target:
        return target
    left = residue(law, abs(target - start), t)
    if left < law.snap:
        return target
    return target - left if target >= start else target + left


@dataclass(eq=False)
class SettlingLaw:
    """A converter, an amplifier and a clamp that settle *in parallel* after a step.

    The converter follows a first-order law with `tau_dac`; the amplifier slews at `slew`
    microvolts per microsecond until the residue is `slew * tau_amp` and then settles with
    `tau_amp` = 1/(2 pi GBW). The residue of the node is the larger of the two: the settling time
    is max(converter, amplifier), not their sum. A residue below `snap` microvolts (1/16 LSB)
    counts as settled. All times in ps, all levels in microvolts.
    """

    slew: int
    amp: Decay
    dac: Decay
    snap: int
    linear: int = field(init=False)
    amp_table: Sequence[int] = field(init=False)
    amp_size: int = field(init=False)
    amp_shift: int = field(init=False)
    dac_table: Sequence[int] = field(init=False)
    dac_size: int = field(init=False)
    dac_shift: int = field(init=False)

    def __post_init__(self) -> None:
        self.linear = min(self.slew * self.amp.tau // 1_000_000, MAX_STEP)
        self.amp_table, self.amp_size = self.amp.table, len(self.amp.table)
        self.dac_table, self.dac_size = self.dac.table, len(self.dac.table)
        self.amp_shift, self.dac_shift = self.amp.shift, self.dac.shift

    def residue(self, step: int, t: int) -> int:
        """Return what is left of a step of `step` >= 0 microvolts after `t` ps."""
        left = residue(self, step, t)
        return 0 if left < self.snap else left

    def level(self, start: int, target: int, t: int) -> int:
        """Return the level `t` ps after a step from `start` to `target`."""
        return level(self, start, target, t)

    def settled_after(self, step: int, within: int) -> int:
        """Return the first time (ps) at which a step has at most `within` microvolts left."""
        low, high = 0, 1
        while residue(self, step, high) > within:
            high *= 2
        while low < high:
            middle = (low + high) // 2
            if residue(self, step, middle) <= within:
                high = middle
            else:
                low = middle + 1
        return low
