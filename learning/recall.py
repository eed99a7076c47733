"""Asynchronous recall: one neuron after the other takes the sign that it is driven to.

J. J. Hopfield, PNAS 79, 2554 (1982), here by the majority of stochastic outputs.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, Outcome, Stream

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Answer = Callable[[Floats], Integers]


class Recall:
    """The recall of `cues` (n, pixels): the neurons of each decide one at a time, in turn.

    Each cue has an order of its own, `orders` (n, pixels), the same in every sweep. It is recalled
    once all its neurons in turn have changed nothing, and given up after `sweeps` turns.

    All neurons of a cue may be asked at once: until the first of them, in order, changes the state,
    each has answered to the state as it stands, just as if it had been asked when its turn came.
    `take` uses a row of answers up to that first change and drops the rest, which were given to a
    state that is past. A cue therefore takes one row per change and one to see that nothing
    changes any more, instead of one row per neuron and sweep.

    Raises `ConfigError` if cues and orders differ in shape.
    """

    def __init__(self, cues: Floats, orders: Integers, sweeps: int) -> None:
        if cues.ndim != 2 or orders.shape != cues.shape:
            raise ConfigError(f"recall: cues {cues.shape} and orders {orders.shape} must be (n, D)")
        self.states = cues.copy()
        self._orders, self._most = orders, sweeps * cues.shape[1]
        self._decided = np.zeros(len(cues), dtype=np.int64)  # decisions so far
        self._quiet = np.zeros(len(cues), dtype=np.int64)  # of them, in agreement with the state

    @property
    def active(self) -> Integers:
        """The numbers of the cues that are not recalled yet."""
        return np.flatnonzero((self._quiet < self.states.shape[1]) & (self._decided < self._most))

    def run(self, answer: Answer) -> Floats:
        """Return the states at the end, if `answer` gives what neurons say to states (m, pixels).

        An answer is +1 or -1, or 0 for a vote that is even: the neuron stays as it is.
        """
        while (rows := self.active).size:
            self.take(rows, answer(self.states[rows]))
        return self.states

    def take(self, rows: Integers, answers: Integers) -> None:
        """Let the neurons of the cues `rows` decide by `answers`, shape (len(rows), pixels)."""
        for row, answer in zip(rows.tolist(), answers, strict=True):
            self._decide(row, answer)

    def _decide(self, row: int, answer: Integers) -> None:
        """Use the answers of one row in turn, up to the first change."""
        state, pixels = self.states[row], self.states.shape[1]
        turn = np.roll(self._orders[row], -int(self._decided[row]))
        left = int(min(pixels - self._quiet[row], self._most - self._decided[row]))
        changes = np.flatnonzero((answer * state < 0.0)[turn[:left]])
        if changes.size == 0:
            self._decided[row] += left
            self._quiet[row] += left
            return
        state[turn[changes[0]]] *= -1.0
        self._decided[row] += changes[0] + 1
        self._quiet[row] = 1  # whoever changed agrees with the others: it does not drive itself


def majority(outcome: Outcome, draws: int) -> Integers:
    """Return the sign of each vote of `draws`, 0 if it is even, shape (n, neurons)."""
    return np.sign(2 * outcome.votes(draws) - draws)


def turns(seed: int, cues: int, pixels: int) -> Integers:
    """Return the order in which the neurons of each cue decide, shape (cues, pixels).

    Drawn from the stream `learner.turns`.
    """
    words = Stream(seed, "learner.turns").words(0, cues * pixels).reshape(cues, pixels)
    return np.argsort(words, axis=1, kind="stable").astype(np.int64)


def with_flips(patterns: Floats, share: float, seed: int) -> Floats:
    """Return `patterns` (n, pixels), each pixel flipped with probability `share`.

    Drawn from the stream `learner.flips`.
    """
    words = Stream(seed, "learner.flips").words(0, patterns.size).reshape(patterns.shape)
    return np.where(words < np.uint64(round(share * 2**32)), -patterns, patterns)
