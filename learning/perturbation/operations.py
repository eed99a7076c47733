"""What learning costs in arithmetic operations, a multiply-accumulate counted as two.

Counted is what grows with a layer's weights. What a sample takes per node (rectifier, da, |da|^2,
the scale of its error) is of lower order and left out; the loss is a phase of the board's own.
"""

from __future__ import annotations

from itertools import pairwise

from .params import PerturbationParams

ADAM = 14  # per weight: m 3, v 4, corrections 2, root, sum, quotient, rate, sum
DESCENT = 2


class Operations:
    """Counts for a network of `sizes`: per layer n inputs, w weights and, with R, s = n^2 of it.

    A host does all of a `step`, the controller beside an array an `update`.
    """

    def __init__(self, params: PerturbationParams, sizes: tuple[int, ...]) -> None:
        self._params = params
        self._weights = [n * m for n, m in pairwise(sizes)]
        self._inputs = list(sizes[:-1]) if params.rule == "danp" else []
        self._squares = [n * n for n in self._inputs]

    def step(self, samples: int) -> int:
        """Return the operations of one step of `samples` samples on a host: passes and learning."""
        learning = self._descend(samples) + self._follow(samples)
        return self._passes(samples) + learning

    def update(self, samples: int, cascade: bool = False) -> int:
        """Return the operations of one step without its passes: what an array leaves to do.

        Beside learning itself 2 s per row for R z: x = R z is no node that converters show. And,
        unless W and R lie in arrays of their own (`cascade`), 2 w n for the product W R that the
        array is to hold, 2 w for W b if R has an offset b.
        """
        learning = self._descend(samples) + self._follow(samples) + 2 * self._seen(samples)
        return learning if cascade else learning + self._product() + self._offset()

    def evaluation(self, samples: int) -> int:
        """Return the operations of a test on a host: 2 w per sample, and W R once."""
        return 2 * samples * sum(self._weights) + self._product()

    def _passes(self, samples: int) -> int:
        """2 w + 2 s per sample and pass; the first layer is the same in both and counts once."""
        squares = self._squares or [0] * len(self._weights)
        first, *others = (w + s for w, s in zip(self._weights, squares, strict=True))
        passes = 1 if self._params.rule == "bp" else 2
        return 2 * samples * (first + passes * sum(others))

    def _descend(self, samples: int) -> int:
        """2 B w for the gradient (bp: and 2 B w behind the first layer), Adam 14 w, descent 2 w."""
        weights = sum(self._weights)
        behind = weights - self._weights[0] if self._params.rule == "bp" else 0
        rate = ADAM if self._params.optimizer == "adam" else DESCENT
        return 2 * samples * (weights + behind) + rate * weights

    def _follow(self, samples: int) -> int:
        """Per row 2 s for X R and 2 s for X^T (X R), then 4 s; nothing without R.

        With `accumulate` > 1: per row 2 s for X^T X, and once in so many batches 2 n^3 for its
        product with R, then 2 s. What is due once is spread over the batches, rounded down.
        """
        k, seen, squares = self._params.accumulate, self._seen(samples), self._squares
        if k == 1:
            return 4 * seen + 4 * sum(squares)
        return 2 * seen + (sum(2 * n**3 for n in self._inputs) + 2 * sum(squares)) // k

    def _seen(self, samples: int) -> int:
        """Rows of X that R learns from, times s: the first layer sees the same in both passes."""
        behind = 2 if self._params.inputs == "both" else 1
        return samples * sum(s * (behind if layer else 1) for layer, s in enumerate(self._squares))

    def _product(self) -> int:
        """2 w n per layer for W R; nothing without R."""
        return sum(2 * w * n for w, n in zip(self._weights, self._inputs, strict=False))

    def _offset(self) -> int:
        """2 w per layer for W b; nothing without R or without b."""
        biased = bool(self._inputs) and self._params.decorrelation_bias
        return 2 * sum(self._weights) if biased else 0
