"""The infomorphic learner: drives, the chain rule, votes, state, counts, and that it learns."""

from __future__ import annotations

import os

import numpy as np
import pytest

from emulator import ConfigError, Drive, Outcome
from learning import (
    InfomorphicLearner,
    InfomorphicParams,
    find_data,
    load_digits_split,
    load_mnist,
    shared_exclusions,
)

DRAWS = 20


@pytest.fixture
def learner(params, curve):
    return InfomorphicLearner(params, 5, 3, curve, seed=1)


def train(learner, board, data):
    for step in range(learner.params.steps):
        chosen = learner.batch_indices(step, len(data.y_train))
        x = data.x_train[chosen]
        drive = learner.drive(x, data.y_train[chosen])
        learner.learn(x, drive, board.update(drive))


def accuracies(learner, board, data):
    """Return the accuracy by largest probability and by a vote."""
    drive = learner.inference_drive(data.x_test)
    largest = board.probability(drive).argmax(axis=1)
    outputs = [board.update(drive).y > 0 for _ in range(DRAWS)]
    voted = learner.predict(np.sum(outputs, axis=0))
    return (largest == data.y_test).mean(), (voted == data.y_test).mean()


def test_the_cards_hold_the_published_numbers(params, mnist_params):
    for card in (params, mnist_params):
        assert card.gamma == (0.1, 0.1, 1.0, 0.1, 0.0)
        assert (card.bins, card.steps, card.iterations, card.init_scale) == (500, 800, 20, 0.01)
        assert (card.observe, card.optimizer, card.bias, card.eps) == (
            "outputs", "adam", False, 0.02,
        )  # fmt: skip
    assert (params.eta, params.batch, params.samples) == (0.01, 2, 40)
    assert (mnist_params.eta, mnist_params.batch, mnist_params.samples) == (0.001, 50, 1000)


def test_weights_start_uniform_and_keyed_by_the_seed(params, curve):
    w = InfomorphicLearner(params, 400, 10, curve, seed=0).weights
    again = InfomorphicLearner(params, 400, 10, curve, seed=0).weights
    other = InfomorphicLearner(params, 400, 10, curve, seed=1).weights
    assert w.tobytes() == again.tobytes() != other.tobytes()
    assert np.abs(w).max() < 0.01
    n, sigma = w.size, 0.01 / np.sqrt(3)
    assert abs(w.mean()) < 4.5 * sigma / np.sqrt(n)
    # the variance of a squared uniform deviate on (-s, s) is (4/45) s^4
    assert abs((w**2).mean() - sigma**2) < 4.5 * 0.01**2 * np.sqrt(4 / 45 / n)


def test_weights_are_handed_out_as_copies(learner):
    before = learner.weights
    learner.weights[:] = 7.0
    assert learner.weights.tobytes() == before.tobytes()


def test_drives_carry_weights_and_labels(learner):
    x = np.random.default_rng(0).normal(size=(4, 5))
    drive = learner.drive(x, np.array([0, 2, 1, 1]))
    np.testing.assert_allclose(drive.r, x @ learner.weights.T, atol=1e-15)
    assert drive.c.tolist() == [[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [-1, 1, -1]]
    silent = learner.inference_drive(x)
    assert silent.r.tobytes() == drive.r.tobytes()
    assert not silent.c.any()


def test_the_context_weight_and_the_bias_enter_the_drive(params, curve):
    changed = params.model_copy(update={"w_context": 0.5, "bias": True})
    learner = InfomorphicLearner(changed, 2, 2, curve, seed=0)
    drive = learner.drive(np.zeros((1, 2)), np.array([1]))
    assert drive.c.tolist() == [[-0.5, 0.5]]
    assert drive.r[0].tolist() == learner.weights[:, 2].tolist()


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_learn_climbs_the_derivative_of_the_goal(params, curve, bias, decay):
    """Plain ascent with eta = 1 adds dG/dw - decay w, bins held fixed: central differences."""
    changes = {"observe": "theta", "optimizer": "ascent", "eta": 1.0, "bins": 6}
    settings = params.model_copy(update={**changes, "bias": bias, "weight_decay": decay})
    learner = InfomorphicLearner(settings, 4, 2, curve, seed=3)
    x = np.random.default_rng(1).normal(size=(30, 4))
    drive = learner.drive(x, np.arange(30) % 2)
    w = learner.weights
    learner.learn(x, drive, Outcome(np.ones((30, 2), np.int8), np.zeros((30, 2), np.int32)))
    step = learner.weights - w + decay * w
    inputs = np.hstack([x, np.ones((30, 1))]) if bias else x

    def goal(weights):
        theta = curve.theta(inputs @ weights.T, drive.c)
        return shared_exclusions(drive.r, drive.c, theta, 6, settings.gamma).goal.sum()

    h = 1e-5
    for place in np.ndindex(w.shape):
        shift = np.zeros_like(w)
        shift[place] = h
        slope = (goal(w + shift) - goal(w - shift)) / (2 * h)
        # (h^2/6) G''' with |G'''| < (3.43 |x|)^3 bits < 1e3: 2e-8; rounding 1e-15 / h: 1e-10
        assert step[place] == pytest.approx(slope, abs=2e-8)


@pytest.mark.parametrize("w_context", [0.7, -0.4])
def test_a_trained_context_climbs_the_derivative_of_the_goal(params, curve, w_context):
    """Each neuron's own weight, by central differences of the goal, bins held fixed."""
    changes = {"observe": "theta", "optimizer": "ascent", "eta": 1.0, "bins": 6}
    more = {"train_context": True, "w_context": w_context, "init_scale": 0.5}
    settings = params.model_copy(update={**changes, **more})
    learner = InfomorphicLearner(settings, 4, 2, curve, seed=3)
    x, labels = np.random.default_rng(1).normal(size=(30, 4)), np.arange(30) % 3 % 2
    drive = learner.drive(x, labels)
    assert learner.context.tolist() == [w_context] * 2
    learner.learn(x, drive, Outcome(np.ones((30, 2), np.int8), np.zeros((30, 2), np.int32)))
    step = learner.context - w_context
    z = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)

    def goal(context):
        theta = curve.theta(drive.r, context * z)
        return shared_exclusions(drive.r, drive.c, theta, 6, settings.gamma).goal

    h = 1e-5
    slope = (goal(w_context + h) - goal(w_context - h)) / (2 * h)
    # (h^2/6) G''' with |G'''| < 2.49^3 bits < 1e3: 2e-8; rounding 1e-15 / h: 1e-10
    assert step == pytest.approx(slope, abs=2e-8)
    assert np.abs(step).min() > 1e-3  # there is something to climb
    assert learner.drive(x, labels).c == pytest.approx(learner.context * z, abs=1e-15)


def test_the_context_stays_unless_it_is_trained(params, curve):
    learner = InfomorphicLearner(params, 4, 2, curve, seed=3)
    x = np.random.default_rng(1).normal(size=(30, 4))
    drive = learner.drive(x, np.arange(30) % 2)
    learner.learn(x, drive, Outcome(np.ones((30, 2), np.int8), np.zeros((30, 2), np.int32)))
    assert learner.context.tolist() == [1.0, 1.0]
    assert not [name for name in learner.state() if "context" in name]


def test_a_context_without_a_start_is_refused(params):
    with pytest.raises(ValueError, match="train_context needs a w_context other than 0"):
        InfomorphicParams(**{**params.model_dump(), "train_context": True, "w_context": 0.0})


def test_saturation_is_that_of_the_neuron_with_the_least(params, curve):
    """Two neurons, four samples: the first is flat at all of them, the second at three."""
    learner = InfomorphicLearner(params, 1, 2, curve, seed=0)
    x, labels = np.array([[1.0], [-1.0], [-2.0], [0.9]]), np.array([0, 0, 1, 0])
    y = np.ones((4, 2), np.int8)
    for second, share in ((5.0, 0.75), (50.0, 1.0)):
        learner.load({"weights": np.array([[50.0], [second]])})
        drive = learner.drive(x, labels)
        flat = np.abs(curve.theta(drive.r, drive.c) - 0.5) >= 0.5 - 1e-6
        assert flat.mean(axis=0).tolist() == [1.0, share]
        assert learner.learn(x, drive, Outcome(y, y.astype(np.int32))).saturated == share


def test_observed_outputs_count_as_nearly_certain(params, curve):
    settings = params.model_copy(update={"optimizer": "ascent"})
    learner = InfomorphicLearner(settings, 3, 2, curve, seed=0)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 3))
    drive = learner.drive(x, np.arange(40) % 2)
    y = rng.choice(np.array([-1, 1], dtype=np.int8), size=(40, 2))
    report = learner.learn(x, drive, Outcome(y, np.zeros(y.shape, np.int32)))
    pid = shared_exclusions(drive.r, drive.c, np.where(y > 0, 0.98, 0.02), 500, settings.gamma)
    assert report.goal == pytest.approx(pid.goal.mean(), abs=1e-15)
    assert report.syn == pytest.approx(pid.syn.mean(), abs=1e-15)
    atoms = np.array([report.unq_r, report.unq_c, report.shd, report.syn, report.res])
    assert np.dot(settings.gamma, atoms) == pytest.approx(report.goal, abs=1e-14)
    assert report.gradient_norm > 0.0


def test_votes_are_counted(learner):
    votes = np.array([[3, 5, 4], [20, 0, 19], [0, 0, 1]])
    assert learner.predict(votes).tolist() == [1, 0, 2]
    assert learner.predict(np.empty((0, 3), dtype=np.int64)).tolist() == []


def test_ties_are_broken_fairly_and_by_the_number_of_the_sample(learner):
    n = 9000
    votes = np.tile([4, 4, 1], (n, 1))
    chosen = learner.predict(votes)
    assert set(chosen.tolist()) == {0, 1}
    assert abs((chosen == 0).mean() - 0.5) < 4.5 * 0.5 / np.sqrt(n)
    assert learner.predict(votes[100:], first=100).tolist() == chosen[100:].tolist()
    assert learner.predict(votes).tolist() == chosen.tolist()


def test_operations_follow_the_documented_formula(learner, params, curve):
    big = InfomorphicLearner(params, 64, 10, curve, seed=0)
    assert big.drive_operations(40) == 40 * 10 * (2 * 64 + 1)
    assert big.learn_operations(40) == 40 * 10 * (128 + 113) + 10 * 16 + 640 * (3 + 14)
    assert big.vote_operations(360, DRAWS) == 360 * (10 * 20 + 9)
    plain = params.model_copy(update={"optimizer": "ascent", "bias": True})
    biased = InfomorphicLearner(plain, 64, 10, curve, seed=0)
    assert biased.drive_operations(1) == 10 * (2 * 65 + 1)
    assert biased.learn_operations(0) == 10 * 16 + 650 * (3 + 2)
    both = params.model_copy(update={"train_context": True})
    trained = InfomorphicLearner(both, 64, 10, curve, seed=0)
    assert trained.learn_operations(40) == big.learn_operations(40) + 10 * (40 * 4 + 1 + 14)


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize("optimizer", ["adam", "ascent"])
def test_state_continues_with_the_same_bits(params, curve, ideal_board, optimizer, trained):
    settings = params.model_copy(update={"optimizer": optimizer, "train_context": trained})
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(40, 5)), rng.integers(0, 3, 40)
    first = InfomorphicLearner(settings, 5, 3, curve, seed=1)
    drive = first.drive(x, labels)
    outcome = ideal_board(3, 0.0, 0).update(drive)
    for _ in range(3):
        first.learn(x, drive, outcome)
    second = InfomorphicLearner(settings, 5, 3, curve, seed=2)
    second.load(first.state())
    first.learn(x, drive, outcome)
    second.learn(x, drive, outcome)
    assert ("context" in first.state()) == trained
    for name, array in first.state().items():
        assert array.dtype == np.float64
        assert array.tobytes() == second.state()[name].tobytes()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": np.zeros((3, 4))}, r"'weights' has shape \(3, 4\), expected \(3, 5\)"),
        ({"optimizer.mean": np.zeros(5)}, r"'mean' has shape \(5,\), expected \(3, 5\)"),
        ({"weights": np.full((3, 5), np.nan)}, "'weights' holds a NaN"),
    ],
)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(learner, change, message):
    before = learner.weights
    with pytest.raises(ConfigError, match=message):
        learner.load({**learner.state(), **change})
    with pytest.raises(ConfigError, match="'mean' is missing"):
        learner.load({"weights": before + 1.0, "optimizer.square": before})
    assert learner.weights.tobytes() == before.tobytes()


def test_a_trained_context_that_does_not_fit_changes_nothing(params, curve):
    settings = params.model_copy(update={"train_context": True})
    learner = InfomorphicLearner(settings, 5, 3, curve, seed=1)
    before = learner.state()
    wrong = {"weights": before["weights"] + 1.0, "context_optimizer.mean": np.zeros(4)}
    with pytest.raises(ConfigError, match=r"'mean' has shape \(4,\), expected \(3,\)"):
        learner.load({**before, **wrong})
    assert learner.weights.tobytes() == before["weights"].tobytes()


def test_a_trained_context_is_left_where_none_is_trained(params, curve, learner):
    settings = params.model_copy(update={"train_context": True, "w_context": 0.5})
    other = InfomorphicLearner(settings, 5, 3, curve, seed=2)
    learner.load(other.state())
    assert learner.weights.tobytes() == other.weights.tobytes()
    assert learner.context.tolist() == [params.w_context] * 3


def test_weights_alone_are_a_state_too(learner):
    before = learner.weights
    learner.load({"weights": before + 1.0})
    assert learner.weights.tobytes() == (before + 1.0).tobytes()


def test_what_does_not_belong_together_is_refused(learner, params, curve):
    x, labels = np.zeros((2, 5)), np.array([0, 1])
    with pytest.raises(ConfigError, match=r"samples \(2, 4\) must be \(n, 5\)"):
        learner.inference_drive(np.zeros((2, 4)))
    with pytest.raises(ConfigError, match=r"label 3 is outside \[0, 2\]"):
        learner.drive(x, np.array([0, 3]))
    with pytest.raises(ConfigError, match=r"\(3,\) labels for samples \(2, 5\)"):
        learner.drive(x, np.zeros(3, dtype=np.int64))
    y, drive = np.ones((2, 2), dtype=np.int8), learner.drive(x, labels)
    with pytest.raises(ConfigError, match=r"outcome \(2, 2\) must be \(2, 3\)"):
        learner.learn(x, drive, Outcome(y, y.astype(np.int32)))
    with pytest.raises(ConfigError, match=r"votes \(2, 2\) must be \(n, 3\)"):
        learner.predict(np.zeros((2, 2), dtype=np.int64))
    with pytest.raises(ConfigError, match="0 features x 3 neurons is empty"):
        InfomorphicLearner(params, 0, 3, curve, seed=0)


def test_an_empty_batch_teaches_nothing(learner):
    none = np.empty((0, 3))
    outcome = Outcome(none.astype(np.int8), none.astype(np.int32))
    with pytest.raises(ConfigError, match="the batch is empty"):
        learner.learn(np.empty((0, 5)), Drive(none, none), outcome)


def test_digits_are_learned(params, curve, ideal_board):
    """Devices with sigma = 0.05, outputs observed, 392 k updates to train."""
    data = load_digits_split()
    board = ideal_board(10, 0.05, seed=0)
    learner = InfomorphicLearner(params, 64, 10, curve, seed=0)
    train(learner, board, data)
    largest, voted = accuracies(learner, board, data)
    assert largest >= 0.94
    assert voted >= 0.93


@pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs MNIST ($SPINBOARD_DATA)")
def test_mnist_is_learned_one_sample_at_a_time(mnist_params, curve, ideal_board):
    data = load_mnist(find_data("mnist"))
    board = ideal_board(10, 0.05, seed=0)
    settings = mnist_params.model_copy(update={"batch": 1})
    learner = InfomorphicLearner(settings, 784, 10, curve, seed=0)
    train(learner, board, data)
    largest, voted = accuracies(learner, board, data)
    assert largest >= 0.885
    assert voted >= 0.873
