"""Two infomorphic neurons that look for clusters: no labels, each other's output as context.

Each neuron climbs the information that its receptive input r = w x alone tells about its output,
unq_r = I(Y:R) - I_shd: it learns to say something certain about a sample that the other neuron
does not say already. The context z of a neuron is the output that the other one gives to the same
sample without context, so a step asks the board twice. The neurons are trained one after the
other, by plain gradient ascent (`learning.infomorphic`), the first while the second still carries
its random weights. The curve of these neurons is A = slope_r r + slope_c z (`Rescaled`).

Which of its outputs a neuron gives to which cluster is left open, and which neuron finds what:
labels enter only when a result is judged (`matched`).

A. Makkeh, M. Graetz, A. C. Schneider et al., PNAS 122, e2408125122 (2025), arXiv 2306.02149.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from emulator import Activation, ConfigError, Count, Drive, Outcome, Params, Ratio, Stream

from .batches import Batches
from .infomorphic import MAX_SAMPLES, WORDS, InfomorphicLearner, InfomorphicParams, StepReport
from .pid import MAX_BINS
from .rescaled import Rescaled
from .state import State, take

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NEURONS = 2


class ClusterParams(Params):
    """Parameters of two infomorphic neurons trained in sequence; `_1` and `_2` say whose."""

    gamma_unq_r: Ratio
    gamma_unq_c: Ratio
    gamma_shd: Ratio
    gamma_syn: Ratio
    gamma_res: Ratio
    steps_1: Count = Field(ge=0)
    steps_2: Count = Field(ge=0)
    eta_1: Ratio = Field(gt=0)
    eta_2: Ratio = Field(gt=0)
    weight_decay_1: Ratio = Field(ge=0)
    weight_decay_2: Ratio = Field(ge=0)
    bins: Count = Field(ge=2, le=MAX_BINS)
    iterations: Count = Field(ge=1)
    batch: Count = Field(ge=1)
    init_scale: Ratio = Field(ge=0)
    slope_r: Ratio = Field(gt=0)
    slope_c: Ratio
    observe: Literal["outputs", "theta"]
    eps: Ratio = Field(gt=0, lt=0.5)

    @model_validator(mode="after")
    def _fits_in_memory(self) -> Self:
        samples = self.iterations * self.batch
        if samples > MAX_SAMPLES:
            raise ValueError(
                f"iterations x batch = {samples} samples per step exceed {MAX_SAMPLES}"
            )
        return self

    @property
    def steps(self) -> int:
        """Learning steps of both neurons."""
        return self.steps_1 + self.steps_2

    def neuron(self, number: int) -> InfomorphicParams:
        """Return the parameters of neuron `number`, 0 or 1."""
        shared = set(InfomorphicParams.model_fields) & set(type(self).model_fields)
        return InfomorphicParams(
            **{name: getattr(self, name) for name in shared},
            steps=(self.steps_1, self.steps_2)[number],
            eta=(self.eta_1, self.eta_2)[number],
            weight_decay=(self.weight_decay_1, self.weight_decay_2)[number],
            optimizer="ascent", w_context=1.0, train_context=False, bias=False,
        )  # fmt: skip


class ClusterLearner:
    """Two infomorphic neurons over `features` inputs, each the other's context.

    `activation` is the board's fitted curve. Weights, shape (2, features), start from
    U(-init_scale, init_scale) (stream `learner.init`). Raises `ConfigError` for a curve that is
    not additive.
    """

    def __init__(
        self, params: ClusterParams, features: int, activation: Activation, seed: int
    ) -> None:
        self.params, self.features = params, features
        self._curve = Rescaled(activation, params.slope_r, params.slope_c)
        self._neurons = [
            InfomorphicLearner(params.neuron(k), features, 1, self._curve, seed)
            for k in range(NEURONS)
        ]
        words = Stream(seed, "learner.init").words(0, NEURONS * features).astype(np.float64)
        start = params.init_scale * (2.0 * (words.reshape(NEURONS, features) + 0.5) / WORDS - 1.0)
        self.load({"weights": start})
        self._batches = Batches(seed, params.iterations * params.batch)
        self._ties = Stream(seed, "learner.ties")

    @property
    def weights(self) -> Floats:
        """A copy of the weights, shape (2, features)."""
        return np.vstack([neuron.weights for neuron in self._neurons])

    def trained(self, step: int) -> int:
        """Return which neuron learns in step `step`: 0 in the first `steps_1`, then 1."""
        return int(step >= self.params.steps_1)

    def batch_indices(self, step: int, samples: int) -> Integers:
        """Return the samples of learning step `step`, shape (iterations * batch,)."""
        return self._batches.indices(step, samples)

    def drive(self, x: Floats) -> Drive:
        """Return the neurons' drive r = w x of samples `x` (n, features), without context."""
        r = np.hstack([neuron.inference_drive(x).r for neuron in self._neurons])
        return Drive(r, np.zeros_like(r))

    def with_context(self, drive: Drive, outcome: Outcome) -> Drive:
        """Return `drive` with the other neuron's output to it as each neuron's context."""
        return Drive(drive.r, outcome.y[:, ::-1].astype(np.float64))

    def on_board(self, drive: Drive) -> Drive:
        """Return what to drive the board with, so that its junctions answer like these neurons."""
        return self._curve.on_board(drive)

    def learn(self, step: int, x: Floats, drive: Drive, outcome: Outcome) -> StepReport:
        """Take one step of the neuron whose turn it is, up the goal, from the board's `outcome`.

        `drive` is the neurons' own, not the board's. Raises `ConfigError` if samples, drive and
        outcome do not belong together.
        """
        if outcome.y.shape != drive.r.shape:
            raise ConfigError(f"learner: outcome {outcome.y.shape} for a drive {drive.r.shape}")
        own = slice(self.trained(step), self.trained(step) + 1)
        mine = Drive(drive.r[:, own], drive.c[:, own])
        answer = Outcome(outcome.y[:, own], outcome.codes[:, own])
        return self._neurons[own.start].learn(x, mine, answer)

    def clusters(self, votes: Integers, draws: int, first: int = 0) -> Integers:
        """Return what each neuron says of each sample, -1 or +1, shape (n, 2).

        `votes` (n, 2) counts outputs of +1 among `draws`. A tie is broken by the stream
        `learner.ties`, by the number of the sample, `first` being that of the first row.
        """
        words = self._ties.words(first * NEURONS, votes.size).reshape(votes.shape)
        coin = 2 * (words & np.uint64(1)).astype(np.int64) - 1
        lead = np.sign(2 * votes - draws)
        return np.where(lead == 0, coin, lead)

    def state(self) -> State:
        """Return `weights` as a float64 array: plain ascent remembers nothing else."""
        return {"weights": self.weights}

    def load(self, state: Mapping[str, Floats]) -> None:
        """Take up weights; raises `ConfigError` if they do not fit."""
        weights = take(state, "weights", (NEURONS, self.features))
        for neuron, row in zip(self._neurons, weights, strict=True):
            neuron.load({"weights": row[None]})

    def drive_operations(self, samples: int) -> int:
        """Return the host's operations for r and the board's drive: 2 (2 features + 5) each."""
        each = sum(neuron.drive_operations(samples) for neuron in self._neurons)
        return each + NEURONS * samples * Rescaled.OPERATIONS

    def context_operations(self, samples: int) -> int:
        """Return the host's operations to drive the same samples with another context."""
        return NEURONS * samples * Rescaled.OPERATIONS

    def learn_operations(self, step: int, samples: int) -> int:
        """Return the host's operations for one `learn`; see `InfomorphicLearner`."""
        return self._neurons[self.trained(step)].learn_operations(samples)

    def vote_operations(self, samples: int, draws: int) -> int:
        """Return the host's operations to count `draws` outputs per neuron and compare."""
        return samples * NEURONS * (draws + 1)


def matched(found: Integers, labels: Integers) -> tuple[float, int]:
    """Return the accuracy of two clusters under the better assignment of labels, and that one.

    `found` (n,) in {-1, +1}, `labels` (n,) in {0, 1}. The assignment is the output, +1 or -1, that
    stands for label 1: clusters have no names of their own, so the better of the two counts, and
    the accuracy is never below one half.
    """
    n, alike = len(labels), int(np.count_nonzero((found > 0) == (labels == 1)))
    return max(alike, n - alike) / n, 1 if 2 * alike >= n else -1
