"""What sources compare a board with: compute-in-memory that learns by backpropagation, a CPU."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from emulator import Count, Params
from emulator.params import Dimension

Joule = Annotated[float, Dimension("J")]
Watt = Annotated[float, Dimension("W")]
PerJoule = Annotated[float, Dimension("1/J")]


class DcimParams(Params):
    """Digital compute-in-memory (S0 note 5): operations per joule, joules per bit moved, sizes.

    `products` counts the matrix-vector products of a step of backpropagation, `bits` what is moved
    per weight. `histogram_words` of `word_bits` are moved per sample and infomorphic neuron.
    """

    efficiency: PerJoule = Field(gt=0)
    e_bit: Joule = Field(ge=0)
    bits: Count = Field(ge=1, le=1024)
    products: Count = Field(ge=1, le=100)
    ops_per_mac: Count = Field(ge=1, le=100)
    inputs: Count = Field(ge=1, le=10**6)
    hidden_1: Count = Field(ge=1, le=10**6)
    hidden_2: Count = Field(ge=1, le=10**6)
    outputs: Count = Field(ge=1, le=10**6)
    histogram_words: Count = Field(ge=0, le=10**6)
    word_bits: Count = Field(ge=1, le=1024)


class CpuParams(Params):
    """A processor on which an activation is timed (S0 note 4): its power."""

    tdp: Watt = Field(gt=0)
