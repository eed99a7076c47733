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
    bin; a column whose values are all equal occupies bin 0. The columns of the result lie
    contiguous in memory.
    """
    columns = np.ascontiguousarray(values.T)
    low = columns.min(axis=1, keepdims=True)
    span = columns.max(axis=1, keepdims=True) - low
    scaled = (columns - low) / np.where(span > 0, span, 1.0) * bins
    indices: Indices = np.minimum(scaled.astype(np.int64), bins - 1)
    return indices.T


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
    i_r, i_c, i_rc, shd, entropy = terms
    return Pid(
        unq_r=i_r - shd,
        unq_c=i_c - shd,
        shd=shd,
        syn=i_rc - i_r - i_c + shd,
        res=entropy - i_rc,
        goal=(weights * terms).sum(axis=0),
        gradient=(weights * slopes).sum(axis=0).take(cells.of).reshape(q.shape),
    )


class _Cells:
    """The occupied cells of D histograms, numbered through by neuron, row, column; K in all.

    `of` (N * D): the cell of each sample; `row`, `column`, `neuron` (K): where a cell lies, rows
    and columns numbered through over the neurons.
    """

    def __init__(self, row_bin: Indices, column_bin: Indices, bins: int) -> None:
        self.samples, self.neurons = row_bin.shape
        self.lines = bins * self.neurons
        keys = (row_bin * bins + column_bin).T
        ordered, sample = _sorted(keys)
        fresh = np.ones(keys.shape, dtype=bool)
        np.not_equal(ordered[:, 1:], ordered[:, :-1], out=fresh[:, 1:])
        place = sample * self.neurons + np.arange(self.neurons)[:, None]
        self.of = np.empty(keys.size, dtype=np.int64)
        self.of[place.ravel()] = np.cumsum(fresh) - 1
        first = np.flatnonzero(fresh)
        found, self.neuron = ordered.take(first), first // self.samples
        row = found // bins
        self.row = row + bins * self.neuron
        self.column = found - bins * (row - self.neuron)

    def masses(self, q: Floats) -> Floats:
        """Return q_0 and q_1 of every cell, shape (2, K)."""
        shares = np.stack([1.0 - q, q]).reshape(2, -1) / self.samples
        return _sums(self.of, shares, self.row.size)

    def gather(self, line: Indices, values: Floats) -> Floats:
        """Sum `values` (m, K) over the cells of each line; give every cell its line's sum."""
        return _sums(line, values, self.lines).take(line, axis=1)

    def total(self, values: Floats) -> Floats:
        """Sum `values` (m, K) over the cells of each neuron, shape (m, D)."""
        return _sums(self.neuron, values, self.neurons)


def _sorted(keys: Indices) -> tuple[Indices, Indices]:
    """Sort each row of `keys`; return the keys in order, and the column each was in.

    Key and column share one word, which sorts several times faster than an index does: a key is
    below 2^32 (`MAX_BINS`), a column below 2^31.
    """
    n = keys.shape[1]
    bits = n.bit_length()
    words = np.sort((keys << bits) | np.arange(n), axis=1)
    return words >> bits, words & ((1 << bits) - 1)


def _information(cells: _Cells, joint: Floats) -> tuple[Floats, Floats]:
    """Return I(Y:R), I(Y:C), I(Y:RC), I_shd, H(Y), shape (5, D), and their derivatives, (5, K).

    `joint` (2, K) holds q_0 and q_1 of the cells; a derivative is with respect to q_1 at fixed
    q_0 + q_1.
    """
    row, column = cells.gather(cells.row, joint), cells.gather(cells.column, joint)
    union = row + column - joint
    mass = np.stack([row, column, joint, union])
    whole = cells.total(joint)
    log_whole, log_mass = _log2(whole), _log2(mass)
    log_y = log_whole.take(cells.neuron, axis=1)
    odds = log_y[1] - log_y[0]

    slopes = np.empty((5, union.shape[1]))
    np.subtract(log_mass[:, 1], log_mass[:, 0], out=slopes[:4])
    slopes[4] = 0.0
    slopes -= odds
    share = joint / (union + _TINY)
    excess = (share[1] - share[0])[None]
    around = cells.gather(cells.row, excess) + cells.gather(cells.column, excess) - excess
    slopes[3] += around[0] / math.log(2.0)

    log_mass -= _log2(mass[:, :1] + mass[:, 1:])
    log_mass -= log_y
    log_mass *= joint
    entropy = -(whole * log_whole).sum(axis=0)
    return np.stack([*cells.total(log_mass[:, 0] + log_mass[:, 1]), entropy]), slopes


def _log2(mass: Floats) -> Floats:
    """Return log2(mass), of the smallest normal float where mass is 0 (a sum rounds it away)."""
    logarithm: Floats = np.log2(mass + _TINY)
    return logarithm


def _sums(line: Indices, values: Floats, size: int) -> Floats:
    """Sum each row of `values` (m, K) over the entries of each line, shape (m, size)."""
    sums = np.empty((len(values), size))
    for row, each in zip(sums, values, strict=True):
        row[:] = np.bincount(line, each, size)
    return sums


def _weights(gamma: Sequence[float]) -> Floats:
    """Return the goal's weights on (I(Y:R), I(Y:C), I(Y:RC), I_shd, H(Y)), shape (5, 1)."""
    unq_r, unq_c, shd, syn, res = gamma
    on_terms = unq_r - syn, unq_c - syn, syn - res, shd - unq_r - unq_c + syn, res
    return np.array(on_terms)[:, None]


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
