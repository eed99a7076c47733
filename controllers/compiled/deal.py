"""Random words for a stretch of rows, dealt to the junctions that will draw them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .bulk import fill_block, fill_many, fill_run
from .sheet import Members, Sheet, Words


def fill_rows(source: Any, block: int, count: int, n: int, words: Words, run: Words) -> None:
    """Fill at least `count` rows with the words of all junctions, from block `block` on."""
    blocks = (count + 3) >> 2
    if n >= 8:
        for b in range(blocks):
            fill_block(source, block + b, n, words[4 * b * n :])
        return
    for j in range(n):
        fill_run(source, block, j, run[: 4 * blocks])
        for i in range(4 * blocks):
            words[i * n + j] = run[i]


def fill_readings(
    source: Any, members: Members, count: int, n: int, words: Words, run: Words
) -> None:
    """Deal the words of one converter to the junctions that it reads, row after row."""
    drawn, each = source.position, members.size
    shift = drawn & 3
    fill_run(source, drawn >> 2, 0, run[: (shift + count * each + 3) // 4 * 4])
    k = shift
    for i in range(count):
        for p in range(each):
            words[i * n + np.int64(members[p])] = run[k]
            k += 1
    source.position = drawn + count * each


def fill_ring(source: Any, s: Sheet, ahead: int) -> None:
    """See to it that every junction has `ahead` reset words in the ring."""
    drawn, filled, blocks, devices = s.drawn, s.filled, s.blocks, s.devices
    count = 0
    for j in range(drawn.size):
        while filled[j] < np.int64(drawn[j]) + ahead:
            blocks[count], devices[count] = np.uint64(filled[j] >> 2), np.uint64(j)
            filled[j] += 4
            count += 1
            if count == blocks.size:
                deal(source, s, count)
                count = 0
    deal(source, s, count)


def deal(source: Any, s: Sheet, count: int) -> None:
    """Compute `count` blocks of reset words and put them into the ring."""
    blocks, devices, many, ring = s.blocks, s.devices, s.many, s.resetting
    fill_many(source, blocks, devices, count, many)
    mask = np.uint64(ring.shape[0] - 1)
    for i in range(count):
        j, at = devices[i], blocks[i] << np.uint64(2)
        for k in range(4):
            ring[(at + np.uint64(k)) & mask, j] = many[k, i]
