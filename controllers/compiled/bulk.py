"""Random words in bulk: Philox4x32 written so that its loop vectorises.

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

Planes = NDArray[np.uint32]
Wide = NDArray[np.uint64]


def fill(source: Any, first: int, blocks: Wide, devices: Wide, count: int, planes: Planes) -> None:
    """Write word c of block `first + blocks[i]` of device `devices[i]` to `planes[c, i]`.

    For all i < `count`; `source` has the fields `key0`, `key1` and `stream` of a stream.
    """
    key0, key1, stream, begin = source.key0, source.key1, source.stream, np.uint64(first)
    for at in range(count):
        i = np.uint64(at)
        block = begin + blocks[i]
        c0, c1, c2, c3, k0, k1 = block, block >> _SHIFT, devices[i], stream, key0, key1
        for _ in range(10):
            p0, p1 = _M0 * (c0 & _LOW), _M1 * (c2 & _LOW)
            c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1, (p0 >> _SHIFT) ^ c3 ^ k1, p0
            k0, k1 = k0 + _W0, k1 + _W1
        planes[0, i], planes[1, i] = np.uint32(c0), np.uint32(c1)
        planes[2, i], planes[3, i] = np.uint32(c2), np.uint32(c3)
