"""Operational amplifier as a voltage follower: slew rate, gain-bandwidth, limits, offset."""

from __future__ import annotations

import math
from typing import Self

from pydantic import Field, model_validator

from emulator import PS_PER_S, Emulator, Frequency, Params, SlewRate, Time, Volt
from emulator.elementary import normal_quantile

from .line import Line
from .settling import SettlingLaw, decay


class OpampParams(Params):
    """One kind of amplifier, and the clamp on its output node.

    A unity-gain follower settles with tau = 1 / (2 pi GBW) once its step is below
    slew_rate * tau. Its output (and input) ends `headroom` below the supply. `offset` is the
    standard deviation of the input offset, drawn once per channel. `tau_clamp` is the time
    constant that a surge suppressor adds on the driven node.
    """

    slew_rate: SlewRate = Field(gt=0, le=1e12)
    gbw: Frequency = Field(gt=0)
    v_supply: Volt = Field(gt=0, le=40)
    headroom: Volt = Field(ge=0, le=10)
    offset: Volt = Field(ge=0, le=0.1)
    tau_clamp: Time = Field(ge=0)

    @model_validator(mode="after")
    def _has_range(self) -> Self:
        if self.v_supply <= self.headroom:
            raise ValueError(f"v_supply = {self.v_supply} V leaves no output range")
        return self

    @property
    def tau(self) -> int:
        """Closed-loop time constant in ps."""
        return round(PS_PER_S * 1000 / (2.0 * math.pi * self.gbw))

    @property
    def v_high(self) -> float:
        """Highest output, in volts."""
        return self.v_supply - self.headroom

    def law(self, tau_dac: int, snap_uv: int) -> SettlingLaw:
        """Return the settling law of a node driven by a converter with time constant `tau_dac`."""
        slew = round(self.slew_rate)  # 1 V/s is 1 uV/us
        return SettlingLaw(slew, decay(self.tau), decay(max(tau_dac, self.tau_clamp)), snap_uv)


class Follower:
    """A package of amplifiers, one `Line` per channel."""

    def __init__(
        self, emulator: Emulator, name: str, params: OpampParams, law: SettlingLaw, channels: int
    ) -> None:
        self.name = name
        emulator.ledger.open(name, "front_end")
        draws = emulator.stream(name, 0, channels)
        offsets = [round(params.offset * 1e6 * normal_quantile(word)) for word in draws.firsts()]
        high = round(params.v_high * 1e6)
        self.lines = tuple(Line(law, 0, high, offset) for offset in offsets)
