"""The weights of a layered network, all in one block of memory so that one call updates them."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emulator import Stream

ALIGNED = 16  # a layer begins at a multiple of 64 bytes, where vector units read it best


class Weights:
    """Matrices W_l (n_l, n_{l-1}) and biases (n_l,), float32, and room for their gradients.

    Both start from U(-1, 1) / sqrt(n_{l-1}), PyTorch's default for a linear layer (stream
    `learner.init`, device l). Without `bias` the list of biases is empty.
    """

    def __init__(self, sizes: tuple[int, ...], bias: bool, seed: int, device: torch.device) -> None:
        shapes = [(n, m) for m, n in pairwise(sizes)]
        shapes_bias = [(n,) for n in sizes[1:]] if bias else []
        self._places, total = _places([*shapes, *shapes_bias])
        self.values = torch.zeros(total, device=device)
        self.gradients = torch.zeros(total, device=device)
        layers = len(shapes)
        views = _views(self.values, self._places)
        self.matrices, self.biases = views[:layers], views[layers:]
        views = _views(self.gradients, self._places)
        self.matrix_gradients, self.bias_gradients = views[:layers], views[layers:]
        stream = Stream(seed, "learner.init")
        for layer, (n, m) in enumerate(shapes):
            drawn = _uniform(stream, layer, n * (m + bias)) / math.sqrt(m)
            self.matrices[layer].copy_(torch.from_numpy(drawn[: n * m].reshape(n, m)))
            if bias:
                self.biases[layer].copy_(torch.from_numpy(drawn[n * m :]))

    def named(self) -> dict[str, Tensor]:
        """Return the views of the values by name: `weights.0` and so on, `bias.0` and so on."""
        return self.of(self.values)

    def of(self, block: Tensor) -> dict[str, Tensor]:
        """Return views by name of a block laid out like the values."""
        names = [f"weights.{k}" for k in range(len(self.matrices))]
        names += [f"bias.{k}" for k in range(len(self.biases))]
        return dict(zip(names, _views(block, self._places), strict=True))


def _places(shapes: list[tuple[int, ...]]) -> tuple[list[tuple[int, tuple[int, ...]]], int]:
    """Return where each array begins, with its shape, and the length of them all."""
    places, first = [], 0
    for shape in shapes:
        places.append((first, shape))
        first += -(-math.prod(shape) // ALIGNED) * ALIGNED
    return places, first


def _views(block: Tensor, places: list[tuple[int, tuple[int, ...]]]) -> list[Tensor]:
    return [block[first : first + math.prod(shape)].view(shape) for first, shape in places]


def _uniform(stream: Stream, device: int, count: int) -> NDArray[np.float32]:
    """Return `count` numbers of U(-1, 1)."""
    words = stream.words(0, count, device).astype(np.float64)
    return (2.0 * (words + 0.5) / 2.0**32 - 1.0).astype(np.float32)
