"""Losses per sample, and how they change with the outputs."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def losses(kind: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the loss of each row of `outputs` (n, k), shape (n,).

    `cce`: -log softmax at the label, `targets` (n,) int64. `mse`: sum over the outputs of the
    squared error, `targets` (n, k), which is the paper's |y* - y|^2.
    """
    if kind == "cce":
        return functional.cross_entropy(outputs, targets, reduction="none")
    return (outputs - targets).square().sum(dim=1)


def slopes(kind: str, outputs: Tensor, targets: Tensor) -> Tensor:
    """Return dloss/doutput of each row, shape (n, k); arguments as for `losses`."""
    if kind == "cce":
        found = torch.softmax(outputs, dim=1)
        found[torch.arange(len(found), device=found.device), targets] -= 1.0
        return found
    return 2.0 * (outputs - targets)
