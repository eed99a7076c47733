"""Trainings over several seeds, the bound of backpropagation, and weights of a file."""

from __future__ import annotations

import numpy as np
import pytest

from emulator import ConfigError, DataError, MemoryTrace
from scenarios.catalog import configure
from scenarios.convergence import rate_warnings
from scenarios.run import run
from tests.scenarios.kept_points import Points
from tests.scenarios.tiny_mnist import TEST, TRAIN, write_mnist

pytest.importorskip("torch")
NARROW = ("learner.hidden_units=30", "learner.eta=0.001")
MEAN, LEAST, MOST = "", "_min", "_max"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


def trained(data, *settings, trace=None, **head):
    config = configure("danp-mnist", (*NARROW, "epochs=2", *settings), data=data, **head)
    return run(config, trace=trace)


def stored(result, path):
    np.savez(path, **result.weights)
    return path


@pytest.fixture(scope="module")
def pair(data):
    return trained(data, "seeds=2", "bound=true", seed=3)


@pytest.fixture(scope="module")
def singles(data):
    return [trained(data, seed=seed) for seed in (3, 4)]


def test_each_of_several_trainings_is_the_one_at_its_seed(pair, singles):
    assert list(pair.steps["seed"]) == [3, 3, 4, 4]
    for name, column in pair.steps.items():
        assert list(column) == [*singles[0].steps[name], *singles[1].steps[name]]
    for single in singles:
        for name, array in single.weights.items():
            found = pair.weights[f"seed{single.steps['seed'][0]}.{name}"]
            np.testing.assert_array_equal(found, array)
    assert singles[0].steps["accuracy"] != singles[1].steps["accuracy"]


def test_time_energy_and_updates_are_those_of_all_trainings(pair, singles):
    """Backpropagation's are not among them: it is the host's affair."""
    assert pair.emulated.elapsed_ps == sum(s.emulated.elapsed_ps for s in singles)
    assert pair.emulated.updates == 2 * 2 * (TRAIN + TEST)
    assert pair.bill.total() == pytest.approx(sum(s.bill.total() for s in singles), rel=1e-12)
    for name in ("per_epoch_s", "per_epoch_j"):
        assert pair.metrics[name] == pytest.approx(singles[0].metrics[name], rel=1e-12)


def test_metrics_are_means_over_the_seeds_within_their_envelope(pair, singles):
    for name in ("test_accuracy", "test_loss", "train_accuracy"):
        each = [single.metrics[name] for single in singles]
        found = [pair.metrics[name + end] for end in (MEAN, LEAST, MOST)]
        assert found == [pytest.approx(sum(each) / 2, rel=1e-15), min(each), max(each)]
        assert f"{name}_min" not in singles[0].metrics
    assert singles[0].metrics["test_accuracy_low"] < singles[0].metrics["test_accuracy"]
    assert "test_accuracy_low" not in pair.metrics
    assert (pair.metrics["epochs"], pair.metrics["trainings"]) == (2, 2)
    assert pair.metrics["chance_accuracy"] == 0.1
    table = pair.tables["convergence"]
    assert table["test_accuracy"][-1] == pair.metrics["test_accuracy"]
    assert table["seconds"] == singles[0].steps["seconds"]


def test_the_bound_is_the_published_backpropagation_of_the_same_network(data, pair):
    """At its own rate: that of the learner is for noise."""
    settings = ("learner=bp", "learner.eta=0.0001953125")
    alone = trained(data, *settings, seed=3)
    assert pair.metrics["accuracy_backprop"] == max(alone.steps["accuracy"])
    assert pair.tables["convergence"]["bp_train_loss"] == alone.steps["train_loss"]
    without = trained(data, "epochs=1")
    assert "accuracy_backprop" not in without.metrics


def test_a_torn_epoch_is_in_no_figure_of_an_epoch(data):
    """Stopped in the third epoch: figures and weights are those after the second."""
    config = configure("danp-mnist", (*NARROW, "epochs=4"), data=data)
    whole, torn = run(configure("danp-mnist", (*NARROW, "epochs=2"), data=data)), Points(points=2)
    result = run(config, torn)
    assert result.status == "interrupted"
    for name in ("per_epoch_s", "per_epoch_j", "epochs", "test_accuracy"):
        assert result.metrics[name] == whole.metrics[name]
    assert result.emulated.elapsed_ps > whole.emulated.elapsed_ps
    assert result.weights.keys() == whole.weights.keys()
    for name, array in result.weights.items():
        np.testing.assert_array_equal(array, whole.weights[name])


def test_a_stored_network_is_tested_as_it_was(data, tmp_path):
    """On a clean pass, which no noise tells from the test after its last epoch."""
    clean = "learner.test_pass=clean"
    result = trained(data, clean)
    file = stored(result, tmp_path / "weights.npz")
    again = trained(data, clean, "epochs=0", f"weights={file}", "noise=bernoulli")
    for name in ("test_accuracy", "test_loss", "test_accuracy_low"):
        assert again.metrics[name] == result.metrics[name]
    assert again.metrics["epochs"] == 0
    assert again.emulated.updates == TEST
    assert "train_accuracy" not in again.steps
    assert again.warnings == result.warnings
    for name, array in result.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)


def test_other_noise_tests_a_stored_network_otherwise(data, tmp_path):
    file = stored(trained(data), tmp_path / "weights.npz")
    small, large = (
        trained(data, "epochs=0", f"weights={file}", "noise=gauss", f"noise.sigma={sigma}")
        for sigma in ("0.001", "100")
    )
    assert small.metrics["test_loss"] < large.metrics["test_loss"]


def test_of_several_stored_networks_each_seed_takes_its_own(data, pair, tmp_path):
    file = stored(pair, tmp_path / "weights.npz")
    clean = ("learner.test_pass=clean", "epochs=0", f"weights={file}")
    both = trained(data, *clean, "seeds=2", seed=3)
    each = [trained(data, *clean, seed=seed).metrics["test_loss"] for seed in (3, 4)]
    assert list(both.steps["test_loss"]) == each
    assert each[0] != each[1]
    with pytest.raises(ConfigError, match="no seed5 in it, only seed3, seed4"):
        trained(data, *clean, seed=5)


def test_a_network_of_another_kind_is_refused(data, singles, tmp_path):
    file = stored(singles[0], tmp_path / "weights.npz")
    for setting, message in (
        ("learner.rule=anp", "'decorrelation.0.matrix' has no place in a network of rule anp"),
        ("learner.bias=false", "'bias.0' has no place .* bias = false"),
        ("learner.hidden_layers=2", "has no place"),
        ("learner.hidden_units=20", "has shape"),
    ):
        with pytest.raises(ConfigError, match=f"weights={file}.*{message}"):
            trained(data, setting, f"weights={file}")
    with pytest.raises(DataError, match="no such file"):
        trained(data, "weights=none.npz")


def test_what_cannot_be_is_named(data):
    for settings, seed, message in (
        (("seeds=0",), 0, "seeds = 0 is outside"),
        (("epochs=0", "bound=true"), 0, "bound = true"),
        (("seeds=2",), 2**32 - 1, "seed = 4294967296 is outside"),
    ):
        with pytest.raises(ConfigError, match=message):
            trained(data, *settings, seed=seed)


def test_a_test_of_random_weights_says_so(data):
    result = trained(data, "epochs=0")
    assert any("the weights are random" in text for text in result.warnings)
    assert result.metrics["test_accuracy"] is not None
    assert result.metrics["train_accuracy"] is None


def test_a_trace_is_that_of_the_first_training(data):
    small = ("epochs=1", "train_samples=64", "test_samples=10")
    one, two = MemoryTrace(), MemoryTrace()
    trained(data, *small, trace=one)
    both = trained(data, *small, "seeds=2", trace=two)
    assert one.rows == two.rows != []
    assert any("at seed 0 alone" in text for text in both.warnings)


def test_measured_noise_at_the_rates_for_simulated_noise_is_named_once():
    """S1 table I has others for measured noise, on CIFAR-100 alone."""

    def told(name, *settings):
        config = configure(name, settings)
        return rate_warnings(config, config.node(name).card.numbers["data_set"].value)

    (text,) = told("danp-cifar100", "noise=recorded")
    assert "learner=danp_cifar100_measured" in text
    for name, *settings in (
        ("danp-cifar100",),
        ("danp-cifar10", "noise=recorded"),
        ("danp-cifar100", "noise=recorded", "learner=danp_cifar100_measured"),
        ("danp-cifar100", "noise=recorded", "learner.eta=1e-4"),
        ("danp-cifar100", "noise=recorded", "learner=bp"),
    ):
        assert told(name, *settings) == []
