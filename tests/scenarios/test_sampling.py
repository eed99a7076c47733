"""Sweeps of noise-based learning: the sampling interval, and slices of rate and noise."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from scenarios.catalog import configure
from scenarios.reporting.robustness_figure import robustness_figure
from scenarios.reporting.sampling_figure import sampling_figure
from scenarios.run import run
from tests.scenarios.tiny_mnist import TRAIN, write_mnist

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


def swept(data, *settings, name="sampling-interval", **head):
    return run(configure(name, ("train_samples=0", "test_samples=0", *settings), data=data, **head))


@pytest.fixture(scope="module")
def result(data):
    return swept(data, "intervals=0.04, 1, 3", "seeds=2")


def test_samples_without_a_difference_are_those_of_telegraph_noise(result):
    table = result.tables["sampling"]
    for share, law, error in zip(
        table["zero_share"], table["zero_law"], table["zero_error"], strict=True
    ):
        assert abs(share - law) < 4.5 * error
    assert table["zero_law"][0] > 0.7
    assert table["zero_law"][2] < 0.01
    assert result.metrics["worst_zero_sigma"] < 4.5


def test_waiting_costs_time_and_energy_and_helps_learning(result):
    table = result.tables["sampling"]
    assert table["epoch_s"] == sorted(table["epoch_s"])
    assert table["epoch_j"] == sorted(table["epoch_j"])
    assert table["epoch_s"][2] >= TRAIN * 2 * table["interval_s"][2]
    assert table["accuracy"][2] > table["accuracy"][0]


def test_the_noise_of_readings_teaches_by_itself(data, result):
    seen = swept(data, "intervals=0.04", "seeds=2", "observed=true").tables["sampling"]
    assert seen["accuracy"][0] > result.tables["sampling"]["accuracy"][0]


def test_the_bill_is_that_of_all_trainings(result):
    table = result.tables["sampling"]
    per_epoch = sum(table["epoch_j"]) * 2 * 2  # seeds, epochs; the reference comes on top
    assert result.bill.total() > per_epoch
    assert sampling_figure(result) is not None


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("noise=hmm", "noise=hmm has no dwell time; take noise=smtj"),
        ("noise.spread_delta=1", "noise.spread_delta = 1: the law is that of equal junctions"),
        ("noise.spread_r=0.1", r"noise.spread_r = 0\.1: the law is that of equal junctions"),
        ("noise.junctions=2", "noise.junctions = 2: the law is that of one per node"),
        ("intervals=3, 1", "each above the last"),
        ("intervals=0", r"each must lie in"),
        ("seeds=0", "seeds = 0 is outside"),
    ],
)
def test_what_cannot_be_swept_is_named(data, setting, message):
    with pytest.raises(ConfigError, match=message):
        swept(data, setting)


def test_slices_of_rate_and_noise(data):
    lists = ("etas=0.002", "variances=1e-6, 1e-2", "alphas=0.01", "counts=1, 4", "odds=0.5",
             "bp_etas=0.002", "seeds=2")  # fmt: skip
    result = swept(data, *lists, name="anp-robustness")
    table = result.tables["robustness"]
    slices = ["eta", "variance", "variance", "alpha", "count", "count", "odds", "bp"]
    assert table["slice"] == slices
    assert table["value"][1:3] == pytest.approx([1e-6, 1e-2])
    for low, mean, high in zip(
        table["train_low"], table["train_accuracy"], table["train_high"], strict=True
    ):
        assert low <= mean <= high
    assert result.metrics["train_accuracy_worst"] > 0.3
    assert robustness_figure(result) is not None
    with pytest.raises(ConfigError, match=r"odds = 1\.5"):
        swept(data, "odds=1.5", name="anp-robustness")
