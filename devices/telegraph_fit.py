"""Levels, noise and dwell times of a recording of telegraph noise, by maximum likelihood.

The model is that of the noise itself: two levels with Gaussian noise of one sigma, and a chain that
flips with constant probabilities per sample. Dwell times follow by the exact law of the sampling
grid (`DwellTimes.of_flips`), so flips that come and go between two samples are accounted for, and
so are samples that noise has moved over the middle. A few steps of expectation and maximisation
come close to the maximum, Newton's method ends there; errors are those of the observed information.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator import DataError

from .dwell import DwellTimes
from .recording import Recording
from .telegraph_steps import Chain, Steps, steps

Floats = NDArray[np.float64]
EM_STEPS, NEWTON_STEPS = 20, 20
NEAR = 1.0  # nats that a step of expectation gains once Newton may take over
CLOSE = 1e-6  # nats that a further step would gain
PROBE = 1e-4  # standard errors' worth of a step, for slopes of the gradient
GAIN = 25.0  # nats by which two levels must beat one
FLIPS = 10  # fewer in a recording say nothing about dwell times


NAMES = ("low", "high", "sigma", "up", "down", "tau_low", "tau_high", "tau_c")


class Estimate(NamedTuple):
    """A number with its standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class TelegraphFit:
    """What a recording tells: levels and sigma in its own unit, times in seconds.

    `up` and `down` are the flip probabilities per sample from the low and from the high level.
    `dispersion_low` and `_high` compare the spread of complete dwells with that of exponential ones
    seen on the grid: 1 where the law holds, and less where levels overlap so that short dwells pass
    unseen. `states` is the likelier state of every sample (1 is
    high).
    """

    low: Estimate
    high: Estimate
    sigma: Estimate
    up: Estimate
    down: Estimate
    tau_low: Estimate
    tau_high: Estimate
    tau_c: Estimate
    dispersion_low: Estimate
    dispersion_high: Estimate
    flips: int
    dt: float
    name: str
    states: NDArray[np.uint8]

    @property
    def dwell(self) -> DwellTimes:
        """The dwell times, the low level taken for P (a junction of low resistance)."""
        return DwellTimes(self.tau_low.value, self.tau_high.value)


def fit_telegraph(recording: Recording) -> TelegraphFit:
    """Return the model under which a recording is most likely.

    Raises `DataError` if it has one level only, fewer than ten flips, or flips so fast that its
    samples do not tell dwell times.
    """
    centre, width = float(recording.v.mean()), float(recording.v.std())
    v: Floats = (np.asarray(recording.v, dtype=np.float64) - centre) / width
    states = np.zeros(v.size, dtype=np.uint8)

    def count(theta: Floats) -> Steps:
        return steps(v, _chain(theta), states)

    theta, likelihood = _theta(_first_guess(v, recording.name)), -math.inf
    for _ in range(EM_STEPS):
        found = count(theta)
        theta, gain = _theta(_maximise(found)), found.likelihood - likelihood
        likelihood = found.likelihood
        if gain < NEAR:
            break
    theta, covariance = _climb(theta, count, recording.name)
    _check(v, count(theta), states, recording)
    return _report(theta, covariance, states, recording, (centre, width))


def runs(states: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lengths in samples of all complete dwells in state 0 and in state 1."""
    edges = np.flatnonzero(np.diff(states)) + 1
    lengths = np.diff(edges)
    first = int(states[edges[0]]) if edges.size else 0
    return lengths[first::2], lengths[1 - first :: 2]


def _chain(theta: Floats) -> Chain:
    low, high, log_sigma, up, down = theta.tolist()
    return Chain(low, high, math.exp(log_sigma), _sigmoid(up), _sigmoid(down))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))


def _theta(chain: Chain) -> Floats:
    """Return the unknowns: levels, ln sigma and the logits of the flip probabilities."""
    low, high, sigma, up, down = chain
    return np.array([low, high, math.log(sigma), *(math.log(p / (1.0 - p)) for p in (up, down))])


def _first_guess(v: Floats, name: str) -> Chain:
    """Return two levels by two-means, and how often the middle between them is passed.

    It starts from the middle of the extremes and from that of all but a thousandth at either end,
    and keeps the likelier: a rare state is not lost, nor a glitch taken for a level.
    """
    ends = (float(v.min()), float(v.max())), np.quantile(v, [1e-3, 1.0 - 1e-3]).tolist()
    found = [_two_means(v, sum(pair) / 2.0) for pair in ends]
    guesses = [chain for chain in found if chain is not None]
    if not guesses:
        raise DataError(f"{name}: one level only")
    states = np.empty(v.size, dtype=np.uint8)
    return max(guesses, key=lambda chain: steps(v, chain, states).likelihood)


def _two_means(v: Floats, middle: float) -> Chain | None:
    """Return the chain that a threshold sees which settles from `middle`; None if it sees none."""
    for _ in range(50):
        above = v > middle
        if not 0 < above.sum() < v.size:
            return None
        low, high = float(v[~above].mean()), float(v[above].mean())
        before, middle = middle, (low + high) / 2.0
        if middle == before:
            break
    sigma = max(float(np.where(above, v - high, v - low).std()), 1e-9)
    flips = np.diff(above.astype(np.int8))
    up, down = (flips > 0).sum() / (~above).sum(), (flips < 0).sum() / above.sum()
    return Chain(low, high, sigma, *(float(np.clip(p, 1e-9, 0.4)) for p in (up, down)))


def _maximise(found: Steps) -> Chain:
    """Return the most likely chain for expected counts: the M step."""
    low, high = (found.sums / found.samples).tolist()
    within = found.squares.sum() - (found.sums**2 / found.samples).sum()
    sigma = math.sqrt(max(within / found.samples.sum(), 1e-18))
    up, down = (found.moves[[0, 1], [1, 0]] / found.moves.sum(axis=1)).tolist()
    up, down = (min(max(p, 1e-12), 1.0 - 1e-12) for p in (up, down))
    return Chain(low, high, sigma, up, down)


def _slope(theta: Floats, found: Steps) -> Floats:
    """Return the gradient of the log likelihood: that of the expected complete one (Fisher)."""
    chain = _chain(theta)
    levels, variance = np.array([chain.low, chain.high]), chain.sigma**2
    by_level = (found.sums - found.samples * levels) / variance
    squares = found.squares - 2.0 * levels * found.sums + levels**2 * found.samples
    flips = np.array([chain.up, chain.down])
    by_logit = found.moves[[0, 1], [1, 0]] - flips * found.moves.sum(axis=1)
    by_sigma = squares.sum() / variance - found.samples.sum()
    return np.concatenate([by_level, [by_sigma], by_logit])


def _climb(theta: Floats, count: Callable[[Floats], Steps], name: str) -> tuple[Floats, Floats]:
    """Return the maximum and the covariance there; raises `DataError` if there is none."""
    for _ in range(NEWTON_STEPS):
        found = count(theta)
        slope, information = _slope(theta, found), _information(theta, found, count)
        try:
            np.linalg.cholesky(information)
        except np.linalg.LinAlgError:  # not concave here: another step of expectation
            theta = _theta(_maximise(found))
            continue
        step = np.linalg.solve(information, slope)
        if slope @ step < CLOSE:
            return theta, np.asarray(np.linalg.inv(information), dtype=np.float64)
        theta = theta + step / max(1.0, float(np.abs(step[2:]).max()))
    raise DataError(
        f"{name}: two levels cannot be told apart, or there is no noise on them (a coarse "
        "converter, made-up values): the estimate wants some"
    )


def _information(theta: Floats, found: Steps, count: Callable[[Floats], Steps]) -> Floats:
    """Return the observed information, by central differences of the gradient."""
    chain = _chain(theta)
    moves, flips = found.moves.sum(axis=1), np.array([chain.up, chain.down])
    complete = np.concatenate(
        [found.samples / chain.sigma**2, [2.0 * found.samples.sum()], moves * flips * (1 - flips)]
    )
    information = np.empty((theta.size, theta.size))
    for k, step in enumerate(PROBE / np.sqrt(complete)):
        there = np.zeros(theta.size)
        there[k] = step
        ahead, behind = (_slope(theta + s * there, count(theta + s * there)) for s in (1.0, -1.0))
        information[:, k] = (behind - ahead) / (2.0 * step)
    return (information + information.T) / 2.0


def _check(v: Floats, found: Steps, states: NDArray[np.uint8], recording: Recording) -> None:
    """Raise `DataError` unless this is telegraph noise that the sampling resolves."""
    one_level = -0.5 * v.size  # of v itself, whose variance is 1; constants as in `forward`
    if found.likelihood < one_level + GAIN:
        raise DataError(f"{recording.name}: one level only: a second makes it no more likely")
    flips = int(np.count_nonzero(np.diff(states)))
    if flips < FLIPS:
        raise DataError(
            f"{recording.name}: {flips} flips in {len(recording) * recording.dt:.3g} s say nothing "
            f"about dwell times; {FLIPS} are needed"
        )


def _report(
    theta: Floats, covariance: Floats, states: NDArray[np.uint8], recording: Recording,
    unit: tuple[float, float],
) -> TelegraphFit:  # fmt: skip
    """Return everything in the units of the recording, errors linearised."""
    centre, width = unit
    dt = recording.dt

    def outcome(at: Floats) -> Floats:
        chain = _chain(at)
        dwell = DwellTimes.of_flips(chain.up, chain.down, dt)
        levels = centre + width * chain.low, centre + width * chain.high, width * chain.sigma
        times = dwell.tau_p, dwell.tau_ap, dwell.tau_c
        return np.array([*levels, chain.up, chain.down, *times])

    chain, errors = _chain(theta), np.sqrt(np.diag(covariance))
    if chain.up + chain.down >= 1.0 - 2.0 * (chain.up + chain.down) * float(errors[3:].max()):
        raise DataError(
            f"{recording.name}: neighbouring samples do not remember each other: the sampling rate "
            f"of {1 / dt:g} Hz is too low to tell dwell times"
        )
    slopes = [(outcome(theta + e) - outcome(theta - e)) / 2e-6 for e in 1e-6 * np.eye(theta.size)]
    jacobian = np.array(slopes).T
    found = np.sqrt(np.diag(jacobian @ covariance @ jacobian.T))
    pairs = zip(NAMES, outcome(theta).tolist(), found.tolist(), strict=True)
    low, high = (_dispersion(lengths) for lengths in runs(states))
    return TelegraphFit(
        **{name: Estimate(value, error) for name, value, error in pairs},
        dispersion_low=low,
        dispersion_high=high,
        flips=int(np.count_nonzero(np.diff(states))),
        dt=dt,
        name=recording.name,
        states=states,
    )


def _dispersion(lengths: NDArray[np.int64]) -> Estimate:
    """Return var / (mean^2 - mean) of dwells in samples: 1 for a geometric law.

    Its error is that of many dwells of this mean under the law.
    """
    n, mean = lengths.size, float(lengths.mean()) if lengths.size else 0.0
    if n < 2 or mean <= 1.0:
        return Estimate(math.nan, math.nan)
    p = 1.0 / mean
    variance, third = (1.0 - p) / p**2, (1.0 - p) * (2.0 - p) / p**3
    fourth = variance**2 * (9.0 + p * p / (1.0 - p))
    ratio = float(lengths.var(ddof=1)) / (mean * mean - mean)
    by_variance, by_mean = 1.0 / variance, -(2.0 * mean - 1.0) / variance
    error = by_variance**2 * (fourth - variance**2) + by_mean**2 * variance
    return Estimate(ratio, math.sqrt((error + 2.0 * by_variance * by_mean * third) / n))
