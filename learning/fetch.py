"""Fetching MNIST: from public mirrors, checked against the original files, written atomically."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from emulator import DataError

from .datasets import MNIST_FILES, stored
from .idx import read_bytes

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
MNIST_MD5 = dict(
    zip(
        MNIST_FILES,
        (
            "6bbc9ace898e44ae57da46a324031adb",
            "a25bea736e30d166cdddb491f175f624",
            "2646ac647ad5339dbf082846283269ea",
            "27ae3e4e09519cfbb04c329615203637",
        ),
        strict=True,
    )
)  # of the uncompressed files
CHUNK = 1 << 16
TIMEOUT_S = 30.0

Progress = Callable[[str, int, int], None]  # file, bytes so far, bytes in all (0: not known)


def fetch_mnist(
    data_dir: Path,
    progress: Progress | None = None,
    mirrors: Sequence[str] = MIRRORS,
    checksums: Mapping[str, str] = MNIST_MD5,
) -> Path:
    """Put the MNIST files (gzip) into `data_dir/mnist` and return that folder.

    `checksums` maps each file to the MD5 of its uncompressed content. A file that is already
    there and right is left alone; a download appears under its name only when it is whole and
    right. Raises `DataError` that says which files go where if no mirror delivers, or if the
    folder cannot be written.
    """
    folder = data_dir / "mnist"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, md5 in checksums.items():
            if _is_right(stored(folder, file), md5):
                continue
            try:
                packed = _download(file, md5, mirrors, progress)
            except DataError as error:
                names = ", ".join(f"{name}.gz" for name in checksums)
                raise DataError(f"{error}. By hand: put {names} into {folder}") from None
            _write(folder / f"{file}.gz", packed)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror})") from None
    return folder


def _is_right(path: Path, md5: str) -> bool:
    if not path.is_file():
        return False
    try:
        return _md5(read_bytes(path)) == md5
    except DataError:
        return False


def _download(file: str, md5: str, mirrors: Sequence[str], progress: Progress | None) -> bytes:
    """Return the gzip file from the first mirror that has it right; raises `DataError`."""
    failures = []
    for mirror in mirrors:
        try:
            packed = _receive(f"{mirror}{file}.gz", file, progress)
            found = _md5(zlib.decompress(packed, wbits=16 + zlib.MAX_WBITS))
        except (OSError, HTTPException, zlib.error) as error:
            failures.append(f"{mirror}: {_reason(error)}")
            continue
        if found == md5:
            return packed
        failures.append(f"{mirror}: MD5 {found} instead of {md5}")
    raise DataError(f"{file}.gz could not be fetched ({'; '.join(failures)})")


def _receive(url: str, file: str, progress: Progress | None) -> bytes:
    parts, size = [], 0
    with urlopen(url, timeout=TIMEOUT_S) as reply:
        expected = int(reply.headers.get("Content-Length") or 0)
        while part := reply.read(CHUNK):
            parts.append(part)
            size += len(part)
            if progress is not None:
                progress(file, size, expected)
    return b"".join(parts)


def _reason(error: Exception) -> str:
    if isinstance(error, HTTPError):
        return f"HTTP status {error.code}"
    if isinstance(error, URLError):
        return str(error.reason)
    return str(error) or type(error).__name__


def _write(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
