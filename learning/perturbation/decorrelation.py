"""Decorrelation of a layer's inputs: x = R z, with R learned from what it lets through.

    R <- R - epsilon <x x^T - diag(x^2)> R,   R_0 = 1

(N. Ahmad, E. Schrader, M. van Gerven, TMLR 2023). With X the decorrelated batch (B, n) the bracket
is offdiag(X^T X / B), and

    offdiag(X^T X / B) R = X^T (X R) / B - diag(mean x^2) R,

which takes 4 B n^2 operations instead of 2 B n^2 + 2 n^3. R is taken a few rows at a time: while
they are in the processor's cache, they give their part of X and of X R, and later of the gradient.
That is formed in a buffer and then subtracted, because with steps of 1e-7 any rounding of R in
between would drift its diagonal.
"""

from __future__ import annotations

import torch
from torch import Tensor

ROWS = 128  # of R at a time: 0.25 MB with 500 inputs, 1.5 MB with 3072
STACK = 512  # samples whose correlations are added up in one product


class Decorrelation:
    """R (n, n) of one layer, float32, and b (n,) if it learns an offset.

    With `accumulate` > 1 the correlations of as many batches are added up, R standing still, and
    then R <- R - epsilon offdiag(sum of them) R: the same to first order in epsilon. What has been
    added up so far belongs to the state. `b <- b - epsilon sum_n x_n` is due with every batch.
    """

    def __init__(
        self, n: int, epsilon: float, accumulate: int, bias: bool, device: torch.device
    ) -> None:
        self.matrix = torch.eye(n, device=device)
        self.bias = torch.zeros(n, device=device) if bias else None
        self._epsilon, self._accumulate = epsilon, accumulate
        self._sum = torch.zeros(n, n, device=device) if accumulate > 1 else None
        self._stack = torch.zeros(STACK if accumulate > 1 else 0, n, device=device)
        self._filled, self._batches = (torch.zeros((), dtype=torch.float64) for _ in range(2))
        self._x = self._x_r = torch.empty(0, device=device)  # X (B, n) and X R (B, n) to learn by
        rows = ROWS if device.type == "cpu" and n > ROWS else n
        self._gradient = torch.empty(rows, n, device=device)
        places = [slice(k, min(k + rows, n)) for k in range(0, n, rows)]
        self._blocks = [(place, self.matrix[place]) for place in places]

    def pass_on(self, z: Tensor, learned: int) -> Tensor:
        """Return R z + b of each row, shape (rows, n), then learn from the first `learned`.

        At once, because R is in the cache now and no other layer needs it.
        """
        x = self._apply(z, learned)
        if self._sum is None:
            self._follow()
        else:
            self._collect(self._sum)
            if self._batches >= self._accumulate:
                self._take_up(self._sum)
        if self.bias is not None:
            self.bias.sub_(self._x.sum(dim=0), alpha=self._epsilon)
        return x

    def through(self, z: Tensor) -> Tensor:
        """Return R z + b of each row, shape (rows, n), and learn nothing."""
        x = torch.empty_like(z)
        self._let_through(z, slice(None), self.matrix, x)
        return x

    def named(self) -> dict[str, Tensor]:
        """Return what it remembers, by name."""
        named = {"matrix": self.matrix}
        if self.bias is not None:
            named["bias"] = self.bias
        if self._sum is not None:
            named |= {"sum": self._sum, "stack": self._stack}
            named |= {"filled": self._filled, "batches": self._batches}
        return named

    def _apply(self, z: Tensor, learned: int) -> Tensor:
        x = torch.empty_like(z)
        self._x = x[:learned]
        if self._sum is not None:
            self._let_through(z, slice(None), self.matrix, x)
            return x
        self._x_r = torch.zeros(learned, z.shape[1], device=z.device)
        for rows, r in self._blocks:
            self._let_through(z, rows, r, x[:, rows])
            self._x_r.addmm_(self._x[:, rows], r)
        return x

    def _let_through(self, z: Tensor, rows: slice, r: Tensor, out: Tensor) -> None:
        """Write r z + b, `r` being some rows of R."""
        torch.mm(z, r.t(), out=out)
        if self.bias is not None:
            out += self.bias[rows]

    def _follow(self) -> None:
        """R <- R - epsilon (X^T (X R) - diag(sum x^2) R) / B."""
        power = torch.linalg.vecdot(self._x, self._x, dim=0).neg_()[:, None]
        rate = self._epsilon / self._x.shape[0]
        for rows, r in self._blocks:
            gradient = torch.mul(r, power[rows], out=self._gradient[: r.shape[0]])
            r.sub_(gradient.addmm_(self._x[:, rows].t(), self._x_r), alpha=rate)

    def _collect(self, correlation: Tensor) -> None:
        """Stack X / sqrt(B) for the sum of X^T X / B over the batches."""
        share = self._x.shape[0] ** -0.5
        for part in torch.split(self._x, STACK):
            if self._filled + len(part) > STACK:
                self._add_up(correlation)
            first = int(self._filled)
            torch.mul(part, share, out=self._stack[first : first + len(part)])
            self._filled += len(part)
        self._batches += 1

    def _add_up(self, correlation: Tensor) -> None:
        """Add the stack to the sum, on and above the diagonal blocks: it is symmetric."""
        stack = self._stack[: int(self._filled)]
        for rows, _ in self._blocks:
            correlation[rows, rows.start :].addmm_(stack[:, rows].t(), stack[:, rows.start :])
        self._filled.zero_()

    def _take_up(self, correlation: Tensor) -> None:
        """R <- R - epsilon offdiag(the sum) R, and begin the sum anew."""
        self._add_up(correlation)
        above = correlation.triu_(1)
        symmetric = above + above.t()
        self.matrix.sub_(torch.mm(symmetric, self.matrix, out=correlation), alpha=self._epsilon)
        correlation.zero_()
        self._batches.zero_()
