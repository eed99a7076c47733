"""A network of fully connected layers, and one look at it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from .decorrelation import Decorrelation
from .weights import Weights


@dataclass(frozen=True)
class Activity:
    """What a batch did in a network, layer by layer; the rows of pass 2 follow those of pass 1.

    `inputs[l]` (rows, n_{l-1}): what the weights of the layer see, decorrelated where there is a
    decorrelation. In layer 0 all passes see the same, so it has the rows of one pass only.
    `sums[l]` (rows, n_l): pre-activations, noise included; the last are the outputs.
    """

    inputs: list[Tensor]
    sums: list[Tensor]


class Network:
    """x_l = f(W_l R_l x_{l-1} + b_l + noise), f the leaky rectifier, the last layer linear.

    `decorrelations` has one R per layer, or none.
    """

    def __init__(self, weights: Weights, decorrelations: list[Decorrelation], slope: float) -> None:
        self.weights, self.decorrelations, self.slope = weights, decorrelations, slope
        self.widths = [matrix.shape[0] for matrix in weights.matrices]

    def run(self, x: Tensor, noise: Tensor | None, learned: int) -> Activity:
        """Show samples `x` (B, features); `noise` (passes, B, nodes), None for one clean pass.

        Decorrelations learn from the first `learned` rows of what they let through.
        """
        inputs: list[Tensor] = []
        sums: list[Tensor] = []
        each = None if noise is None else torch.split(noise, self.widths, dim=2)
        for layer in range(len(self.widths)):
            if layer:
                x = functional.leaky_relu(sums[-1], self.slope)
            if self.decorrelations:
                x = self.decorrelations[layer].pass_on(x, min(learned, x.shape[0]))
            inputs.append(x)
            total = functional.linear(x, self.weights.matrices[layer], self._bias(layer))
            sums.append(total if each is None else _with_noise(total, each[layer]))
        return Activity(inputs, sums)

    def fused(self) -> tuple[list[Tensor], list[Tensor | None]]:
        """Return W_l R_l and the bias that goes with it, layer by layer: what a test needs."""
        matrices, biases = [], []
        for layer, w in enumerate(self.weights.matrices):
            bias = self._bias(layer)
            if self.decorrelations:
                decorrelation = self.decorrelations[layer]
                if decorrelation.bias is not None:
                    shift = w @ decorrelation.bias
                    bias = shift if bias is None else bias + shift
                w = w @ decorrelation.matrix  # noqa: PLW2901
            matrices.append(w)
            biases.append(bias)
        return matrices, biases

    def _bias(self, layer: int) -> Tensor | None:
        return self.weights.biases[layer] if self.weights.biases else None


def _with_noise(total: Tensor, noise: Tensor) -> Tensor:
    """Return sums (rows, n) plus noise (passes, B, n); the rows of one pass serve for all."""
    samples, n = noise.shape[1:]
    each = total.view(-1, samples, n)
    if len(each) == len(noise):
        each += noise
        return total
    return (each + noise).view(-1, n)


def outputs(
    fused: tuple[list[Tensor], list[Tensor | None]], slope: float, x: Tensor, noise: Tensor | None
) -> Tensor:
    """Return the outputs (n, k) of samples `x` in one pass, `noise` (n, nodes) or None."""
    first = 0
    for layer, (matrix, bias) in enumerate(zip(*fused, strict=True)):
        if layer:
            x = functional.leaky_relu_(x, slope)
        x = functional.linear(x, matrix, bias)
        if noise is not None:
            x = x.add_(noise[:, first : first + len(matrix)])
            first += len(matrix)
    return x


def backward(network: Network, activity: Activity, errors: Tensor) -> list[Tensor]:
    """Return dL/da of every layer (rows, n_l) from that of the last, `errors` (rows, k).

    D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 533 (1986); no decorrelation.
    """
    found = [errors]
    for layer in range(len(network.widths) - 1, 0, -1):
        back = found[-1] @ network.weights.matrices[layer]
        found.append(torch.where(activity.sums[layer - 1] > 0, back, network.slope * back))
    return found[::-1]
