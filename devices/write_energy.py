"""What a write pulse of width t needs: critical voltage and energy, both directions.

Below `t_thermal` (some 10 ns) spin is what has to be delivered, V_c(t) = V_inf (1 + t_0 / t);
above it heat helps over the barrier, V_c(t) = V_c0 [1 - ln(t / tau_0) / Delta]. The two are joined
where they meet, which leaves one shape,

    s(t) = 1 + t_0 / t                                                       t <= t_thermal
    s(t) = s(t_thermal) [1 - ln(t / tau_0) / Delta] / [1 - ln(t_thermal / tau_0) / Delta]   above

A critical voltage is measured at some width. The shape only carries it from *that* width to
another one, V_c(t) = V_c(t_stated) s(t) / s(t_stated): a voltage that was stated for microseconds
is right at microseconds as it stands.

The critical energy is the Joule heat V_c(t)^2 t / R of a pulse at the critical voltage, through the
one point that is published (S0 fig 6: 11 pJ at 0.8 ns, gate at 0.5 V):

    E(t) = E_c [s(t) / s(t_c)]^2 t / t_c,   below t_thermal proportional to t + 2 t_0 + t_0^2 / t,

smallest at t = t_0. A direction with another critical voltage takes E (V_c' / V_c)^2.

K. Garello et al., Appl. Phys. Lett. 105, 212402 (2014) for 1 / t below some nanoseconds and the
logarithm above; R. H. Koch et al., Phys. Rev. Lett. 92, 088302 (2004) for the latter.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from emulator import ConfigError, Params, Ratio, Time
from emulator.elementary import sigmoid
from emulator.params import Dimension
from emulator.ticks import PS_PER_S

from .vgsot import P_MIN, VgsotParams

Floats = NDArray[np.float64]
Joule = Annotated[float, Dimension("J")]
Direction = Literal["p_ap", "ap_p"]
DIRECTIONS: tuple[Direction, ...] = ("p_ap", "ap_p")
LARGEST = 1e30  # critical voltages beyond this multiple of V_inf are no voltages
TRUSTED_TAIL = 1e-3  # below this (and above one minus it) a logistic is not to be believed


class WritePulseParams(Params):
    """How critical voltage and energy depend on the width of a pulse."""

    e_c: Joule = Field(gt=0)
    t_c: Time = Field(gt=0)
    t_0: Time = Field(ge=0)
    t_thermal: Time = Field(gt=0)
    tau_0: Time = Field(gt=0)
    delta: Ratio = Field(gt=0)

    @model_validator(mode="after")
    def _barrier_stands(self) -> Self:
        if np.log(self.t_thermal / self.tau_0) >= self.delta:
            raise ValueError(
                f"delta = {self.delta:g} is no barrier at t_thermal: it must exceed "
                f"ln(t_thermal / tau_0) = {np.log(self.t_thermal / self.tau_0):.3g}"
            )
        return self

    def shape(self, t_ps: Floats) -> Floats:
        """Return s(t) = V_c(t) / V_inf at widths in ps; raises `ConfigError` outside its range."""
        t = np.asarray(t_ps, dtype=np.float64)
        if not (t > 0).all():
            raise ConfigError(f"a pulse of {t.min() / PS_PER_S:g} s writes nothing")
        if (t < self.t_0 / LARGEST).any():
            raise ConfigError(f"a pulse of {t.min() / PS_PER_S:g} s is too short for the law")
        swift = 1.0 + self.t_0 / np.minimum(t, self.t_thermal)
        ends = 1.0 - np.log(self.t_thermal / self.tau_0) / self.delta
        left = 1.0 - np.log(np.maximum(t, self.t_thermal) / self.tau_0) / self.delta
        if not (left > 0).all():
            raise ConfigError(
                f"in {t.max() / PS_PER_S:g} s a barrier of delta = {self.delta:g} is crossed "
                "without any voltage"
            )
        shape: Floats = swift * left / ends
        return shape

    def energy(self, t_ps: Floats) -> Floats:
        """Return the critical energy in joules at widths in ps, of the published direction."""
        t = np.asarray(t_ps, dtype=np.float64)
        relative = self.shape(t) / self.shape(np.array(float(self.t_c)))
        energy: Floats = self.e_c * relative**2 * t / self.t_c
        return energy


class WritePulse:
    """The law for one kind of junction, whose critical voltages were stated at `t_stated` ps.

    `p_ap` is the direction of a positive pulse, P -> AP, `ap_p` the other.
    """

    def __init__(self, params: WritePulseParams, mtj: VgsotParams, t_stated: int) -> None:
        self.params, self.mtj = params, mtj
        self._stated = params.shape(np.array(float(t_stated)))

    def critical_voltage(self, t_ps: Floats, direction: Direction = "p_ap") -> Floats:
        """Return V_c in volts at widths in ps: the stated one at the stated width."""
        v_c = self.mtj.v_c0 if direction == "p_ap" else self.mtj.v_c0_ap
        voltage: Floats = v_c * self.params.shape(t_ps) / self._stated
        return voltage

    def energy(self, t_ps: Floats, direction: Direction = "p_ap") -> Floats:
        """Return the critical energy in joules; the direction of higher voltage takes more."""
        ratio = 1.0 if direction == "p_ap" else self.mtj.v_c0_ap / self.mtj.v_c0
        energy: Floats = ratio**2 * self.params.energy(t_ps)
        return energy

    def p_sw(self, volts: Floats, t_ps: Floats, direction: Direction = "p_ap") -> Floats:
        """Return the switching probability at c = 0, clipped to [1e-6, 1 - 1e-6].

        A logistic in V - V_c(t) of the card's own width k_V. Real write-error tails fall faster:
        what lies below `TRUSTED_TAIL` is no write-error rate.
        """
        k = self.mtj.k_v if direction == "p_ap" else self.mtj.k_v_ap
        r = (np.asarray(volts, dtype=np.float64) - self.critical_voltage(t_ps, direction)) / k
        p: Floats = np.clip(sigmoid(self.mtj.a * r + self.mtj.c0), P_MIN, 1.0 - P_MIN)
        return p
