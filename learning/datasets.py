"""Data sets: where they are found, and how they become features and labels."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, DataError, nearest

from .cifar import LAYOUTS, load_cifar
from .idx import read_bytes, read_idx
from .images import ImageSet
from .products import Samples

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Pixels = NDArray[np.uint8]
DATA_VARIABLE = "SPINBOARD_DATA"
DIGITS_SPLIT = Path(__file__).parent / "splits" / "digits.toml"
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
BREAST_CANCER_CLASSES = ("malignant", "benign")  # labels 0 and 1
FILES = {"mnist": MNIST_FILES}  # what `learning.fetch` knows to fetch
IMAGES = ("mnist", *LAYOUTS)
MNIST_MEAN, MNIST_STD = (0.1307,), (0.3081,)  # of the training pixels, to four digits


@dataclass(frozen=True)
class DataSet:
    """Features `x_*` (n, features) and labels `y_*` (n,), int64 in [0, classes).

    Features are float64, those of MNIST float32: eight-bit pixels need no more.
    """

    name: str
    x_train: Samples
    y_train: Integers
    x_test: Samples
    y_test: Integers
    classes: int


def load_digits_split() -> DataSet:
    """Return scikit-learn's 8x8 digits: pixels / 16, 1437 samples to train, 360 to test.

    The split is stratified, drawn once and stored (`splits/digits.toml`): it never depends on a
    seed. Raises `DataError` if scikit-learn or its file is missing.
    """
    table = _packaged_digits()
    x, y = table[:, :-1] / 16.0, table[:, -1].copy()
    split = tomllib.loads(DIGITS_SPLIT.read_text(encoding="utf-8"))
    train, test = split["train"], split["test"]
    return DataSet("digits", x[train], y[train], x[test], y[test], 10)


def _packaged_digits() -> Integers:
    """Return scikit-learn's table of digits, (1797, 65): 64 pixels and the label."""
    path = _packaged("digits.csv.gz", "the digits")
    table = np.loadtxt(read_bytes(path).decode().splitlines(), dtype=np.int64, delimiter=",")
    if table.shape != (1797, 65):
        raise DataError(f"{path}: holds {table.shape} numbers, expected 1797 digits of 8x8 pixels")
    return table


def _packaged(file: str, what: str) -> Path:
    """Return the path of a data file of scikit-learn; raises `DataError` if that is missing.

    Files are read without importing scikit-learn, which takes over a second.
    """
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        raise DataError(f"scikit-learn, which holds {what}, is not installed")
    return Path(package.origin).parent / "datasets" / "data" / file


def load_breast_cancer() -> tuple[Floats, Integers]:
    """Return scikit-learn's breast cancer data: features (569, 30), labels (569,).

    Each feature has mean 0 and variance 1 over all samples. Labels are indices into
    `BREAST_CANCER_CLASSES`; there is nothing held back, because nothing learns from them. W. N.
    Street, W. H. Wolberg, O. L. Mangasarian, SPIE 1905, 861 (1993). Raises `DataError` if
    scikit-learn or its file is missing.
    """
    path = _packaged("breast_cancer.csv", "the breast cancer data")
    lines = read_bytes(path).decode().splitlines()
    head = ",".join(("569", "30", *BREAST_CANCER_CLASSES))
    if not lines or lines[0].strip() != head:
        raise DataError(f"{path}: begins with '{lines[0] if lines else ''}', expected '{head}'")
    table = np.loadtxt(lines[1:], delimiter=",")
    if table.shape != (569, 31):
        raise DataError(f"{path}: holds {table.shape} numbers, expected 569 samples of 30 features")
    features, labels = table[:, :-1], table[:, -1].astype(np.int64)
    return (features - features.mean(axis=0)) / features.std(axis=0), labels


def load_mnist(folder: Path) -> DataSet:
    """Return MNIST from its four IDX files in `folder` (gzip or plain): pixels / 255.

    Raises `DataError` if a file is missing or damaged, images and labels differ in number,
    training and test images in size, or a label is not a digit.
    """
    x_train, y_train, x_test, y_test = _mnist(folder)
    train, test = (x.reshape(len(x), -1) / np.float32(255) for x in (x_train, x_test))
    return DataSet("mnist", train, y_train, test, y_test, 10)


def load_images(name: str, data_dir: Path | None = None) -> ImageSet:
    """Return MNIST, CIFAR-10 or CIFAR-100 (`IMAGES`) as stored images, looked for in DIR.

    Pixels are normalised as the published program of S1 does. Raises `DataError` if files are
    missing or damaged, `ConfigError` for an unknown name.
    """
    files = find_files(name, data_dir)
    if name in LAYOUTS:
        return load_cifar(name, files)
    x_train, y_train, x_test, y_test = _mnist(files[MNIST_FILES[0]].parent)
    train, test = (x.reshape(len(x), -1) for x in (x_train, x_test))
    shape = (1, *x_train.shape[1:])
    return ImageSet(name, train, y_train, test, y_test, 10, shape, MNIST_MEAN, MNIST_STD)


def find_files(name: str, data_dir: Path | None = None) -> dict[str, Path]:
    """Return the files of data set `name`, all of them present, as paths by name.

    CIFAR lies in `DIR/cifar`, as the original binary files or as a subset; else as `find_data`.
    """
    if name not in IMAGES:
        raise ConfigError(f"data set '{name}' is unknown{nearest(name, IMAGES)}")
    directory = "cifar" if name in LAYOUTS else name
    choices = [train + test for train, test in LAYOUTS[name].choices] if name in LAYOUTS else []
    choices = choices or [MNIST_FILES]
    folders = [parent / directory for parent in _directories(data_dir)]
    for folder in folders:
        for files in choices:
            found = {file: stored(folder, file) for file in files}
            if all(path.is_file() for path in found.values()):
                return found
    raise DataError(_missing(name, folders, choices))


def find_data(name: str, data_dir: Path | None = None) -> Path:
    """Return the folder that holds data set `name` of `FILES` (`DIR/name`), all its files present.

    DIR is `data_dir` if one is given (then no other is tried), else $SPINBOARD_DATA, then
    `./data`. Raises `DataError` that says which files go where, `ConfigError` for an unknown name.
    """
    if name not in FILES:
        raise ConfigError(f"data set '{name}' is unknown{nearest(name, FILES)}")
    return next(iter(find_files(name, data_dir).values())).parent


def _missing(name: str, folders: list[Path], choices: list[tuple[str, ...]]) -> str:
    """Return what to say when no folder holds all files of one of the choices."""
    first = folders[0]
    lacking = [
        ", ".join(file for file in files if not stored(first, file).is_file()) for files in choices
    ]
    fetch = f", or fetch them with `spinboard data {name}`" if name in FILES else ""
    return (
        f"data set '{name}' was not found in {' or '.join(map(str, folders))}: put "
        f"{', or '.join(lacking)} (as they are or as .gz) into {first}{fetch}; --data DIR or "
        f"${DATA_VARIABLE} name another directory"
    )


def stored(folder: Path, file: str) -> Path:
    """Return the path of `file` in `folder`: `file.gz` if it is there, else the plain file."""
    packed = folder / f"{file}.gz"
    return packed if packed.is_file() else folder / file


def _directories(data_dir: Path | None) -> list[Path]:
    if data_dir is not None:
        return [data_dir]
    variable = os.environ.get(DATA_VARIABLE)
    return [*([Path(variable)] if variable else []), Path("data")]


def _mnist(folder: Path) -> tuple[Pixels, Integers, Pixels, Integers]:
    """Return images (n, height, width) and labels, to train and to test."""
    x_train, y_train = _images_and_labels(folder, *MNIST_FILES[:2])
    x_test, y_test = _images_and_labels(folder, *MNIST_FILES[2:])
    one, other = (x[0].size for x in (x_train, x_test))
    if one != other:
        raise DataError(f"{folder}: training images have {one} pixels, test images {other}")
    return x_train, y_train, x_test, y_test


def _images_and_labels(folder: Path, images: str, labels: str) -> tuple[Pixels, Integers]:
    """Return images (n, height, width) and their labels."""
    pixels_path, labels_path = stored(folder, images), stored(folder, labels)
    pixels, digits = _with_axes(pixels_path, 3), _with_axes(labels_path, 1)
    if len(pixels) != len(digits):
        raise DataError(f"{labels_path}: {len(digits)} labels for {len(pixels)} images")
    if len(digits) == 0:
        raise DataError(f"{pixels_path}: holds no images")
    if digits.max() > 9:
        raise DataError(f"{labels_path}: label {digits.max()} is outside [0, 9]")
    return pixels, digits.astype(np.int64)


def _with_axes(path: Path, axes: int) -> Pixels:
    array = read_idx(path)
    if array.ndim != axes:
        raise DataError(
            f"{path}: magic number 0x0000080{array.ndim} ({array.ndim} axes), expected "
            f"0x0000080{axes} ({axes} axes)"
        )
    return array
