"""CIFAR-10 and CIFAR-100 in their binary form: records of one or two labels and 3072 pixels.

A record of CIFAR-10 is `<label><pixels>`, of CIFAR-100 `<coarse label><fine label><pixels>`; the
pixels are 32 x 32 bytes of red, then green, then blue. A. Krizhevsky, Learning multiple layers of
features from tiny images, 2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emulator import DataError

from .idx import read_bytes
from .images import ImageSet

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
# As the published program of S1 has them. The means are those of the training pixels of CIFAR-10;
# the deviations are smaller than theirs (0.2470, 0.2435, 0.2616): averages over single images.
MEAN = (0.4914, 0.4822, 0.4465)
STD = (0.2023, 0.1994, 0.2010)


@dataclass(frozen=True)
class Layout:
    """`labels` bytes before the pixels, the last of which is one of `classes`.

    `choices`: the files that hold the set, (training, test) each; the first that is all there is
    taken. `whole`: how many records the original files have; a subset may have any number.
    """

    classes: int
    labels: int
    choices: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    whole: Mapping[str, int]


TRAIN_10, TEST_10 = tuple(f"data_batch_{k}.bin" for k in range(1, 6)), ("test_batch.bin",)
LAYOUTS = {
    "cifar10": Layout(10, 1, (
        (TRAIN_10, TEST_10),
        (("cifar-10-train-subset.bin",), ("cifar-10-test-subset.bin",)),
    ), dict.fromkeys(TRAIN_10 + TEST_10, 10_000)),
    "cifar100": Layout(100, 2, (
        (("train.bin",), ("test.bin",)),
        (("cifar-100-train-subset.bin",), ("cifar-100-test-subset.bin",)),
    ), {"train.bin": 50_000, "test.bin": 10_000}),
}  # fmt: skip


def load_cifar(name: str, files: Mapping[str, Path]) -> ImageSet:
    """Return data set `name` from `files`, paths by file name: one of the choices of its layout.

    Raises `DataError` if a file is damaged or cut, or a label is none of the set's.
    """
    layout = LAYOUTS[name]
    train, test = next(c for c in layout.choices if set(files) == {*c[0], *c[1]})
    x_train, y_train = _together([files[file] for file in train], layout)
    x_test, y_test = _together([files[file] for file in test], layout)
    return ImageSet(name, x_train, y_train, x_test, y_test, layout.classes, SHAPE, MEAN, STD)


def read_records(path: Path, layout: Layout) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return images (n, 3072) and labels (n,) of one file, plain or gzip."""
    content, record = np.frombuffer(read_bytes(path), np.uint8), layout.labels + PIXELS
    if content.size == 0 or content.size % record:
        raise DataError(f"{path}: {content.size} bytes are no whole records of {record} bytes")
    table = content.reshape(-1, record)
    whole = layout.whole.get(path.name.removesuffix(".gz"), len(table))
    if len(table) != whole:
        raise DataError(
            f"{path}: {len(table)} records, expected {whole} as the original file has; a part of "
            f"the set belongs into {' and '.join(sum(layout.choices[-1], ()))}"
        )
    labels = table[:, layout.labels - 1].astype(np.int64)
    if labels.max() >= layout.classes:
        raise DataError(f"{path}: label {labels.max()} is outside [0, {layout.classes - 1}]")
    return table[:, layout.labels :], labels


def _together(paths: list[Path], layout: Layout) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    parts = [read_records(path, layout) for path in paths]
    return np.concatenate([p for p, _ in parts]), np.concatenate([y for _, y in parts])
