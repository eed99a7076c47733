"""Two looks at a junction, `dt` apart, sample after sample: how often they see the same state.

With occupancies p_P, p_AP and g = exp(-dt / tau_c), a pair of looks differs with probability

    d = 2 p_P p_AP (1 - g)

and pairs that begin 2 dt apart are correlated: the state between them is the same chain. With
T = T(dt) the transition matrix of one step, two pairs k samples apart both differ with probability
sum_ab p_a T_a!a (T^(2k - 1))_!ab T_b!b, !a the other state. The variance of the share over n
samples follows from that, exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

from .dwell import DwellTimes


def pair_difference(dwell: DwellTimes, dt: float) -> float:
    """Return the probability that two looks `dt` s apart see different states."""
    forth, _ = dwell.flips(dt)
    return 2.0 * dwell.occupancy_p * forth


def same_share(dwell: DwellTimes, dt: float, nodes: int) -> float:
    """Return the probability that none of `nodes` junctions differs between two looks."""
    return (1.0 - pair_difference(dwell, dt)) ** nodes


def same_error(dwell: DwellTimes, dt: float, nodes: int, samples: int) -> float:
    """Return the standard error of that share over `samples` consecutive pairs of looks.

    Two pairs of one junction are both alike with probability 1 - 2 d + P(both differ); those of
    different junctions are independent. Raises `ConfigError` without any.
    """
    if samples < 1 or nodes < 1:
        raise ConfigError(f"{samples} samples of {nodes} junctions are no pairs")
    d, share = pair_difference(dwell, dt), same_share(dwell, dt, nodes)
    total = share * (1.0 - share)
    for lag, both in enumerate(_together(dwell, dt, samples), start=1):
        total += 2.0 * (1.0 - lag / samples) * ((1.0 - 2.0 * d + both) ** nodes - share**2)
    return math.sqrt(max(total, 0.0) / samples)


def _together(dwell: DwellTimes, dt: float, samples: int) -> list[float]:
    """Return the probability that two pairs 1, 2, .. samples apart differ both.

    The list ends where what is left of the correlation no longer shows.
    """
    forth, back = dwell.flips(dt)
    step: NDArray[np.float64] = np.array([[1.0 - forth, forth], [back, 1.0 - back]])
    left = np.array([dwell.occupancy_p * forth, (1.0 - dwell.occupancy_p) * back])[::-1]
    right, decay = np.array([forth, back]), 1.0 - forth - back
    found, between = [], step
    for lag in range(1, samples):
        found.append(float(left @ between @ right))
        if decay ** (2 * lag) < 1e-12:
            break
        between = between @ step @ step
    return found
