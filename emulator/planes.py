"""Random words of many devices at once: the draws of `emulator.Stream`, one block per device.

Word c of block k of device j is draw 4 k + c of device j. A loop over devices vectorises because
the rounds stand in it (a function call keeps it scalar) and because the upper halves of the
counters are left as they come: a product takes the lower half of its factors only, and what is
stored is the lower half.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)

Planes = NDArray[np.uint32]


def words(key0: Any, key1: Any, stream: Any, block: int, planes: Planes) -> None:
    """Write word c of block `block` of device j to `planes[c, j]`; shape (4, devices).

    `key0`, `key1` and `stream` are uint64 scalars: the key and the purpose of a `Stream`.
    """
    low = np.uint64(block)
    high = low >> _SHIFT
    for at in range(planes.shape[1]):
        j = np.uint64(at)
        c0, c1, c2, c3, k0, k1 = low, high, j, stream, key0, key1
        for _ in range(10):
            p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
            c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1, (p0 >> _SHIFT) ^ c3 ^ k1, p0
            k0, k1 = k0 + _W0, k1 + _W1
        planes[0, j], planes[1, j] = np.uint32(c0), np.uint32(c1)
        planes[2, j], planes[3, j] = np.uint32(c2), np.uint32(c3)
