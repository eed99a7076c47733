"""Noise-based learning: what two noisy looks at a network tell about its weights.

    dW_l = <error_l x_{l-1}^T>,

with the error of each rule in `learning.perturbation.lesson`: node perturbation (`np`, a clean and
a noisy pass, S1 eq. 3), activity-based (`anp`, two noisy passes, S1 eq. 4), the same on
decorrelated inputs (`danp`), and backpropagation (`bp`) as a bound. Noise comes from outside
(`emulator.PassNoise`): the learner neither draws nor, but for `np`, sees it. Of the network's nodes
it sees what was read, in training and in tests (`learning.perturbation.reading`).

S. Dalm, M. van Gerven, N. Ahmad, arXiv 2310.00965 (2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from emulator import ConfigError, Converter, Moments

from ..state import State, take
from .decorrelation import Decorrelation
from .descent import Descent
from .device import device_of, fitting
from .lesson import Lesson, backpropagated, compared, hidden, known_noise, perturbed
from .loss import losses
from .network import Activity, Network, outputs
from .operations import Operations
from .params import PerturbationParams
from .reading import read, saturated
from .report import Evaluation, StepReport
from .weights import Weights

Numbers = NDArray[np.float32] | NDArray[np.float64]
Targets = NDArray[np.int64] | Numbers
NoiseOf = Callable[[int, int], NDArray[np.float32]]  # (first sample, n): one pass each, (n, nodes)
CHUNK = 2000  # rows that a test takes at once


class PerturbationLearner:
    """A layered network (`features` to `outputs`) and the rule it learns by.

    Weights start from stream `learner.init` of `seed`. Nothing else in it is random. Nodes are read
    through `converter`, exactly without one; bp, which a host computes, reads nothing. np takes
    the `moments` of its noise as known, a mean of 0 without them, and raises `ConfigError` if
    nothing tells it the noise's deviation.
    """

    def __init__(
        self, params: PerturbationParams, features: int, outputs: int, seed: int,
        converter: Converter | None = None, moments: Moments | None = None,
    ) -> None:  # fmt: skip
        self.params, self.sizes = params, params.sizes(features, outputs)
        self.nodes = sum(self.sizes[1:])
        self.steps = 0
        self._device = device_of(params.device)
        self._converter = None if params.rule == "bp" else converter
        self._known = known_noise(params, moments)
        with fitting(self.sizes):
            self._weights = Weights(self.sizes, params.bias, seed, self._device)
            self._decorrelations = [
                Decorrelation(
                    n, params.epsilon, params.accumulate, params.decorrelation_bias, self._device
                )
                for n in (self.sizes[:-1] if params.rule == "danp" else ())
            ]
            self._descent = Descent(params.optimizer, self._weights, params.eta)
        self._network = Network(self._weights, self._decorrelations, params.slope, self._converter)
        self.operations = Operations(params, self.sizes)

    def step(self, x: Numbers, y: Targets, noise: NDArray[np.float32] | None = None) -> StepReport:
        """Learn from a batch `x` (B, features) with `y`: labels (B,), or targets (B, outputs).

        Targets other than labels need the loss `mse`. `noise` (2, B, nodes) as `PassNoise.passes`
        gives it; np uses its first half, bp none of it. Raises `ConfigError` for what does not fit.
        """
        with torch.inference_mode():
            samples = len(x)
            seen, targets, labels = self._samples(x, y)
            lesson, activity = self._lesson(seen, targets, self._noise(noise, samples))
            for layer, error in enumerate(lesson.errors):
                if self.params.gradient == "mean":
                    error.mul_(1.0 / samples)
                inputs = self._inputs(activity.inputs[layer], samples)
                torch.mm(error.t(), inputs, out=self._weights.matrix_gradients[layer])
                if self._weights.biases:
                    torch.sum(error, dim=0, out=self._weights.bias_gradients[layer])
            self._descent.step()
            self.steps += 1
            return _report(lesson, labels, *self._unread(activity, lesson))

    def evaluate(self, x: Numbers, y: Targets, noise: NoiseOf | None = None) -> Evaluation:
        """Test on samples `x` (n, features) with `y`, as for `step`; the weights stay as they are.

        One pass, with noise if `test_pass` is noisy (bp: never), of which the outputs are read: of
        several that read the same the first counts as the largest. W_l R_l is multiplied out once.
        A noisy test asks for its `noise` chunk by chunk, in the order of the samples. Raises
        `ConfigError` if there is nothing to test, or no noise where some is needed.
        """
        if not len(x):
            raise ConfigError("learner: no samples to test")
        if not self.noisy_test:
            noise = None
        elif noise is None:
            raise ConfigError("learner.test_pass = noisy: the test has no noise")
        loss, right, beyond = 0.0, 0, 0.0
        with torch.inference_mode():
            fused = self._network.fused()
            for first in range(0, len(x), CHUNK):
                part = slice(first, first + CHUNK)
                seen, targets, labels = self._samples(x[part], y[part])
                drawn = None if noise is None else self._single(noise(first, len(seen)), len(seen))
                analogue = outputs(fused, self.params.slope, seen, drawn)
                out = read(self._converter, analogue)
                beyond += len(seen) * float(saturated(self._converter, analogue))
                loss += float(losses(self.params.loss, out, targets).sum(dtype=torch.float64))
                right += int(_right(out, labels).sum())
        return Evaluation(loss / len(x), right, len(x), beyond / len(x))

    @property
    def noisy_test(self) -> bool:
        """Whether a test takes noise."""
        return self.params.test_pass == "noisy" and self.params.rule != "bp"

    def state(self) -> State:
        """Return all it remembers as float64 arrays (each holds its float32 exactly).

        `weights.*`, `bias.*`, `decorrelation.*`, `optimizer.*` and `steps`: a learner that takes
        them up goes on bit for bit, given the same samples and noise.
        """
        named = {name: _array(tensor) for name, tensor in self._named().items()}
        return {**named, "steps": np.array(float(self.steps))}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up a state. Without `optimizer.*` the optimizer begins anew.

        Raises `ConfigError`, before anything has changed, if an array is missing or does not fit,
        or if the network has no place for it: without its decorrelation it would be another.
        """
        wanted = self._named()
        foreign = {n for n in state if not n.startswith("optimizer.")} - {*wanted, "steps"}
        if foreign:
            raise ConfigError(
                f"learner state: '{min(foreign)}' has no place in a network of rule "
                f"{self.params.rule}, bias = {self.params.bias}".lower()
            )
        if not any(name.startswith("optimizer.") for name in state):
            wanted = {n: t for n, t in wanted.items() if not n.startswith("optimizer.")}
        found = {name: take(state, name, tuple(t.shape)) for name, t in wanted.items()}
        steps = int(take(state, "steps", ()))
        with torch.inference_mode():
            for name, tensor in wanted.items():
                tensor.copy_(torch.from_numpy(found[name]))
        self.steps = steps

    def decorrelation(self, layer: int) -> NDArray[np.float64]:
        """Return R of `layer` (from 0), shape (n, n); raises `ConfigError` if there is none."""
        if not 0 <= layer < len(self._decorrelations):
            raise ConfigError(f"learner: layer {layer} has no decorrelation")
        return _array(self._decorrelations[layer].matrix)

    def _lesson(self, x: Tensor, targets: Tensor, noise: Tensor | None) -> tuple[Lesson, Activity]:
        params, network = self.params, self._network
        if noise is None:
            activity = network.run(x, None, 0)
            return backpropagated(params, network, activity, targets), activity
        if params.rule == "np":
            drawn = noise[0]
            clean = torch.full_like(drawn, self._known.mean)
            activity = network.run(x, torch.stack([clean, drawn]), 0)
            return perturbed(params, activity, targets, drawn, self._known), activity
        activity = network.run(x, noise, len(x) * (2 if params.inputs == "both" else 1))
        return compared(params, activity, targets), activity

    def _inputs(self, rows: Tensor, samples: int) -> Tensor:
        """Return x_{l-1} of the update, (B, n): of the first pass, or the average of both."""
        if rows.shape[0] == samples or self.params.inputs == "first":
            return rows[:samples]
        return (rows[:samples] + rows[samples:]).mul_(0.5)

    def _unread(self, activity: Activity, lesson: Lesson) -> tuple[float, float]:
        """Return `hidden_share` and `saturated_share` of a batch."""
        if self._converter is None:
            return 0.0, 0.0
        beyond = [saturated(self._converter, total) for total in activity.sums]
        return float(hidden(activity, lesson.zero).mean()), float(torch.stack(beyond).max())

    def _samples(self, x: Numbers, y: Targets) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return samples, targets and labels (if these are classes) as tensors.

        Raises `ConfigError` if they do not fit.
        """
        features, k = self.sizes[0], self.sizes[-1]
        if x.ndim != 2 or x.shape[1] != features or not len(x):
            raise ConfigError(f"learner: samples {x.shape} must be (n, {features}), n >= 1")
        if y.ndim == 2:
            if self.params.loss != "mse":
                raise ConfigError("learner.loss = cce needs labels, not targets")
            if y.shape != (len(x), k):
                raise ConfigError(f"learner: targets {y.shape} must be {(len(x), k)}")
            return self._moved(x), self._moved(y), None
        if y.shape != (len(x),) or y.dtype.kind not in "iu":
            raise ConfigError(f"learner: {y.shape} labels ({y.dtype}) for samples {x.shape}")
        if not 0 <= y.min() <= y.max() < k:
            raise ConfigError(f"learner: label {y[(y < 0) | (y >= k)][0]} is outside [0, {k - 1}]")
        labels = torch.tensor(y, dtype=torch.int64, device=self._device)
        if self.params.loss == "cce":
            return self._moved(x), labels, labels
        return self._moved(x), self._moved(np.eye(k, dtype=np.float32)[y]), labels

    def _moved(self, array: Targets) -> Tensor:
        """Return a copy as float32 where PyTorch computes.

        Not the array itself: BLAS adds in another order if memory begins elsewhere.
        """
        return torch.tensor(array, dtype=torch.float32, device=self._device)

    def _noise(self, noise: NDArray[np.float32] | None, samples: int) -> Tensor | None:
        if self.params.rule == "bp":
            return None
        wanted = (2, samples, self.nodes)
        if noise is None or noise.shape != wanted:
            found = None if noise is None else noise.shape
            raise ConfigError(f"learner: noise {found} must be {wanted}")
        return torch.from_numpy(np.ascontiguousarray(noise, np.float32)).to(self._device)

    def _single(self, noise: NDArray[np.float32], samples: int) -> Tensor:
        """Return the noise of one pass of `samples` samples, (n, nodes)."""
        wanted = (samples, self.nodes)
        if noise.shape != wanted:
            raise ConfigError(f"learner: noise {noise.shape} of a test must be {wanted}")
        return torch.from_numpy(np.ascontiguousarray(noise, np.float32)).to(self._device)

    def _named(self) -> dict[str, Tensor]:
        named = self._weights.named()
        for layer, decorrelation in enumerate(self._decorrelations):
            for name, tensor in decorrelation.named().items():
                named[f"decorrelation.{layer}.{name}"] = tensor
        named |= {f"optimizer.{name}": t for name, t in self._descent.named().items()}
        return named


def _report(lesson: Lesson, labels: Tensor | None, missed: float, beyond: float) -> StepReport:
    right = _right(lesson.outputs, labels)
    figures = torch.stack([lesson.loss, right, lesson.zero]).mean(dim=1)
    loss, accuracy, zero = figures.tolist()
    return StepReport(loss, accuracy, zero, missed, beyond)


def _right(out: Tensor, labels: Tensor | None) -> Tensor:
    """Return 1 where a row of the outputs is largest at its label, else 0; 0 without labels."""
    if labels is None:
        return torch.zeros(out.shape[0], device=out.device)
    return (out.argmax(dim=1) == labels).to(torch.float32)


def _array(tensor: Tensor) -> NDArray[np.float64]:
    return np.array(tensor.detach().cpu().numpy(), dtype=np.float64)
