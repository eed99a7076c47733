"""What a controller reads of nodes: their pre-activations, through converters.

The network itself is analogue: its layers pass on what its nodes have, not what was read of them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from emulator import Converter


def read(converter: Converter | None, sums: Tensor) -> Tensor:
    """Return what is read of pre-activations; without a converter, themselves."""
    if converter is None:
        return sums
    codes = _wanted(converter, sums).clamp_(converter.lowest, converter.highest)
    return codes.mul_(converter.step)


def saturated(converter: Converter | None, sums: Tensor) -> Tensor:
    """Return the share of pre-activations whose nearest code lies beyond the range, 0-d."""
    if converter is None:
        return torch.zeros(())
    wanted = _wanted(converter, sums)
    outside = (wanted < converter.lowest) | (wanted > converter.highest)
    return outside.to(torch.float32).mean()


def _wanted(converter: Converter, sums: Tensor) -> Tensor:
    """Return the codes nearest to pre-activations, were there enough of them."""
    return torch.div(sums, converter.step).round_()
