"""What a learner knows of a network that it reads through converters."""

from __future__ import annotations

import numpy as np
import pytest

from devices.dac import nearest_code, within_range
from emulator import Converter

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402
from learning.perturbation.reading import read, saturated  # noqa: E402
from tests.learning.perturbing import Tape, batch, gauss, one_thread, settings  # noqa: E402, F401

FINE, COARSE = Converter(16.0, 10), Converter(2.0, 4)  # steps of 1/64 and 1/8


# -- the converter ------------------------------------------------------------------------------


@pytest.mark.parametrize("converter", [Converter(1.0, 1), Converter(4.0, 5), Converter(16.0, 12)])
def test_a_reading_is_the_nearest_code_within_the_range(converter):
    """The law of `devices.dac`, codes counted from the lowest. Eighths of a step over thrice the
    range are exact in float32, ties included."""
    codes = 1 << converter.bits
    at = np.arange(-12 * codes, 12 * codes + 1) / 8.0
    wanted = nearest_code(at, 1.0) + codes / 2
    expected = (within_range(wanted, codes - 1.0) - codes / 2) * converter.step
    sums = torch.tensor(at * converter.step, dtype=torch.float32)
    assert (read(converter, sums).numpy() == expected).all()
    clipped = np.count_nonzero((wanted < 0) | (wanted > codes - 1))
    assert float(saturated(converter, sums)) == pytest.approx(clipped / len(at), rel=1e-6)
    assert (sums.numpy() == at * converter.step).all()


def test_without_a_converter_nothing_is_copied_or_clipped():
    sums = torch.randn(3, 4)
    assert read(None, sums) is sums
    assert float(saturated(None, sums)) == 0.0


# -- a network that is read ---------------------------------------------------------------------


class Reference:
    """Two layers in float64, S1 eq. 4 written down for a controller that reads every node."""

    def __init__(self, state, converter, slope=0.01):
        self.state, self.converter, self.slope = state, converter, slope

    def read(self, a):
        codes = np.rint(a / self.converter.step)
        low, high = self.converter.lowest, self.converter.highest
        return np.clip(codes, low, high) * self.converter.step

    def activation(self, a):
        return np.where(a < 0, self.slope * a, a)

    def forward(self, x, noise):
        """Sums of both layers: analogue all the way."""
        w, b = ([self.state[f"{n}.{k}"] for k in (0, 1)] for n in ("weights", "bias"))
        r = [self.state[f"decorrelation.{k}.matrix"] for k in (0, 1)]
        hidden = x @ r[0].T @ w[0].T + b[0] + noise[:, : len(b[0])]
        out = self.activation(hidden) @ r[1].T @ w[1].T + b[1] + noise[:, len(b[0]) :]
        return hidden, out

    def update(self, x, targets, noise, epsilon):
        """dW of both layers, and both R after the step."""
        passes = [[self.read(a) for a in self.forward(x, n)] for n in noise]
        d_loss = np.subtract(*(((out - targets) ** 2).sum(axis=1) for _, out in passes))
        da = [one - two for one, two in zip(*passes, strict=True)]
        power = sum((d**2).sum(axis=1) for d in da)
        nodes = sum(d.shape[1] for d in da)
        factor = nodes * d_loss / np.where(power == 0, np.inf, power)
        r = [self.state[f"decorrelation.{k}.matrix"] for k in (0, 1)]
        inputs = [x @ r[0].T, self.activation(passes[0][0]) @ r[1].T]
        dw = [(factor[:, None] * d).T @ z / len(x) for d, z in zip(da, inputs, strict=True)]
        after = []
        for matrix, z in zip(r, inputs, strict=True):
            correlation = z.T @ z / len(x)
            after.append(matrix - epsilon * (correlation - np.diag(np.diag(correlation))) @ matrix)
        return dw, after, power == 0


def mixed(params, converter, features, outputs, seed=3):
    """A learner whose decorrelations are no longer the identity."""
    learner = PerturbationLearner(params, features, outputs, seed, converter)
    state, rng = learner.state(), np.random.default_rng(seed)
    for name, array in state.items():
        if name.startswith("decorrelation"):
            state[name] = (array + 0.2 * rng.standard_normal(array.shape)).astype(np.float32)
    learner.load({name: np.asarray(array, np.float64) for name, array in state.items()})
    return learner


@pytest.mark.parametrize("converter", [FINE, COARSE], ids=["fine", "coarse"])
def test_everything_of_an_update_is_read(converter):
    """float32 against float64: a sum within 1e-6 of a tie would be read otherwise; there is none
    among these. Updates of size 10 then err by 2^-24 some tens of times."""
    params = settings("danp_mnist", hidden_layers=1, hidden_units=6, loss="mse", optimizer="sgd",
                      eta=1.0, epsilon=0.05)  # fmt: skip
    learner = mixed(params, converter, 5, 3)
    reference = Reference(learner.state(), converter)
    x, _ = batch(30, 5, 3)
    targets = np.zeros((30, 3), np.float32)
    noise = gauss((2, 30, 9), 0.3)
    sums = np.concatenate([a.ravel() for n in noise for a in reference.forward(x, n)])
    ties = np.abs(np.abs(sums / converter.step) % 1.0 - 0.5) * converter.step
    assert ties.min() > 1e-6
    assert (np.abs(sums) > 1.0).any()  # beyond the range of the coarse one
    dw, matrices, zero = reference.update(x, targets, noise, params.epsilon)
    report = learner.step(x, targets, noise)
    after = learner.state()
    for layer in (0, 1):
        found = reference.state[f"weights.{layer}"] - after[f"weights.{layer}"]
        size = np.abs(dw[layer]).max()
        np.testing.assert_allclose(found, dw[layer], rtol=0, atol=1e-5 * size)
        matrix = after[f"decorrelation.{layer}.matrix"]
        np.testing.assert_allclose(matrix, matrices[layer], rtol=0, atol=3e-6)
    assert report.zero_share == pytest.approx(zero.mean())


def test_a_test_reads_the_outputs_of_an_analogue_network():
    params = settings("danp_mnist", hidden_layers=1, hidden_units=6, loss="mse")
    learner = mixed(params, COARSE, 5, 3)
    reference = Reference(learner.state(), COARSE)
    x, y = batch(50, 5, 3)
    drawn = gauss((2, 25, 9), 0.3)
    _, out = reference.forward(x, drawn.reshape(50, 9).astype(np.float64))
    seen = reference.read(out)
    found = learner.evaluate(x, y, Tape(9, lambda shape: drawn))
    assert found.right == (seen.argmax(axis=1) == y).sum()
    assert found.loss == pytest.approx(((seen - np.eye(3)[y]) ** 2).sum(axis=1).mean(), rel=1e-5)
    codes = np.rint(out / COARSE.step)
    beyond = (codes < COARSE.lowest) | (codes > COARSE.highest)
    assert found.saturated_share == pytest.approx(beyond.mean(), rel=1e-6)


def test_fine_and_wide_converters_are_as_good_as_none():
    x, y = batch(200, 4, 3)
    noise = gauss((2, 200, 3), 0.01)
    states = []
    for converter in (None, Converter(16.0, 24)):
        params = settings("anp_mnist", optimizer="sgd", eta=1.0)
        learner = PerturbationLearner(params, 4, 3, 3, converter)
        learner.step(x, y, noise)
        states.append(learner.state())
    # a step is 1e-6 and the noise 0.01: da errs by 1e-4 of itself, twice, and so do updates
    # of size 3 at most
    for name in ("weights.0", "bias.0"):
        np.testing.assert_allclose(states[1][name], states[0][name], rtol=0, atol=3 * 2e-4)


# -- what is lost -------------------------------------------------------------------------------


def one_step(converter, noise, rule="anp"):
    x, y = batch(noise.shape[1], 4, 3)
    y[0] = 2
    learner = PerturbationLearner(settings("anp_mnist", rule=rule), 4, 3, 3, converter)
    before = learner.state()
    report = learner.step(x, y, noise)
    after = learner.state()
    return report, any((before[name] != after[name]).any() for name in ("weights.0", "bias.0"))


def test_a_step_larger_than_the_noise_hides_it():
    report, learned = one_step(Converter(64.0, 2), gauss((2, 200, 3), 1e-6))
    assert (report.zero_share, report.hidden_share, learned) == (1.0, 1.0, False)
    report, learned = one_step(Converter(16.0, 9), gauss((2, 200, 3), 0.01))
    assert 0.0 < report.hidden_share == report.zero_share < 1.0
    assert learned


def test_a_range_smaller_than_the_sums_hides_their_noise():
    """However fine its steps are. A sum may still go from one end to the other: with a density of
    0.3 at 0 and noise of 1e-3, 0.2 of 600 do, and more than 6 once in 10^9 times."""
    report, _ = one_step(Converter(1e-6, 12), gauss((2, 200, 3), 1e-3))
    assert report.hidden_share == report.zero_share >= 1 - 6 / 200
    assert report.saturated_share == 1.0
    report, _ = one_step(Converter(64.0, 12), gauss((2, 200, 3), 0.01))
    assert report.saturated_share == 0.0


def test_passes_with_the_same_noise_are_not_held_against_the_converter():
    noise = gauss((2, 8, 3), 0.01)
    noise[1, :6] = noise[0, :6]
    for converter in (None, Converter(16.0, 20)):
        report, _ = one_step(converter, noise)
        assert (report.zero_share, report.hidden_share) == (6 / 8, 0.0)


def test_the_layer_with_most_clipped_readings_is_reported():
    """Ten outputs behind 500 nodes: all of them clipped are 2 % of all readings."""
    params = settings("anp_mnist", hidden_layers=1, hidden_units=500)
    learner = PerturbationLearner(params, 4, 10, 3, Converter(16.0, 12))
    state = learner.state()
    learner.load({**state, "bias.1": np.full(10, 100.0)})
    x, y = batch(20, 4, 10)
    assert learner.step(x, y, gauss((2, 20, 510))).saturated_share == 1.0


def test_backpropagation_reads_nothing():
    x, y = batch(30, 4, 3)
    states = []
    for converter in (None, COARSE):
        learner = PerturbationLearner(settings("bp_mnist"), 4, 3, 3, converter)
        learner.step(x, y)
        assert learner.evaluate(x, y).saturated_share == 0.0
        states.append(learner.state())
    assert all((states[1][name] == array).all() for name, array in states[0].items())
