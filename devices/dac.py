"""Digital-to-analogue converter: codes to levels on driven lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emulator import Count, Emulator, Params, SequenceError, Time, Volt

from .line import Line

T = TypeVar("T", float, NDArray[np.float64])
SETTLE_RATIO = 4096  # the settling time of a data sheet is full scale to 1 LSB at 12 bits


def nearest_code(volts: T, lsb: float) -> T:
    """Return the code, as a float, whose level is nearest; of numbers, arrays and compiled."""
    wanted: T = np.rint(volts / lsb)
    return wanted


def within_range(wanted: T, top: float) -> T:
    """Return a code, as a float, clipped to [0, `top`]."""
    code: T = np.minimum(np.maximum(wanted, 0.0), top)
    return code


class DacParams(Params):
    """One kind of converter: V = code * v_ref / 2^bits.

    `t_settle` is the time after which 1/4096 of a step is left; the output follows a first-order
    law with tau = t_settle / ln 4096.
    """

    bits: Count = Field(ge=1, le=16)
    v_ref: Volt = Field(ge=1e-3, le=40)
    t_settle: Time = Field(ge=0)

    @property
    def tau(self) -> int:
        """Time constant in ps."""
        return round(self.t_settle / math.log(SETTLE_RATIO))

    @property
    def full_scale(self) -> int:
        """Range in microvolts."""
        return round(self.v_ref * 1e6)

    @property
    def lsb(self) -> float:
        """One step in volts."""
        return self.v_ref / (1 << self.bits)

    @property
    def top(self) -> float:
        """The highest code."""
        return float((1 << self.bits) - 1)

    def encode(self, volts: NDArray[np.float64]) -> tuple[NDArray[np.int64], int]:
        """Return the nearest codes, and how many had to be clipped to the range."""
        wanted = nearest_code(volts, self.lsb)
        codes = within_range(wanted, self.top)
        return codes.astype(np.int64), int(np.count_nonzero(codes != wanted))

    def level_uv(self, code: int) -> int:
        """Return the ideal level of a code in microvolts, rounded to the nearest."""
        return (2 * code * self.full_scale + (1 << self.bits)) >> (self.bits + 1)


class Dac:
    """A converter with one channel per line.

    Port `write(*codes)` loads all channels at once (a dual-channel holding register), port
    `write_channel(channel, code)` a single one.
    """

    def __init__(
        self, emulator: Emulator, name: str, params: DacParams, lines: Sequence[Line]
    ) -> None:
        self.name, self.params, self.lines = name, params, tuple(lines)
        self._emulator, self._env = emulator, emulator.env
        emulator.ledger.open(name, "front_end")
        codes = range(1 << params.bits)
        self.levels = [[line.limit(params.level_uv(c)) for c in codes] for line in self.lines]
        self.cut = [{c for c in codes if line.cuts(params.level_uv(c))} for line in self.lines]

    def write(self, *codes: int) -> None:
        """Set the codes of all channels; each line settles from the level it has."""
        for channel, code in enumerate(codes):
            self.write_channel(channel, code)

    def write_channel(self, channel: int, code: int) -> None:
        """Set the code of one channel; raises `SequenceError` for one that does not exist."""
        levels = self.levels[channel]
        if not 0 <= code < len(levels):
            raise SequenceError(f"{self.name}: code {code} is outside [0, {len(levels) - 1}]")
        now: int = self._env.now  # type: ignore[assignment]
        self.lines[channel].step(levels[code], now)
        if code in self.cut[channel]:
            self._emulator.counters["line_saturated"] += 1
        if self._emulator.trace is not None:
            self._emulator.trace.row(now, self.name, f"{channel}.code", code)
