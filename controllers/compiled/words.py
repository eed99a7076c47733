"""Random words drawn by compiled code: the same Philox blocks as `emulator.streams`."""

from __future__ import annotations

from typing import Any

import numpy as np

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _SHIFT = np.uint64(0xFFFFFFFF), np.uint64(32)


def draw(device: Any) -> int:
    """Return the next word of a device, a row with a stream's key and the device's position."""
    k = device.position
    device.position = k + 1
    if device.held_block != k >> 2:
        device.held_block = k >> 2
        philox(device, k >> 2)
    return device.buffer[k & 3]  # type: ignore[no-any-return]


def philox(device: Any, index: int) -> None:
    """Fill the buffer with block `index` of a device: ten rounds of Philox4x32."""
    k0, k1 = device.key0, device.key1
    c0, c1 = np.uint64(index) & _LOW, np.uint64(index) >> _SHIFT
    c2, c3 = device.unit, device.stream
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _SHIFT) ^ c1 ^ k0, p1 & _LOW, (p0 >> _SHIFT) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    block = device.buffer
    block[0], block[1], block[2], block[3] = c0, c1, c2, c3
