"""Random words in bulk: Philox4x32 written so that its loops vectorise.

The upper halves of the counters are left as they come: a product takes the lower half of its
factors only, and what is stored is the lower half.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)

Words = NDArray[np.uint32]


def fill_block(source: Any, index: int, n: int, words: Words) -> None:
    """Write block `index` of devices 0 .. n - 1: word k of device i to place k * n + i.

    `source` has the fields `key0`, `key1` and `stream` of a stream.
    """
    key0, key1, stream = source.key0, source.key1, source.stream
    low, high = np.uint64(index) & _LOW, np.uint64(index) >> _SHIFT
    second, third, fourth = np.uint64(n), np.uint64(2 * n), np.uint64(3 * n)
    for device in range(n):
        i = np.uint64(device)
        c0, c1, c2, c3, k0, k1 = low, high, i, stream, key0, key1
        for _ in range(10):
            p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
            c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1, (p0 >> _SHIFT) ^ c3 ^ k1, p0
            k0, k1 = k0 + _W0, k1 + _W1
        words[i], words[second + i] = np.uint32(c0), np.uint32(c1)
        words[third + i], words[fourth + i] = np.uint32(c2), np.uint32(c3)


def fill_run(source: Any, index: int, device: int, words: Words) -> None:
    """Write the words of consecutive blocks of one device, from block `index` on."""
    key0, key1, stream, unit = source.key0, source.key1, source.stream, np.uint64(device)
    for b in range(words.size // 4):
        block = np.uint64(index + b)
        c0, c1, c2, c3, k0, k1 = block, block >> _SHIFT, unit, stream, key0, key1
        for _ in range(10):
            p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
            c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1, (p0 >> _SHIFT) ^ c3 ^ k1, p0
            k0, k1 = k0 + _W0, k1 + _W1
        words[4 * b], words[4 * b + 1] = np.uint32(c0), np.uint32(c1)
        words[4 * b + 2], words[4 * b + 3] = np.uint32(c2), np.uint32(c3)


def fill_many(
    source: Any, blocks: NDArray[np.uint64], devices: NDArray[np.uint64], count: int, words: Words
) -> None:
    """Write block `blocks[i]` of device `devices[i]` into `words[:, i]`, for i < `count`."""
    key0, key1, stream = source.key0, source.key1, source.stream
    for i in range(count):
        c0, c1, c2, c3 = blocks[i], blocks[i] >> _SHIFT, devices[i], stream
        k0, k1 = key0, key1
        for _ in range(10):
            p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
            c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1, (p0 >> _SHIFT) ^ c3 ^ k1, p0
            k0, k1 = k0 + _W0, k1 + _W1
        words[0, i], words[1, i] = np.uint32(c0), np.uint32(c1)
        words[2, i], words[3, i] = np.uint32(c2), np.uint32(c3)
