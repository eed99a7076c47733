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
        self._stack = torch.zeros(n, STACK if accumulate > 1 else 0, device=device)
        self._filled, self._batches = (torch.zeros((), dtype=torch.float64) for _ in range(2))
        self._x = self._x_r = torch.empty(0, device=device)  # x^T (n, B) and X R (B, n) to learn by
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
            self.bias.sub_(self._x.sum(dim=1), alpha=self._epsilon)
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
        columns = z.t().contiguous()
        x = torch.empty_like(columns)
        self._x = x[:, :learned]
        self._x_r = torch.zeros(learned, columns.shape[0], device=z.device)
        for rows, r in self._blocks:
            part = torch.mm(r, columns, out=x[rows])
            if self.bias is not None:
                part += self.bias[rows, None]
            if self._sum is None:
                self._x_r.addmm_(part[:, :learned].t(), r)
        return x.t()

    def _follow(self) -> None:
        """R <- R - epsilon (X^T (X R) - diag(sum x^2) R) / B."""
        power = torch.linalg.vecdot(self._x, self._x).neg_()[:, None]
        rate = self._epsilon / self._x.shape[1]
        for rows, r in self._blocks:
            gradient = torch.mul(r, power[rows], out=self._gradient[: r.shape[0]])
            r.sub_(gradient.addmm_(self._x[rows], self._x_r), alpha=rate)

    def _collect(self, correlation: Tensor) -> None:
        """Stack X^T / sqrt(B) for the sum of X^T X / B over the batches."""
        share = self._x.shape[1] ** -0.5
        for part in torch.split(self._x, STACK, dim=1):
            if self._filled + part.shape[1] > STACK:
                self._add_up(correlation)
            first = int(self._filled)
            torch.mul(part, share, out=self._stack[:, first : first + part.shape[1]])
            self._filled += part.shape[1]
        self._batches += 1

    def _add_up(self, correlation: Tensor) -> None:
        """Add the stack to the sum, on and above the diagonal blocks: it is symmetric."""
        stack = self._stack[:, : int(self._filled)]
        for rows, _ in self._blocks:
            correlation[rows, rows.start :].addmm_(stack[rows], stack[rows.start :].t())
        self._filled.zero_()

    def _take_up(self, correlation: Tensor) -> None:
        """R <- R - epsilon offdiag(the sum) R, and begin the sum anew."""
        self._add_up(correlation)
        above = correlation.triu_(1)
        symmetric = above + above.t()
        self.matrix.sub_(torch.mm(symmetric, self.matrix, out=correlation), alpha=self._epsilon)
        correlation.zero_()
        self._batches.zero_()
