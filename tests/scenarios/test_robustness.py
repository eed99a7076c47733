"""Slices of rate and noise: what is varied, what stays, and what is said of it."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from scenarios.catalog import configure
from scenarios.reporting.robustness_figure import robustness_figure
from scenarios.robustness import Robustness
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.tiny_mnist import write_mnist

pytest.importorskip("torch")
LISTS = ("kinds=gaussian, hmm", "etas=0.002", "variances=1e-6, 1e-2", "alphas=0.01", "counts=1, 4",
         "odds=0.5", "bp_etas=0.002", "seeds=2", "train_samples=0", "test_samples=0")  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def result(data):
    return run(configure("anp-robustness", LISTS, data=data))


def built(data, *settings):
    """Return the sweep before it runs, and the configuration of each slice's first value."""
    short = ("train_samples=64", "test_samples=20", "seeds=1")
    config = configure("anp-robustness", (*LISTS, *short, *settings), data=data)
    sweep = Robustness(config, Unwatched())
    firsts = [
        (each.name, each.noise, each.configured(config, each.values[0])) for each in sweep.slices
    ]
    return sweep, {(name, noise): configured for name, noise, configured in firsts}


def value(config, address, key):
    return float(config.node(address).card.numbers[key].value)


def test_every_slice_varies_one_number(result):
    table = result.tables["robustness"]
    slices = ["eta", "eta", "variance", "variance", "alpha", "count", "count", "odds", "bp"]
    assert table["slice"] == slices
    assert table["noise"] == ["gaussian", "hmm", *["gaussian"] * 2, *["bernoulli"] * 4, ""]
    assert table["value"][2:4] == pytest.approx([1e-6, 1e-2])
    for low, mean, high in zip(
        table["train_low"], table["train_accuracy"], table["train_high"], strict=True
    ):
        assert low <= mean <= high
    assert result.metrics["train_accuracy_worst"] > 0.3
    assert result.metrics["train_accuracy_bp"] == table["train_accuracy"][-1]


def test_the_figure_has_a_line_per_kind_and_backpropagation_over_the_rate(result):
    figure = robustness_figure(result)
    rate = figure.axes[0].get_legend_handles_labels()[1]
    assert [label.split(",")[0] for label in rate] == [
        "best of backpropagation", "gaussian noise", "hmm noise", "backpropagation",
    ]  # fmt: skip
    shown = [text.get_text() for text in figure.axes[-1].get_legend().get_texts()]
    assert {"bernoulli noise", *rate} == set(shown)


def test_the_noise_that_a_user_sets_stays_where_it_fits(data):
    _, slices = built(data, "noise.sigma=0.3")
    assert value(slices["eta", "gaussian"], "noise", "sigma") == 0.3
    _, slices = built(data, "noise=bernoulli", "noise.alpha=0.5", "noise.p=0.25")
    assert value(slices["count", "bernoulli"], "noise", "alpha") == 0.5
    assert value(slices["count", "bernoulli"], "noise", "p") == 0.25
    assert value(slices["alpha", "bernoulli"], "noise", "p") == 0.25
    _, slices = built(data, "noise=binomial", "noise.draws=7")
    assert value(slices["odds", "binomial"], "noise", "draws") == 7
    _, slices = built(data, "noise=hmm", "noise.p=0.2")
    assert value(slices["eta", "hmm"], "noise", "p") == 0.2


def test_the_noise_that_is_not_the_user_s_is_named(data):
    told = " ".join(built(data)[0].warnings())
    assert "slice alpha, count, odds: noise=bernoulli as its card has it, alpha = 0.0125" in told
    assert "noise=gaussian" not in told
    told = " ".join(built(data, "noise=smtj")[0].warnings())
    assert "noise=telegraph teaches no slice: `kinds` = gaussian, hmm" in told
    assert "slice eta, variance: noise=gaussian as its card has it, sigma = 0.01" in told


def test_backpropagation_keeps_the_learner_s_other_numbers(data):
    _, slices = built(data, "learner.batch=32")
    learner = slices["bp", ""].node("learner").card.numbers
    assert (learner["rule"].value, int(learner["batch"].value)) == ("bp", 32)


def test_what_cannot_be_odds_is_named(data):
    with pytest.raises(ConfigError, match=r"odds = 1\.5"):
        built(data, "odds=1.5")
