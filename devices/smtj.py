"""sMTJ: how long a superparamagnetic junction stays in P and in AP.

Neel and Arrhenius with a bias by field and by spin-transfer torque,

    tau_P,AP = tau_0 exp[Delta (1 +- h)^2 (1 +- i)],  h = (H - H_0) / H_k,  i = I / I_c,

the upper sign for P: a positive field or current makes P the more stable state. The exponent of
(1 +- i) is 1 below the critical current (T. Taniguchi and H. Imamura, arXiv 1211.5818). For small
biases ln(tau_P / tau_AP) = 4 Delta h + 2 Delta i = (H - H_0) / H_T + 2 Delta i, with the thermal
field H_T = H_k / (4 Delta), the one that a measurement of the occupancy gives. Delta = E_b / (k_B
T): the barrier E_b is a constant of the junction, H_k too.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from emulator import PS_PER_S, ConfigError, Ohm, Params, Ratio, Time
from emulator.elementary import exp
from emulator.params import Dimension

from .dwell import DwellTimes

Tesla = Annotated[float, Dimension("T")]
Ampere = Annotated[float, Dimension("A")]
Kelvin = Annotated[float, Dimension("K")]
HIGHEST = 80.0  # barrier in k_B T: beyond, a junction does not flip within the age of the universe


class BarrierLaw(NamedTuple):
    """What decides on dwell times at one temperature; compiled, a row of an array has its fields.

    `tau_0` in s, `delta` in k_B T, fields `h_k` and `h_0` in tesla (mu_0 H), `i_c` in ampere.
    """

    tau_0: float
    delta: float
    h_k: float
    h_0: float
    i_c: float


def dwell_times(law: BarrierLaw, field: float, current: float) -> tuple[float, float]:
    """Return (tau_P, tau_AP) in seconds at `field` (tesla) and `current` (ampere).

    Valid for |field - h_0| < h_k and |current| < i_c, where both barriers exist. Of numbers, and
    compiled; the bits are the same everywhere (`emulator.elementary`).
    """
    h, i = (field - law.h_0) / law.h_k, current / law.i_c
    p = law.delta * (1.0 + h) * (1.0 + h) * (1.0 + i)
    ap = law.delta * (1.0 - h) * (1.0 - h) * (1.0 - i)
    return law.tau_0 * exp(p), law.tau_0 * exp(ap)


class SmtjParams(Params):
    """One kind of superparamagnetic junction.

    Resistances are those at the divider's low voltage (0.1 to 0.2 V): TMR(V) is not modelled.
    """

    r_p: Ohm = Field(gt=0)
    tmr: Ratio = Field(gt=0)
    tau_0: Time = Field(gt=0)
    delta: Ratio = Field(gt=0, le=HIGHEST)
    t_ref: Kelvin = Field(gt=0, le=1000)
    temperature: Kelvin = Field(gt=0, le=1000)
    mu0_h_t: Tesla = Field(gt=0, le=1)
    mu0_h_0: Tesla = Field(ge=-10, le=10)
    i_c: Ampere = Field(gt=0, le=1)

    @property
    def r_ap(self) -> float:
        """Resistance in the antiparallel state, r_p (1 + tmr)."""
        return self.r_p * (1.0 + self.tmr)

    @property
    def law(self) -> BarrierLaw:
        """The law at `temperature`; raises `ConfigError` where the barrier passes `HIGHEST`."""
        delta = self.delta * self.t_ref / self.temperature
        if delta > HIGHEST:
            raise ConfigError(
                f"SmtjParams.temperature = {self.temperature:g} K makes the barrier {delta:.3g} "
                f"k_B T, more than {HIGHEST:g}: this junction does not flip"
            )
        h_k = 4.0 * self.delta * self.mu0_h_t
        return BarrierLaw(self.tau_0 / PS_PER_S, delta, h_k, self.mu0_h_0, self.i_c)

    def dwell(self, field: float = 0.0, current: float = 0.0) -> DwellTimes:
        """Return the dwell times at `field` (tesla, mu_0 H) and `current` (ampere).

        Raises `ConfigError` where a bias leaves no barrier between the states.
        """
        law = self.law
        for name, value, limit, unit in (
            ("field", field - law.h_0, law.h_k, "T"),
            ("current", current, law.i_c, "A"),
        ):
            if not abs(value) < limit:
                raise ConfigError(
                    f"{name} = {value:g} {unit} is outside (-{limit:g}, {limit:g}) {unit}: beyond, "
                    "one state is no longer stable and there is no telegraph noise"
                )
        return DwellTimes(*map(float, dwell_times(law, field, current)))
