"""A data set in the files of MNIST that is learned in a moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np

TRAIN, TEST = 640, 200


def write_mnist(folder: Path, train: int = TRAIN, test: int = TEST) -> Path:
    """Write ten noisy prototypes of 28 x 28 pixels as MNIST; returns the data directory."""
    random = np.random.default_rng(7)
    prototypes = (random.random((10, 28, 28)) < 0.2) * 200
    place = folder / "mnist"
    place.mkdir(parents=True)
    for prefix, count in (("train", train), ("t10k", test)):
        labels = random.integers(0, 10, count).astype(np.uint8)
        noise = random.integers(0, 40, (count, 28, 28))
        images = (prototypes[labels] + noise).astype(np.uint8)
        head = np.array([0x803, count, 28, 28], dtype=">i4").tobytes()
        (place / f"{prefix}-images-idx3-ubyte").write_bytes(head + images.tobytes())
        head = np.array([0x801, count], dtype=">i4").tobytes()
        (place / f"{prefix}-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
    return folder
