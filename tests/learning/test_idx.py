"""IDX files are read to the byte, and every way to be wrong has its message."""

from __future__ import annotations

import gzip
import struct
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import DataError
from learning import read_idx

ARRAY = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=3), st.booleans(), st.randoms())
def test_what_is_written_is_read(shape, packed, random):
    array = np.frombuffer(random.randbytes(int(np.prod(shape))), np.uint8).reshape(shape)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "some"
        path.write_bytes(gzip.compress(idx(array), mtime=0) if packed else idx(array))
        found = read_idx(path)
    assert found.dtype == np.uint8
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx(ARRAY)[:-5], "truncated, expected 40 bytes .* for 2 x 3 x 4 elements, found 35"),
        (idx(ARRAY) + b"!", "too long, expected 40 bytes uncompressed for .*, found 41"),
        (idx(ARRAY)[:9], "truncated, expected a header of 16 bytes, found 9"),
        (b"\0\0", "truncated, 2 bytes are no IDX header"),
        (b"\0\0\x0d\x03" + bytes(40), "magic number 0x00000d03 is not that of an IDX file"),
        (b"PNG.....", "magic number 0x504e472e is not that"),
        (b"\0\0\x08\0", "magic number 0x00000800 is not that"),
        (b"\x1f\x8b\x08\0garbage-garbage", "corrupt gzip"),
        (
            gzip.compress(idx(ARRAY), mtime=0)[:-4],
            "truncated, the gzip stream ends before its checksum",
        ),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "train-images"
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"train-images: {message}"):
        read_idx(path)


def test_a_truncated_gzip_tells_expected_and_found_size(tmp_path):
    array = np.frombuffer(np.random.default_rng(0).bytes(5000), np.uint8)
    path = tmp_path / "labels.gz"
    path.write_bytes(gzip.compress(idx(array), mtime=0)[:2000])
    with pytest.raises(DataError, match=r"labels.gz: truncated, expected 5008 .* found 19\d\d$"):
        read_idx(path)


def test_a_flipped_bit_in_a_gzip_is_noticed(tmp_path):
    content = bytearray(gzip.compress(idx(ARRAY), mtime=0))
    content[-7] ^= 1  # in the checksum
    path = tmp_path / "labels.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"corrupt gzip .*incorrect data check"):
        read_idx(path)


def test_a_missing_file_or_a_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="nothing: no such file"):
        read_idx(tmp_path / "nothing")
    with pytest.raises(DataError, match="cannot be read"):
        read_idx(tmp_path)
