"""A network that learns from noise: its tests, its state, what it learns and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emulator import ConfigError, Moments, load_card
from learning import CARDS, Epochs, PerturbationParams, load_digits_split

torch = pytest.importorskip("torch")
from learning.perturbation import PerturbationLearner  # noqa: E402
from learning.perturbation import learner as learner_module  # noqa: E402
from tests.learning.perturbing import (  # noqa: E402
    DEVICES,
    Tape,
    batch,
    bernoulli,
    gauss,
    one_thread,  # noqa: F401
    settings,
)

# -- tests of a network -------------------------------------------------------------------------


def forward(state, x, noise, slope=0.01):
    """The network in float64, layer by layer, from its state."""
    layers, first = sum(n.startswith("weights.") for n in state), 0
    x = x.astype(np.float64)
    for layer in range(layers):
        x = np.where(x < 0, slope * x, x) if layer else x
        x = x @ state[f"decorrelation.{layer}.matrix"].T
        x = x + state.get(f"decorrelation.{layer}.bias", 0.0)
        w = state[f"weights.{layer}"]
        x = x @ w.T + state[f"bias.{layer}"] + noise[:, first : first + len(w)]
        first += len(w)
    return x


def log_loss(out, y):
    return np.mean(np.log(np.exp(out).sum(axis=1)) - out[np.arange(len(y)), y])


@pytest.mark.parametrize("test_pass", ["clean", "noisy"])
def test_an_evaluation_is_one_pass(monkeypatch, test_pass):
    monkeypatch.setattr(learner_module, "CHUNK", 7)
    params = settings(hidden_layers=2, hidden_units=9, epsilon=0.01, decorrelation_bias=True,
                      test_pass=test_pass)  # fmt: skip
    learner = PerturbationLearner(params, 6, 4, 1)
    for step in range(5):
        x, y = batch(20, 6, 4, step)
        learner.step(x, y, gauss((2, 20, learner.nodes), 0.3, step))
    x, y = batch(17, 6, 4, 9)
    before, drawn = learner.state(), []

    def draw(shape):
        drawn.append(gauss(shape, 0.5, len(drawn)))
        return drawn[-1]

    found = learner.evaluate(x, y, Tape(learner.nodes, draw).single)
    noise = np.zeros((17, learner.nodes))
    if test_pass == "noisy":
        assert [len(d) for d in drawn] == [7, 7, 3]
        noise = np.concatenate(drawn)
    out = forward(before, x, noise)
    assert found.loss == pytest.approx(log_loss(out, y), rel=1e-5)
    assert found.right == (out.argmax(axis=1) == y).sum()
    assert found.accuracy == found.right / 17
    assert not any((array != before[name]).any() for name, array in learner.state().items())


def test_the_report_is_of_the_first_pass():
    params = settings(hidden_layers=1, hidden_units=9)
    learner = PerturbationLearner(params, 6, 4, 1)
    x, y = batch(30, 6, 4)
    noise = gauss((2, 30, learner.nodes), 0.5)
    out = forward(learner.state(), x, noise[0])
    report = learner.step(x, y, noise)
    assert report.loss == pytest.approx(log_loss(out, y), rel=1e-5)
    assert report.accuracy == pytest.approx((out.argmax(axis=1) == y).mean())


def test_targets_without_classes():
    params = settings("anp_mnist", loss="mse", test_pass="clean")
    learner = PerturbationLearner(params, 2, 3, 1)
    x = batch(10, 2, 3)[0]
    targets = np.zeros((10, 3), np.float32)
    report = learner.step(x, targets, gauss((2, 10, 3)))
    assert report.accuracy == 0.0
    assert learner.evaluate(x, targets).right == 0


# -- state --------------------------------------------------------------------------------------

VARIANTS = [
    {}, {"accumulate": 4}, {"decorrelation_bias": True, "inputs": "both"}, {"rule": "anp"},
    {"rule": "np", "sigma": 0.1}, {"rule": "bp"}, {"optimizer": "sgd"}, {"bias": False},
]  # fmt: skip


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "changes", VARIANTS, ids=lambda c: " ".join(map(str, c.values())) or "danp"
)
def test_resumed_training_is_the_same_to_the_last_bit(changes, device):
    params = settings(hidden_layers=2, hidden_units=20, batch=16, epsilon=1e-3, eta=1e-3,
                      device=device, **changes)  # fmt: skip
    x, y = batch(70, 12, 5)

    def train(learner, first, last):
        epochs = Epochs(7, params.batch)
        for step in range(first, last):
            chosen = epochs.indices(step, 70)
            learner.step(x[chosen], y[chosen], gauss((2, len(chosen), learner.nodes), 0.1, step))

    whole = PerturbationLearner(params, 12, 5, 1)
    train(whole, 0, 15)
    begun = PerturbationLearner(params, 12, 5, 1)
    train(begun, 0, 5)
    resumed = PerturbationLearner(params, 12, 5, 2)  # its own weights are overwritten
    resumed.load(begun.state())
    assert resumed.steps == 5
    train(resumed, 5, 15)
    expected, found = whole.state(), resumed.state()
    assert expected.keys() == found.keys()
    for name, array in expected.items():
        assert array.dtype == np.float64
        assert array.tobytes() == found[name].tobytes(), name
    assert (expected["weights.0"] != begun.state()["weights.0"]).any()


def test_a_state_that_does_not_fit_changes_nothing():
    learner = PerturbationLearner(settings(hidden_layers=0), 4, 3, 1)
    before = learner.state()
    other = PerturbationLearner(settings(hidden_layers=0), 4, 3, 2).state()
    for bad, message in (
        ({n: a for n, a in other.items() if n != "bias.0"}, "'bias.0' is missing"),
        (other | {"decorrelation.0.matrix": np.eye(3)}, r"shape \(3, 3\), expected \(4, 4\)"),
        (other | {"bias.0": np.full(3, np.nan)}, "holds a NaN"),
    ):
        with pytest.raises(ConfigError, match=message):
            learner.load(bad)
        assert all((before[n] == a).all() for n, a in learner.state().items())
    weights = {n: a for n, a in other.items() if not n.startswith("optimizer.")}
    learner.load(weights)
    assert (learner.state()["weights.0"] == other["weights.0"]).all()


def test_weights_begin_as_pytorch_begins_and_differ_by_layer_and_seed():
    learner = PerturbationLearner(settings(), 784, 10, 1)
    state = learner.state()
    for layer, fan_in in enumerate((784, 500, 500, 500)):
        w, bound = state[f"weights.{layer}"], 1 / math.sqrt(fan_in)
        assert np.abs(w).max() <= bound
        assert np.abs(state[f"bias.{layer}"]).max() <= bound
        # the variance of n uniform squares has the relative error sqrt(4 / (5 n))
        assert w.var() == pytest.approx(bound**2 / 3, rel=4.5 * math.sqrt(0.8 / w.size))
        assert (state[f"decorrelation.{layer}.matrix"] == np.eye(fan_in)).all()
    assert not (state["weights.1"] == state["weights.2"]).any()
    again = PerturbationLearner(settings(), 784, 10, 2).state()
    assert not (state["weights.0"] == again["weights.0"]).all()
    assert learner.nodes == 1510


# -- learning -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "least"), [("anp", 0.9), ("np", 0.9), ("bp", 0.93)])
def test_a_layer_learns_digits_from_two_level_noise(rule, least):
    """Logistic regression reaches 96.8 %; a tenth is chance. Ten nodes of two levels are alike in
    both passes for 2^-10 of the samples, which must not stop it."""
    data = load_digits_split()
    params = settings("anp_mnist", rule=rule, eta=0.01)
    learner = PerturbationLearner(params, 64, 10, 1, moments=Moments(0.005, 0.005))
    epochs = Epochs(1, params.batch)
    x, y = data.x_train.astype(np.float32), data.y_train
    tape, zero = Tape(10, bernoulli(0.01, 0)), 0.0
    steps = 30 * epochs.steps(len(x))
    for step in range(steps):
        chosen = epochs.indices(step, len(x))
        zero += learner.step(x[chosen], y[chosen], tape.passes(len(chosen))).zero_share / steps
    found = learner.evaluate(data.x_test.astype(np.float32), data.y_test, tape.single)
    assert found.accuracy > least
    if rule == "anp":
        n = 30 * len(x)
        assert zero == pytest.approx(2.0**-10, abs=4.5 * math.sqrt(2.0**-10 / n) + 1e-5)


# -- what is refused ----------------------------------------------------------------------------


def test_what_does_not_fit_is_refused():
    learner = PerturbationLearner(settings("anp_mnist"), 4, 3, 1)
    x, y = batch(8, 4, 3)
    noise = gauss((2, 8, 3))
    for arguments, message in (
        ((x[:, :3], y, noise), r"samples \(8, 3\) must be \(n, 4\)"),
        ((x[:0], y[:0], noise[:, :0]), r"samples \(0, 4\)"),
        ((x, y[:7], noise), r"\(7,\) labels"),
        ((x, y.astype(float), noise), "float64"),
        ((x, y + 1, noise), r"label 3 is outside \[0, 2\]"),
        ((x, y, noise[:, :7]), r"noise \(2, 7, 3\) must be \(2, 8, 3\)"),
        ((x, y, None), r"noise None must be \(2, 8, 3\)"),
        ((x, np.zeros((8, 3), np.float32), noise), "cce needs labels"),
    ):
        with pytest.raises(ConfigError, match=message):
            learner.step(*arguments)
    with pytest.raises(ConfigError, match="the test has no noise"):
        learner.evaluate(x, y)
    with pytest.raises(ConfigError, match="no samples to test"):
        learner.evaluate(x[:0], y[:0])
    with pytest.raises(ConfigError, match=r"noise \(8, 2\) of a test must be \(8, 3\)"):
        learner.evaluate(x, y, Tape(2, gauss).single)
    with pytest.raises(ConfigError, match="layer 0 has no decorrelation"):
        learner.decorrelation(0)
    with pytest.raises(ConfigError, match="0 features x 3 outputs"):
        PerturbationLearner(settings(), 0, 3, 1)
    squared = PerturbationLearner(settings("anp_mnist", loss="mse"), 4, 3, 1)
    with pytest.raises(ConfigError, match=r"targets \(8, 2\) must be \(8, 3\)"):
        squared.step(x, np.zeros((8, 2), np.float32), noise)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="device = cuda: PyTorch finds no CUDA device"):
        PerturbationLearner(settings(device="cuda"), 4, 3, 1)


@pytest.mark.parametrize("path", sorted(CARDS.glob("*np_*.toml")) + sorted(CARDS.glob("bp_*.toml")),
                         ids=lambda p: p.stem)  # fmt: skip
def test_cards_fill_the_parameters(path):
    params = PerturbationParams.from_card(load_card(path), "learner")
    assert params.rule == path.stem.split("_")[0]


def test_a_network_that_does_not_fit_the_memory_is_refused(monkeypatch):
    def full(*shape, **more):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 80 TB")

    monkeypatch.setattr(torch, "eye", full)
    with pytest.raises(ConfigError, match="a network of 4-500-500-500-3 does not fit into the mem"):
        PerturbationLearner(settings(), 4, 3, 0)
    monkeypatch.setattr(torch, "eye", lambda n, device: torch.zeros(n)[n])
    with pytest.raises(IndexError):
        PerturbationLearner(settings(), 4, 3, 0)
