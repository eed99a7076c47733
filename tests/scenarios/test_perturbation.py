"""Noise-based learning on the analogue array: training, and what it costs."""

from __future__ import annotations

import numpy as np
import pytest

from devices import CARDS, Recording, SmtjParams, TelegraphNoiseParams, scope
from emulator import ConfigError, load_card
from scenarios.array_noise import correlation_time, pace_warnings
from scenarios.catalog import configure
from scenarios.convergence import ConvergenceParams
from scenarios.perturbation import Training, load_task
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.tiny_mnist import TEST, TRAIN, write_mnist

pytest.importorskip("torch")
NARROW = ("learner.hidden_units=30", "learner.eta=0.001")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


def trained(data, *settings, name="anp-mnist", **head):
    return run(configure(name, ("epochs=3", *settings), data=data, **head))


@pytest.mark.parametrize("noise", ["gauss", "bernoulli", "binomial", "hmm", "smtj"])
def test_a_layer_learns_from_every_kind_of_noise(data, noise):
    result = trained(data, f"noise={noise}", "board.t_interval=1 ms")
    assert result.metrics["test_accuracy"] > 0.6
    assert result.metrics["epochs"] == 3
    assert len(result.steps["accuracy"]) == 3
    assert result.steps["train_loss"][-1] < result.steps["train_loss"][0]


@pytest.mark.parametrize("rule", ["np", "anp", "danp", "bp"])
def test_layers_learn_by_every_rule(data, rule):
    """Every rule classifies all of the test for seeds 0 to 2. An np that takes the mean of the
    default noise for a perturbation gets 40 to 58 % right."""
    settings = ("learner.hidden_layers=1", "learner.hidden_units=30", "learner.eta=0.005")
    result = trained(data, *settings, f"learner={rule}", name="danp-mnist")
    assert result.metrics["test_accuracy"] > 0.9
    assert any("equation 3 assumes" in text for text in result.warnings) == (rule == "np")


@pytest.mark.parametrize("noise", ["bernoulli", "hmm", "smtj"])
def test_node_perturbation_does_not_feel_the_mean_of_its_noise(data, noise):
    """A softmax does not see an offset that all outputs share, so nothing is left of the mean but
    rounding: 1e-6 of the loss at first, which learning makes ten times larger in an epoch."""
    settings = ("learner=np", f"noise={noise}", "epochs=2", "board.t_interval=1 ms")
    as_it_is = trained(data, *settings, "noise.centred=false")
    centred = trained(data, *settings, "noise.centred=true")
    assert as_it_is.steps["train_loss"] == pytest.approx(centred.steps["train_loss"], rel=1e-3)
    assert as_it_is.metrics["test_accuracy"] > 0.9


def test_node_perturbation_refuses_noise_that_is_constant(data):
    with pytest.raises(ConfigError, match="np learns from no noise which is constant"):
        trained(data, "learner=np", "noise=gauss", "noise.sigma=0")


def test_equal_seeds_are_equal_and_others_are_not(data):
    first, again, other = (trained(data, "epochs=1", seed=s) for s in (0, 0, 1))
    assert first.steps == again.steps
    assert first.steps["train_loss"] != other.steps["train_loss"]


def test_both_engines_keep_the_same_books(data):
    settings = ("epochs=1", "train_samples=128", "test_samples=20")
    at_once, stepwise = (trained(data, *settings, engine=e) for e in ("compiled", "event"))
    assert at_once.steps == stepwise.steps
    assert at_once.bill == stepwise.bill
    assert (at_once.engine, stepwise.engine) == ("compiled", "event")


def test_an_epoch_costs_what_its_passes_and_updates_do(data):
    one, two = (trained(data, f"epochs={n}") for n in (1, 2))
    assert two.bill.total() == pytest.approx(2 * one.bill.total(), rel=1e-12)
    assert two.emulated.elapsed_ps == 2 * one.emulated.elapsed_ps
    assert one.emulated.updates == TRAIN + TEST
    slow = trained(data, "epochs=1", "board.t_interval=1 ms")
    assert slow.emulated.seconds >= TRAIN * 2 * 1e-3
    assert slow.bill.total() > one.bill.total()


@pytest.mark.parametrize("every", [1, 2])
def test_a_cascade_learns_the_same_without_the_product(data, every):
    """Fewer operations, R written once in `accumulate` batches, the same weights."""
    settings = (*NARROW, "epochs=1", f"learner.accumulate={every}")
    product, cascade = (
        trained(data, *settings, f"board.decorrelation={word}", name="danp-mnist")
        for word in ("product", "cascade")
    )
    assert product.metrics["test_accuracy"] == cascade.metrics["test_accuracy"]
    amounts = [
        {(e.part, e.name): e.amount for e in (line.entry for line in result.bill.lines)}
        for result in (product, cascade)
    ]
    steps = amounts[1]["anp_array.weights", "write"]
    assert amounts[1]["anp_array.stage", "write"] == steps // every
    layers = [(784, 30), (30, 30), (30, 30), (30, 10)]
    spared = sum(2 * n * n * m for n, m in layers) * steps
    key = "anp_array.logic", "operation"
    assert amounts[0][key] - amounts[1][key] == spared


def test_backpropagation_is_no_work_for_the_board(data):
    result = trained(data, *NARROW, "learner=bp", "epochs=1", name="danp-mnist")
    busy = {li.entry.part for li in result.bill.lines if li.entry.window_amount}
    assert busy == set()
    assert result.emulated.seconds > 0


READ = ("epochs=1", "readings=converter")
CLIPPED, ALIKE = "beyond the range of the converters", "read the same through the converters"
STILL = "had the same noise"


def told(result):
    return {words for words in (CLIPPED, ALIKE, STILL) if any(words in w for w in result.warnings)}


def test_converters_limit_what_the_learner_sees(data):
    fine = trained(data, *READ, "board.adc.bits=14")
    assert told(fine) == set()
    assert fine.metrics["saturated_share"] == fine.metrics["test_saturated_share"] == 0.0
    for noise in ("gauss", "hmm"):
        coarse = trained(data, *READ, "board.adc.bits=4", f"noise={noise}")
        assert told(coarse) == {ALIKE}
        assert coarse.metrics["hidden_share"] == coarse.metrics["zero_share"] > 0.8
    narrow = trained(data, *READ, "board.adc.bits=1", "board.full_scale=0.01", "noise=gauss")
    assert told(narrow) == {ALIKE, CLIPPED}
    # of 200 samples guessed at random: ten classes, and 4.5 sigma of 0.0212 above
    assert narrow.metrics["test_accuracy"] < 0.1 + 4.5 * 0.0212
    assert narrow.metrics["saturated_share"] > 0.9


def test_samples_that_teach_nothing_are_told_by_their_cause(data):
    slow = trained(data, *READ, "noise=smtj", "noise.sigma=0", "board.t_interval=1 ns")
    assert told(slow) == {STILL}
    assert any("give the junctions more time" in text for text in slow.warnings)
    rare = trained(data, "epochs=1", "noise=bernoulli", "noise.p=0.01")
    assert told(rare) == {STILL}
    assert any("noise=bernoulli repeats itself" in text for text in rare.warnings)
    assert rare.metrics["hidden_share"] == 0.0


def test_passes_that_are_too_fast_for_the_junctions_are_named(data):
    config = configure("anp-mnist", ["noise=smtj"])
    tau_c = correlation_time(config)
    assert tau_c == pytest.approx(141.6e-6, rel=1e-3)
    assert pace_warnings(config, round(4 * tau_c * 1e12)) == []
    (told,) = pace_warnings(config, round(tau_c * 1e12))
    assert "correlate by 0.37" in told
    assert pace_warnings(configure("anp-mnist", ["noise=hmm"]), 1) == []


def test_a_recording_that_is_too_short_for_an_epoch_is_told(data, tmp_path):
    """Ten nodes; an epoch reads twice per training sample. Tests have a replay of their own."""
    readings = 10 * 2 * TRAIN
    rng, told = np.random.default_rng(1), {}
    for epochs, length in ((1, readings + 1), (1, readings), (2, readings // 5)):
        file = tmp_path / f"{length}.parquet"
        Recording(rng.normal(0.0, 0.01, length), 40_000_000).save(file)
        result = trained(data, f"epochs={epochs}", "noise=recorded", f"noise.file={file}")
        told[length] = [text for text in result.warnings if "began again" in text]
        assert result.metrics["noise_wraps"] == (epochs * readings - 1) // length
    short = told.pop(readings // 5)
    assert not any(told.values())
    assert len(short) == 1
    assert "times per epoch: the noise repeats itself; record longer" in short[0]
    assert "noise_wraps" not in trained(data, "epochs=0").metrics


@pytest.mark.parametrize("noise", ["gauss", "bernoulli", "hmm"])
def test_testing_leaves_a_training_as_it_is(data, noise):
    few, many = (trained(data, f"noise={noise}", f"test_samples={n}") for n in (10, 100))
    for name in ("train_loss", "train_accuracy", "zero_share"):
        assert few.steps[name] == many.steps[name]


def test_junctions_go_on_while_they_are_tested(data):
    """The first epoch is before any test; what follows meets junctions that are older."""
    few, many = (trained(data, "noise=smtj", f"test_samples={n}") for n in (10, 100))
    assert few.steps["train_loss"][0] == many.steps["train_loss"][0]
    assert few.steps["train_loss"][1] != many.steps["train_loss"][1]


class Listening:
    """Passes on noise, and keeps when it was read."""

    def __init__(self, noise):
        self._noise, self.nodes, self.heard = noise, noise.nodes, []

    def passes(self, when):
        self.heard.append(when)
        return self._noise.passes(when)

    def state(self):
        return self._noise.state()


def test_noise_is_read_when_the_board_runs_its_passes(data):
    """Training at the interval of training, tests at theirs, with updates and the link between."""
    config = configure("danp-mnist", [*NARROW, "noise=smtj", "epochs=2"], data=data)
    params = ConvergenceParams.from_card(config.node("danp-mnist").card, "danp-mnist")
    training = Training(config, Unwatched(), None, params, load_task(params, config.data))
    training.noise = training.test_noise = heard = Listening(training.noise)
    training.train()
    batches = -(-TRAIN // 64)
    assert len(heard.heard) == 2 * (batches + 1)
    for place, when in enumerate(heard.heard):
        tested = place % (batches + 1) == batches
        assert when.per_sample == (1 if tested else 2)
        assert (when.interval_ps < training.board.interval_ps) == tested
        if place:
            gap = when.first_ps - heard.heard[place - 1].last_ps
            assert gap > 2 * training.board.interval_ps
    assert heard.heard[-1].last_ps < training.study.bench.emulator.now


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    noise = TelegraphNoiseParams.from_card(load_card(CARDS / "telegraph.toml"), "noise")
    junction = SmtjParams.from_card(load_card(CARDS / "smtj.toml"), "smtj")
    path = tmp_path_factory.mktemp("noise") / "recording.parquet"
    scope(noise, junction, 40_000_000, 100_000, seed=3).save(path)
    return f"noise.file={path}"


@pytest.mark.parametrize("order", ["serial", "real_time"])
def test_a_layer_learns_from_a_recording(data, recording, order):
    result = trained(data, "noise=recorded", recording, f"noise.order={order}",
                     "board.t_interval=1 ms")  # fmt: skip
    assert result.metrics["test_accuracy"] > 0.6
    assert not any("recording" in text for text in result.warnings)


def test_what_keeps_a_recording_from_teaching_is_named(data, recording):
    how = ("noise=recorded", recording, "noise.order=real_time", "epochs=1")
    quick = trained(data, *how)
    assert any("has a sample every 25.0 us: many passes read the same" in t for t in quick.warnings)
    alike = trained(data, *how, "noise.t_node=0 us", "board.t_interval=1 ms")
    assert any("all 10 nodes of a pass read one sample" in text for text in alike.warnings)
    assert alike.metrics["test_accuracy"] < 0.4
    own_pace = trained(data, *how, "noise.t_pass=1 ms")
    assert not any("many passes" in text for text in own_pace.warnings)


def test_what_cannot_be_is_named(data):
    for settings, message in (
        (["noise=hmm", "learner.device=cuda"], "cuda"),
        (["train_samples=641"], r"train_samples = 641 is outside \[0, 640\]"),
        (["board.dac.channels=0"], "board.dac.channels = 0 is outside"),
        (["noise=smtj", "noise.junction.tau_0=0 s"], "tau_0"),
        (["noise=smtj", "noise.junction.tau_0=-1 s"], "tau_0"),
        (["learner=lab"], "learner"),
    ):
        with pytest.raises(ConfigError, match=message):
            trained(data, *settings)
