"""Telegraph noise on a fixed sampling grid: the exact step, keyed by (device, grid index).

The state at grid index g follows from the state at g - 1 by the exact transition probabilities of
the grid (`DwellTimes.flips`) and draw g of the device; draw 0 makes the stationary state at index
0. Chunks of any length therefore give the same bits. Draws are 32-bit words; a flip probability
below 1e-7 is compared with 64 bits, whose lower half comes from a stream of its own, so that a
rare device changes nobody else's noise. States are bytes: P is 0, AP is 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError
from emulator.kernels import Kernel
from emulator.planes import words
from emulator.streams import key_of

from .dwell import DwellTimes

States = NDArray[np.uint8]
FINE = 1e-7  # a flip probability below is compared with 64 bits
_WHOLE = 2**32


def limit_of(p: float) -> int:
    """Return probability `p` as a threshold on 64 bits; 32 of them count unless p < 1e-7."""
    if p < FINE:
        return round(p * 2.0**64)
    return min(round(p * _WHOLE), _WHOLE - 1) << 32


class Limits(NamedTuple):
    """Thresholds on the draw: below, the next state is AP. Arrays per device, upper, lower half.

    `start` at grid index 0, `from_p` and `from_ap` at any other. A step from AP stays there below
    1 - P(AP -> P), and P(P -> AP) + P(AP -> P) < 1, so `from_p` <= `from_ap`.
    """

    start: NDArray[np.uint64]
    from_p: NDArray[np.uint64]
    from_ap: NDArray[np.uint64]


def limits_of(dwells: Sequence[DwellTimes], dt: float) -> Limits:
    """Return the thresholds of devices with these dwell times on a grid of `dt` seconds."""
    known = {dwell: _limits(dwell, dt) for dwell in set(dwells)}
    columns = np.array([known[dwell] for dwell in dwells], dtype=np.uint64).T
    return Limits(*columns)


def _limits(dwell: DwellTimes, dt: float) -> tuple[int, int, int]:
    p_to_ap, ap_to_p = dwell.flips(dt)
    stays = min(2**64 - limit_of(ap_to_p), 2**64 - 1)
    return limit_of(1.0 - dwell.occupancy_p), limit_of(p_to_ap), stays


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
    key0: Any, key1: Any, stream: Any, first: int, state: States, limits: Any, planes: Any,
    out: States,
) -> None:  # fmt: skip
    """Write the states at grid indices `first` .. to `out` (samples, devices), by 32-bit words.

    `limits` are the upper halves, shape (3, devices); `state` holds the states at `first - 1` and
    those of the last row afterwards; `planes` (4, devices) is room to work in.
    """
    before, last = state, first + out.shape[0]
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                row = out[index - first]
                from_p, from_ap = limits[1], limits[2]
                if index == 0:
                    from_p, from_ap = limits[0], limits[0]
                decide(before, from_p, from_ap, planes[c], row)
                before = row
    state[:] = before


def fill_fine(
    key0: Any, key1: Any, stream: Any, first: int, state: States, limits: Any, planes: Any,
    lower: Any, drawn: Any, out: States,
) -> None:  # fmt: skip
    """Do as `fill_coarse` with 64 bits; the lower halves are drawn from stream + 1."""
    before, last = state, first + out.shape[0]
    for block in range(first // 4, (last + 3) // 4):
        words(key0, key1, stream, block, planes)
        words(key0, key1, stream + np.uint64(1), block, lower)
        for c in range(4):
            index = 4 * block + c
            if first <= index < last:
                row = out[index - first]
                from_p, from_ap = limits[1], limits[2]
                if index == 0:
                    from_p, from_ap = limits[0], limits[0]
                join(planes[c], lower[c], drawn)
                decide(before, from_p, from_ap, drawn, row)
                before = row
    state[:] = before


COARSE, FINER = Kernel(fill_coarse), Kernel(fill_fine)


class TelegraphGrid:
    """`len(dwells)` junctions sampled every `dt` seconds; `index` is the next grid index.

    Draws come from the named streams `stream` and `stream + 1` of (`seed`, `name`). Raises
    `ConfigError` for a sampling interval that is not positive and finite.
    """

    def __init__(
        self, seed: int, name: str, dwells: Sequence[DwellTimes], dt: float, stream: int = 0
    ) -> None:
        if not dwells:
            raise ConfigError(f"{name}: a grid of no junction at all")
        self.dwells, self.dt, self.index = tuple(dwells), dt, 0
        limits = np.stack(limits_of(self.dwells, dt))
        devices = len(self.dwells)
        self.states: States = np.zeros(devices, dtype=np.uint8)
        key0, key1 = key_of(seed, name)
        self._source = np.uint64(key0), np.uint64(key1), np.uint64(stream)
        self._planes = np.empty((4, devices), dtype=np.uint32)
        self._fine = bool((limits & np.uint64(0xFFFFFFFF)).any())
        self._limits: Any = limits if self._fine else (limits >> np.uint64(32)).astype(np.uint32)
        self._room = np.empty((4, devices), dtype=np.uint32), np.empty(devices, dtype=np.uint64)

    @property
    def devices(self) -> int:
        """How many junctions."""
        return self.states.size

    def fill(self, samples: int) -> States:
        """Return the next `samples` states of every junction, shape (samples, devices)."""
        out: States = np.empty((samples, self.devices), dtype=np.uint8)
        begin = (*self._source, self.index, self.states, self._limits, self._planes)
        if self._fine:
            FINER(*begin, *self._room, out)
        else:
            COARSE(*begin, out)
        self.index += samples
        return out

    def seek(self, index: int, states: States) -> None:
        """Go on at grid index `index` from the `states` at `index` - 1.

        Raises `ConfigError` unless there is one state, 0 or 1, per junction.
        """
        if states.shape != self.states.shape or not np.isin(states, (0, 1)).all() or index < 0:
            raise ConfigError(f"{self.devices} states, 0 (P) or 1 (AP), and an index from 0 on")
        self.index = index
        self.states[:] = states
