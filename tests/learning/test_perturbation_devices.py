"""The learner on every device there is: its equations, to the rounding of single precision."""

from __future__ import annotations

import numpy as np
import pytest

from tests.learning.rounding import Near, U

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402
from learning.perturbation.descent import Descent  # noqa: E402
from learning.perturbation.weights import Weights  # noqa: E402
from tests.learning.perturbing import (  # noqa: E402
    DEVICES,
    batch,
    gauss,
    one_thread,  # noqa: F401
    settings,
)

SAMPLES, SIZES, SLOPE = 48, (30, 25, 25, 6), 0.01


def begun(device, rule):
    """Return a learner by plain descent at a rate of 1, with an R of its own in every layer."""
    params = settings(rule=rule, hidden_layers=2, hidden_units=25, device=device, optimizer="sgd",
                      eta=1.0, epsilon=0.1, slope=SLOPE)  # fmt: skip
    learner = PerturbationLearner(params, SIZES[0], SIZES[-1], 3)
    state = learner.state()
    for layer, n in enumerate(SIZES[:-1] if rule == "danp" else ()):
        mixed = np.eye(n) + gauss((n, n), 0.03, layer)
        state[f"decorrelation.{layer}.matrix"] = mixed.astype(np.float32).astype(np.float64)
    learner.load(state)
    return learner


def taught(before, rule, x, y, noise):
    """Return weights and R after one step by S1 eqs. 3 and 4, with all that may round."""
    x, layers, first = Near(x.astype(np.float64)), len(SIZES) - 1, 0
    inputs, sums = [], []
    passes = [x, x]
    for layer in range(layers):
        w, b = (Near(before[f"{name}.{layer}"]) for name in ("weights", "bias"))
        if layer:
            passes = [total.rectified(SLOPE) for total in sums[-1]]
        if rule == "danp":
            r = Near(before[f"decorrelation.{layer}.matrix"])
            passes = [z @ r.T for z in passes]
        own = noise[:, :, first : first + len(w.value)].astype(np.float64)
        inputs.append(passes[0])
        sums.append([z @ w.T + b + Near(e) for z, e in zip(passes, own, strict=True)])
        first += len(w.value)
    losses = [out.log_loss(y) for out in sums[-1]]
    differences = [one - two for one, two in sums]
    power = sum(
        ((da * da).sum(1) for da in differences[1:]), (differences[0] * differences[0]).sum(1)
    )
    factor = Near(np.float64(first)) * (losses[0] - losses[1]) / power
    share = Near(np.float64(1.0 / SAMPLES), U / SAMPLES)
    after = {}
    for layer, (seen, da) in enumerate(zip(inputs, differences, strict=True)):
        error = da * factor[:, None] * share
        steps = {"weights": error.T @ seen, "bias": error.sum(0)}
        for name, step in steps.items():
            after[f"{name}.{layer}"] = Near(before[f"{name}.{layer}"]) - step
        if rule == "danp":
            r = Near(before[f"decorrelation.{layer}.matrix"])
            own = (seen * seen).sum(0)[:, None] * r
            rate = Near(np.float64(0.1 / SAMPLES), 2 * U * 0.1 / SAMPLES)
            step = (seen.T @ (seen @ r) - own) * rate
            after[f"decorrelation.{layer}.matrix"] = r - step
    return after


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("rule", ["anp", "danp"])
def test_a_step_is_the_equations_to_rounding(device, rule):
    """Whatever order a device adds in; the ten bits of tensor cores (TF32) would not do."""
    learner = begun(device, rule)
    before = learner.state()
    x, y = batch(SAMPLES, SIZES[0], SIZES[-1])
    noise = gauss((2, SAMPLES, learner.nodes), 0.5)
    expected = taught(before, rule, x, y, noise)
    learner.step(x, y, noise)
    after = learner.state()
    assert len(expected) == (9 if rule == "danp" else 6)
    for name, near in expected.items():
        assert (np.abs(after[name] - near.value) <= near.error).all(), name
        moved = np.abs(after[name] - before[name]).max()
        assert near.error.max() < 0.02 * moved, name  # the test could tell


@pytest.mark.parametrize("device", DEVICES)
def test_adam_is_its_equations_to_rounding(device):
    """Five steps at a rate of 0.1. A device may hold 1 - 0.999 from a rounded 0.999: u / 0.001."""
    weights = Weights((7, 5), True, 1, torch.device(device))
    descent = Descent("adam", weights, 0.1)
    values = weights.values.cpu().numpy().astype(np.float64)
    mean, square = np.zeros_like(values), np.zeros_like(values)
    with torch.inference_mode():
        for t in range(1, 6):
            g = gauss(values.shape, 1.0, t)
            weights.gradients.copy_(torch.from_numpy(g))
            descent.step()
            mean, square = 0.9 * mean + 0.1 * g, 0.999 * square + 0.001 * g.astype(np.float64) ** 2
            values -= 0.1 * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
    found = weights.values.cpu().numpy()
    assert found.dtype == np.float32
    # |mean| / sqrt(square) <= 1 / sqrt(0.1 * 5) at most, so each step is below 0.15
    assert np.abs(found - values).max() < 5 * 0.15 * U / 0.001 + 5 * 20 * U
    assert float(descent.named()["steps"]) == 5
