"""The sampling interval of noise-based learning: laws, costs, and what may be concluded."""

from __future__ import annotations

import numpy as np
import pytest

from devices import SmtjParams, TelegraphNoiseParams, telegraph_pairs
from devices.noise import telegraph_levels
from emulator import ConfigError
from scenarios import sampling
from scenarios.catalog import configure
from scenarios.perturbation import Training, load_task
from scenarios.reporting.sampling_figure import sampling_figure
from scenarios.run import run
from scenarios.sampled_junctions import SampledJunctions
from scenarios.watch import Unwatched
from tests.scenarios.tiny_mnist import TEST, TRAIN, write_mnist

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


ALL = ("train_samples=0", "test_samples=0")


def swept(data, *settings, name="sampling-interval", **head):
    return run(configure(name, (*ALL, *settings), data=data, **head))


@pytest.fixture(scope="module")
def result(data):
    return swept(data, "intervals=0.04, 1, 3", "seeds=3")


def test_samples_without_a_difference_are_those_of_telegraph_noise(result):
    table = result.tables["sampling"]
    for what in ("zero", "node"):
        share, law, error = (np.array(table[f"{what}_{key}"]) for key in ("share", "law", "error"))
        assert (np.abs(share - law) < 4.5 * error).all()
        assert result.metrics[f"worst_{what}_sigma"] == max(table[f"{what}_sigma"]) < 4.5
    assert table["zero_law"][0] > 0.7
    assert table["zero_law"][2] < 0.01
    assert max(table["node_error"]) < 0.01


def test_junctions_that_flip_otherwise_are_found(data, monkeypatch):
    """Junctions 20 % slower than the law has it: both counts depart."""
    real = telegraph_pairs.pair_difference
    for module in (sampling, telegraph_pairs):
        monkeypatch.setattr(module, "pair_difference", lambda dwell, dt: real(dwell, 1.2 * dt))
    found = swept(data, "intervals=0.3", "seeds=1", "epochs=1")
    assert found.metrics["worst_node_sigma"] > 4.5
    assert found.metrics["worst_zero_sigma"] > 4.5
    assert sum("without a difference" in text for text in found.warnings) == 2


def test_a_deep_network_never_sees_the_same_twice_and_its_nodes_tell(data):
    """1510 nodes: the share of equal samples is below what a float holds."""
    found = swept(data, "learner=danp_mnist", "learner.hidden_units=500", "intervals=1, 3",
                  "seeds=1", "epochs=1", "train_samples=128", "test_samples=40")  # fmt: skip
    table = found.tables["sampling"]
    assert table["zero_law"][1] == table["zero_share"][1] == table["zero_sigma"][1] == 0
    assert 0 < found.metrics["worst_node_sigma"] < 4.5
    assert all(np.isfinite(column).all() for column in table.values())


def test_waiting_costs_time_and_energy_and_helps_learning(result):
    table = result.tables["sampling"]
    assert table["epoch_s"] == sorted(table["epoch_s"])
    assert table["epoch_j"] == sorted(table["epoch_j"])
    assert table["epoch_s"][2] >= TRAIN * 2 * table["interval_s"][2]
    assert table["accuracy"][2] > table["accuracy"][0]


def test_the_noise_of_readings_teaches_by_itself(data, result):
    seen = swept(data, "intervals=0.04", "seeds=3", "observed=true").tables["sampling"]
    assert seen["accuracy"][0] > result.tables["sampling"]["accuracy"][0]


def test_independent_noise_differs_in_nothing_but_memory(data):
    """Levels, occupancy and the noise of the readings are those of the junctions."""
    config = configure(
        "sampling-interval", ("noise.mu0_h=1 mT", "noise.sigma=0.002", *ALL), data=data
    )
    params = sampling.SamplingParams.from_card(config.node(config.scenario).card, "sampling")
    junctions = SampledJunctions.of(config, observed=True)
    images = load_task(params, data)
    slow, forgetful = (
        Training(junctions.at(30.0, 1), Unwatched(), None, params, images),
        junctions.forgetful(Training(junctions.config, Unwatched(), None, params, images)),
    )
    high = []
    for training in (slow, forgetful):
        noise = training.noise.passes(4000).astype(float)
        middle = (noise.min() + noise.max()) / 2
        upper = noise > middle
        high.append(upper.mean())
        n = noise.size
        for levels in (noise[upper], noise[~upper]):
            assert abs(levels.std() / 0.002 - 1) < 4.5 / np.sqrt(2 * levels.size)
        p_ap = 1 - junctions.dwell.occupancy_p
        assert abs(upper.mean() - p_ap) < 4.5 * np.sqrt(p_ap * (1 - p_ap) / n)
        means = noise[upper].mean(), noise[~upper].mean()
        for found, level in zip(means, telegraph(config)[::-1], strict=True):
            assert abs(found - level) < 4.5 * 0.002 / np.sqrt(n * min(p_ap, 1 - p_ap) / 2)
    assert forgetful.board.interval_ps < slow.board.interval_ps


def telegraph(config):
    """Return the levels of the configured divider, P and AP."""
    node = config.node("noise")
    params = TelegraphNoiseParams.from_card(node.card, "noise")
    junction = SmtjParams.from_card(node.children["junction"].card, "noise.junction")
    return telegraph_levels(params, junction)


def test_one_seed_has_the_error_of_the_test_set(data):
    found = swept(data, "intervals=3", "seeds=1")
    share = found.tables["sampling"]["accuracy"][0]
    error = np.sqrt(share * (1 - share) / TEST)
    assert found.tables["sampling"]["accuracy_error"] == [pytest.approx(error)]
    assert found.metrics["cheapest_epoch_j"] == found.tables["sampling"]["epoch_j"][0]
    assert any(f"errors are those of {TEST} test samples" in text for text in found.warnings)


def test_the_cheapest_interval_is_not_told_from_independent_noise(result, data):
    metrics = result.metrics
    lost = metrics["accuracy_independent"] - metrics["cheapest_accuracy"]
    assert lost <= metrics["cheapest_accuracy_margin"]
    assert any("3 seeds tell differences above" in text for text in result.warnings)
    one = swept(data, "intervals=0.04, 3", "seeds=1", "epochs=1")  # the first learns much less
    assert one.metrics["cheapest_interval_tau_c"] == pytest.approx(3)
    none = swept(data, "intervals=0.04", "seeds=1", "epochs=1")
    assert none.metrics["cheapest_epoch_j"] is None
    assert any("no interval of `intervals` learns" in text for text in none.warnings)


def test_an_interval_that_the_board_cannot_keep_is_named(data):
    found = swept(data, "intervals=0.01", "seeds=1", "epochs=1")
    assert found.tables["sampling"]["interval_tau_c"][0] > 0.03
    assert any("intervals = 0.01: passes take 5.10 us" in text for text in found.warnings)


def test_the_bill_is_that_of_all_trainings(result):
    table = result.tables["sampling"]
    per_epoch = sum(table["epoch_j"]) * 3 * 2  # seeds, epochs; the reference comes on top
    assert result.bill.total() > per_epoch
    assert sampling_figure(result) is not None


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("noise=hmm", "noise=hmm has no dwell time; take noise=smtj"),
        ("noise.junctions=2", "noise.junctions = 2: the law is that of one per node"),
        ("intervals=3, 1", "each above the last"),
        ("intervals=0", r"each must lie in"),
        ("seeds=0", "seeds = 0 is outside"),
    ],
)
def test_what_cannot_be_swept_is_named(data, setting, message):
    with pytest.raises(ConfigError, match=message):
        swept(data, setting)
