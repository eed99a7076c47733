"""The associative memory: its drives, its diagonal, the shared goal, and what it cannot learn."""

from __future__ import annotations

import numpy as np
import pytest

from emulator import ConfigError, Outcome, load_card
from learning import (
    AssociativeLearner,
    InfomorphicLearner,
    InfomorphicParams,
    Recall,
    load_letters,
    shared_exclusions,
    turns,
    with_complements,
    with_flips,
)
from tests.learning.conftest import CARDS

PIXELS = 35


@pytest.fixture
def params():
    return InfomorphicParams.from_card(load_card(CARDS / "pid_letters.toml"), "learner")


@pytest.fixture
def learner(params, curve):
    return AssociativeLearner(params, PIXELS, curve, seed=1)


def outcome_of(y):
    return Outcome(y, np.zeros(y.shape, dtype=np.int32))


def some(seed, n=20):
    """Return patterns, answers and outputs of n samples."""
    random = np.random.default_rng(seed)
    patterns, answers, y = (np.where(random.random((n, PIXELS)) < 0.5, 1, -1) for _ in range(3))
    return patterns.astype(float), answers.astype(np.int8), outcome_of(y.astype(np.int8))


def trained(params, curve, board, patterns, seed):
    """Return a learner after all its steps with `patterns`."""
    learner = AssociativeLearner(params, PIXELS, curve, seed)
    for step in range(params.steps):
        chosen = patterns[learner.batch_indices(step, len(patterns))]
        answers = board.update(learner.context_drive(chosen)).y
        drive = learner.drive(chosen, answers)
        learner.learn(answers, drive, board.update(drive))
    return learner


def test_the_card_holds_the_published_numbers(params):
    assert params.gamma == (0.1, 0.1, 1.0, 0.1, 0.0)
    assert (params.eta, params.bins, params.steps, params.samples) == (0.001, 20, 300, 20)
    assert (params.init_scale, params.weight_decay, params.w_context) == (0.1, 0.0, 1.0)


def test_no_neuron_ever_drives_itself(learner):
    assert np.count_nonzero(learner.weights) == PIXELS * (PIXELS - 1)
    patterns, answers, outcome = some(2)
    for _ in range(3):
        learner.learn(answers, learner.drive(patterns, answers), outcome)
        assert (np.diag(learner.weights) == 0.0).all()
    state = learner.state()
    learner.load({**state, "weights": state["weights"] + 1.0})
    assert (np.diag(learner.weights) == 0.0).all()


def test_a_bias_keeps_its_column(params, curve):
    learner = AssociativeLearner(params.model_copy(update={"bias": True}), 4, curve, seed=1)
    assert learner.weights.shape == (4, 5)
    assert np.count_nonzero(learner.weights[:, 4]) == 4
    assert (np.diag(learner.weights[:, :4]) == 0.0).all()


def test_drives_are_context_alone_then_the_others_answers_then_no_context(learner):
    patterns, answers, _ = some(3)
    alone = learner.context_drive(patterns)
    assert (alone.r == 0.0).all()
    assert (alone.c == patterns).all()
    both = learner.drive(patterns, answers)
    assert np.allclose(both.r, answers @ learner.weights.T, rtol=0, atol=1e-14)
    assert (both.c == patterns).all()
    recall = learner.recall_drive(patterns)
    assert np.allclose(recall.r, patterns @ learner.weights.T, rtol=0, atol=1e-14)
    assert (recall.c == 0.0).all()


def test_a_step_is_that_of_infomorphic_neurons_beside_the_diagonal(learner, params, curve):
    layer = InfomorphicLearner(params, PIXELS, PIXELS, curve, seed=1)
    layer.load({"weights": learner.weights})
    patterns, answers, outcome = some(4)
    drive = learner.drive(patterns, answers)
    one, other = (
        learner.learn(answers, drive, outcome),
        layer.learn(answers.astype(float), drive, outcome),
    )
    beside = ~np.eye(PIXELS, dtype=bool)
    assert learner.weights[beside].tobytes() == layer.weights[beside].tobytes()
    assert one == other


def test_the_limit_is_the_sign_that_a_neuron_is_driven_to(learner):
    states, _, _ = some(5)
    expected = np.sign(3.43 * (states @ learner.weights.T) - 0.0757)
    assert (learner.limit(states) == expected).all()


def test_a_memory_goes_on_where_another_stopped(learner, params, curve):
    again = AssociativeLearner(params, PIXELS, curve, seed=9)
    patterns, answers, outcome = some(6)
    learner.learn(answers, learner.drive(patterns, answers), outcome)
    again.load(learner.state())
    for each in (learner, again):
        each.learn(answers, each.drive(patterns, answers), outcome)
    assert learner.weights.tobytes() == again.weights.tobytes()


@pytest.mark.parametrize("seed", [0, 1])
def test_it_recalls_five_letters_from_cues_with_a_tenth_of_the_pixels_flipped(
    params, curve, ideal_board, seed
):
    letters = load_letters().word("ABCDE")
    board = ideal_board(PIXELS, 0.0, seed)
    learner = trained(params, curve, board, with_complements(letters), seed)
    wanted = letters[np.arange(100) % 5]
    clean = Recall(wanted, turns(seed, 100, PIXELS), 20).run(learner.limit)
    assert (clean == wanted).all()
    noisy = Recall(with_flips(wanted, 0.1, seed), turns(seed, 100, PIXELS), 20)
    exact = (noisy.run(learner.limit) == wanted).all(axis=1).mean()
    assert exact >= 0.88


def test_a_constant_pixel_leaves_nothing_to_share_and_its_sign_open(params, curve):
    """With one context, I_shd = unq_C = syn = 0 and W -> -W climbs the same goal."""
    random = np.random.default_rng(7)
    r = random.normal(size=(200, 3))
    c, q = np.ones_like(r), curve.theta(r, 0.0 * r)
    pid = shared_exclusions(r, c, q, 20, params.gamma)
    for atom in (pid.shd, pid.unq_c, pid.syn):
        assert np.abs(atom).max() < 1e-13
    mirrored = shared_exclusions(-r, c, q, 20, params.gamma)
    assert np.abs(mirrored.goal - pid.goal).max() < 1e-13


def test_without_complements_constant_pixels_are_not_learned(params, curve, ideal_board):
    """A B C share 20 constant pixels: each is as often wrong as right, recall fails."""
    letters = load_letters().word("ABC")
    wrong = 0
    for seed in range(3):
        learner = trained(params, curve, ideal_board(PIXELS, 0.0, seed), letters, seed)
        wrong += int((learner.limit(letters) != letters).sum())
        both = with_complements(letters)
        learner = trained(params, curve, ideal_board(PIXELS, 0.0, seed), both, seed)
        assert (learner.limit(letters) == letters).all()
    assert wrong > 0


def test_operations_are_those_of_the_layer(learner, params, curve):
    layer = InfomorphicLearner(params, PIXELS, PIXELS, curve, seed=1)
    assert learner.drive_operations(7) == layer.drive_operations(7) == 7 * 35 * 71
    assert learner.learn_operations(7) == layer.learn_operations(7)
    assert learner.vote_operations(2, 51) == 2 * 35 * 53


def test_what_does_not_belong_together_is_refused(learner):
    patterns, answers, outcome = some(8)
    drive = learner.drive(patterns, answers)
    with pytest.raises(ConfigError, match="must be"):
        learner.learn(answers[:3], drive, outcome)
    with pytest.raises(ConfigError, match="samples"):
        learner.recall_drive(patterns[:, :5])
