"""How a driven node settles: integer microvolts, table-driven decay, no `exp` in the hot loop.

The exponential is tabulated once per time constant on a grid finer than tau/256 and interpolated
linearly in integers (relative error below 2e-6), so that every engine and every machine gets the
same microvolt.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from emulator.elementary import exp

ONE = 1 << 30  # fixed-point 1.0 of the decay tables
_REACH = 21  # time constants after which e^-t/tau is below 2^-30


@dataclass(frozen=True)
class Decay:
    """exp(-t / tau) as a table of integers; `tau` in ps. A `tau` of 0 decays at once."""

    tau: int
    shift: int
    table: tuple[int, ...]

    def of(self, x: int, t: int) -> int:
        """Return x * exp(-t / tau) for x >= 0 and t >= 0, rounded down."""
        i = t >> self.shift
        table = self.table
        if i + 1 >= len(table):
            return 0
        here = table[i]
        fraction = t & ((1 << self.shift) - 1)
        return (x * (here - ((here - table[i + 1]) * fraction >> self.shift))) >> 30


@lru_cache(maxsize=256)
def decay(tau: int) -> Decay:
    """Tabulate the decay of time constant `tau` (ps)."""
    if tau <= 0:
        return Decay(0, 0, ())
    shift = max(0, tau.bit_length() - 9)
    steps = np.arange(_REACH * (tau >> shift) + 2, dtype=np.float64) * float(1 << shift)
    table = np.rint(exp(-steps / tau) * ONE).astype(np.int64)
    return Decay(tau, shift, tuple(table.tolist()))


@dataclass(frozen=True)
class SettlingLaw:
    """A converter, an amplifier and a clamp that settle *in parallel* after a step.

    The converter follows a first-order law with `tau_dac`; the amplifier slews at `slew`
    microvolts per microsecond until the residue is `slew * tau_amp` and then settles with
    `tau_amp` = 1/(2 pi GBW). The residue of the node is the larger of the two: the settling time
    is max(converter, amplifier), not their sum. A residue below `snap` microvolts (1/16 LSB)
    counts as settled. All times in ps, all levels in microvolts.
    """

    slew: int  # uV per us; 0 means an amplifier without slew limit
    amp: Decay
    dac: Decay
    snap: int

    def residue(self, step: int, t: int) -> int:
        """Return what is left of a step of `step` >= 0 microvolts after `t` ps."""
        left = max(self.dac.of(step, t), self._amp_residue(step, t))
        return 0 if left < self.snap else left

    def level(self, start: int, target: int, t: int) -> int:
        """Return the level `t` ps after a step from `start` to `target`."""
        if target >= start:
            return target - self.residue(target - start, t)
        return target + self.residue(start - target, t)

    def settled_after(self, step: int, within: int) -> int:
        """Return the first time (ps) at which a step has at most `within` microvolts left."""
        low, high = 0, 1
        while max(self.dac.of(step, high), self._amp_residue(step, high)) > within:
            high *= 2
        while low < high:
            middle = (low + high) // 2
            if max(self.dac.of(step, middle), self._amp_residue(step, middle)) <= within:
                high = middle
            else:
                low = middle + 1
        return low

    def _amp_residue(self, step: int, t: int) -> int:
        linear = self.slew * self.amp.tau // 1_000_000  # the residue at which slewing ends
        if self.slew == 0 or step <= linear:
            return self.amp.of(step, t)
        t_slew = (step - linear) * 1_000_000 // self.slew
        if t < t_slew:
            return step - self.slew * t // 1_000_000
        return self.amp.of(linear, t - t_slew)
