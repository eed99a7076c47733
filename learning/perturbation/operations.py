"""What learning costs a host: arithmetic operations, a multiply-accumulate counted as two."""

from __future__ import annotations

from itertools import pairwise

from .params import PerturbationParams

ADAM = 14  # per weight: m 3, v 4, corrections 2, root, sum, quotient, rate, sum
DESCENT = 2


class Operations:
    """Counts for a network of widths `sizes`: w = n_l n_{l-1} weights per layer, s = n_{l-1}^2.

    s is 0 without decorrelation. Terms below the order of a layer's weights are left out.
    """

    def __init__(self, params: PerturbationParams, sizes: tuple[int, ...]) -> None:
        self._params = params
        pairs = list(pairwise(sizes))
        self._weights = [n * m for n, m in pairs]
        self._inputs = list(sizes[:-1]) if params.rule == "danp" else []

    def step(self, samples: int) -> int:
        """Return the operations of one step of `samples` samples: passes and update."""
        return self.passes(samples) + self.update(samples)

    def update(self, samples: int) -> int:
        """Return the operations of one step without its passes: what a host is left with.

        2 B w for the gradient (bp: and 2 B w behind the first layer), Adam 14 w or descent 2 w, and
        the decorrelation: 4 B s + 5 s exactly, or 2 B s and 2 n^3 + 3 s every `accumulate` batches.
        """
        weights = sum(self._weights)
        rate = ADAM if self._params.optimizer == "adam" else DESCENT
        learn = 2 * samples * weights + rate * weights
        if self._params.rule == "bp":
            learn += 2 * samples * (weights - self._weights[0])
        return learn + self._decorrelation(samples)

    def passes(self, samples: int) -> int:
        """Return the operations of the forward passes: what a physical network does by itself.

        The first layer is the same in both passes: it counts once.
        """
        squares = [n * n for n in self._inputs] or [0] * len(self._weights)
        layers = [w + s for w, s in zip(self._weights, squares, strict=True)]
        passes = 1 if self._params.rule == "bp" else 2
        return 2 * samples * (layers[0] + passes * sum(layers[1:]))

    def evaluation(self, samples: int) -> int:
        """Return the operations of a test: 2 n w, and once 2 n_l n_{l-1}^2 for W R."""
        fused = sum(2 * w * n for w, n in zip(self._weights, self._inputs, strict=False))
        return 2 * samples * sum(self._weights) + fused

    def _decorrelation(self, samples: int) -> int:
        """What is due every `accumulate` batches is spread over them, rounded down."""
        k, squares = self._params.accumulate, sum(n * n for n in self._inputs)
        rows = samples * (2 if self._params.inputs == "both" else 1)
        if k == 1:
            return 4 * rows * squares + 5 * squares
        cubes = sum(2 * n**3 for n in self._inputs)
        return 2 * rows * squares + (cubes + 3 * squares) // k
