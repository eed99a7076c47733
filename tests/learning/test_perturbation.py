"""Noise-based learning: its updates against gradients, and who pays for PyTorch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emulator import ConfigError, Moments

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402
from tests.learning.perturbing import (  # noqa: E402
    DEVICES,
    batch,
    gauss,
    one_thread,  # noqa: F401
    settings,
)

ROOT = Path(__file__).parents[2]


# -- what others pay ----------------------------------------------------------------------------


def run_python(code):
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True, text=True
    )


def test_nobody_imports_torch_but_who_asks_for_the_learner():
    code = "import sys, learning, scenarios.cli; sys.exit('torch' in sys.modules)"
    assert run_python(code).returncode == 0


def test_a_missing_torch_is_named():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from emulator import ConfigError\n"
        "try:\n    from learning.perturbation import PerturbationLearner\n"
        "except ConfigError as error:\n    print(error)"
    )
    assert "needs PyTorch, which is not installed" in run_python(code).stdout


def test_an_unknown_name_of_the_package_is_refused():
    from learning import perturbation

    with pytest.raises(AttributeError, match="no attribute 'Learner'"):
        _ = perturbation.Learner


# -- updates are what the equations say ---------------------------------------------------------


def taught(params, x, y, noise, **parts):
    """dW, db of one step, layer by layer: plain descent at a rate of 1 shows them."""
    params = params.model_copy(update={"optimizer": "sgd", "eta": 1.0})
    outputs = int(y.max()) + 1 if y.ndim == 1 else y.shape[1]
    learner = PerturbationLearner(params, x.shape[1], outputs, 3, **parts)
    before = learner.state()
    report = learner.step(x, y, noise)
    after = learner.state()
    return {n: before[n] - after[n] for n in before if n.startswith(("weights", "bias"))}, report


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("loss", ["cce", "mse"])
def test_backpropagation_is_the_gradient_of_autograd(loss, device):
    params = settings("bp_mnist", hidden_layers=2, hidden_units=7, loss=loss, slope=0.2,
                      device=device)  # fmt: skip
    x, y = batch(40, 5, 4)
    found, report = taught(params, x, y, None)
    start = PerturbationLearner(params, 5, 4, 3).state()
    leaves = {n: torch.tensor(a, requires_grad=True) for n, a in start.items() if n in found}
    out = torch.tensor(x, dtype=torch.float64)
    for layer in range(3):
        out = torch.nn.functional.leaky_relu(out, 0.2) if layer else out
        out = out @ leaves[f"weights.{layer}"].T + leaves[f"bias.{layer}"]
    if loss == "cce":
        value = torch.nn.functional.cross_entropy(out, torch.tensor(y))
    else:
        value = ((out - torch.eye(4, dtype=torch.float64)[torch.tensor(y)]) ** 2).sum(1).mean()
    value.backward()
    assert report.loss == pytest.approx(value.item(), rel=1e-5)
    for name, leaf in leaves.items():
        # float32 throughout: 2^-24 times some tens of additions, and w - dw rounds at |w| < 1
        np.testing.assert_allclose(found[name], leaf.grad.numpy(), rtol=0, atol=3e-6)


@pytest.mark.parametrize("loss", ["cce", "mse"])
@pytest.mark.parametrize("rule", ["np", "anp"])
def test_the_expected_update_of_a_linear_layer_is_its_gradient(rule, loss):
    """One sample, shown M times. With small noise dL = g da, so an update is N (g u) u x^T for a
    random direction u (anp; its mean is g x^T, its variance (N (|g|^2 + 2 g_i^2) / (N + 2) - g_i^2)
    x_j^2), or (g e) e x^T with e of variance 1 (np; variance (|g|^2 + g_i^2) x_j^2). What is of
    second order in the noise is even in it and averages out; of third order: sigma^2 |g| N = 5e-6.
    """
    m, n, sigma = 20_000, 5, 1e-3
    params = settings("anp_mnist", rule=rule, sigma=sigma, loss=loss)
    one, _ = batch(1, 3, 1)
    x, y = np.repeat(one, m, axis=0), np.full(m, n - 1)
    exact, _ = taught(params.model_copy(update={"rule": "bp"}), x, y, None)
    found, _ = taught(params, x, y, gauss((2, m, n), sigma))
    g = exact["bias.0"]
    if rule == "anp":
        variance = n * (g @ g + 2 * g**2) / (n + 2) - g**2
    else:
        variance = g @ g + g**2
    error = 4.5 * np.sqrt(variance / m)
    # readings of size 1 round at 6e-8, which is 6e-5 of the noise
    assert (np.abs(found["bias.0"] - g) < error + 1e-4 * np.abs(g)).all()
    off = np.abs(found["weights.0"] - exact["weights.0"])
    assert (off < (error + 1e-4 * np.abs(g))[:, None] * np.abs(one[0])).all()
    assert np.abs(g).max() > 10 * error.max()  # the test could tell


def test_every_rule_averages_or_adds_up():
    for card, noise in (("anp_mnist", gauss((2, 6, 3))), ("bp_mnist", None)):
        params = settings(card, hidden_layers=0)
        x, y = batch(6, 4, 3)
        y[0] = 2
        mean, _ = taught(params, x, y, noise)
        added, _ = taught(params.model_copy(update={"gradient": "sum"}), x, y, noise)
        np.testing.assert_allclose(added["weights.0"], 6 * mean["weights.0"], atol=2e-6)


def test_an_update_by_hand():
    """Two passes, one sample, two layers of one node, mean squared error, every number small."""
    params = settings("anp_mnist", hidden_layers=1, hidden_units=1, loss="mse", slope=0.5,
                      bias=False)  # fmt: skip
    x, y = np.array([[2.0]], np.float32), np.array([[1.0]], np.float32)
    noise = np.array([[[-6.0, 0.0]], [[1.0, 0.5]]], np.float32)
    for inputs in ("first", "both"):
        chosen = params.model_copy(update={"inputs": inputs})
        w0, w1 = (
            PerturbationLearner(chosen, 1, 1, 3).state()[f"weights.{k}"][0, 0] for k in (0, 1)
        )
        a0 = [w0 * 2.0 - 6.0, w0 * 2.0 + 1.0]
        x1 = [0.5 * a if a < 0 else a for a in a0]
        a1 = [w1 * x1[0], w1 * x1[1] + 0.5]
        d_loss = (a1[0] - 1.0) ** 2 - (a1[1] - 1.0) ** 2
        da = a0[0] - a0[1], a1[0] - a1[1]
        factor = 2 * d_loss / (da[0] ** 2 + da[1] ** 2)
        seen = x1[0] if inputs == "first" else (x1[0] + x1[1]) / 2
        found, _ = taught(chosen, x, y, noise)
        assert found["weights.0"][0, 0] == pytest.approx(factor * da[0] * 2.0, rel=1e-5)
        assert found["weights.1"][0, 0] == pytest.approx(factor * da[1] * seen, rel=1e-5)


def test_passes_that_do_not_differ_teach_nothing():
    params = settings("anp_mnist")
    x, y = batch(8, 4, 3)
    y[0] = y[7] = 2
    noise = gauss((2, 8, 3))
    noise[1, :6] = noise[0, :6]
    found, report = taught(params, x, y, noise)
    rest, _ = taught(params, x[6:], y[6:], noise[:, 6:])
    assert report.zero_share == 6 / 8
    assert all(np.isfinite(array).all() for array in found.values())
    for name, array in rest.items():
        np.testing.assert_allclose(found[name], array / 4, atol=1e-6)  # of 8 instead of 2
    still, report = taught(params, x, y, np.zeros((2, 8, 3), np.float32))
    assert report.zero_share == 1.0
    assert not any(array.any() for array in still.values())


# -- what np knows of its noise -----------------------------------------------------------------


def test_the_mean_of_the_noise_perturbs_nothing():
    """Noise of mean m teaches a network what noise without it teaches one whose biases are m
    higher. All is float32: activities of size 1 err by 2^-24 some tens of times, dL by as much,
    and dW by that over sigma^2 times the noise and the inputs (of size 4 at most).
    """
    mean, sigma, m = 0.75, 0.25, 40
    params = settings("np_mnist", hidden_layers=1, hidden_units=6, optimizer="sgd", eta=1.0)
    x, y = batch(m, 5, 4)
    noise = gauss((2, m, 10), sigma)
    found = []
    for offset in (0.0, mean):
        learner = PerturbationLearner(params, 5, 4, 3, moments=Moments(offset, sigma))
        start = learner.state()
        raised = {n: a + (mean - offset) * n.startswith("bias") for n, a in start.items()}
        learner.load(raised)
        learner.step(x, y, noise + np.float32(offset))
        after = learner.state()
        found.append({n: raised[n] - after[n] for n in raised if n.startswith(("weights", "bias"))})
    error = 4 * sigma * 4 * 50 * 2.0**-24 / sigma**2
    for name, array in found[0].items():
        np.testing.assert_allclose(found[1][name], array, rtol=0, atol=error)
        assert np.abs(array).max() > 100 * error


def test_np_divides_by_the_variance_of_the_noise_unless_it_is_told_another():
    x, y = batch(20, 5, 3)
    noise = gauss((2, 20, 3), 0.5)
    y[0] = 2
    known, _ = taught(settings("np_mnist"), x, y, noise, moments=Moments(0.0, 0.5))
    told, _ = taught(settings("np_mnist", sigma=1.0), x, y, noise, moments=Moments(0.0, 0.5))
    for name, array in known.items():
        np.testing.assert_allclose(told[name], array / 4, rtol=0, atol=1e-6)


def test_np_refuses_noise_that_teaches_nothing():
    for moments, message in (
        (None, "learner.sigma = auto: np learns from no noise of which nothing is known"),
        (Moments(0.5, 0.0), "learner.sigma = auto: np learns from no noise which is constant"),
    ):
        with pytest.raises(ConfigError, match=message):
            PerturbationLearner(settings("np_mnist"), 5, 3, 1, moments=moments)
        PerturbationLearner(settings("anp_mnist"), 5, 3, 1, moments=moments)
