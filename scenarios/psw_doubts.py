"""What casts doubt on a fitted switching curve: its deviance, its trials, its critical voltage."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from devices.psw_fit import PswCounts, PswFit

from .psw_points import PswPoints
from .reach import Range

UNLIKELY = 5.0  # standard deviations of chi^2: a deviance beyond says that the law does not hold
CHANCE = 2.9e-7  # one-sided, of a normal distribution at as many
EXPECTED = 5.0  # trials of either outcome from which on a point's deviance follows chi^2


def doubts_of_deviance(fit: PswFit, counts: PswCounts) -> list[str]:
    """Return a warning for a deviance that chance does not explain, too large or too small."""
    freedom = fit.points - fit.unknowns
    told = f"a deviance of {fit.deviance:.3g} for {freedom} degrees of freedom: "
    if fit.deviance > largest_deviance(fit):
        return [f"{told}the points do not follow the fitted law within their error bars"]
    if fit.deviance < smallest_deviance(fit, counts):
        return [
            f"{told}the points scatter less than so few trials can; is n smaller than the number "
            "of trials behind p_sw, or p_sw smoothed? The intervals are too wide then"
        ]
    return []


def largest_deviance(fit: PswFit) -> float:
    """Return the largest deviance that chance explains: mean and `UNLIKELY` sigma of chi^2."""
    freedom = max(fit.points - fit.unknowns, 1)
    return float(freedom + UNLIKELY * np.sqrt(2.0 * freedom))


def smallest_deviance(fit: PswFit, counts: PswCounts) -> float:
    """Return the smallest deviance that chance explains: the `CHANCE` quantile of chi^2.

    Only points with `EXPECTED` trials or more of either outcome count (W. G. Cochran, Biometrics
    10, 417 (1954)): the deviance of the others may be as small as it likes. Every unknown may have
    taken one degree of freedom from them.
    """
    p = fit.probability(counts.r, counts.c, counts.device)
    rarer = counts.trials * np.minimum(p, 1.0 - p)
    freedom = int(np.count_nonzero(rarer >= EXPECTED)) - fit.unknowns
    return float(chdtri(freedom, 1.0 - CHANCE)) if freedom > 0 else 0.0


def doubts_of_trials(points: PswPoints) -> list[str]:
    """Return a warning if shares are none of as many trials as they are said to come from."""
    places = points.fractions()
    if not places:
        return []
    p, n = points.p_sw[places[0]], points.n[places[0]]
    return [
        f"p_sw * n is no whole number in {len(places)} of {len(points)} points (the first: {p:g} * "
        f"{n} = {p * n:.6g}): n is not the number of trials behind p_sw, and the intervals are not "
        "to be trusted"
    ]


def doubts_of_reach(v_c: float, volts: Range, board: str) -> list[str]:
    """Return a warning for a critical voltage outside the `volts` that `board` delivers."""
    low, high = volts
    if low <= v_c <= high:
        return []
    return [
        f"the fitted critical voltage of {v_c:.3g} V lies beyond the reach of board={board}, which "
        f"delivers {low:.3g} .. {high:.3g} V as configured: at mtj.v_g0 no drive gives P_sw = 1/2"
    ]
