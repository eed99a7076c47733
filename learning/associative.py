"""An associative memory of infomorphic neurons, one per pixel (recall: `learning.recall`).

In training the context of a neuron is its own pixel z_i, and its receptive input r_i = sum_j W_ij
y'_j comes from the other neurons, as they answer to their contexts alone: y' is sampled at
(r, c) = (0, w_context z), y at (W y', w_context z). W has no diagonal. Each neuron climbs the goal
of `learning.infomorphic`: with most weight on what both inputs share, it learns to say from the
others' answers what its pixel says. A pixel that is alike in all stored patterns has a context
without entropy. Nothing can be shared with it (I_shd = unq_C = syn = 0), and of the goal only
unq_R = I(Y:R) is left, which a neuron raises by following its input with either sign: it cannot
learn which value its pixel has. Storing each pattern's complement too leaves no pixel constant.

A. Makkeh, M. Graetz, A. C. Schneider et al., PNAS 122, e2408125122 (2025), arXiv 2306.02149.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from emulator import Activation, Drive, Outcome

from .infomorphic import InfomorphicLearner, InfomorphicParams, StepReport
from .state import State

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class AssociativeLearner:
    """`pixels` infomorphic neurons, each driven by all the others.

    Weights W have shape (pixels, pixels [+ 1, the bias]) and a diagonal of zeros. They start like
    those of `InfomorphicLearner`, whose goal, gradient and optimizer these neurons use.
    """

    def __init__(
        self, params: InfomorphicParams, pixels: int, activation: Activation, seed: int
    ) -> None:
        self.params, self.pixels = params, pixels
        self._layer = InfomorphicLearner(params, pixels, pixels, activation, seed)
        self._activation = activation
        self._clear_diagonal()

    @property
    def weights(self) -> Floats:
        """A copy of the weights, shape (pixels, pixels [+ 1, the bias])."""
        return self._layer.weights

    def batch_indices(self, step: int, patterns: int) -> Integers:
        """Return the patterns of learning step `step`, shape (iterations * batch,)."""
        return self._layer.batch_indices(step, patterns)

    def context_drive(self, patterns: Floats) -> Drive:
        """Return the drive of `patterns` (n, pixels) by context alone, r = 0."""
        return Drive(np.zeros_like(patterns), self._layer.context * patterns)

    def drive(self, patterns: Floats, answers: NDArray[np.int8]) -> Drive:
        """Return the drive of `patterns` and of what the neurons answered to them alone.

        `answers` are the outputs y' to `context_drive(patterns)`; both have shape (n, pixels).
        """
        r = self._layer.inference_drive(answers.astype(np.float64)).r
        return Drive(r, self._layer.context * patterns)

    def learn(self, answers: NDArray[np.int8], drive: Drive, outcome: Outcome) -> StepReport:
        """Take one step up the goal from the `outcome` of `drive(patterns, answers)`.

        Raises `ConfigError` if the three do not belong together.
        """
        report = self._layer.learn(answers.astype(np.float64), drive, outcome)
        self._clear_diagonal()
        return report

    def recall_drive(self, states: Floats) -> Drive:
        """Return the drive of `states` (n, pixels) without context: r = W s, c = 0."""
        return self._layer.inference_drive(states)

    def limit(self, states: Floats) -> Integers:
        """Return what neurons without variation answer by most of infinitely many draws.

        The sign of what they are driven to, A(W s, 0), shape (n, pixels); 0 where it is even.
        """
        drive = self.recall_drive(states)
        return np.sign(self._activation.theta(drive.r, drive.c) - 0.5).astype(np.int64)

    def state(self) -> State:
        """Return `weights` and the optimizer's memory (`optimizer.*`) as float64 arrays."""
        return self._layer.state()

    def load(self, state: Mapping[str, Floats]) -> None:
        """Take up a state; raises `ConfigError` if an array is missing or does not fit."""
        self._layer.load(state)
        self._clear_diagonal()

    def drive_operations(self, samples: int) -> int:
        """Return the host's operations for the drives W s of `samples` states."""
        return self._layer.drive_operations(samples)

    def learn_operations(self, samples: int) -> int:
        """Return the host's operations for one `learn` of `samples` samples."""
        return self._layer.learn_operations(samples)

    def vote_operations(self, samples: int, draws: int) -> int:
        """Return the host's operations to count `draws` outputs and find the first change.

        samples * pixels * (draws + 2): each output, the majority, its comparison with the state.
        """
        return samples * self.pixels * (draws + 2)

    def _clear_diagonal(self) -> None:
        """No neuron is driven by itself; the optimizer treats every weight on its own."""
        weights = self._layer.weights
        np.fill_diagonal(weights[:, : self.pixels], 0.0)
        self._layer.load({"weights": weights})
