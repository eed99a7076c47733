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
information", Phys. Rev. E 103, 032149 (2021); A. Makkeh, M. Graetz,
A. C. Schneider et al., PNAS 122, e2408125122 (2025), arXiv 2306.02149.
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
    indices: Indices = np.minimum(scaled.astype(np.int64), bins - 1)
    return indices


def shared_exclusions(r: Floats, c: Floats, q: Floats, bins: int, gamma: Sequence[float]) -> Pid:
    """Decompose I(Y:RC) over a batch and differentiate the goal with respect to `q`.

    `r`, `c`: inputs, shape (N, D); `q`: P(y = +1) of each sample in [0, 1], same shape: theta, or
    1 - eps / eps for an observed +1 / -1. `gamma`: five weights in the order of `ATOMS`. The bins'
    fractions p are held fixed. With lambda = log2(P_1 / P_0) and s_y = q_y(r, c) / u_y(r, c),

        dI_M = log2(q_1(m) / q_0(m)) - lambda  for M = R, C, RC;   dH = -lambda
        dI_shd = log2(u_1 / u_0) + [rho(r) + kappa(c) - (s_1 - s_0)] / ln 2 - lambda

    where rho and kappa sum s_1 - s_0 over the row and the column. A mass of exactly 0 enters
    logarithms as the smallest normal float, so the gradient is large but finite there.
    Raises `ConfigError` for an empty batch, unequal shapes, a q outside [0, 1], or a wrong number
    of weights or bins.
    """
    _check(r, c, q, bins, gamma)
    cells = _Cells(bin_indices(r, bins), bin_indices(c, bins), bins)
    terms, slopes = _information(cells, cells.masses(q))
    weights = _weights(gamma)
    goal: Floats = np.sum([w * term for w, term in zip(weights, terms, strict=True)], axis=0)
    slope: Floats = np.sum([w * each for w, each in zip(weights, slopes, strict=True)], axis=0)
    i_r, i_c, i_rc, shd, entropy = terms
    return Pid(
        unq_r=i_r - shd,
        unq_c=i_c - shd,
        shd=shd,
        syn=i_rc - i_r - i_c + shd,
        res=entropy - i_rc,
        goal=goal,
        gradient=slope[cells.of].reshape(q.shape),
    )


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
        shares = (1.0 - flat) / self.samples, flat / self.samples
        both: Floats = np.stack([_sums(self.of, share, size) for share in shares])
        return both

    def gather(self, line: Indices, values: Floats) -> Floats:
        """Sum `values` (m, K) over the cells of each line; give every cell its line's sum."""
        gathered: Floats = np.stack([_sums(line, each, self.lines)[line] for each in values])
        return gathered

    def total(self, values: Floats) -> Floats:
        """Sum `values` (K,) over the cells of each neuron, shape (D,)."""
        return _sums(self.neuron, values, self.neurons)


def _information(cells: _Cells, joint: Floats) -> tuple[list[Floats], list[Floats]]:
    """Return I(Y:R), I(Y:C), I(Y:RC), I_shd, H(Y), each (D,), and their derivatives, each (K,).

    `joint` (2, K) holds q_0 and q_1 of the cells; a derivative is with respect to q_1 at fixed
    q_0 + q_1.
    """
    row, column = cells.gather(cells.row, joint), cells.gather(cells.column, joint)
    union = row + column - joint
    whole = np.stack([cells.total(mass) for mass in joint])
    log_whole = _log2(whole)
    log_y = log_whole[:, cells.neuron]
    odds = log_y[1] - log_y[0]

    terms, slopes = [], []
    for mass in (row, column, joint, union):
        log_mass = _log2(mass)
        local = log_mass - _log2(mass[0] + mass[1]) - log_y
        terms.append(cells.total(joint[0] * local[0] + joint[1] * local[1]))
        slopes.append(log_mass[1] - log_mass[0] - odds)

    share = joint / np.maximum(union, _TINY)
    excess = (share[1] - share[0])[None]
    around = cells.gather(cells.row, excess) + cells.gather(cells.column, excess) - excess
    slopes[3] += around[0] / math.log(2.0)
    entropy: Floats = -(whole * log_whole).sum(axis=0)
    return [*terms, entropy], [*slopes, -odds]


def _log2(mass: Floats) -> Floats:
    logarithm: Floats = np.log2(np.maximum(mass, _TINY))
    return logarithm


def _sums(cell: Indices, values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(cell, values, size), dtype=np.float64)


def _weights(gamma: Sequence[float]) -> tuple[float, ...]:
    """Return the goal's weights on (I(Y:R), I(Y:C), I(Y:RC), I_shd, H(Y))."""
    unq_r, unq_c, shd, syn, res = gamma
    return unq_r - syn, unq_c - syn, syn - res, shd - unq_r - unq_c + syn, res


def _check(r: Floats, c: Floats, q: Floats, bins: int, gamma: Sequence[float]) -> None:
    if not r.shape == c.shape == q.shape or r.ndim != 2:
        raise ConfigError(f"PID: r {r.shape}, c {c.shape} and q {q.shape} must be (N, D)")
    if r.size == 0:
        raise ConfigError(f"PID: the batch is empty, {r.shape[0]} samples of {r.shape[1]} neurons")
    if not (q.min() >= 0.0 and q.max() <= 1.0):
        raise ConfigError(f"PID: q lies in [{q.min()}, {q.max()}], outside [0, 1]")
    if not 1 <= bins <= MAX_BINS:
        raise ConfigError(f"PID: bins = {bins} is outside [1, {MAX_BINS}]")
    if len(gamma) != len(ATOMS):
        raise ConfigError(f"PID: gamma has {len(gamma)} weights, needs 5: {', '.join(ATOMS)}")
