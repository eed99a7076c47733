"""IDX files, the format of MNIST: gzip or plain, checked to the byte.

An IDX file starts with two zero bytes, the element type (8: unsigned byte), the number of axes,
and one big-endian 32-bit length per axis; the elements follow in C order.
Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emulator import DataError

UNSIGNED_BYTE = 0x08
_GZIP = b"\x1f\x8b"


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array in the IDX file of unsigned bytes at `path`, in the shape it declares.

    Raises `DataError` naming the file if it is missing, is a corrupt or truncated gzip stream,
    has another magic number, or holds more or fewer bytes than it declares.
    """
    content, whole = _content(path)
    if len(content) < 4:
        raise DataError(f"{path}: truncated, {len(content)} bytes are no IDX header")
    axes = content[3]
    if content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE or axes == 0:
        raise DataError(
            f"{path}: magic number 0x{content[:4].hex()} is not that of an IDX file of unsigned "
            "bytes (0x000008 and the number of axes)"
        )
    start = 4 + 4 * axes
    if len(content) < start:
        raise DataError(
            f"{path}: truncated, expected a header of {start} bytes, found {len(content)}"
        )
    shape = tuple(int(n) for n in np.frombuffer(content, ">u4", axes, 4))
    expected = start + math.prod(shape)
    if len(content) != expected:
        word = "truncated" if len(content) < expected else "too long"
        raise DataError(
            f"{path}: {word}, expected {expected} bytes uncompressed for "
            f"{' x '.join(map(str, shape))} elements, found {len(content)}"
        )
    if not whole:
        raise DataError(f"{path}: truncated, the gzip stream ends before its checksum")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def read_bytes(path: Path) -> bytes:
    """Return a file's content, uncompressed if it is gzip; raises `DataError` as `read_idx`."""
    content, whole = _content(path)
    if not whole:
        raise DataError(f"{path}: truncated, the gzip stream ends after {len(content)} bytes")
    return content


def _content(path: Path) -> tuple[bytes, bool]:
    """Return what a file holds, and whether it is whole (a gzip stream says so itself)."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from None
    if not raw.startswith(_GZIP):
        return raw, True
    stream = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        return stream.decompress(raw), stream.eof
    except zlib.error as error:
        raise DataError(f"{path}: corrupt gzip ({error})") from None
