"""Several equal junctions as one source of noise: levels, rate of flips, and memory."""

from __future__ import annotations

import math

import numpy as np

from devices import DwellTimes, SmtjChain, SmtjParams, TelegraphGrid, chain_rate
from emulator import PS_PER_S, Config, ConfigError, PassGrid, nearest

from .quantity import Quantity

MOST = 12
STEPS = 5  # samples per correlation time
SAMPLES = 1 << 18
WHAT = ("equal levels", "distinct levels", "rate", "memory")


def chain_figure(config: Config, what: str, count: int) -> Quantity:
    """Return a figure of `count` junctions in series, beside that of one.

    `equal levels` and `distinct levels`: how many resistances there are if all junctions are alike
    and if none are. `rate`: how many times more often they flip. `memory`: how many times shorter
    the correlation time of their sum is, measured on a grid of exact telegraph noise. Raises
    `ConfigError` for anything else.
    """
    if not 1 <= count <= MOST:
        raise ConfigError(f"chain(): {count} junctions is outside [1, {MOST}]")
    junction = SmtjParams.from_card(config.node("noise.junction").card, "noise.junction")
    dwell = junction.dwell()
    match what:
        case "equal levels" | "distinct levels":
            spread = 1.0 + 0.1 * np.arange(float(count)) * float(what == "distinct levels")
            p = junction.r_p * spread
            ap = p * (1.0 + junction.tmr * spread**2)
            return Quantity(float(len(SmtjChain(p, ap).levels())))
        case "rate":
            return Quantity(chain_rate([dwell] * count) / dwell.rate)
        case "memory":
            return Quantity(dwell.tau_c / _correlation_time(dwell, count, config.seed))
    raise ConfigError(f"chain('{what}') is unknown{nearest(what, WHAT)}")


def _correlation_time(dwell: DwellTimes, count: int, seed: int) -> float:
    """Return the correlation time of the number of junctions in AP, from its autocorrelation."""
    dt_ps = round(dwell.tau_c / STEPS * PS_PER_S)
    looks = PassGrid(0, dt_ps, SAMPLES)
    total = TelegraphGrid(seed, "claims.chain", [dwell] * count).fill(looks).sum(axis=1)
    off = total - total.mean()
    rho = float((off[STEPS:] * off[:-STEPS]).mean() / off.var())
    return -STEPS * dt_ps / PS_PER_S / math.log(rho)
