"""Steps downhill: Adam or plain gradient descent over all weights at once."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.adam import adam

from .weights import Weights


class Descent:
    """Adam (D. P. Kingma, J. Ba, arXiv 1412.6980: 0.9, 0.999, 1e-8) or w <- w - eta g (`sgd`).

    Adam is PyTorch's fused kernel: one pass over the memory of weights, gradients and moments.
    """

    def __init__(self, kind: str, weights: Weights, eta: float) -> None:
        self._weights, self._eta, self._is_adam = weights, eta, kind == "adam"
        self._mean, self._square = (torch.zeros_like(weights.values) for _ in range(2))
        self._steps = torch.zeros((), device=weights.values.device)

    def step(self) -> None:
        """Take one step against the gradients."""
        values, gradients = self._weights.values, self._weights.gradients
        if not self._is_adam:
            values.sub_(gradients, alpha=self._eta)
            return
        adam(
            [values], [gradients], [self._mean], [self._square], [], [self._steps], fused=True,
            amsgrad=False, beta1=0.9, beta2=0.999, lr=self._eta, weight_decay=0.0, eps=1e-8,
            maximize=False,
        )  # fmt: skip

    def named(self) -> dict[str, Tensor]:
        """Return what Adam remembers: `mean.*` and `square.*` of every array, and `steps`."""
        if not self._is_adam:
            return {}
        named = {"steps": self._steps}
        for name, block in (("mean", self._mean), ("square", self._square)):
            named |= {f"{name}.{key}": view for key, view in self._weights.of(block).items()}
        return named
