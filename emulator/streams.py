"""Random numbers: Philox4x32-10, counter-based and keyed by the name of the part that draws.

Key = (seed, first 32 bits of BLAKE2s(part name)); counter = (index low, index high, device,
stream). Draw k of a device is word k mod 4 of block k // 4. A number therefore depends on who
draws it and how often it has drawn before, on nothing else: adding, removing or probing a part
changes no other part's noise, and words may be computed ahead in bulk.

J. K. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from .errors import ConfigError

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = 0x9E3779B9, 0xBB67AE85
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)
MAX_SEED = 2**32 - 1
AHEAD = 1024  # words computed per refill of a device that draws much; the first refill is 4


def philox4x32(counter: NDArray[np.uint64], key: tuple[int, int]) -> NDArray[np.uint64]:
    """Return the 10-round Philox block of each counter.

    `counter` and the result have shape (..., 4); every element is below 2^32.
    """
    c0, c1, c2, c3 = (counter[..., i].copy() for i in range(4))
    k0, k1 = key
    for _ in range(10):
        product0, product1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (
            (product1 >> _SHIFT) ^ c1 ^ np.uint64(k0),
            product1 & _LOW,
            (product0 >> _SHIFT) ^ c3 ^ np.uint64(k1),
            product0 & _LOW,
        )
        k0, k1 = (k0 + _W0) & 0xFFFFFFFF, (k1 + _W1) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1)


def check_seed(seed: int) -> int:
    """Return `seed`; raises `ConfigError` unless 0 <= seed <= 2^32 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MAX_SEED:
        raise ConfigError(f"seed = {seed} is outside [0, {MAX_SEED}]")
    return seed


def key_of(seed: int, part: str) -> tuple[int, int]:
    """Return the Philox key of the part called `part`."""
    digest = hashlib.blake2s(part.encode()).digest()
    return check_seed(seed), int.from_bytes(digest[:4], "big")


class Stream:
    """The draws of one part for one purpose; every device of the bank has its own sequence."""

    __slots__ = ("_next", "_ready", "key", "stream")

    def __init__(self, seed: int, part: str, stream: int = 0, devices: int = 1) -> None:
        self.key = key_of(seed, part)
        self.stream = stream
        self._next = np.zeros(devices, dtype=np.int64)  # index of the first word not computed yet
        self._ready: dict[int, list[int]] = {}  # computed ahead; the next word is the last

    @property
    def devices(self) -> int:
        """How many devices draw."""
        return self._next.size

    def words(self, first: int, count: int, device: int = 0) -> NDArray[np.uint64]:
        """Return draws `first` .. `first + count - 1` of `device` without consuming them."""
        block = np.arange(first // 4, (first + count - 1) // 4 + 1, dtype=np.uint64)
        counter = np.empty((block.size, 4), dtype=np.uint64)
        counter[:, 0] = block & _LOW
        counter[:, 1] = block >> _SHIFT
        counter[:, 2] = device
        counter[:, 3] = self.stream
        return philox4x32(counter, self.key).reshape(-1)[first % 4 : first % 4 + count]

    def firsts(self) -> list[int]:
        """Return draw 0 of every device without consuming it: what is drawn once per device."""
        counter = np.zeros((self._next.size, 4), dtype=np.uint64)
        counter[:, 2] = np.arange(self._next.size)
        counter[:, 3] = self.stream
        first: list[int] = philox4x32(counter, self.key)[:, 0].tolist()
        return first

    def draw(self, device: int = 0) -> int:
        """Return the next 32-bit word of `device`."""
        ready = self._ready.get(device)
        if not ready:
            ready = self._ready[device] = self._ahead(device)
        return ready.pop()

    def drawn(self, device: int = 0) -> int:
        """Return how many words `device` has drawn."""
        return int(self._next[device]) - len(self._ready.get(device, ()))

    def positions(self) -> NDArray[np.int64]:
        """Return how many words each device has drawn, shape (devices,)."""
        positions = self._next.copy()
        for device, ready in self._ready.items():
            positions[device] -= len(ready)
        return positions

    def seek(self, positions: NDArray[np.int64]) -> None:
        """Go on after `positions[i]` words of device i: somebody has drawn in bulk."""
        self._next = positions.copy()
        self._ready.clear()

    def _ahead(self, device: int) -> list[int]:
        """Compute the next words of `device`, the last one first."""
        first = int(self._next[device])
        count = min(max(4, first), AHEAD)
        self._next[device] = first + count
        words: list[int] = self.words(first, count, device)[::-1].tolist()
        return words
