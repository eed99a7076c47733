"""A network of fully connected layers, and one look at it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from emulator import Converter

from .decorrelation import Decorrelation
from .reading import read
from .weights import Weights


@dataclass(frozen=True)
class Activity:
    """What a batch did in a network, layer by layer; the rows of pass 2 follow those of pass 1.

    `sums[l]` (rows, n_l): pre-activations, noise included; the last are the outputs. `readings[l]`,
    of the same shape: what the controller reads of them, and all that it knows of them.
    `inputs[l]` (rows, n_{l-1}): what it takes the layer's inputs for, activations of the readings
    below, decorrelated where there is a decorrelation. Samples it knows exactly; in layer 0 all
    passes see the same, so it has the rows of one pass only.
    """

    inputs: list[Tensor]
    sums: list[Tensor]
    readings: list[Tensor]


class Network:
    """x_l = f(W_l R_l x_{l-1} + b_l + noise), f the leaky rectifier, the last layer linear.

    `decorrelations` has one R per layer, or none. Nodes are read through the `converter`, exactly
    without one; what they hand on is never rounded.
    """

    def __init__(
        self, weights: Weights, decorrelations: list[Decorrelation], slope: float,
        converter: Converter | None,
    ) -> None:  # fmt: skip
        self.weights, self.decorrelations, self.slope = weights, decorrelations, slope
        self.converter = converter
        self.widths = [matrix.shape[0] for matrix in weights.matrices]

    def run(self, x: Tensor, noise: Tensor | None, learned: int) -> Activity:
        """Show samples `x` (B, features); `noise` (passes, B, nodes), None for one clean pass.

        Decorrelations learn from the first `learned` rows of what the controller takes them to let
        through.
        """
        activity, known = Activity([], [], []), x
        each = None if noise is None else torch.split(noise, self.widths, dim=2)
        for layer in range(len(self.widths)):
            if layer:
                x, known = self._activations(activity)
            if self.decorrelations:
                x, known = self._decorrelated(layer, x, known, learned)
            activity.inputs.append(known)
            total = functional.linear(x, self.weights.matrices[layer], self._bias(layer))
            activity.sums.append(total if each is None else _with_noise(total, each[layer]))
            activity.readings.append(read(self.converter, activity.sums[-1]))
        return activity

    def _activations(self, activity: Activity) -> tuple[Tensor, Tensor]:
        """Return the last layer's activations, and what the controller takes them for."""
        x = functional.leaky_relu(activity.sums[-1], self.slope)
        if self.converter is None:
            return x, x
        return x, functional.leaky_relu(activity.readings[-1], self.slope)

    def _decorrelated(
        self, layer: int, x: Tensor, known: Tensor, learned: int
    ) -> tuple[Tensor, Tensor]:
        """Return what a decorrelation lets through of both, and let it learn from the latter."""
        decorrelation = self.decorrelations[layer]
        if known is x:
            x = decorrelation.pass_on(x, min(learned, x.shape[0]))
            return x, x
        passed = decorrelation.through(x)  # with the matrix that is learned from, so first
        return passed, decorrelation.pass_on(known[:learned], learned)

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
