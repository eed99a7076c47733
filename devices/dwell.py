"""Dwell times: what follows from how long a junction stays in P and in AP.

Two states with exponential dwell times of means tau_P and tau_AP (random telegraph noise):

    1 / tau_c = 1 / tau_P + 1 / tau_AP       correlation time, autocorrelation exp(-t / tau_c)
    P(P) = tau_P / (tau_P + tau_AP)          occupancy
    P(P -> AP in dt) = (tau_c / tau_P) (1 - exp(-dt / tau_c))

The last line is exact for any dt. S. Machlup, J. Appl. Phys. 25, 341 (1954).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError
from emulator.deviates import log
from emulator.elementary import exp

_TERMS = tuple(1.0 / math.factorial(k) for k in range(15, 0, -1))
_SMALL = 0.35


def rise(x: float) -> float:
    """Return 1 - e^-x of x >= 0 without cancellation, with the same bits everywhere."""
    if x > _SMALL:
        return 1.0 - exp(-x)
    total = 0.0
    for term in _TERMS:
        total = total * -x + term
    return total * x


def correlation_time(tau_p: float, tau_ap: float) -> float:
    """Return tau_c, 1 / tau_c = 1 / tau_P + 1 / tau_AP."""
    return tau_p / (1.0 + tau_p / tau_ap)


def flip_probability(tau: float, tau_c: float, dt: float) -> float:
    """Return P(in the other state after `dt`) from the state with mean dwell time `tau`."""
    return tau_c / tau * rise(dt / tau_c)


def check_time(where: str, seconds: float) -> float:
    """Return `seconds`; raises `ConfigError` unless it is positive and finite."""
    if not (math.isfinite(seconds) and seconds > 0.0):
        raise ConfigError(f"{where} = {seconds} s is not a positive, finite time")
    return seconds


@dataclass(frozen=True)
class DwellTimes:
    """Mean dwell times of one junction in P and in AP, in seconds.

    Raises `ConfigError` unless both are positive and finite.
    """

    tau_p: float
    tau_ap: float

    def __post_init__(self) -> None:
        check_time("tau_p", self.tau_p)
        check_time("tau_ap", self.tau_ap)

    @classmethod
    def of_flips(cls, p_to_ap: float, ap_to_p: float, dt: float) -> Self:
        """Return the dwell times of a chain with these flip probabilities per step of `dt` s.

        The inverse of `flips`: P(P -> AP) + P(AP -> P) = 1 - exp(-dt / tau_c), and the dwell times
        are as the inverse probabilities. Raises `ConfigError` unless both are positive and their
        sum is below 1: no telegraph noise, however fast, exceeds that on a grid.
        """
        check_time("dt", dt)
        total = p_to_ap + ap_to_p
        if not (p_to_ap > 0.0 and ap_to_p > 0.0 and total < 1.0):
            raise ConfigError(
                f"flip probabilities {p_to_ap} and {ap_to_p} per sample: both must be positive and "
                "their sum below 1"
            )
        tau_c = -dt / math.log1p(-total)
        return cls(tau_c * total / p_to_ap, tau_c * total / ap_to_p)

    @property
    def tau_c(self) -> float:
        """Correlation time in seconds."""
        return correlation_time(self.tau_p, self.tau_ap)

    @property
    def tau(self) -> float:
        """Mean dwell time over both states, (tau_P + tau_AP) / 2, in seconds."""
        return (self.tau_p + self.tau_ap) / 2.0

    @property
    def rate(self) -> float:
        """Flips per second, 1 / tau."""
        return 1.0 / self.tau

    @property
    def occupancy_p(self) -> float:
        """Share of the time spent in P."""
        return self.tau_p / (self.tau_p + self.tau_ap)

    def flips(self, dt: float) -> tuple[float, float]:
        """Return P(P -> AP) and P(AP -> P) over `dt` seconds; raises `ConfigError` if dt <= 0."""
        check_time("dt", dt)
        tau_c = self.tau_c
        return flip_probability(self.tau_p, tau_c, dt), flip_probability(self.tau_ap, tau_c, dt)

    def autocorrelation(self, t: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the correlation of the state with itself `t` seconds later, exp(-|t| / tau_c)."""
        return np.exp(-np.abs(t) / self.tau_c)


def log_ratio(dwell: DwellTimes) -> float:
    """Return ln(tau_P / tau_AP): 4 Delta h for small biases (`devices.smtj`)."""
    return log(dwell.tau_p / dwell.tau_ap)
