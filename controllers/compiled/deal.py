"""Random words for a stretch of rows, dealt to the junctions that will draw them.

Words come in blocks of four, and lie in four planes: word c of block i is `planes[c, i]`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.elementary import bin_index

from .bulk import Planes, fill
from .layout import Ints
from .sheet import Heard, Members, Sheet


def deal_rows(source: Any, s: Sheet, drawn: int, count: int, n: int, planes: Planes) -> None:
    """Compute the words that all junctions draw next, of which each has drawn `drawn`.

    Row i of junction j takes draw k = `drawn + i`: word k mod 4 of block (k - k0) // 4 * n + j,
    with k0 the first draw of its block.
    """
    blocks = ((drawn & 3) + count + 3) >> 2
    fill(source, drawn >> 2, s.tile_blocks, s.tile_devices, blocks * n, planes)


def deal_comparisons(planes: Planes, shift: int, count: int, n: int, heard: Heard) -> None:
    """Lay out the words of comparators, of which `shift` have been drawn, row by row."""
    for i in range(count):
        row = np.uint64(i + shift)
        c, at, out = row & np.uint64(3), (row >> np.uint64(2)) * np.uint64(n), np.uint64(i * n)
        for j in range(n):
            heard[out + np.uint64(j)] = planes[c, at + np.uint64(j)]


def deal_readings(source: Any, s: Sheet, members: Members, count: int, n: int) -> int:
    """Deal the noise of one converter to the junctions that it reads, row after row.

    Noise is the bin that a word falls into. Returns where in `heard` the first row begins.
    """
    drawn, each = source.position, members.size
    shift = drawn & 3
    blocks = (shift + count * each + 3) >> 2
    source.position = drawn + count * each
    fill(source, drawn >> 2, s.run_blocks, s.run_devices, blocks, s.reading)
    if s.in_order:
        sort_words(s.edges, s.guide, s.reading, blocks, s.heard)
        return shift  # type: ignore[no-any-return]
    run, heard = s.run, s.heard
    sort_words(s.edges, s.guide, s.reading, blocks, run)
    k = shift
    for i in range(count):
        for p in range(each):
            heard[i * n + np.int64(members[p])] = run[k]
            k += 1
    return 0


def sort_words(
    edges: Ints, guide: NDArray[np.uint16], planes: Planes, blocks: int, bins: Heard
) -> None:
    """Find the bins of all words of a number of blocks, in the order in which they are drawn."""
    for b in range(blocks):
        for c in range(4):
            bins[4 * b + c] = bin_index(edges, guide, np.int64(planes[c, b]))


def check_resets(source: Any, s: Sheet, suspects: NDArray[np.uint8]) -> int:
    """Draw the words of the resets that are `used`; returns how many junctions had a failure.

    These are marked in `suspects`. What was computed ahead of the draws is not computed again.
    """
    drawn, used, checked, blocks, devices = s.drawn, s.used, s.checked, s.blocks, s.devices
    count = failed = 0
    for j in range(drawn.size):
        end = np.int64(drawn[j]) + np.int64(used[j])
        while checked[j] < end:
            blocks[count], devices[count] = np.uint64(checked[j] >> 2), np.uint64(j)
            checked[j] += 4
            count += 1
            if count == blocks.size:
                failed += find_failures(source, s, count, suspects)
                count = 0
    return failed + find_failures(source, s, count, suspects)


def find_failures(source: Any, s: Sheet, count: int, suspects: NDArray[np.uint8]) -> int:
    """Mark junctions that use a failing word among `count` blocks; returns how many are new."""
    many, drawn, used, limit = s.many, s.drawn, s.used, s.reset_limit
    fill(source, 0, s.blocks, s.devices, count, many)
    worst = np.uint32(0)
    for c in range(4):
        for i in range(count):
            worst = max(worst, many[c, i])
    found = 0
    if np.int64(worst) < limit:
        return found
    for i in range(count):
        j = s.devices[i]
        for c in range(4):
            index = np.int64(s.blocks[i]) * 4 + c
            if np.int64(many[c, i]) < limit or index < np.int64(drawn[j]):
                continue
            s.checked[j] = min(s.checked[j], index >> 2 << 2)  # to be met again
            if index < np.int64(drawn[j]) + np.int64(used[j]) and not suspects[j]:
                suspects[j] = 1
                found += 1
    return found
