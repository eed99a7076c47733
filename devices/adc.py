"""Analogue-to-digital converter: sample, hold, convert; end of conversion as a signal."""

from __future__ import annotations

from typing import Protocol, Self

from pydantic import Field, model_validator

from emulator import Clock, Count, Emulator, Farad, Frequency, Ohm, Params, Ratio, Time, Volt, tick
from emulator.elementary import bin_index, gaussian_bins
from emulator.signal import Recurring

from .sense import SenseNode


class AdcParams(Params):
    """One kind of successive-approximation converter.

    A conversion takes `sampling_cycles` + `conversion_cycles` of `clock`. `noise` is the rms
    input-referred noise of the whole read chain and `offset` its offset, both in LSB.
    """

    bits: Count = Field(ge=1, le=16)
    v_ref: Volt = Field(ge=1e-3, le=40)
    clock: Frequency = Field(gt=0)
    clock_max: Frequency = Field(gt=0)
    sampling_cycles: Count = Field(ge=1, le=100_000)
    conversion_cycles: Count = Field(ge=1, le=100_000)
    r_adc: Ohm = Field(ge=0)
    c_adc: Farad = Field(gt=0, le=1e-9)
    noise: Ratio = Field(ge=0, le=1000)
    offset: Ratio = Field(ge=-1000, le=1000)

    @model_validator(mode="after")
    def _clock_is_within_its_limit(self) -> Self:
        if self.clock > self.clock_max:
            raise ValueError(
                f"clock = {self.clock / 1e9:g} MHz exceeds clock_max = {self.clock_max / 1e9:g} MHz"
            )
        return self

    @property
    def t_sample(self) -> Time:
        """Sampling time in ps, rounded up."""
        return Clock(self.clock).span(self.sampling_cycles)

    @property
    def t_conversion(self) -> Time:
        """Time from start to end of conversion in ps, rounded up."""
        return Clock(self.clock).span(self.sampling_cycles + self.conversion_cycles)

    def code(self, level_uv: float) -> int:
        """Return the noiseless code of a level."""
        full = 1 << self.bits
        return min(max(int(level_uv * full / (self.v_ref * 1e6) + self.offset), 0), full - 1)


class Scale(Protocol):
    """What the law reads: sixteenths of an LSB per `full_uv` microvolts, and their `bias`."""

    sixteenths: int
    full_uv: int
    bias: int
    codes: int


def sampled(adc: Scale, level_uv: int, deviate: int) -> int:
    """Return a held level in sixteenths of an LSB, with offset and noise."""
    return level_uv * adc.sixteenths // adc.full_uv + adc.bias + deviate


def code_of(adc: Scale, held: int) -> int:
    """Return the code of a held level, within the range."""
    code = held >> 4
    if code < 0:
        return 0
    return code if code < adc.codes else adc.codes - 1


class Adc:
    """A converter on a sense node. Port `start()`; signal `done`; register `data`.

    `data` changes at the end of conversion, not before: a program that reads too early gets the
    previous result, as on silicon. Starting a running converter is ignored and counted.
    """

    IDLE, CONVERTING = range(2)

    def __init__(self, emulator: Emulator, name: str, params: AdcParams, node: SenseNode) -> None:
        self.name, self.params, self.node = name, params, node
        self.done = Recurring(emulator.env)
        self.register = 0
        self._emulator, self._env, self.rank = emulator, emulator.env, emulator.rank(name)
        self.account = emulator.ledger.open(
            name, "front_end", ("idle", "converting"), ("conversion",)
        )
        self.t_sample = params.t_sample
        self.t_rest = params.t_conversion - params.t_sample
        self.full_uv, self.codes = round(params.v_ref * 1e6), 1 << params.bits
        self.sixteenths, self.bias = self.codes * 16, round(params.offset * 16)
        self.bins = gaussian_bins(params.noise * 16)
        self.noise = emulator.stream(name, 0)
        self.busy = False
        self.started = 0
        self.held = 0

    @property
    def data(self) -> int:
        """The result of the latest conversion."""
        return self.register

    def start(self) -> None:
        """Begin to sample now."""
        if self.busy:
            self._emulator.counters["adc_start_ignored"] += 1
            return
        self.busy = True
        now: int = self._env.now  # type: ignore[assignment]
        self.started = now
        self.account.enter(self.CONVERTING, now)
        self.node.load(now)
        tick(self._env, self.t_sample, self.rank).callbacks.append(self._hold)

    def resume(self, due: int) -> None:
        """Go on with a conversion that somebody else has begun; its next event is at `due`."""
        begun = due - self.started > self.t_sample
        event = tick(self._env, due - self._env.now, self.rank)  # type: ignore[arg-type]
        event.callbacks.append(self._end if begun else self._hold)

    def _hold(self, _: object) -> None:
        """End of sampling: what the capacitor holds, with noise, in sixteenths of an LSB."""
        now: int = self._env.now  # type: ignore[assignment]
        level = self.node.acquire(self.started, now)
        first, edges, guide = self.bins
        deviate = first + bin_index(edges, guide, self.noise.draw())
        self.held = sampled(self, level, deviate)
        tick(self._env, self.t_rest, self.rank).callbacks.append(self._end)

    def _end(self, _: object) -> None:
        now: int = self._env.now  # type: ignore[assignment]
        code = code_of(self, self.held)
        if code != self.held >> 4:
            self._emulator.counters["adc_saturated"] += 1
        self.register, self.busy = code, False
        self.account.enter(self.IDLE, now)
        self.account.counts[0] += 1
        if self._emulator.trace is not None:
            self._emulator.trace.row(now, self.name, "eoc", code)
        self.done.fire()
