"""The read path: divider of junction and precision resistor, filter capacitor, sampling kick."""

from __future__ import annotations

import math

from pydantic import Field

from emulator import Emulator, Farad, Ohm, Params, Volt

from .mtj_bank import MtjBank
from .settling import decay
from .vgsot import resistances

NOBODY = 2  # no junction is connected; 0 and 1 are the state of the one that is
NEVER = 1 << 80  # ps


class DividerParams(Params):
    """The read divider: `v_read` over the junction and `r_s`, sensed over `r_s` and filtered.

    R_s = sqrt(R_P R_AP) maximises the swing between the two states. Noise of the resistors and
    kT/C lie below 0.05 LSB and are not modelled.
    """

    v_read: Volt = Field(gt=0, le=10)
    r_s: Ohm = Field(gt=0)
    c_filter: Farad = Field(ge=0, le=1e-3)

    def sense_volts(self, r_mtj: float) -> float:
        """Return the settled sense voltage over r_s."""
        return self.v_read * self.r_s / (self.r_s + r_mtj)

    def source_ohm(self, r_mtj: float) -> float:
        """Return the source resistance that the filter and the converter see."""
        return self.r_s * r_mtj / (self.r_s + r_mtj)


class SenseNode:
    """The node at the converter's input; exact between operations, in integer microvolts.

    While a junction is connected the node settles with tau = (R_s || R_MTJ) C_F towards the
    divider's level; otherwise it decays with R_s C_F. A converter that starts to sample takes
    charge C_ADC / (C_F + C_ADC) of the level (the kick), which recovers with the loaded tau. The
    kick is taken as instantaneous; against the exact two-capacitor circuit that is 0.02 LSB at 56
    sampling cycles, 0.2 at 28, 0.6 at 15 and 1.4 at 3.
    """

    def __init__(
        self,
        emulator: Emulator,
        params: DividerParams,
        mtj: MtjBank,
        c_adc: float,
        r_adc: float,
    ) -> None:
        self.params, self.mtj = params, mtj
        r_by_state = resistances(mtj.params, params.v_read, params.r_s)
        self.r_by_state = r_by_state
        self._targets = [round(params.sense_volts(r) * 1e6) for r in r_by_state]
        sources = [params.source_ohm(r) for r in r_by_state]
        c_f = params.c_filter
        share = c_f / (c_f + c_adc) if c_f > 0 else 1.0
        self._kick = round(share * (1 << 30))
        capacitances = (c_f, c_f + c_adc if c_f > 0 else 0.0)
        self._taus = [
            [decay(round(r * c * 1e12)) for r in (*sources, params.r_s)] for c in capacitances
        ]
        self._internal = [
            decay(round((r_adc + r * (1.0 - share if c_f > 0 else 1.0)) * c_adc * 1e12))
            for r in (*sources, params.r_s)
        ]
        self._targets.append(0)
        self._mode, self._loaded = NOBODY, 0
        self._start = self._since = self._target = 0
        self._law = self._taus[0][NOBODY]
        self._closes, self._closing = NEVER, NOBODY

    def level(self, t: int) -> int:
        """Return the node's level in microvolts at `t`, not before the last operation."""
        if t > self._closes:
            self._close()
        start, target, dt = self._start, self._target, t - self._since
        if dt <= 0 or start == target:
            return start
        if start < target:
            return target - self._law.of(target - start, dt)
        return target + self._law.of(start - target, dt)

    def connect(self, junction: int, t: int) -> None:
        """Close the read path through a junction at `t`, now or later."""
        self._closes, self._closing = t, self.mtj.read(junction)

    def disconnect(self, t: int) -> None:
        """Open the read path; one that has not closed yet stays open."""
        self._become(t, self.level(t), NOBODY, self._loaded)
        self._closes = NEVER

    def load(self, t: int) -> None:
        """Connect the converter's empty sampling capacitor."""
        self._become(t, self.level(t) * self._kick >> 30, self._mode, 1)

    def acquire(self, t_start: int, t: int) -> int:
        """Return what the sampling capacitor holds at `t`, and disconnect it."""
        level = self.level(t)
        held = level - self._internal[self._mode].of(level, t - t_start)
        self._become(t, level, self._mode, 0)
        return held

    def _close(self) -> None:
        """The path that was to close has closed."""
        t, self._closes = self._closes, NEVER
        self._become(t, self.level(t), self._closing, self._loaded)

    def rehearse(self, wait: int, t_sample: int) -> list[int]:
        """Return what a converter would hold for P and AP, `wait` ps after the path has closed."""
        held = []
        for mode, target in enumerate(self._targets[:NOBODY]):
            level = target - self._taus[0][mode].of(target, wait)
            kicked = level * self._kick >> 30
            level = target - self._taus[1][mode].of(target - kicked, t_sample)
            held.append(level - self._internal[mode].of(level, t_sample))
        return held

    def _become(self, t: int, level: int, mode: int, loaded: int) -> None:
        """Start a new exponential at `t` from `level`."""
        self._start, self._since, self._mode, self._loaded = level, t, mode, loaded
        self._target, self._law = self._targets[mode], self._taus[loaded][mode]


def acquisition_limit(cycles: int, f_adc_hz: float, r_adc: float, c_adc: float, bits: int) -> float:
    """Return the largest source resistance (ohm) that is acquired to 1/4 LSB.

    R_AIN = (k - 0.5) / (f_ADC C_ADC ln 2^(N+2)) - R_ADC, k the sampling cycles (ST's ADC
    application formula); negative: never.
    """
    return (cycles - 0.5) / (f_adc_hz * c_adc * math.log(2.0 ** (bits + 2))) - r_adc
