"""Asynchronous recall: asking all neurons at once changes nothing but the number of questions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emulator import ConfigError, Outcome
from learning import Recall, majority, turns, with_flips

PIXELS, SWEEPS = 12, 20


def couplings(seed):
    """Return weights without a diagonal, not symmetric: some states never come to rest."""
    weights = np.random.default_rng(seed).normal(size=(PIXELS, PIXELS))
    np.fill_diagonal(weights, 0.0)
    return weights


def one_by_one(state, order, sweeps, answer):
    """Return what is recalled by asking one neuron after the other, and how many changed."""
    state, agreed, asked, changes = state.copy(), 0, 0, 0
    while agreed < len(order) and asked < sweeps * len(order):
        neuron = order[asked % len(order)]
        value = answer(state, neuron)
        changed = value * state[neuron] < 0
        agreed = 1 if changed else agreed + 1
        state[neuron] = value or state[neuron]
        asked, changes = asked + 1, changes + changed
    return state, changes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("sweeps", [1, 3, SWEEPS])
def test_it_ends_where_asking_one_by_one_ends(seed, sweeps):
    weights = couplings(seed)
    cues = np.where(np.random.default_rng(seed + 50).random((40, PIXELS)) < 0.5, 1.0, -1.0)
    order = turns(seed, len(cues), PIXELS)
    rows = 0

    def answers(states):
        nonlocal rows
        rows += len(states)
        return np.sign(states @ weights.T).astype(np.int64)

    ended = Recall(cues, order, sweeps).run(answers)
    changes = 0
    for cue, turn, state in zip(cues, order, ended, strict=True):
        expected, n = one_by_one(cue, turn, sweeps, lambda s, i: np.sign(weights[i] @ s))
        assert (state == expected).all()
        changes += n
    assert changes <= rows <= changes + len(cues)


def test_with_noisy_answers_both_recall_equally_often():
    """Answers to a state that is past are dropped whatever they say: the law is the same."""
    weights, random = couplings(3) / 2, np.random.default_rng(4)
    cue, n = np.ones(PIXELS), 2000
    order = turns(0, n, PIXELS)

    def answers(states):
        p = 1.0 / (1.0 + np.exp(-states @ weights.T))
        return np.where(random.random(p.shape) < p, 1, -1)

    def answer(state, neuron):
        return 1 if random.random() < 1.0 / (1.0 + math.exp(-state @ weights[neuron])) else -1

    at_once = Recall(np.tile(cue, (n, 1)), order, 2).run(answers)
    singly = np.array([one_by_one(cue, turn, 2, answer)[0] for turn in order])
    p = (at_once.mean(axis=0) / 2 + singly.mean(axis=0) / 2 + 1) / 2
    error = 2 * np.sqrt(2 * p * (1 - p) / n)
    assert (np.abs(at_once.mean(axis=0) - singly.mean(axis=0)) < 4.5 * error).all()


def test_a_state_at_rest_takes_one_row_and_each_change_one_more():
    wanted = np.ones((1, PIXELS))
    for flipped in range(4):
        cue = wanted.copy()
        cue[0, :flipped] = -1.0
        asked = []

        def answer(states, asked=asked):
            asked.append(len(states))
            return np.ones_like(states, dtype=np.int64)

        assert (Recall(cue, turns(1, 1, PIXELS), SWEEPS).run(answer) == wanted).all()
        assert asked == [1] * (1 + flipped)


def test_neurons_that_contradict_forever_are_given_up_after_the_sweeps():
    course = Recall(np.ones((2, PIXELS)), turns(1, 2, PIXELS), SWEEPS)
    asked = 0
    while (rows := course.active).size:
        course.take(rows, -course.states[rows].astype(np.int64))
        asked += 1
    assert asked == SWEEPS * PIXELS


def test_an_even_vote_leaves_a_neuron_as_it_is():
    y = np.array([[1, -1], [-1, -1], [1, 1], [1, -1]], dtype=np.int8)  # two draws of two samples
    votes = majority(Outcome(y, np.zeros((4, 2), dtype=np.int32)), 2)
    assert votes.tolist() == [[0, -1], [1, 0]]
    cue = -np.ones((1, PIXELS))
    still = Recall(cue, turns(0, 1, PIXELS), SWEEPS).run(lambda s: np.zeros_like(s, dtype=np.int64))
    assert (still == cue).all()


def test_every_cue_has_an_order_of_its_own():
    order = turns(5, 50, PIXELS)
    assert (np.sort(order, axis=1) == np.arange(PIXELS)).all()
    assert len(np.unique(order, axis=0)) == 50
    assert (order == turns(5, 50, PIXELS)).all()
    assert (order != turns(6, 50, PIXELS)).any()


def test_pixels_are_flipped_with_the_probability_that_was_asked_for():
    patterns = np.ones((500, PIXELS))
    for share in (0.1, 0.5):
        flipped = (with_flips(patterns, share, 3) < 0).mean()
        assert abs(flipped - share) < 4.5 * math.sqrt(share * (1 - share) / patterns.size)
    assert (with_flips(patterns, 0.0, 3) == patterns).all()
    assert (with_flips(patterns, 0.1, 3) == -with_flips(-patterns, 0.1, 3)).all()
    assert (with_flips(patterns, 0.1, 3) != with_flips(patterns, 0.1, 4)).any()


def test_cues_and_orders_must_fit():
    with pytest.raises(ConfigError, match=r"cues \(2, 12\) and orders \(1, 12\)"):
        Recall(np.ones((2, PIXELS)), turns(0, 1, PIXELS), SWEEPS)
