"""Fetching: from a local server, checked, atomic, and clear when nothing answers."""

from __future__ import annotations

import gzip
import hashlib
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from emulator import DataError
from learning import find_data
from learning.datasets import MNIST_FILES
from learning.fetch import MNIST_MD5, fetch_mnist
from learning.idx import read_bytes

CONTENT = {file: f"content of {file}".encode() * 9000 for file in MNIST_FILES}
CHECKSUMS = {file: hashlib.md5(content).hexdigest() for file, content in CONTENT.items()}
NOWHERE = "http://127.0.0.1:9/"  # the discard port: nothing answers there


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def mirror(tmp_path):
    """Serve good files; yields (address, folder that is served)."""
    folder = tmp_path / "served"
    folder.mkdir()
    for file, content in CONTENT.items():
        (folder / f"{file}.gz").write_bytes(gzip.compress(content, compresslevel=0))
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", folder
        server.shutdown()
        thread.join()


def test_files_arrive_whole_and_are_reported(mirror, tmp_path):
    seen = []
    folder = fetch_mnist(
        tmp_path / "data", lambda *now: seen.append(now), [NOWHERE, mirror[0]], CHECKSUMS
    )
    assert folder == tmp_path / "data" / "mnist" == find_data("mnist", tmp_path / "data")
    for file, content in CONTENT.items():
        assert read_bytes(folder / f"{file}.gz") == content
        counts = [(done, size) for name, done, size in seen if name == file]
        assert counts == sorted(counts)
        assert counts[-1][0] == counts[-1][1] == (folder / f"{file}.gz").stat().st_size
    assert sorted(os.listdir(folder)) == sorted(f"{file}.gz" for file in MNIST_FILES)


def test_right_files_are_kept_and_damaged_ones_replaced(mirror, tmp_path):
    folder = tmp_path / "data" / "mnist"
    folder.mkdir(parents=True)
    first, second, *_ = MNIST_FILES
    (folder / first).write_bytes(CONTENT[first])
    (folder / f"{second}.gz").write_bytes(gzip.compress(CONTENT[second])[:50])
    asked = set()
    fetch_mnist(tmp_path / "data", lambda name, *_: asked.add(name), [mirror[0]], CHECKSUMS)
    assert asked == set(MNIST_FILES[1:])
    assert read_bytes(folder / f"{second}.gz") == CONTENT[second]


def test_a_wrong_file_is_refused_and_leaves_nothing(mirror, tmp_path):
    (mirror[1] / f"{MNIST_FILES[0]}.gz").write_bytes(gzip.compress(b"another"))
    (mirror[1] / f"{MNIST_FILES[1]}.gz").unlink()
    wanted = CHECKSUMS[MNIST_FILES[0]]
    with pytest.raises(DataError, match=f"MD5 [0-9a-f]{{32}} instead of {wanted}"):
        fetch_mnist(tmp_path / "data", None, [mirror[0]], CHECKSUMS)
    assert os.listdir(tmp_path / "data" / "mnist") == []
    missing = {MNIST_FILES[1]: CHECKSUMS[MNIST_FILES[1]]}
    with pytest.raises(DataError, match="HTTP status 404"):
        fetch_mnist(tmp_path / "data", None, [mirror[0]], missing)


def test_what_is_no_gzip_is_refused(mirror, tmp_path):
    (mirror[1] / f"{MNIST_FILES[0]}.gz").write_bytes(b"<html>log in first</html>")
    with pytest.raises(DataError, match="incorrect header check"):
        fetch_mnist(tmp_path / "data", None, [mirror[0]], CHECKSUMS)


def test_offline_says_which_files_go_where(tmp_path):
    with pytest.raises(DataError) as caught:
        fetch_mnist(tmp_path / "data", None, [NOWHERE])
    message = str(caught.value)
    assert NOWHERE in message
    assert f"into {tmp_path / 'data' / 'mnist'}" in message
    assert all(f"{file}.gz" in message for file in MNIST_FILES)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match=r"file/mnist: cannot be written \(Not a directory\)"):
        fetch_mnist(tmp_path / "file", None, [NOWHERE])


@pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs MNIST ($SPINBOARD_DATA)")
def test_the_checksums_are_those_of_the_original_files():
    folder = find_data("mnist")
    for file, md5 in MNIST_MD5.items():
        assert hashlib.md5(read_bytes(folder / f"{file}.gz")).hexdigest() == md5
