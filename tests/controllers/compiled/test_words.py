"""The words that compiled code draws are those of the streams, one by one and in bulk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from controllers.compiled import bulk, words
from controllers.compiled.layout import DRAWS, records
from emulator.kernels import Kernel
from emulator.streams import Stream

KNOWN = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]  # counter 0, key 0
FULL = [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]  # all bits of counter and key set
U32, U64 = np.uint32, np.uint64
FIRST = [0, 1, 2**30, 2**32 - 2, 2**32 + 5]  # blocks; the counter's upper half begins at 2^32
Kind = Callable[[Callable[..., Any]], Callable[..., Any]]


def as_written(law: Callable[..., Any]) -> Callable[..., Any]:
    return law


KINDS = pytest.mark.parametrize("kind", [Kernel, as_written], ids=["compiled", "plain"])
pytestmark = pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def source(key: tuple[int, int] = (0, 0), stream: int = 0, unit: int = 0) -> Any:
    """Return a device's row."""
    row = records(DRAWS, 1)[0]
    row.key0, row.key1 = key
    row.stream, row.unit, row.held_block = stream, unit, -1
    return row


def blocks(row: Any, first: int, count: int, device: int, kind: Kind) -> dict[str, list[int]]:
    """Return the words of consecutive blocks, computed in every way there is."""
    planes, drawn = np.zeros((4, count), U32), []
    row.position, row.unit = 4 * first, device
    draw = kind(words.draw)
    for _ in range(4 * count):
        drawn.append(int(draw(row)))
    kind(bulk.fill)(row, first, np.arange(count, dtype=U64), np.full(count, device, U64), count,
                    planes)  # fmt: skip
    return {"bulk": planes.T.ravel().tolist(), "drawn": drawn}


@KINDS
def test_the_published_answers(kind: Kind) -> None:
    """J. K. Salmon et al., SC'11, kat_vectors: philox4x32, 10 rounds."""
    for name, found in blocks(source(), 0, 1, 0, kind).items():
        assert found == KNOWN, name
    ones = 2**32 - 1
    row, planes = source((ones, ones), ones), np.zeros((4, 1), U32)
    kind(bulk.fill)(row, 0, np.array([2**64 - 1], U64), np.array([ones], U64), 1, planes)
    assert planes[:, 0].tolist() == FULL


@KINDS
@pytest.mark.parametrize("first", FIRST)
def test_words_in_bulk_are_those_of_the_stream(first: int, kind: Kind) -> None:
    stream = Stream(2**32 - 1, "mtj", stream=1, devices=8)
    for device in (0, 7):
        wanted = stream.words(4 * first, 12, device).tolist()
        for name, found in blocks(source(stream.key, 1), first, 3, device, kind).items():
            assert found == wanted, name


@KINDS
def test_a_device_goes_on_from_any_position(kind: Kind) -> None:
    stream = Stream(3, "lab.adc0")
    for position in range(9):
        row = source(stream.key)
        row.position = position
        drawn = [int(kind(words.draw)(row)) for _ in range(6)]
        assert drawn == stream.words(position, 6).tolist()
        assert row.position == position + 6
