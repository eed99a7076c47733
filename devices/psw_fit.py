"""The fit of a switching surface to measured switching probabilities, by maximum likelihood.

Of device n, k of m trials at (r, c) ended in AP. The law is that of `devices.vgsot`,

    P_n(r, c) = clip(sigmoid(a r + b c + c0) + delta_n, 0, 1),  k ~ Binomial(m, P_n),

with one offset per device. Offsets are free: that they move the plateaus of a curve, and c0 its
middle, tells them apart, so c0 carries no error from the offsets that happened to be drawn.

Two numbers keep the likelihood regular. The clip is rounded over a tenth of a trial of a point
(`_rounding`), and P stays within [1e-6, 1 - 1e-6] (`vgsot.P_MIN`), so that a single failed reset or
misread cannot rule out a curve. Fisher scoring with Marquardt's damping comes close to the maximum
under a softer clip, the quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno ends there.
Errors are those of the Fisher information. For (a, b, c0) its clip is rounded over one whole trial:
points in the corner would otherwise claim to know it better than their counts can (without this,
95 % intervals of simulated boards held 92 %).

P. McCullagh and J. A. Nelder, "Generalized Linear Models", 2nd ed. (1989), section 2.5 (scoring).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import chdtri, xlogy

from emulator import DataError
from emulator.elementary import sigmoid

from .vgsot import P_MIN

Floats = NDArray[np.float64]
CURVE = ("a", "b", "c0")
NORMAL = 1.959964  # 95 % of a normal distribution lie within +- this
SOFT = (1e-1, 1e-2)  # roundings of the clip while the curve settles
ROUNDED = (1e-5, 1e-3)  # the range of the last one
BLUR = 10.0  # the information of (a, b, c0) is taken at so many times that
LIMIT = 200  # steps of scoring; 10 are usual
CLOSE = 1e-5  # nats that a further step of scoring would gain
FLAT = 1e-2  # slope at the maximum, in nats per standard error; 1e-4 is asked for
BEYOND = 1e5  # condition of the scaled information beyond which something is not determined


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PswCounts:
    """Measured points, arrays of equal length: drives, the device (0, 1, ..), counts.

    `switched` of `trials` trials ended in AP; shares of a trial are allowed (averaged data).
    """

    r: Floats
    c: Floats
    device: NDArray[np.int64]
    switched: Floats
    trials: Floats

    @property
    def devices(self) -> int:
        """How many devices were measured."""
        return int(self.device.max(initial=-1)) + 1


@dataclass(frozen=True)
class PswFit:
    """What was found: (a, b, c0) with their covariance, shape (3, 3), and every device's offset.

    `deviance` is twice the log likelihood ratio against a curve through every point; close to the
    number of points less the unknowns, or below, where the law holds. `evaluations` counts how
    often the likelihood was computed over all points.
    """

    curve: Floats
    covariance: Floats
    offsets: Floats
    offset_errors: Floats
    deviance: float
    points: int
    evaluations: int

    @property
    def unknowns(self) -> int:
        """How many numbers were fitted."""
        return len(CURVE) + len(self.offsets)

    def of(self, name: str) -> Interval:
        """Return `a`, `b` or `c0`."""
        place = CURVE.index(name)
        return self.derived(float(self.curve[place]), np.eye(len(CURVE))[place])

    def derived(self, value: float, gradient: Floats) -> Interval:
        """Return a quantity from its value and its gradient along (a, b, c0), linearised."""
        half = NORMAL * float(np.sqrt(gradient @ self.covariance @ gradient))
        return Interval(float(value), float(value) - half, float(value) + half)

    def probability(self, r: Floats, c: Floats, device: NDArray[np.int64]) -> Floats:
        """Return the fitted P_sw, elementwise."""
        a, b, c0 = self.curve
        theta = sigmoid(a * r + b * c + c0)
        p: Floats = np.clip(theta + self.offsets[device], 0.0, 1.0)
        return p

    def sigma(self) -> Interval:
        """Return the spread between devices (see `spread`)."""
        return spread(self.offsets, self.offset_errors)


class State(NamedTuple):
    """Estimates, their log likelihood, its gradient and Fisher information."""

    estimate: Floats
    likelihood: float
    score: Floats
    information: Floats


def fit_psw(counts: PswCounts) -> PswFit:
    """Return the curve and the offsets under which `counts` are most likely.

    Raises `DataError` if the points do not determine them.
    """
    _check(counts)
    estimate = np.concatenate([_first_guess(counts), np.zeros(counts.devices)])
    width, evaluations = _rounding(counts), 0
    with np.errstate(over="ignore", invalid="ignore"):  # a step out of all bounds is not taken
        for climb, rounding in ((_score, SOFT[0]), (_score, SOFT[1]), (_polish, width)):
            estimate, used = climb(estimate, counts, rounding)
            evaluations += used
    sharp, blurred = (_evaluate(estimate, counts, w) for w in (width, width * BLUR))
    covariance, n = _inverse(blurred.information), len(CURVE)
    if abs(estimate[0]) < NORMAL * np.sqrt(covariance[0, 0]):  # a step, or no curve at all
        raise DataError(UNDETERMINED)
    return PswFit(
        curve=estimate[:n],
        covariance=covariance[:n, :n],
        offsets=estimate[n:],
        offset_errors=np.sqrt(np.diag(_inverse(sharp.information))[n:]),
        deviance=2.0 * (_saturated(counts) - sharp.likelihood),
        points=len(counts.r),
        evaluations=evaluations + 2,
    )


def spread(offsets: Floats, errors: Floats) -> Interval:
    """Return sigma of offsets ~ N(0, sigma^2) that are known with `errors`, and its 95 % interval.

    Q(sigma) = sum offset^2 / (sigma^2 + error^2) follows chi^2 with one degree of freedom per
    device (their mean is 0 by the law, none is spent on it). The estimate solves Q = n, the bounds
    Q = its 97.5 and 2.5 % quantiles; no solution means 0. (R. C. Paule and J. Mandel, J. Res. NBS
    87, 377 (1982).) A spread above 1 is no spread of probabilities: the bounds end there.
    """
    n = len(offsets)
    wanted = (float(n), float(chdtri(n, 0.025)), float(chdtri(n, 0.975)))
    return Interval(*(_spread_at(q, offsets, errors) for q in wanted))


def _spread_at(wanted: float, offsets: Floats, errors: Floats) -> float:
    """Return the sigma in [0, 1] at which Q falls to `wanted`, by bisection."""
    low, high = 0.0, 1.0
    if np.sum(offsets**2 / errors**2) <= wanted:
        return 0.0
    for _ in range(50):
        middle = (low + high) / 2.0
        if np.sum(offsets**2 / (middle**2 + errors**2)) > wanted:
            low = middle
        else:
            high = middle
    return high


def _check(counts: PswCounts) -> None:
    """Raise `DataError` if the points are too few, lie on one line, or have one outcome alone."""
    points, unknowns = len(counts.r), len(CURVE) + counts.devices
    if points < unknowns:
        raise DataError(
            f"{points} points cannot give {unknowns} unknowns: a, b, c0 and the offset of each of "
            f"{counts.devices} devices"
        )
    for values, line, name in ((counts.r, "V_SOT", "a"), (counts.c, "V_gate", "b")):
        if np.ptp(values) == 0.0:
            raise DataError(f"all points have the same {line}: they say nothing about {name}")
    for share, others in ((0, counts.switched), (1, counts.trials - counts.switched)):
        if not others.any():
            raise DataError(f"p_sw is {share} at all points: no V_SOT is near the critical one")


def _first_guess(counts: PswCounts) -> Floats:
    """Return (a, b, c0) by least squares on the empirical logits, offsets ignored."""
    k, m = counts.switched, counts.trials
    logits = np.log((k + 0.5) / (m - k + 0.5))
    design = np.stack([counts.r, counts.c, np.ones(len(k))], axis=1)
    guess: Floats = np.linalg.lstsq(design, logits)[0]
    return guess


def _rounding(counts: PswCounts) -> float:
    """Return over how much of P the clip is rounded in the end."""
    return float(np.clip(0.1 / np.mean(counts.trials), *ROUNDED))


def _score(estimate: Floats, counts: PswCounts, width: float) -> tuple[Floats, int]:
    """Climb by Fisher scoring; return where to, and after how many evaluations.

    Raises `DataError` if there is no maximum.
    """
    damping, state = 1e-3, _evaluate(estimate, counts, width)
    for used in range(1, LIMIT):
        damped = state.information + damping * np.diag(np.diag(state.information))
        try:
            step = np.linalg.solve(damped, state.score)
        except np.linalg.LinAlgError:
            break
        if state.score @ step < CLOSE:
            return state.estimate, used
        tried = _evaluate(state.estimate + step, counts, width)
        better = tried.likelihood > state.likelihood
        damping = max(damping / 10.0, 1e-9) if better else max(damping * 10.0, 1e-6)
        state = tried if better else state
    raise DataError(UNDETERMINED)


def _polish(estimate: Floats, counts: PswCounts, width: float) -> tuple[Floats, int]:
    """Climb to the maximum in units of the standard errors; raises `DataError` if there is none."""
    errors = np.linalg.cholesky(_inverse(_evaluate(estimate, counts, SOFT[-1]).information))

    def below(step: Floats) -> tuple[float, Floats]:
        state = _evaluate(estimate + errors @ step, counts, width)
        return -state.likelihood, -(errors.T @ state.score)

    found = minimize(below, np.zeros(len(estimate)), jac=True, method="BFGS",
                     options={"gtol": FLAT / 100.0})  # fmt: skip
    if not np.abs(found.jac).max() < FLAT:
        raise DataError(UNDETERMINED)
    return estimate + errors @ found.x, int(found.nfev) + 1


UNDETERMINED = (
    "the points do not determine a, b, c0 and the offsets: each device needs points between "
    "P_sw = 0 and 1, at two gate voltages or more"
)


def _evaluate(estimate: Floats, counts: PswCounts, width: float) -> State:
    """Return log likelihood (without the binomial coefficients), score and information."""
    p, slopes = _model(estimate, counts, width)
    k, m = counts.switched, counts.trials
    weight = 1.0 / (p * (1.0 - p))
    likelihood = float(np.sum(k * np.log(p) + (m - k) * np.log1p(-p)))
    score = slopes.T @ ((k - m * p) * weight)
    information = (slopes * (m * weight)[:, None]).T @ slopes
    return State(estimate, likelihood, score, information)


def _model(estimate: Floats, counts: PswCounts, width: float) -> tuple[Floats, Floats]:
    """Return P of every point and its slopes along the unknowns, shape (points, unknowns).

    The clip of x to [0, 1] is w ln(1 + e^(x/w)) - w ln(1 + e^((x - 1)/w)).
    """
    n = len(CURVE)
    theta = sigmoid(estimate[0] * counts.r + estimate[1] * counts.c + estimate[2])
    x = theta + estimate[n:][counts.device]
    inside = 1.0 - 2.0 * P_MIN
    p = P_MIN + inside * width * (np.logaddexp(0, x / width) - np.logaddexp(0, (x - 1.0) / width))
    along = inside * (sigmoid(x / width) - sigmoid((x - 1.0) / width))
    slopes = np.zeros((len(x), len(estimate)))
    rows = np.arange(len(x))
    slopes[:, 2] = theta * (1.0 - theta) * along
    slopes[:, 0], slopes[:, 1] = slopes[:, 2] * counts.r, slopes[:, 2] * counts.c
    slopes[rows, n + counts.device] = along
    return p, slopes


def _saturated(counts: PswCounts) -> float:
    """Return the log likelihood of a curve through every point."""
    k, m = counts.switched, counts.trials
    return float(np.sum(xlogy(k, k / m) + xlogy(m - k, 1.0 - k / m)))


def _inverse(information: Floats) -> Floats:
    """Return the covariance; raises `DataError` if something is not determined."""
    scale = np.sqrt(np.diag(information))
    if not (scale > 0.0).all():
        raise DataError(UNDETERMINED)
    scaled = information / np.outer(scale, scale)
    if not np.linalg.cond(scaled) < BEYOND:
        raise DataError(UNDETERMINED)
    covariance: Floats = np.linalg.inv(scaled) / np.outer(scale, scale)
    return covariance
