"""Parameters of the analogue array and of its parts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from devices.settling import SettlingLaw, decay
from emulator import PS_PER_S, Count, Frequency, Node, Params, Ratio, SlewRate, Time, Volt
from emulator.params import Dimension

from .host import HostParams, LinkParams

LONGEST = 1000 * PS_PER_S


class ArrayParams(Params):
    """What belongs to the whole array.

    Two passes are at least `t_interval` apart, "auto": as fast as the parts allow. `full_scale` is
    the range of the converters in units of a node's pre-activation, half of it below 0. Where
    inputs are decorrelated, a layer holds the `product` W R in one array, or W behind an array that
    holds R (`cascade`).
    """

    t_interval: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(gt=0, le=LONGEST)
    full_scale: Ratio = Field(gt=0, le=1e6)
    decorrelation: Literal["product", "cascade"]


class InputDacParams(Params):
    """Input converters: `channels` of them write as many inputs in `t_write`, and hold them."""

    channels: Count = Field(ge=1, le=100_000)
    t_write: Time = Field(gt=0, le=PS_PER_S)


class SharedAdcParams(Params):
    """Converters shared by all nodes: `channels` of them with `bits`, each `t_conversion`."""

    channels: Count = Field(ge=1, le=100_000)
    bits: Count = Field(ge=1, le=24)
    t_conversion: Time = Field(gt=0, le=PS_PER_S)


class SummingNodeParams(Params):
    """Summing amplifier of a node, its activation and its junction.

    `span` is the output swing that `full_scale` stands for. The weights of n inputs add up to
    `weight_sum` sqrt(n) times the feedback conductance. `t_settle` of a layer, "auto": by
    `settling`.
    """

    gbw: Frequency = Field(gt=0, le=10**15)
    slew_rate: SlewRate = Field(ge=1, le=1e12)
    span: Volt = Field(ge=1e-3, le=100)
    weight_sum: Ratio = Field(ge=0, le=1000)
    t_settle: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(gt=0, le=PS_PER_S)

    def noise_gain(self, fan_in: int) -> float:
        """Return 1 + sum of the input conductances over that of the feedback (>= 1)."""
        return 1.0 + self.weight_sum * math.sqrt(fan_in)

    def settling(self, fan_in: int, bits: int) -> int:
        """Return the time (ps) after which a step of `span` is within half an LSB of `bits`.

        The amplifier slews, then settles with tau = noise gain / (2 pi GBW): its gain-bandwidth
        product is shared by all its inputs (textbook law of the inverting summing amplifier).
        """
        if self.t_settle is not None:
            return self.t_settle
        tau = round(PS_PER_S * 1000 * self.noise_gain(fan_in) / (2.0 * math.pi * self.gbw))
        span_uv = round(self.span * 1e6)
        half_lsb = max(1, span_uv >> (bits + 1))
        law = SettlingLaw(round(self.slew_rate), decay(tau), decay(0), 1)
        return law.settled_after(span_uv, half_lsb)


class WeightArrayParams(Params):
    """Weights: `lanes` of them are written in `t_write`."""

    lanes: Count = Field(ge=1, le=10**9)
    t_write: Time = Field(gt=0, le=PS_PER_S)


class ArrayLogicParams(Params):
    """The digital controller: `operations_per_cycle` of `clock`.

    The loss of a pass takes `loss_operations` per output.
    """

    clock: Frequency = Field(ge=1_000_000, le=10**14)
    operations_per_cycle: Count = Field(ge=1, le=10**9)
    loss_operations: Count = Field(ge=0, le=10**6)


@dataclass(frozen=True)
class ArrayCards:
    """The parameters of an array and of all its parts."""

    array: ArrayParams
    dac: InputDacParams
    adc: SharedAdcParams
    node: SummingNodeParams
    weights: WeightArrayParams
    logic: ArrayLogicParams
    link: LinkParams
    host: HostParams

    @classmethod
    def read(cls, node: Node) -> ArrayCards:
        """Read the cards of a board; raises `ConfigError` for a value that cannot be."""
        card = {part: child.card for part, child in node.children.items()}
        return cls(
            ArrayParams.from_card(node.card, "board"),
            InputDacParams.from_card(card["dac"], "board.dac"),
            SharedAdcParams.from_card(card["adc"], "board.adc"),
            SummingNodeParams.from_card(card["node"], "board.node"),
            WeightArrayParams.from_card(card["weights"], "board.weights"),
            ArrayLogicParams.from_card(card["logic"], "board.logic"),
            LinkParams.from_card(card["link"], "board.link"),
            HostParams.from_card(card["host"], "board.host"),
        )
