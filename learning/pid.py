"""Partial information decomposition by shared exclusions (SxPID), and the gradient of a goal.

A binary output Y in {-1, +1} is informed by a receptive input R and a contextual input C. Their
mutual information splits into what only R tells, what only C tells, what both tell (shared) and
what only the pair tells (synergy). With u_y(r, c) = q_y(r) + q_y(c) - q_y(r, c), the mass of
"R = r or C = c", and u = u_0 + u_1,

    I_shd = sum_{r,c,y} q_y(r, c) log2[u_y / (u P_y)]
    unq_r = I(Y:R) - I_shd,  unq_c = I(Y:C) - I_shd,
    syn = I(Y:RC) - I(Y:R) - I(Y:C) + I_shd,  res = H(Y) - I(Y:RC).

Only occupied bins carry mass, so everything is computed on a list of at most N cells per neuron
instead of a B x B histogram: O(N log N), for all neurons at once.

A. Makkeh, A. J. Gutknecht, M. Wibral, "Introducing a differentiable measure of pointwise shared
information", Phys. Rev. E 103, 032149 (2021); V. Graetz, A. Makkeh et al., "Infomorphic networks",
arXiv 2306.02149.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
ATOMS = ("unq_r", "unq_c", "shd", "syn", "res")  # the order of gamma
MAX_BINS = 65536  # row * bins + column of every neuron stays within int64
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True)
class Pid:
    """The decomposition of D neurons, in bits; every atom and the goal have shape (D,).

    `goal` is sum_i gamma_i atom_i. `gradient`, shape (N, D), is g_n = N dG/dq_n: a sample's
    derivative per unit of *its bin's* mass, so dG/dq_n = g_n / N (the 1/N is not folded in).
    """

    unq_r: Floats
    unq_c: Floats
    shd: Floats
    syn: Floats
    res: Floats
    goal: Floats
    gradient: Floats


def bin_indices(values: Floats, bins: int) -> Indices:
    """Return the bin, 0 .. bins - 1, of each value: equal widths from the minimum to the maximum.

    `values` has shape (N, D); every column has its own range. The maximum belongs to the last
    bin; a column whose values are all equal occupies bin 0.
    """
    low = values.min(axis=0)
    span = values.max(axis=0) - low
    scaled = (values - low) / np.where(span > 0, span, 1.0) * bins
    return np.minimum(scaled.astype(np.int64), bins - 1)


def shared_exclusions(r: Floats, c: Floats, q: Floats, bins: int, gamma: Sequence[float]) -> Pid:
    """Decompose I(Y:RC) over a batch and differentiate the goal with respect to `q`.

    `r`, `c`: inputs, shape (N, D); `q`: P(y = +1) of each sample in [0, 1], same shape: theta, or
    1 - eps / eps for an observed +1 / -1. `gamma`: five weights in the order of `ATOMS`. The bins'
    fractions p are held fixed. With lambda = log2(P_1 / P_0) and s_y = q_y(r, c) / u_y(r, c),

        dI_M = log2(q_1(m) / q_0(m)) - lambda  for M = R, C, RC;   dH = -lambda
        dI_shd = log2(u_1 / u_0) + [rho(r) + kappa(c) - (s_1 - s_0)] / ln 2 - lambda

    where rho and kappa sum s_1 - s_0 over the row and the column. A mass of exactly 0 enters
    logarithms as the smallest normal float, so the gradient is large but finite there.
    Raises `ConfigError` for an empty batch, unequal shapes, a wrong number of weights or bins.
    """
    _check(r, c, q, bins, gamma)
    cells = _Cells(bin_indices(r, bins), bin_indices(c, bins), bins)
    joint = cells.masses(q)
    row, column = cells.gather(cells.row, joint), cells.gather(cells.column, joint)
    union = row + column - joint
    whole = np.stack([cells.total(mass) for mass in joint])
    log_y = _log2(whole)[:, cells.neuron]
    odds = log_y[1] - log_y[0]

    information, slopes = [], []
    for mass in (row, column, joint, union):
        log_mass = _log2(mass)
        local = log_mass - _log2(mass[0] + mass[1]) - log_y
        information.append(cells.total(joint[0] * local[0] + joint[1] * local[1]))
        slopes.append(log_mass[1] - log_mass[0] - odds)
    share = joint / np.maximum(union, _TINY)
    excess = (share[1] - share[0])[None]
    around = cells.gather(cells.row, excess) + cells.gather(cells.column, excess) - excess
    slopes[3] += around[0] / math.log(2.0)

    entropy = -(whole * _log2(whole)).sum(axis=0)
    weights = _weights(gamma)
    goal = sum(w * i for w, i in zip(weights, (*information, entropy), strict=True))
    slope = sum(w * s for w, s in zip(weights, (*slopes, -odds), strict=True))
    return Pid(*_atoms(*information, entropy), goal, np.asarray(slope)[cells.of].reshape(q.shape))


class _Cells:
    """The occupied cells of D histograms, numbered through; K cells in all.

    `of` (N * D): the cell of each sample; `row`, `column`, `neuron` (K): where a cell lies, rows
    and columns numbered through over the neurons.
    """

    def __init__(self, row_bin: Indices, column_bin: Indices, bins: int) -> None:
        self.samples, self.neurons = row_bin.shape
        self.lines = bins * self.neurons
        offset = bins * np.arange(self.neurons)
        keys = (row_bin + offset) * bins + column_bin
        found, self.of = np.unique(keys.ravel(), return_inverse=True)
        self.row = found // bins
        self.neuron = self.row // bins
        self.column = found - (self.row - self.neuron) * bins

    def masses(self, q: Floats) -> Floats:
        """Return q_0 and q_1 of every cell, shape (2, K)."""
        size, flat = self.row.size, q.ravel()
        both = [np.bincount(self.of, weights, size) for weights in (1.0 - flat, flat)]
        return np.stack(both) / self.samples

    def gather(self, line: Indices, values: Floats) -> Floats:
        """Sum `values` (m, K) over the cells of each line; give every cell its line's sum."""
        return np.stack([np.bincount(line, each, self.lines)[line] for each in values])

    def total(self, values: Floats) -> Floats:
        """Sum `values` (K,) over the cells of each neuron, shape (D,)."""
        return np.bincount(self.neuron, values, self.neurons)


def _log2(mass: Floats) -> Floats:
    return np.log2(np.maximum(mass, _TINY))


def _atoms(i_r: Floats, i_c: Floats, i_rc: Floats, shd: Floats, h: Floats) -> tuple[Floats, ...]:
    """Return the five atoms in the order of `ATOMS`."""
    return i_r - shd, i_c - shd, shd, i_rc - i_r - i_c + shd, h - i_rc


def _weights(gamma: Sequence[float]) -> tuple[float, ...]:
    """Return the goal's weights on (I(Y:R), I(Y:C), I(Y:RC), I_shd, H(Y))."""
    unq_r, unq_c, shd, syn, res = gamma
    return unq_r - syn, unq_c - syn, syn - res, shd - unq_r - unq_c + syn, res


def _check(r: Floats, c: Floats, q: Floats, bins: int, gamma: Sequence[float]) -> None:
    if not r.shape == c.shape == q.shape or r.ndim != 2:
        raise ConfigError(f"PID: r {r.shape}, c {c.shape} and q {q.shape} must be (N, D)")
    if r.size == 0:
        raise ConfigError(f"PID: the batch is empty, {r.shape[0]} samples of {r.shape[1]} neurons")
    if not 1 <= bins <= MAX_BINS:
        raise ConfigError(f"PID: bins = {bins} is outside [1, {MAX_BINS}]")
    if len(gamma) != len(ATOMS):
        raise ConfigError(f"PID: gamma has {len(gamma)} weights, needs 5: {', '.join(ATOMS)}")
