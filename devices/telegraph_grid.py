"""Telegraph noise looked at in passes: the exact step over any time, keyed by (device, look).

The state at look g follows from the state at look g - 1 by the exact transition probabilities of
the time between them (`DwellTimes.flips`) and draw g of the device; draw 0 makes the stationary
state at look 0. Transitions compose (S. Chapman, A. N. Kolmogorov), so a gap is one step however
long it is, and chunks of any length give the same bits. Draws are 32-bit words; a flip probability
below 1e-7 is compared with 64 bits, whose lower half comes from a stream of its own, so that a
rare device changes nobody else's noise. States are bytes: P is 0, AP is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator import PS_PER_S, ConfigError, PassGrid, SequenceError
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .dwell import DwellTimes

States = NDArray[np.uint8]
FINE = 1e-7  # a flip probability below is compared with 64 bits
KEPT = 32  # times between looks whose thresholds are kept: a run has few, a program may have many
_WHOLE = 2**32


def limit_of(p: float) -> int:
    """Return probability `p` as a threshold on 64 bits; 32 of them count unless p < 1e-7."""
    if p < FINE:
        return round(p * 2.0**64)
    return min(round(p * _WHOLE), _WHOLE - 1) << 32


class Limits(NamedTuple):
    """Thresholds on a draw of 64 bits: below, the next state is AP.

    Row 0 from P, row 1 from AP; a column per device. A step from AP stays there below
    1 - P(AP -> P), and P(P -> AP) + P(AP -> P) < 1, so row 0 <= row 1. `upper` holds the upper
    halves and decides alone unless `fine`.
    """

    fine: bool
    whole: NDArray[np.uint64]
    upper: NDArray[np.uint32]

    @classmethod
    def of(cls, pairs: Sequence[tuple[int, int]]) -> Limits:
        """Return the thresholds of devices, one pair each."""
        whole = np.ascontiguousarray(np.array(pairs, dtype=np.uint64).T)
        fine = bool((whole & np.uint64(0xFFFFFFFF)).any())
        return cls(fine, whole, (whole >> np.uint64(32)).astype(np.uint32))


def stationary(dwells: Sequence[DwellTimes]) -> Limits:
    """Return the thresholds of the first look: occupancy, whatever the state."""
    return Limits.of([(limit_of(1.0 - dwell.occupancy_p),) * 2 for dwell in dwells])


def stepping(dwells: Sequence[DwellTimes], dt: float) -> Limits:
    """Return the thresholds of a look `dt` seconds after the last."""
    known = {dwell: _step(dwell, dt) for dwell in set(dwells)}
    return Limits.of([known[dwell] for dwell in dwells])


def _step(dwell: DwellTimes, dt: float) -> tuple[int, int]:
    p_to_ap, ap_to_p = dwell.flips(dt)
    return limit_of(p_to_ap), min(2**64 - limit_of(ap_to_p), 2**64 - 1)


def decide(before: States, from_p: Any, from_ap: Any, drawn: Any, out: States) -> None:
    """Write the states after one step, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        stays = np.uint8(drawn[j] < from_ap[j]) & before[j]
        out[j] = np.uint8(drawn[j] < from_p[j]) | stays


def join(upper: Any, lower: Any, out: Any) -> None:
    """Write upper 2^32 + lower, elementwise."""
    for at in range(out.size):
        j = np.uint64(at)
        out[j] = (np.uint64(upper[j]) << np.uint64(32)) | np.uint64(lower[j])


def fill_coarse(
    key0: Any, key1: Any, stream: Any, first: int, state: States, leap: Any, step: Any,
    planes: Any, out: States,
) -> None:  # fmt: skip
    """Write the states at looks `first` .. to `out` (looks, devices), by 32-bit words.

    `leap` and `step` are upper halves of thresholds, shape (2, devices): of the first of these
    looks and of all others. `state` holds the states before and those of the last look
    afterwards; `planes` (4, devices) is room to work in.
    """
    before, limits, last = state, leap, first + out.shape[0]
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                row = out[index - first]
                decide(before, limits[0], limits[1], planes[c], row)
                before, limits = row, step
    state[:] = before


def fill_fine(
    key0: Any, key1: Any, stream: Any, first: int, state: States, leap: Any, step: Any,
    planes: Any, lower: Any, drawn: Any, out: States,
) -> None:  # fmt: skip
    """Do as `fill_coarse` with 64 bits; the lower halves are drawn from stream + 1."""
    before, limits, last = state, leap, first + out.shape[0]
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        words(key0, key1, stream + np.uint64(1), block, lower)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                row = out[index - first]
                join(planes[c], lower[c], drawn)
                decide(before, limits[0], limits[1], drawn, row)
                before, limits = row, step
    state[:] = before


COARSE, FINER = Kernel(fill_coarse), Kernel(fill_fine)


class TelegraphGrid:
    """`len(dwells)` junctions that flip by themselves, looked at in passes.

    `index` is the number of the next look, `seen_ps` when the last one was, `states` (devices,)
    what it saw. Draws come from the named streams `stream` and `stream + 1` of (`seed`, `name`).
    """

    def __init__(self, seed: int, name: str, dwells: Sequence[DwellTimes], stream: int = 0) -> None:
        if not dwells:
            raise ConfigError(f"{name}: a grid of no junction at all")
        self.name, self.dwells = name, tuple(dwells)
        self.index = self.seen_ps = 0
        devices = len(self.dwells)
        self.states: States = np.zeros(devices, dtype=np.uint8)
        key0, key1 = key_of(seed, name)
        self._source = np.uint64(key0), np.uint64(key1), np.uint64(stream)
        self._planes = np.empty((4, devices), dtype=np.uint32)
        self._room = np.empty((4, devices), dtype=np.uint32), np.empty(devices, dtype=np.uint64)
        self._known: dict[int, Limits] = {}

    @property
    def devices(self) -> int:
        """How many junctions."""
        return self.states.size

    def fill(self, when: PassGrid) -> States:
        """Return the states of every junction in every pass, shape (when.passes, devices).

        Raises `SequenceError` for a pass that is not after the last look: a junction does not go
        back.
        """
        out: States = np.empty((when.passes, self.devices), dtype=np.uint8)
        leap, step = self._leap(when.first_ps), self._limits(when.interval_ps)
        begin = *self._source, self.index, self.states
        if leap.fine or step.fine:
            FINER(*begin, leap.whole, step.whole, self._planes, *self._room, out)
        else:
            COARSE(*begin, leap.upper, step.upper, self._planes, out)
        self.index += when.passes
        self.seen_ps = when.last_ps
        return out

    def seek(self, index: int, seen_ps: int, states: States) -> None:
        """Go on with look `index`, the one before having seen `states` at `seen_ps`.

        Raises `ConfigError` unless there is one state, 0 or 1, per junction.
        """
        fits = states.shape == self.states.shape and np.isin(states, (0, 1)).all()
        if not fits or index < 0 or seen_ps < 0:
            raise ConfigError(
                f"{self.devices} states, 0 (P) or 1 (AP), and a look and a time from 0 on"
            )
        self.index, self.seen_ps = index, seen_ps
        self.states[:] = states

    def _leap(self, first_ps: int) -> Limits:
        """Return the thresholds of the next look, at `first_ps`."""
        if self.index == 0:
            return stationary(self.dwells)
        if first_ps <= self.seen_ps:
            raise SequenceError(
                f"{self.name}: a pass at {first_ps} ps, but the junctions were read at "
                f"{self.seen_ps} ps: they do not go back"
            )
        return self._limits(first_ps - self.seen_ps)

    def _limits(self, ps: int) -> Limits:
        """Return the thresholds of a look `ps` after the last."""
        if ps not in self._known:
            if len(self._known) == KEPT:
                self._known.clear()
            self._known[ps] = stepping(self.dwells, ps / PS_PER_S)
        return self._known[ps]
