"""The same rules as one would write them down first: slow, and the reference for the fast ones.

Samples are stacked twice, every layer sees both copies, the correlation is a full matrix that is
multiplied with R (2 n^3 operations), Adam takes one array after the other: the way the published
program computes. `learning.perturbation.learner` must agree to rounding.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from .params import PerturbationParams
from .weights import Weights

Floats = NDArray[np.float32]


class PlainDanp:
    """anp or danp on labels with cross-entropy and Adam, first pass, exact decorrelation."""

    def __init__(self, params: PerturbationParams, features: int, outputs: int, seed: int) -> None:
        self.params, sizes = params, params.sizes(features, outputs)
        start = Weights(sizes, True, seed, torch.device("cpu"))
        self.matrices = [torch.nn.Parameter(w.clone()) for w in start.matrices]
        self.biases = [torch.nn.Parameter(b.clone()) for b in start.biases]
        self.r = [torch.nn.Parameter(torch.eye(n)) for n in sizes[:-1]]
        self._ones = [torch.eye(n) for n in sizes[:-1]]
        self._adam = torch.optim.Adam([*self.matrices, *self.biases], lr=params.eta)
        self._sgd = torch.optim.SGD(self.r, lr=params.epsilon)

    def step(self, x: Floats, y: NDArray[np.int64], noise: Floats) -> float:
        """Learn from a batch, arguments as for the fast learner; return the mean loss."""
        samples = len(x)
        with torch.inference_mode():
            inputs, sums = self._forward(torch.tensor(x), torch.tensor(noise))
            labels = torch.tensor(y)
            loss = [
                functional.cross_entropy(out, labels, reduction="none")
                for out in (sums[-1][:samples], sums[-1][samples:])
            ]
            differences = [a[:samples] - a[samples:] for a in sums]
            power = sum((da**2).sum(dim=1) for da in differences)
            factor = sum(len(w) for w in self.matrices) / power * (loss[0] - loss[1])
            for layer, da in enumerate(differences):
                scaled = factor[:, None] * da / samples
                self.matrices[layer].grad = torch.einsum("ni,nj->ij", scaled, inputs[layer])
                self.biases[layer].grad = torch.einsum("ni->i", scaled)
                self.r[layer].grad = self._decorrelating(layer, inputs[layer])
            self._adam.step()
            self._sgd.step()
            return float(loss[0].mean())

    def _forward(self, x: Tensor, noise: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return each layer's inputs in the first pass, and its sums in both."""
        samples, first = len(x), 0
        inputs: list[Tensor] = []
        sums: list[Tensor] = []
        x = torch.concatenate([x, x.clone()])
        for layer, w in enumerate(self.matrices):
            if layer:
                x = functional.leaky_relu(sums[-1], self.params.slope)
            if self.params.rule == "danp":
                x = functional.linear(x, self.r[layer])
            here = noise[:, :, first : first + len(w)]
            sums.append(torch.mm(x, w.t()) + self.biases[layer] + torch.concat([here[0], here[1]]))
            inputs.append(x[:samples].clone())
            first += len(w)
        return inputs, sums

    def _decorrelating(self, layer: int, x: Tensor) -> Tensor | None:
        if self.params.rule != "danp":
            return None
        correlation = (1.0 / len(x)) * (x.t() @ x)
        return (correlation * (1.0 - self._ones[layer])) @ self.r[layer]
