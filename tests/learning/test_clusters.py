"""Two neurons without labels: rescaled drives, turns, context, the gradient, k-means."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emulator import ConfigError, DataError, Drive, Outcome, load_card
from learning import (
    ClusterLearner,
    ClusterParams,
    Rescaled,
    leading_axes,
    load_breast_cancer,
    matched,
    shared_exclusions,
    two_means,
)
from tests.learning.conftest import CARDS

CARD = load_card(CARDS / "pid_clusters.toml")


def params_with(**values):
    numbers = {key: replace(CARD.numbers[key], value=value) for key, value in values.items()}
    return ClusterParams.from_card(replace(CARD, numbers={**CARD.numbers, **numbers}), "learner")


@pytest.fixture
def params():
    return params_with()


def two_clouds(n=200, seed=0):
    """Two clouds, far apart along the first of four axes; the second axis divides them again."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4)) * 0.5
    labels = rng.integers(0, 2, n)
    x[:, 0] += np.where(labels == 1, 3.0, -3.0)
    x[:, 1] += np.where(rng.integers(0, 2, n) == 1, 1.5, -1.5)
    return x, labels


def train(learner, board, x):
    for step in range(learner.params.steps):
        chosen = x[learner.batch_indices(step, len(x))]
        alone = learner.drive(chosen)
        drive = learner.with_context(alone, board.update(learner.on_board(alone)))
        learner.learn(step, chosen, drive, board.update(learner.on_board(drive)))


def test_a_rescaled_board_has_the_curve_of_the_neuron(curve):
    own = Rescaled(curve, 1.0, 0.1)
    r, c = np.meshgrid(np.linspace(-6, 6, 25), [-1.0, 0.0, 1.0])
    wanted = 1.0 / (1.0 + np.exp(-(r + 0.1 * c)))
    np.testing.assert_allclose(own.theta(r, c), wanted, rtol=1e-13)
    there = own.on_board(Drive(r, c))
    np.testing.assert_allclose(curve.theta(there.r, there.c), wanted, rtol=1e-13)
    assert set(own.slope_r(r, c).ravel()) == {1.0}
    assert set(own.slope_c(r, c).ravel()) == {0.1}


class Product:
    """A = 3 r c: no sum of straight lines."""

    def theta(self, r, c):
        return 1.0 / (1.0 + np.exp(-3.0 * r * c))

    def slope_r(self, r, c):
        return 3.0 * c

    def slope_c(self, r, c):
        return 3.0 * r


class Line:
    """A = a r + b c + c0, clipped like a fitted curve."""

    def __init__(self, a, b, c0):
        self.a, self.b, self.c0 = a, b, c0

    def theta(self, r, c):
        return np.clip(1 / (1 + np.exp(-(self.a * r + self.b * c + self.c0))), 1e-6, 1 - 1e-6)

    def slope_r(self, r, c):
        return np.full_like(r, self.a)

    def slope_c(self, r, c):
        return np.full_like(c, self.b)


@pytest.mark.parametrize(
    ("board", "message"),
    [
        (Product(), r"need a board with an additive surface.*mtj.form=additive"),
        (Line(3.4, 0.0, 0.0), r"a = 3.4, b = 0.0: the board does not answer to r or c"),
        (Line(3.4, 2.5, 20.0), r"theta = 0.999999 at r = c = 0 hides the board's c0"),
    ],
)
def test_a_surface_that_cannot_be_rescaled_is_refused(board, message, params):
    with pytest.raises(ConfigError, match=message):
        ClusterLearner(params, 4, board, seed=0)


def test_the_card_trains_the_first_neuron_and_then_the_second(params, curve, ideal_board):
    learner, board = ClusterLearner(params, 4, curve, seed=1), ideal_board(2, 0.0, seed=1)
    x, _ = two_clouds()
    assert [learner.trained(step) for step in (0, 46, 47, 99)] == [0, 0, 1, 1]
    for step, frozen in ((46, 1), (47, 0)):
        before = learner.weights
        chosen = x[learner.batch_indices(step, len(x))]
        drive = learner.drive(chosen)
        learner.learn(step, chosen, drive, board.update(learner.on_board(drive)))
        assert (learner.weights[frozen] == before[frozen]).all()
        assert (learner.weights[1 - frozen] != before[1 - frozen]).all()


def test_the_context_of_a_neuron_is_the_output_of_the_other(params, curve):
    learner = ClusterLearner(params, 4, curve, seed=1)
    drive = learner.drive(np.ones((3, 4)))
    assert (drive.c == 0.0).all()
    y = np.array([[1, -1], [-1, -1], [-1, 1]], dtype=np.int8)
    given = learner.with_context(drive, Outcome(y, np.zeros((3, 2), dtype=np.int32)))
    assert given.c.tolist() == [[-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]
    assert (given.r == drive.r).all()


@pytest.mark.parametrize("observe", ["theta", "outputs"])
@pytest.mark.parametrize("step", [0, 47])
def test_a_step_is_eta_times_the_gradient_of_the_goal(observe, step, curve):
    """Plain ascent: w + eta (dG/dw - decay w), of the published rates and decays."""
    learner = ClusterLearner(params_with(observe=observe), 4, curve, seed=2)
    own, (eta, decay) = learner.trained(step), [(0.75, 0.01), (0.85, 0.0)][step > 0]
    rng = np.random.default_rng(5)
    x, y = rng.normal(size=(40, 4)), rng.choice([-1, 1], size=(40, 2)).astype(np.int8)
    outcome = Outcome(y, np.zeros((40, 2), dtype=np.int32))
    before, drive = learner.weights[own], learner.with_context(learner.drive(x), outcome)
    learner.learn(step, x, drive, outcome)
    r, c = x @ before, y[:, 1 - own].astype(float)
    theta = 1.0 / (1.0 + np.exp(-(r + 0.1 * c)))
    q = theta if observe == "theta" else np.where(y[:, own] > 0, 0.98, 0.02)
    g = shared_exclusions(*(v[:, None] for v in (r, c, q)), 200, (1, 0, 0, 0, 0)).gradient[:, 0]
    wanted = before + eta * ((g * theta * (1 - theta)) @ x / 40 - decay * before)
    np.testing.assert_allclose(learner.weights[own], wanted, rtol=1e-10)


def test_they_find_two_cuts_without_labels(params, curve, ideal_board):
    """Neuron 1 finds the wider gap; neuron 2 the other one, but for a start too near the first."""
    x, labels = two_clouds()
    complementary = 0
    for seed in range(8):
        learner = ClusterLearner(params, 4, curve, seed)
        train(learner, ideal_board(2, 0.05, seed), x)
        found = np.where(learner.drive(x).r > 0, 1, -1)
        assert matched(found[:, 0], labels)[0] == 1.0
        complementary += matched(found[:, 1], (x[:, 1] > 0).astype(np.int64))[0] > 0.95
    assert complementary >= 6


def test_weights_survive_and_start_within_their_scale(params, curve):
    one, other = (ClusterLearner(params, 30, curve, seed=s) for s in (1, 2))
    assert np.abs(one.weights).max() <= 0.1
    assert (one.weights[0] != one.weights[1]).all()
    assert (one.weights != other.weights).all()
    other.load(one.state())
    assert (other.weights == one.weights).all()
    with pytest.raises(ConfigError, match=r"'weights' has shape \(2, 3\), expected \(2, 30\)"):
        one.load({"weights": np.zeros((2, 3))})


def test_a_tied_vote_is_decided_by_the_number_of_the_sample(params, curve):
    learner = ClusterLearner(params, 4, curve, seed=1)
    votes = np.full((64, 2), 2)
    tied = learner.clusters(votes, 4)
    assert set(tied.ravel()) == {-1, 1}
    again = np.vstack([learner.clusters(votes[:20], 4), learner.clusters(votes[20:], 4, first=20)])
    assert (again == tied).all()
    assert learner.clusters(np.array([[3, 1]]), 4).tolist() == [[1, -1]]


def test_operations_are_counted(params, curve):
    """Per sample: 2 features + 1 and 4 for the board's drive; a learner of one neuron learns."""
    learner = ClusterLearner(params, 30, curve, seed=1)
    assert learner.drive_operations(40) == 40 * 2 * (2 * 30 + 1 + 4)
    assert learner.context_operations(40) == 40 * 2 * 4
    assert learner.learn_operations(0, 40) == 40 * (2 * 30 + 113) + 16 + 30 * (3 + 2)
    assert learner.vote_operations(10, 21) == 10 * 2 * 22


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 30_000}, "iterations x batch = 1200000 samples per step exceed 1000000"),
        ({"bins": 1}, r"learner.bins = 1 is outside \[2, 65536\]"),
        ({"eta_2": 0}, r"learner.eta_2 = 0 is outside \(0, inf\)"),
        ({"observe": "outptus"}, "learner.observe = outptus is unknown .did you mean 'outputs'"),
    ],
)
def test_settings_that_cannot_be_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        params_with(**values)


def test_samples_and_outcomes_that_do_not_fit_are_refused(params, curve):
    learner = ClusterLearner(params, 4, curve, seed=1)
    with pytest.raises(ConfigError, match=r"samples \(3, 5\) must be \(n, 4\)"):
        learner.drive(np.zeros((3, 5)))
    drive = learner.drive(np.zeros((3, 4)))
    short = Outcome(np.ones((2, 2), dtype=np.int8), np.zeros((2, 2), dtype=np.int32))
    with pytest.raises(ConfigError, match=r"outcome \(2, 2\) for a drive \(3, 2\)"):
        learner.learn(0, np.zeros((3, 4)), drive, short)


def test_the_better_assignment_counts_and_says_which_it_is():
    labels = np.array([0, 0, 1, 1, 1])
    assert matched(np.array([-1, -1, 1, 1, -1]), labels) == (0.8, 1)
    assert matched(np.array([1, 1, -1, -1, 1]), labels) == (0.8, -1)


def test_breast_cancer_is_that_of_scikit_learn_standardised():
    from sklearn.datasets import load_breast_cancer as theirs
    from sklearn.preprocessing import StandardScaler

    features, labels = theirs(return_X_y=True)
    x, y = load_breast_cancer()
    assert (x.shape, x.dtype, y.shape, y.dtype) == ((569, 30), np.float64, (569,), np.int64)
    np.testing.assert_allclose(x, StandardScaler().fit_transform(features), rtol=0, atol=1e-12)
    assert (y == labels).all()
    assert np.bincount(y).tolist() == [212, 357]  # malignant, benign


def test_breast_cancer_that_is_missing_or_another_file_is_named(monkeypatch, tmp_path):
    other = tmp_path / "breast_cancer.csv"
    monkeypatch.setattr("learning.datasets._packaged", lambda file, what: other)
    other.write_text("569,30,benign,malignant\n")
    with pytest.raises(DataError, match=r"begins with '569,30,benign,malignant', expected"):
        load_breast_cancer()
    other.write_text("569,30,malignant,benign\n" + "1," * 30 + "0\n" + "2," * 30 + "1\n")
    with pytest.raises(DataError, match=r"holds \(2, 31\) numbers, expected 569 samples of 30"):
        load_breast_cancer()
    monkeypatch.undo()
    monkeypatch.setattr("learning.datasets.find_spec", lambda name: None)
    with pytest.raises(DataError, match="which holds the breast cancer data, is not installed"):
        load_breast_cancer()


def test_two_means_is_k_means():
    from sklearn.cluster import KMeans

    x, _ = load_breast_cancer()
    ours = two_means(x)
    start = np.stack([x[ours < 0].mean(axis=0), x[ours > 0].mean(axis=0)])
    theirs = KMeans(2, init=start, n_init=1, tol=0).fit(x)  # a fixed point of theirs too
    assert (np.where(theirs.labels_ == 1, 1, -1) == ours).all()
    best = KMeans(2, n_init=10, random_state=0).fit(x).inertia_
    mine = sum(((x[ours == k] - x[ours == k].mean(axis=0)) ** 2).sum() for k in (-1, 1))
    assert mine <= best * (1 + 1e-3)


def test_two_means_needs_samples_that_differ():
    assert two_means(np.array([[0.0], [1.0]])).tolist() == [-1, 1]
    for x in (np.zeros((0, 3)), np.ones((4, 3)), np.zeros(3)):
        with pytest.raises(ConfigError, match="must be \\(n, features\\), not all equal"):
            two_means(x)


def test_leading_axes_have_unit_length_and_a_settled_sign():
    x, _ = two_clouds()
    axes = leading_axes(x, 2)
    np.testing.assert_allclose(axes @ axes.T, np.eye(2), atol=1e-14)
    assert axes[0, 0] > 0.95
    np.testing.assert_allclose(leading_axes(-x, 2), axes, atol=1e-12)
