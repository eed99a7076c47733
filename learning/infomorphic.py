"""Infomorphic neurons: each climbs its own information goal and sees nothing but (r, c, y).

Neuron d receives r = w_d x (its receptive input) and a context c that says whether the sample
belongs to its class; the board answers with y in {-1, +1}, P(y = +1) = theta(r, c). Over a batch
the neuron estimates the decomposition of I(Y:RC) (`learning.pid`) and follows

    dG/dw_d = (1/N) sum_n g_n theta_n (1 - theta_n) (dA/dr)_n x_n - decay w_d,

with theta = sigmoid(A(r, c)) the fitted curve, which the host knows. Training context is z = +1
for the neuron's own class and -1 otherwise, times `w_context`; at inference it is 0. With
`train_context` that weight is the start of one per neuron, which climbs too:

    dG/dw_C,d = (1/N) sum_n g_n theta_n (1 - theta_n) (dA/dc)_n z_n.

A. Makkeh, M. Graetz, A. C. Schneider et al., PNAS 122, e2408125122 (2025), arXiv 2306.02149.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from emulator import Activation, ConfigError, Count, Drive, Outcome, Params, Ratio, Stream

from . import operations
from .batches import Batches
from .optimizer import Adam, Ascent, Optimizer
from .pid import ATOMS, MAX_BINS, shared_exclusions
from .products import Samples, correlated, weighted, with_ones
from .state import State, take

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
WORDS = 2.0**32
MAX_SAMPLES = 1_000_000  # per learning step, all held in memory at once
FLAT = 1e-6  # fitted curves are clipped this close to 0 and 1: beyond, no gradient is left


class InfomorphicParams(Params):
    """Parameters of an infomorphic learner; see `learning/cards`."""

    gamma_unq_r: Ratio
    gamma_unq_c: Ratio
    gamma_shd: Ratio
    gamma_syn: Ratio
    gamma_res: Ratio
    eta: Ratio = Field(gt=0)
    bins: Count = Field(ge=2, le=MAX_BINS)
    steps: Count = Field(ge=0)
    iterations: Count = Field(ge=1)
    batch: Count = Field(ge=1)
    init_scale: Ratio = Field(ge=0)
    weight_decay: Ratio = Field(ge=0)
    w_context: Ratio
    train_context: bool
    observe: Literal["outputs", "theta"]
    eps: Ratio = Field(gt=0, lt=0.5)
    optimizer: Literal["adam", "ascent"]
    bias: bool

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.samples > MAX_SAMPLES:
            raise ValueError(
                f"iterations x batch = {self.samples} samples per step exceed {MAX_SAMPLES}"
            )
        if self.train_context and self.w_context == 0:
            raise ValueError("train_context needs a w_context other than 0 to start from")
        return self

    @property
    def gamma(self) -> tuple[float, float, float, float, float]:
        """The goal's weights in the order of `learning.pid.ATOMS`."""
        return (
            self.gamma_unq_r, self.gamma_unq_c, self.gamma_shd, self.gamma_syn, self.gamma_res,
        )  # fmt: skip

    @property
    def samples(self) -> int:
        """Samples per learning step: iterations times minibatch."""
        return self.iterations * self.batch


@dataclass(frozen=True)
class StepReport:
    """What one learning step saw: means over the neurons, in bits; `gradient_norm` is |dG/dW|.

    `saturated` is the share of its samples at which theta is flat (within 1e-6 of 0 or 1), of the
    neuron that has the least of them: at 1 no neuron can learn.
    """

    goal: float
    unq_r: float
    unq_c: float
    shd: float
    syn: float
    res: float
    gradient_norm: float
    saturated: float


class InfomorphicLearner:
    """A layer of `neurons` infomorphic neurons, one per class, over `features` inputs.

    Weights start from U(-init_scale, init_scale) (stream `learner.init`), shape
    (neurons, features), one more column if `bias`.
    """

    def __init__(
        self,
        params: InfomorphicParams,
        features: int,
        neurons: int,
        activation: Activation,
        seed: int,
    ) -> None:
        if features < 1 or neurons < 1:
            raise ConfigError(f"learner: {features} features x {neurons} neurons is empty")
        self.params, self.features, self.neurons = params, features, neurons
        self._activation = activation
        self.columns = features + params.bias
        shape = (neurons, self.columns)
        words = Stream(seed, "learner.init").words(0, neurons * self.columns).astype(np.float64)
        self._weights = params.init_scale * (2.0 * (words.reshape(shape) + 0.5) / WORDS - 1.0)
        self._context = np.full(neurons, params.w_context)
        self._optimizer = _optimizer(params, shape)
        self._context_optimizer = _optimizer(params, self._context.shape)
        self._batches = Batches(seed, params.samples)
        self._ties = Stream(seed, "learner.ties")

    @property
    def weights(self) -> Floats:
        """A copy of the weights, shape (neurons, features [+ 1, the bias])."""
        return self._weights.copy()

    @property
    def context(self) -> Floats:
        """A copy of the context weights, shape (neurons,): all `w_context` unless trained."""
        return self._context.copy()

    def batch_indices(self, step: int, n_train: int) -> Integers:
        """Return the samples of learning step `step`, shape (iterations * batch,)."""
        return self._batches.indices(step, n_train)

    def drive(self, x: Samples, labels: Integers) -> Drive:
        """Return the training drive of samples `x` (n, features) with `labels` (n,)."""
        if labels.shape != x.shape[:1]:
            raise ConfigError(f"learner: {labels.shape} labels for samples {x.shape}")
        if labels.size and not 0 <= labels.min() <= labels.max() < self.neurons:
            bad = labels[(labels < 0) | (labels >= self.neurons)][0]
            raise ConfigError(f"learner: label {bad} is outside [0, {self.neurons - 1}]")
        own = labels[:, None] == np.arange(self.neurons)
        return Drive(
            weighted(self._inputs(x), self._weights), self._context * np.where(own, 1.0, -1.0)
        )

    def inference_drive(self, x: Samples) -> Drive:
        """Return the drive of samples `x` (n, features) without context."""
        r = weighted(self._inputs(x), self._weights)
        return Drive(r, np.zeros_like(r))

    def learn(self, x: Samples, drive: Drive, outcome: Outcome) -> StepReport:
        """Take one step up the goal from what the board answered to `drive`.

        Raises `ConfigError` if samples, drive and outcome do not belong together.
        """
        inputs = self._inputs(x)
        shape = (len(inputs), self.neurons)
        if drive.r.shape != shape or outcome.y.shape != shape:
            raise ConfigError(
                f"learner: drive {drive.r.shape} and outcome {outcome.y.shape} must be {shape}"
            )
        theta = self._activation.theta(drive.r, drive.c)
        q = theta if self.params.observe == "theta" else self._observed(outcome)
        pid = shared_exclusions(drive.r, drive.c, q, self.params.bins, self.params.gamma)
        spread = theta * (1.0 - theta)
        slope = spread * self._activation.slope_r(drive.r, drive.c)
        gradient = correlated(pid.gradient * slope, inputs) / len(inputs)
        gradient -= self.params.weight_decay * self._weights
        self._weights = self._optimizer.step(self._weights, gradient)
        if self.params.train_context:
            self._learn_context(drive, pid.gradient * spread)
        means = {name: float(getattr(pid, name).mean()) for name in ("goal", *ATOMS)}
        saturated = float((spread <= FLAT).mean(axis=0).min())
        norm = float(np.linalg.norm(gradient))
        return StepReport(gradient_norm=norm, saturated=saturated, **means)

    def _learn_context(self, drive: Drive, slope: Floats) -> None:
        """Take one step with the context weights; `slope` is g theta (1 - theta)."""
        z = np.sign(drive.c * self._context)
        each = slope * self._activation.slope_c(drive.r, drive.c) * z
        self._context = self._context_optimizer.step(self._context, each.mean(axis=0))

    def predict(self, votes: Integers, first: int = 0) -> Integers:
        """Return the class of each sample, shape (n,), from `votes` (n, neurons).

        Most outputs of +1 over the draws win; a tie is broken by the stream `learner.ties`, by
        the number of the sample, `first` being that of the first row.
        """
        if votes.ndim != 2 or votes.shape[1] != self.neurons:
            raise ConfigError(f"learner: votes {votes.shape} must be (n, {self.neurons})")
        if len(votes) == 0:
            return np.empty(0, dtype=np.int64)
        words = self._ties.words(first * self.neurons, votes.size).astype(np.int64)
        ranked = (votes.astype(np.int64) << 32) + words.reshape(votes.shape)
        return np.asarray(np.argmax(ranked, axis=1), dtype=np.int64)

    def state(self) -> State:
        """Return `weights` and the optimizer's memory (`optimizer.*`) as float64 arrays.

        With `train_context` also `context` and `context_optimizer.*`.
        """
        state = {"weights": self.weights, **_named("optimizer.", self._optimizer)}
        if self.params.train_context:
            state["context"] = self.context
            state |= _named("context_optimizer.", self._context_optimizer)
        return state

    def load(self, state: Mapping[str, Floats]) -> None:
        """Take up a state; without the optimizer's memory, its weights alone.

        Context weights are taken up where they are trained; elsewhere `w_context` stands.
        Raises `ConfigError` if an array is missing or does not fit.
        """
        weights, context = take(state, "weights", self._weights.shape), self._context
        optimizer = self._remembering("optimizer.", state, weights.shape) or self._optimizer
        of_context = self._context_optimizer
        if self.params.train_context and "context" in state:
            context = take(state, "context", context.shape)
            prefix = "context_optimizer."
            of_context = self._remembering(prefix, state, context.shape) or of_context
        self._weights, self._optimizer = weights, optimizer
        self._context, self._context_optimizer = context, of_context

    def _remembering(
        self, prefix: str, state: Mapping[str, Floats], shape: tuple[int, ...]
    ) -> Optimizer | None:
        """Return an optimizer with the memory under `prefix`, None if the state has none."""
        memory = {n.removeprefix(prefix): a for n, a in state.items() if n.startswith(prefix)}
        if not memory:
            return None
        optimizer = _optimizer(self.params, shape)
        optimizer.load(memory)
        return optimizer

    def drive_operations(self, samples: int) -> int:
        """Return the host's operations for a drive: samples * neurons * (2 columns + 1).

        A multiply-accumulate counts as two; columns = features [+ 1, the bias].
        """
        return samples * self.neurons * (2 * self.columns + 1)

    def learn_operations(self, samples: int) -> int:
        """Return the host's operations for one `learn` of `samples` samples.

        samples * neurons * (2 columns + 113) for the weight gradient and the decomposition, plus
        per neuron 16 and per weight 3 and the optimizer's own (Adam 14, ascent 2). A context that
        is trained takes 4 per sample and neuron and, per neuron, 1 and the optimizer's own.
        """
        climbing = self._optimizer.operations_per_weight
        gradient = samples * (2 * self.columns + operations.PER_SAMPLE)
        each = gradient + operations.PER_NEURON + self.columns * (operations.PER_WEIGHT + climbing)
        if self.params.train_context:
            each += samples * operations.CONTEXT + 1 + climbing
        return self.neurons * each

    def vote_operations(self, samples: int, draws: int) -> int:
        """Return the host's operations to count `draws` outputs per neuron and find the most."""
        return samples * (self.neurons * draws + self.neurons - 1)

    def _inputs(self, x: Samples) -> Samples:
        """Return `x` (n, features), with a column of ones if there is a bias."""
        if x.ndim != 2 or x.shape[1] != self.features:
            raise ConfigError(f"learner: samples {x.shape} must be (n, {self.features})")
        return with_ones(x, self.params.bias)

    def _observed(self, outcome: Outcome) -> Floats:
        """Return P(y = +1) as a sampled output shows it: 1 - eps for +1, eps for -1."""
        return np.where(outcome.y > 0, 1.0 - self.params.eps, self.params.eps)


def _optimizer(params: InfomorphicParams, shape: tuple[int, ...]) -> Optimizer:
    return Adam(params.eta, shape) if params.optimizer == "adam" else Ascent(params.eta)


def _named(prefix: str, optimizer: Optimizer) -> State:
    """Return the memory of an optimizer under names that begin with `prefix`."""
    return {prefix + name: array for name, array in optimizer.state().items()}
