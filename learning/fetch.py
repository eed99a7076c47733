"""Fetching MNIST: from public mirrors, checked against the original files, written atomically."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Callable, Sequence
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
    data_dir: Path, progress: Progress | None = None, mirrors: Sequence[str] = MIRRORS
) -> Path:
    """Put the four MNIST files (gzip) into `data_dir/mnist` and return that folder.

    A file that is already there and right is left alone. Each download is checked by the MD5 of
    its uncompressed content and appears under its name only when it is whole. Raises `DataError`
    that says which files go where if no mirror delivers, or if the folder cannot be written.
    """
    folder = data_dir / "mnist"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in MNIST_FILES:
            if not _is_right(stored(folder, file), file):
                _write(folder / f"{file}.gz", _download(file, mirrors, folder, progress))
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror})") from None
    return folder


def _is_right(path: Path, file: str) -> bool:
    if not path.is_file():
        return False
    try:
        return _md5(read_bytes(path)) == MNIST_MD5[file]
    except DataError:
        return False


def _download(file: str, mirrors: Sequence[str], folder: Path, progress: Progress | None) -> bytes:
    """Return the gzip file from the first mirror that has it right; raises `DataError`."""
    failures = []
    for mirror in mirrors:
        try:
            packed = _receive(f"{mirror}{file}.gz", file, progress)
            found = _md5(zlib.decompress(packed, wbits=16 + zlib.MAX_WBITS))
        except (OSError, HTTPException, zlib.error) as error:
            failures.append(f"{mirror}: {_reason(error)}")
            continue
        if found == MNIST_MD5[file]:
            return packed
        failures.append(f"{mirror}: MD5 {found} instead of {MNIST_MD5[file]}")
    names = ", ".join(f"{name}.gz" for name in MNIST_FILES)
    raise DataError(
        f"{file}.gz could not be fetched ({'; '.join(failures)}). By hand: put {names} into {folder}"
    )


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
