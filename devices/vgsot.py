"""VGSOT-MTJ: the switching law, its integer thresholds and its resistances.

The switching probability of one write pulse is a logistic surface over the spin-orbit-torque
voltage and the gate voltage,

    P_sw(V_SOT, V_gate) = sigmoid(A(r, c)),  r = (V_SOT - V_c0) / k_V,  c = (V_gate - V_g0) / k_G,

clipped to [1e-6, 1 - 1e-6], plus an offset per device that was drawn once:
p_i = clip(P_sw + delta_i, 0, 1), delta_i ~ N(0, sigma^2) (S0 note 7). Cycle-to-cycle randomness
*is* the Bernoulli draw. P -> AP is the direction of a positive pulse; a reset pulse drives
AP -> P with its own critical voltage, without the offset (which was measured on P_sw curves).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from emulator import ConfigError, Ohm, Params, Ratio, Volt
from emulator.elementary import sigmoid

Floats = NDArray[np.float64]
Form = Literal["additive", "gain", "bilinear", "graetz"]
ADDITIVE, GAIN, BILINEAR, GRAETZ = range(4)
FORMS: tuple[Form, ...] = ("additive", "gain", "bilinear", "graetz")
Reset = Literal["after_ap", "always", "none"]
P_MIN = 1e-6  # S0's surface is clipped here; logistic tails are not to be believed beyond
WHOLE = 2**32
T = TypeVar("T", float, Floats)


class VgsotParams(Params):
    """One kind of VGSOT-MTJ."""

    form: Form
    a: Ratio = Field(gt=0)
    b: Ratio
    c0: Ratio
    v_c0: Volt = Field(gt=0, le=10)
    v_g0: Volt = Field(ge=-10, le=10)
    k_v: Volt = Field(gt=0, le=10)
    k_g: Volt = Field(gt=0, le=10)
    v_c0_ap: Volt = Field(gt=0, le=10)
    k_v_ap: Volt = Field(gt=0, le=10)
    v_reset: Volt = Field(gt=0, le=10)
    sigma: Ratio = Field(ge=0, le=1)
    reset: Reset
    r_p: Ohm = Field(gt=0)
    tmr_0: Ratio = Field(gt=0)
    v_h: Volt = Field(gt=0)
    r_sot: Ohm = Field(gt=0)

    @model_validator(mode="after")
    def _reset_is_strong(self) -> Self:
        if self.v_reset <= self.v_c0_ap:
            raise ValueError(
                f"v_reset = {self.v_reset} V does not exceed v_c0_ap = {self.v_c0_ap} V: "
                "a reset pulse below the critical voltage does not reset"
            )
        return self

    @property
    def switching(self) -> SwitchingLaw:
        """The law of write pulses."""
        form = FORMS.index(self.form)
        curve = form, self.a, self.b, self.c0
        return SwitchingLaw(*curve, self.v_c0, self.v_g0, self.k_v, self.k_g)


class SwitchingLaw(NamedTuple):
    """What decides over a write pulse: A(r, c), and how volts become (r, c).

    `form` is an index into `FORMS`; compiled, a row of an array has these fields.
    """

    form: int
    a: float
    b: float
    c0: float
    v_c0: float
    v_g0: float
    k_v: float
    k_g: float


def surface(law: SwitchingLaw, r: T, c: T) -> T:
    """Return A(r, c): of numbers, of arrays elementwise, and compiled.

    `additive` A = a r + b c + c0; `gain` A = r (a + b sigmoid(r c)) + c0; `bilinear`
    A = r (a + b c) + c0; `graetz` A = r (1/2 + sigmoid(2 r c)).
    """
    if law.form == ADDITIVE:
        return law.a * r + law.b * c + law.c0
    if law.form == GAIN:
        return r * (law.a + law.b * sigmoid(r * c)) + law.c0
    if law.form == BILINEAR:
        return r * (law.a + law.b * c) + law.c0
    return r * (0.5 + sigmoid(2.0 * r * c))


def drive_at(law: SwitchingLaw, v_sot: T, v_gate: T) -> tuple[T, T]:
    """Return the dimensionless (r, c) of volts at the junction: the inverse of a board's drive map.

    r = (V_SOT - v_c0) / k_V, c = (V_gate - v_g0) / k_G: of numbers, of arrays elementwise, and
    compiled.
    """
    return (v_sot - law.v_c0) / law.k_v, (v_gate - law.v_g0) / law.k_g


def p_sw(law: SwitchingLaw, r: T, c: T) -> T:
    """Return P_sw(r, c) = sigmoid(A(r, c)), clipped to [1e-6, 1 - 1e-6]."""
    clipped: T = np.minimum(np.maximum(sigmoid(surface(law, r, c)), P_MIN), 1.0 - P_MIN)
    return clipped


class VgsotActivation:
    """The surface A(r, c) and its slopes in one of four forms; satisfies `emulator.Activation`."""

    def __init__(self, params: VgsotParams) -> None:
        self._p = params
        self._law = params.switching

    def surface(self, r: Floats, c: Floats) -> Floats:
        """Return A(r, c), elementwise."""
        return surface(self._law, r, c)

    def theta(self, r: Floats, c: Floats) -> Floats:
        """Return P(y = +1), clipped to [1e-6, 1 - 1e-6]."""
        return p_sw(self._law, r, c)

    def receptive(self, theta: Floats, c: Floats) -> Floats:
        """Return the r at which theta(r, c) is `theta` in (0, 1), elementwise.

        r = (logit(theta) - b c - c0) / a. Raises `ConfigError` unless the form is additive: the
        others give a theta twice, or never.
        """
        p = self._p
        if p.form != "additive":
            raise ConfigError(
                f"mtj.form = {p.form}: a drive follows from a probability in the form 'additive' "
                "alone"
            )
        return (np.log(theta / (1.0 - theta)) - p.b * c - p.c0) / p.a

    def slope_r(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dr."""
        p = self._p
        if p.form == "additive":
            return np.full_like(r, p.a)
        if p.form == "bilinear":
            return p.a + p.b * c
        s = sigmoid(r * c if p.form == "gain" else 2.0 * r * c)
        if p.form == "gain":
            return p.a + p.b * s + r * p.b * s * (1.0 - s) * c
        return 0.5 + s + 2.0 * r * s * (1.0 - s) * c

    def slope_c(self, r: Floats, c: Floats) -> Floats:
        """Return dA/dc."""
        p = self._p
        if p.form == "additive":
            return np.full_like(c, p.b)
        if p.form == "bilinear":
            return p.b * r
        s = sigmoid(r * c if p.form == "gain" else 2.0 * r * c)
        return (p.b if p.form == "gain" else 2.0) * r * r * s * (1.0 - s)


def threshold(law: SwitchingLaw, v_sot: T, v_gate: T) -> T:
    """Return P_sw of P -> AP at volts as an integer: a 32-bit word below it switches.

    Of numbers, of arrays elementwise, and compiled; the bits are the same everywhere
    (`emulator.elementary`).
    """
    r, c = drive_at(law, v_sot, v_gate)
    return np.int64(np.rint(p_sw(law, r, c) * WHOLE))  # type: ignore[return-value]


def written(state: int, word: int, limit: int, redraws: bool) -> int:
    """Return the state after a write pulse: AP (1) if `word` lies below `limit`.

    Otherwise the junction stays as it was, or is P if every pulse draws the state anew.
    """
    kept = 0 if redraws else state
    return kept | (word < limit)


def after_reset(state: int, word: int, limit: int) -> int:
    """Return the state after a reset pulse: P (0) if `word` lies below `limit`."""
    return state & (word >= limit)


def reset_threshold(params: VgsotParams) -> int:
    """Return P(AP -> P) of a reset pulse from the fixed rail, as an integer threshold."""
    r = (params.v_reset - params.v_c0_ap) / params.k_v_ap
    return round(min(max(sigmoid(params.a * r + params.c0), P_MIN), 1.0 - P_MIN) * WHOLE)


def resistances(params: VgsotParams, v_read: float, r_series: float) -> tuple[float, float]:
    """Return (R_P, R_AP) in ohm as read from `v_read` over the junction and `r_series`.

    TMR(V) = TMR_0 / (1 + (V / V_h)^2) with V the voltage over the junction itself. A larger R_AP
    takes a larger V, which lowers TMR(V): the one solution is found by bisection.
    """
    low, high = params.r_p, params.r_p * (1.0 + params.tmr_0)
    for _ in range(60):
        r_ap = (low + high) / 2.0
        v = v_read * r_ap / (r_ap + r_series)
        if r_ap < params.r_p * (1.0 + params.tmr_0 / (1.0 + (v / params.v_h) ** 2)):
            low = r_ap
        else:
            high = r_ap
    return params.r_p, (low + high) / 2.0
