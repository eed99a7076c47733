"""SxPID: published gate values, the sum rule, a dense reference, the gradient."""

from __future__ import annotations

import cmath
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import ConfigError
from learning import bin_indices, shared_exclusions
from learning.pid import ATOMS, MAX_BINS

GAMMA = (0.1, 0.1, 1.0, 0.1, 0.0)
XOR = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
AND = [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)]
UNQ = [(0, 0, 0), (0, 1, 0), (1, 0, 1), (1, 1, 1)]
RDN = [(0, 0, 0), (1, 1, 1)]
RNDERR = [(0, 0, 0)] * 3 + [(1, 1, 1)] * 3 + [(0, 1, 0), (1, 0, 1)]  # r = y; c errs one time in 4
GATES = [  # (r, c, y) with equal weights; unq_r, unq_c, shd, syn to five decimals
    ("XOR", XOR, (0.58496, 0.58496, -0.58496, 0.41504)),
    ("AND", AND, (0.18872, 0.18872, 0.12256, 0.31128)),
    ("UNQ", UNQ, (0.58496, -0.41504, 0.41504, 0.41504)),
    ("RDN", RDN, (0.0, 0.0, 1.0, 0.0)),
    ("RNDERR", RNDERR, (0.44328, -0.36799, 0.55672, 0.36799)),
]


def column(values):
    return np.array(values, dtype=np.float64)[:, None]


def gate(rows, gamma=GAMMA):
    r, c, y = zip(*rows, strict=True)
    return shared_exclusions(column(r), column(c), column(y), 2, gamma)


def log2(x):
    """Return log2 of a positive number or of one that has been shifted by a complex step."""
    return cmath.log(x) / math.log(2.0) if isinstance(x, complex) else math.log2(x)


def dense_atoms(row, col, q):
    """The definitions of Makkeh et al., cell by cell, from lists; q may be complex."""
    n = len(q)
    joint, of_r, of_c, of_y = Counter(), Counter(), Counter(), Counter()
    for i, j, p in zip(row, col, q, strict=True):
        for y, mass in ((0, (1.0 - p) / n), (1, p / n)):
            joint[i, j, y] += mass
            of_r[i, y] += mass
            of_c[j, y] += mass
            of_y[y] += mass
    shd = i_r = i_c = i_rc = 0.0
    for (i, j, y), mass in joint.items():
        if mass == 0.0:
            continue
        u = [of_r[i, k] + of_c[j, k] - joint[i, j, k] for k in (0, 1)]
        shd += mass * log2(u[y] / (sum(u) * of_y[y]))
        i_r += mass * log2(of_r[i, y] / ((of_r[i, 0] + of_r[i, 1]) * of_y[y]))
        i_c += mass * log2(of_c[j, y] / ((of_c[j, 0] + of_c[j, 1]) * of_y[y]))
        i_rc += mass * log2(mass / ((joint[i, j, 0] + joint[i, j, 1]) * of_y[y]))
    entropy = -sum(p * log2(p) for p in of_y.values() if p != 0.0)
    return (i_r - shd, i_c - shd, shd, i_rc - i_r - i_c + shd, entropy - i_rc), i_rc


@st.composite
def batches(draw, lowest=0.0):
    n = draw(st.integers(2, 30))
    bins = draw(st.integers(2, 6))
    lists = st.lists(st.integers(0, bins - 1), min_size=n, max_size=n)
    probability = st.floats(lowest, 1.0 - lowest, allow_subnormal=False)
    q = draw(st.lists(probability, min_size=n, max_size=n))
    return draw(lists), draw(lists), q, bins


@pytest.mark.parametrize(("name", "rows", "expected"), GATES, ids=[g[0] for g in GATES])
def test_gates_match_the_published_values(name, rows, expected):
    pid = gate(rows)
    found = [float(getattr(pid, atom)[0]) for atom in ATOMS]
    assert found == pytest.approx([*expected, 0.0], abs=5e-6)  # half a unit of the last decimal


def test_xor_has_a_closed_form():
    pid = gate(XOR)
    assert float(pid.shd[0]) == pytest.approx(1.0 - math.log2(3.0), abs=1e-15)
    assert float(pid.syn[0]) == pytest.approx(2.0 - math.log2(3.0), abs=1e-15)


@settings(max_examples=80, deadline=None)
@given(batches())
def test_atoms_follow_the_definitions_and_sum_to_the_joint_information(batch):
    row, col, q, bins = batch
    r, c = column(row), column(col)
    pid = shared_exclusions(r, c, column(q), bins, GAMMA)
    rows, cols = bin_indices(r, bins)[:, 0], bin_indices(c, bins)[:, 0]
    expected, i_rc = dense_atoms(rows.tolist(), cols.tolist(), q)
    found = [float(getattr(pid, atom)[0]) for atom in ATOMS]
    assert found == pytest.approx(expected, abs=1e-12)
    assert sum(found[:4]) == pytest.approx(i_rc, abs=1e-12)
    assert float(pid.goal[0]) == pytest.approx(np.dot(GAMMA, expected), abs=1e-12)


def test_the_finest_bins_of_many_neurons_follow_the_definitions():
    """Bin, row and sample of every neuron share one word; `MAX_BINS` fills it."""
    rng = np.random.default_rng(4)
    r, c = rng.normal(size=(300, 3)).round(2), rng.normal(size=(300, 3)).round(1)
    q = rng.uniform(size=(300, 3))
    pid = shared_exclusions(r, c, q, MAX_BINS, GAMMA)
    rows, cols = bin_indices(r, MAX_BINS), bin_indices(c, MAX_BINS)
    assert rows.max() == cols.max() == MAX_BINS - 1
    for d in range(3):
        expected, _ = dense_atoms(rows[:, d].tolist(), cols[:, d].tolist(), q[:, d].tolist())
        found = [float(getattr(pid, atom)[d]) for atom in ATOMS]
        assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("atom", range(5))
def test_gradient_matches_central_differences(atom):
    rng = np.random.default_rng(atom)
    n, bins, h = 24, 4, 1e-5
    gamma = np.eye(5)[atom]
    r, c = rng.normal(size=(n, 1)), rng.choice([-1.0, 0.0, 1.0], size=(n, 1))
    q = rng.uniform(0.1, 0.9, size=(n, 1))
    gradient = shared_exclusions(r, c, q, bins, gamma).gradient
    for k in range(n):
        step = np.zeros_like(q)
        step[k] = h
        up, down = (shared_exclusions(r, c, q + s, bins, gamma).goal[0] for s in (step, -step))
        # N (h^2/6) G''' with |G'''| < 10 / (N q^2) <= 1000/N: 2e-8; rounding N 1e-15 / h: 3e-9
        assert n * (up - down) / (2 * h) == pytest.approx(gradient[k, 0], abs=2.5e-8)


def random_case(number):
    """Return r, c, q (N,), the bins per axis and gamma: few samples or many, c of any kind."""
    rng = np.random.default_rng([31, number])
    n, bins = int(rng.integers(2, 80)), int(rng.choice([2, 3, 5, 20, 50]))
    c = [rng.normal(size=n), rng.choice([-1.0, 1.0], size=n), np.ones(n)][number % 3]
    q = [rng.uniform(0.01, 0.99, n), rng.choice([0.02, 0.98], size=n)][number % 2]
    return rng.normal(size=n), c, q, bins, rng.normal(size=5)


def complex_steps(row, col, q, gamma):
    """Return N dG/dq of the definitions, exact to rounding: Im G(q + ih) / h."""
    h, gradient = 1e-40, np.empty(len(q))
    for k in range(len(q)):
        shifted = [complex(p, h * (n == k)) for n, p in enumerate(q)]
        gradient[k] = np.dot(gamma, dense_atoms(row, col, shifted)[0]).imag / h
    return len(q) * gradient


def agrees(gradient, exact):
    """Return whether every entry is finite and right to 1e-10 of itself, a zero to rounding."""
    rounding = 64 * np.finfo(np.float64).eps * np.abs(exact).max()
    error = np.abs(gradient - exact)
    return np.isfinite(gradient).all() and (error <= 1e-10 * np.abs(exact) + rounding).all()


def test_gradient_matches_autograd_in_200_random_cases():
    pytest.importorskip("torch")
    from tests.learning.dense_pid import dense_pid

    for number in range(200):
        r, c, q, bins, gamma = random_case(number)
        pid = shared_exclusions(*map(column, (r, c, q)), bins, gamma)
        atoms, i_rc, exact = dense_pid(r, c, q, bins, gamma)
        assert agrees(pid.gradient[:, 0], exact), number
        found = [float(getattr(pid, atom)[0]) for atom in ATOMS]
        assert found == pytest.approx(atoms.tolist(), abs=1e-12)
        assert sum(found[:4]) == pytest.approx(i_rc, abs=1e-12)


def test_gradient_matches_complex_steps_in_200_random_cases():
    """The definitions once more, differentiated without PyTorch."""
    for number in range(200):
        r, c, q, bins, gamma = random_case(number)
        r, c, q = r[:20], c[:20], q[:20]
        gradient = shared_exclusions(*map(column, (r, c, q)), bins, gamma).gradient[:, 0]
        row, col = (bin_indices(column(v), bins)[:, 0].tolist() for v in (r, c))
        assert agrees(gradient, complex_steps(row, col, q.tolist(), gamma)), number


def test_one_bin_for_all_leaves_the_slope_of_the_entropy():
    """All r and all c equal: nothing is informed, and only H(Y) has a slope, -log2(P1 / P0)."""
    n, bins, gamma = 6, 200, (0.3, -0.2, 1.0, 0.7, 2.0)
    q = np.linspace(0.1, 0.8, n)
    pid = shared_exclusions(column([0.7] * n), column([-1.0] * n), column(q), bins, gamma)
    p = q.mean()
    entropy = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    assert [float(getattr(pid, atom)[0]) for atom in ATOMS] == pytest.approx(
        [0.0, 0.0, 0.0, 0.0, entropy], abs=1e-14
    )
    np.testing.assert_allclose(pid.gradient, 2.0 * math.log2((1 - p) / p), rtol=1e-12)


def test_equal_r_leaves_only_what_c_tells():
    c, q = [-1.0, -1.0, 1.0, 1.0], [0.1, 0.1, 0.9, 0.9]
    pid = shared_exclusions(column([0.7] * 4), column(c), column(q), 200, GAMMA)
    told = 1.0 + 0.1 * math.log2(0.1) + 0.9 * math.log2(0.9)  # a channel that errs 1 time in 10
    assert float(pid.unq_c[0] + pid.shd[0]) == pytest.approx(told, abs=1e-14)
    assert float(pid.unq_r[0] + pid.shd[0]) == pytest.approx(0.0, abs=1e-14)
    assert np.isfinite(pid.gradient).all()


@settings(max_examples=40, deadline=None)
@given(batches(lowest=1e-6))
def test_the_decomposition_is_symmetric(batch):
    """Exchanging R and C exchanges the unique atoms; exchanging y = +-1 reverses the gradient."""
    row, col, q, bins = batch
    r, c, p = column(row), column(col), column(q)
    gamma = (0.5, 0.5, 1.0, -0.3, 0.2)
    one, other = shared_exclusions(r, c, p, bins, gamma), shared_exclusions(c, r, p, bins, gamma)
    np.testing.assert_allclose(one.unq_r, other.unq_c, rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.shd, other.shd, rtol=0, atol=1e-12)
    np.testing.assert_allclose(one.gradient, other.gradient, rtol=0, atol=1e-9)
    flipped = shared_exclusions(r, c, 1.0 - p, bins, gamma)
    np.testing.assert_allclose(one.goal, flipped.goal, rtol=0, atol=1e-9)


def test_neurons_do_not_see_each_other():
    rng = np.random.default_rng(3)
    r, c, q = rng.normal(size=(50, 4)), rng.normal(size=(50, 4)), rng.uniform(size=(50, 4))
    together = shared_exclusions(r, c, q, 7, GAMMA)
    for d in range(4):
        alone = shared_exclusions(*(v[:, d : d + 1] for v in (r, c, q)), 7, GAMMA)
        assert together.goal[d] == pytest.approx(alone.goal[0], abs=1e-14)
        np.testing.assert_allclose(together.gradient[:, d], alone.gradient[:, 0], atol=1e-12)


@pytest.mark.parametrize("q", [0.0, 0.02, 1.0])
def test_one_bin_carries_no_information(q):
    r = np.full((5, 2), 0.7)
    pid = shared_exclusions(r, r, np.full((5, 2), q), 500, GAMMA)
    for atom in ATOMS[:4]:
        np.testing.assert_allclose(getattr(pid, atom), 0.0, atol=1e-15)
    assert np.isfinite(pid.gradient).all()
    one_sided = shared_exclusions(r, r + np.arange(5.0)[:, None], np.full((5, 2), q), 500, GAMMA)
    np.testing.assert_allclose(one_sided.shd, 0.0, atol=1e-15)


def test_certain_outputs_have_a_finite_gradient():
    assert np.isfinite(gate(XOR).gradient).all()
    certain = shared_exclusions(np.arange(6.0)[:, None], np.ones((6, 1)), np.ones((6, 1)), 4, GAMMA)
    assert np.isfinite(certain.gradient).all()
    assert certain.res == 0.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.integers(1, 600))
def test_bins_are_ordered_and_within_range(values, bins):
    index = bin_indices(column(values), bins)[:, 0]
    assert index.min() == 0
    assert index.max() == (bins - 1 if max(values) > min(values) else 0)
    assert (np.diff(index[np.argsort(values, kind="stable")]) >= 0).all()


def test_bins_have_equal_width_and_each_column_its_own_range():
    values = np.array([[0.0, -1.0], [0.24, 1.0], [0.26, -1.0], [0.99, 1.0], [1.0, 1.0]])
    assert bin_indices(values, 4).tolist() == [[0, 0], [0, 3], [1, 0], [3, 3], [3, 3]]


@pytest.mark.parametrize(
    ("n", "gamma", "bins", "message"),
    [
        (4, (1.0, 0.0), 2, "gamma has 2 weights, needs 5: unq_r, unq_c, shd, syn, res"),
        (4, (0.1,) * 6, 2, "gamma has 6 weights, needs 5: unq_r, unq_c, shd, syn, res"),
        (0, GAMMA, 2, "the batch is empty, 0 samples of 1 neurons"),
        (4, GAMMA, 0, r"bins = 0 is outside \[1, 65536\]"),
    ],
)
def test_what_cannot_be_decomposed_is_refused(n, gamma, bins, message):
    empty = np.zeros((n, 1))
    with pytest.raises(ConfigError, match=message):
        shared_exclusions(empty, empty, empty, bins, gamma)


def test_wrong_shapes_and_probabilities_are_refused():
    x = np.zeros((3, 2))
    with pytest.raises(ConfigError, match=r"r \(3, 2\), c \(3, 2\) and q \(3,\) must be \(N, D\)"):
        shared_exclusions(x, x, np.zeros(3), 2, GAMMA)
    for low, high in ((0.0, 1.5), (-0.25, 1.0), (math.nan, math.nan)):
        with pytest.raises(ConfigError, match=rf"q lies in \[{low}, {high}\], outside \[0, 1\]"):
            shared_exclusions(x, x, np.array([[low, high]] * 3), 2, GAMMA)
