"""Data sets: splits, where files are looked for, and what is refused."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emulator import ConfigError, DataError
from learning import find_data, load_digits_split, load_mnist
from learning.datasets import MNIST_FILES


def idx(array):
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def small_mnist(folder, packed=True, **changes):
    """Write four small files in MNIST's form; `_0` .. `_3` replace their arrays."""
    rng = np.random.default_rng(0)
    arrays = [
        rng.integers(0, 256, (5, 28, 28), dtype=np.uint8), np.arange(5, dtype=np.uint8),
        rng.integers(0, 256, (3, 28, 28), dtype=np.uint8), np.arange(7, 10, dtype=np.uint8),
    ]  # fmt: skip
    folder.mkdir(parents=True)
    for k, (file, array) in enumerate(zip(MNIST_FILES, arrays, strict=True)):
        content = idx(changes.get(f"_{k}", array))
        path = folder / (f"{file}.gz" if packed else file)
        path.write_bytes(gzip.compress(content) if packed else content)
    return arrays


def test_digits_are_split_once_and_in_proportion():
    data, again = load_digits_split(), load_digits_split()
    assert (data.x_train.shape, data.x_test.shape) == ((1437, 64), (360, 64))
    assert data.x_train.dtype == data.x_test.dtype == np.float64
    assert data.y_train.dtype == data.y_test.dtype == np.int64
    assert data.x_train.min() == 0.0
    assert data.x_train.max() == 1.0
    assert set((data.x_train * 16).ravel() % 1.0) == {0.0}
    counts = np.bincount(np.concatenate([data.y_train, data.y_test]))
    assert np.abs(np.bincount(data.y_test) - counts * 360 / 1797).max() < 1.0
    assert data.x_test.tobytes() == again.x_test.tobytes()
    assert data.classes == 10


def test_the_digits_are_those_of_scikit_learn_and_the_split_is_its_stratified_one():
    """The split is stored: this draws it again."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    x, y = load_digits(return_X_y=True)
    drawn = train_test_split(
        x / 16.0, y.astype(np.int64), test_size=360, random_state=0, stratify=y
    )
    data = load_digits_split()
    for ours, theirs in zip((data.x_train, data.x_test, data.y_train, data.y_test), drawn,
                            strict=True):  # fmt: skip
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        assert ours.tobytes() == theirs.tobytes()


def test_scikit_learn_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr("learning.datasets.find_spec", lambda name: None)
    with pytest.raises(DataError, match="scikit-learn, which holds the digits, is not installed"):
        load_digits_split()


def test_scikit_learn_is_never_imported():
    code = "import sys, learning; learning.load_digits_split(); sys.exit('sklearn' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("packed", [True, False])
def test_mnist_becomes_rows_in_0_1(tmp_path, packed):
    arrays = small_mnist(tmp_path / "mnist", packed)
    data = load_mnist(find_data("mnist", tmp_path))
    assert (data.x_train.shape, data.x_test.shape) == ((5, 784), (3, 784))
    assert data.x_train.dtype == data.x_test.dtype == np.float32
    assert data.y_test.tolist() == [7, 8, 9]
    np.testing.assert_array_equal(np.rint(data.x_train * 255), arrays[0].reshape(5, 784))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"_1": np.arange(4, dtype=np.uint8)}, "train-labels-.*: 4 labels for 5 images"),
        ({"_3": np.array([1, 2, 11], np.uint8)}, r"t10k-labels-.*: label 11 is outside \[0, 9\]"),
        ({"_2": np.zeros((3, 9, 9), np.uint8)}, "training images have 784 pixels, test images 81"),
        ({"_0": np.zeros(5, np.uint8)}, "magic number 0x00000801 .*, expected 0x00000803"),
        ({"_0": np.zeros((0, 28, 28), np.uint8), "_1": np.zeros(0, np.uint8)}, "holds no images"),
    ],
)
def test_mnist_files_that_do_not_belong_together_are_refused(tmp_path, changes, message):
    small_mnist(tmp_path / "mnist", **changes)
    with pytest.raises(DataError, match=message):
        load_mnist(tmp_path / "mnist")


def test_data_are_found_by_argument_then_variable_then_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small_mnist(tmp_path / "data" / "mnist")
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    assert find_data("mnist") == Path("data/mnist")
    monkeypatch.setenv("SPINBOARD_DATA", str(tmp_path / "elsewhere"))
    assert find_data("mnist") == Path("data/mnist")
    small_mnist(tmp_path / "elsewhere" / "mnist")
    assert find_data("mnist") == tmp_path / "elsewhere" / "mnist"
    small_mnist(tmp_path / "given" / "mnist")
    assert find_data("mnist", tmp_path / "given") == tmp_path / "given" / "mnist"


def test_missing_data_say_which_files_go_where(tmp_path, monkeypatch):
    monkeypatch.setenv("SPINBOARD_DATA", str(tmp_path / "full"))
    small_mnist(tmp_path / "full" / "mnist")
    small_mnist(tmp_path / "part" / "mnist")
    (tmp_path / "part" / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError) as caught:
        find_data("mnist", tmp_path / "part")
    folder = tmp_path / "part" / "mnist"
    assert f"put t10k-labels-idx1-ubyte (as they are or as .gz) into {folder}" in str(caught.value)
    assert "`spinboard data mnist`" in str(caught.value)


def test_an_unknown_data_set_is_refused():
    with pytest.raises(ConfigError, match=r"data set 'mnits' is unknown \(did you mean 'mnist'"):
        find_data("mnits")


@pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs MNIST ($SPINBOARD_DATA)")
def test_the_real_mnist_is_whole():
    data = load_mnist(find_data("mnist"))
    assert (data.x_train.shape, data.x_test.shape) == ((60000, 784), (10000, 784))
    assert np.bincount(data.y_test).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
