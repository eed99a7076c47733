"""Expected counts of a two-state hidden Markov chain: one pass of the forward-backward recursion.

L. E. Baum et al., Ann. Math. Stat. 41, 164 (1970), with the scaling of L. R. Rabiner, Proc. IEEE
77, 257 (1989). A long recording is taken in blocks that begin anew: one step in a million is lost.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.kernels import Kernel

BLOCK = 1 << 20  # samples
FLOOR = 1e-300  # of a density, so that a glitch far from both levels rules out neither

Floats = NDArray[np.float64]


class Chain(NamedTuple):
    """Levels, their common Gaussian spread, and the flip probabilities per sample."""

    low: float
    high: float
    sigma: float
    up: float
    down: float


class Steps(NamedTuple):
    """Log likelihood; expected samples, sum and sum of squares per state; expected transitions.

    All arrays of shape (2,), `moves` (2, 2): from, to.
    """

    likelihood: float
    samples: Floats
    sums: Floats
    squares: Floats
    moves: Floats


def density(v: float, level: float, sigma: float) -> float:
    """Return a Gaussian density times sqrt(2 pi), a factor that all likelihoods here leave out."""
    z = (v - level) / sigma
    return max(math.exp(-0.5 * z * z), FLOOR) / sigma


def forward(v: Any, chain: Any, ahead: Floats) -> float:
    """Write P(high at i | samples up to i) to `ahead`; return the log likelihood."""
    low, high, sigma, up, down = chain
    total, scale, p = 0.0, 1.0, up / (up + down)
    for i in range(v.size):
        if i:
            p = p * (1.0 - down) + (1.0 - p) * up
        here = p * density(v[i], high, sigma)
        there = (1.0 - p) * density(v[i], low, sigma)
        scale *= here + there
        if not 1e-200 < scale < 1e200:
            total += math.log(scale)
            scale = 1.0
        p = here / (here + there)
        ahead[i] = p
    return total + math.log(scale)


def backward(v: Any, chain: Any, ahead: Floats, tally: Any, states: Any) -> None:
    """Add expected counts to `tally` (7,); write the likelier state of every sample to `states`.

    tally: samples, sum and sum of squares in high; moves low-low, low-high, high-low, high-high.
    """
    up, down = chain[3], chain[4]
    p = ahead[v.size - 1]  # P(high at i | all samples)
    for i in range(v.size - 1, -1, -1):
        states[i] = p > 0.5
        tally[0] += p
        tally[1] += p * v[i]
        tally[2] += p * v[i] * v[i]
        if i:
            before = ahead[i - 1]
            into_high = before * (1.0 - down) + (1.0 - before) * up
            stay = p * before * (1.0 - down) / into_high
            fall = (1.0 - p) * before * down / (1.0 - into_high)
            tally[3] += 1.0 - p - fall
            tally[4] += p - stay
            tally[5] += fall
            tally[6] += stay
            p = stay + fall


FORWARD, BACKWARD = Kernel(forward), Kernel(backward)


def steps(v: NDArray[np.floating], chain: Chain, states: NDArray[np.uint8]) -> Steps:
    """Return the expected counts of `v` under `chain`; decodes into `states` (n,): 1 is high."""
    likelihood, tally, whole = 0.0, np.zeros(7), np.zeros(3)
    ahead = np.empty(min(v.size, BLOCK))
    for begin in range(0, v.size, BLOCK):
        part = np.ascontiguousarray(v[begin : begin + BLOCK], dtype=np.float64)
        likelihood += FORWARD(part, tuple(chain), ahead)
        BACKWARD(part, tuple(chain), ahead, tally, states[begin : begin + BLOCK])
        whole += np.array([part.size, part.sum(), part @ part])
    samples, sums, squares = (
        np.array(pair) for pair in zip(whole - tally[:3], tally[:3], strict=True)
    )
    return Steps(likelihood, samples, sums, squares, tally[3:].reshape(2, 2))
