"""Noise-based learning on the analogue array: training, its costs, and going on after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from devices import CARDS, Recording, SmtjParams, TelegraphNoiseParams, scope
from emulator import ConfigError, load_card
from scenarios.array_noise import correlation_time, pace_warnings
from scenarios.catalog import configure
from scenarios.perturbation import PerturbationTask, Training, load_task
from scenarios.resume import resume
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.kept_points import Points
from tests.scenarios.small_runs import ROOT, call, numbers, strict_json
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
    params = PerturbationTask.from_card(config.node("danp-mnist").card, "danp-mnist")
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


# Going on


def arguments(data, out, *more):
    return ("run", "danp-mnist", *NARROW, "epochs=4", *more, "--data", data, "--out", out,
            "--json", "--quiet")  # fmt: skip


def weights(folder):
    with np.load(folder / "weights.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def same(one: Path, other: Path) -> None:
    """Two runs left the same weights, progress and books, to the last bit."""
    a, b = weights(one), weights(other)
    assert a.keys() == b.keys()
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name])
    pd.testing.assert_frame_equal(
        pd.read_parquet(one / "steps.parquet"), pd.read_parquet(other / "steps.parquet"),
        check_exact=True,
    )  # fmt: skip
    assert (one / "energy.csv").read_bytes() == (other / "energy.csv").read_bytes()


@pytest.mark.parametrize("noise", ["hmm", "smtj", "recorded"])
def test_a_run_that_was_killed_goes_on_to_the_same_bits(
    tmp_path, data, recording, monkeypatch, capsys, noise
):
    """Kill -9 once the second epoch is on disk."""
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    words = {"recorded": ("noise=recorded", recording, "noise.order=real_time")}
    chosen = words.get(noise, (f"noise={noise}",))
    assert call(monkeypatch, *arguments(data, whole, *chosen)) == 0
    expected = strict_json(capsys.readouterr().out)
    slow = "import scenarios.perturbation as p, time; q = p.Training._epoch\n"
    slow += "p.Training._epoch = lambda s: (time.sleep(1.5 if s.done == 2 else 0), q(s))[1]\n"
    code = f"{slow}from scenarios.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments(data, torn, *chosen))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    kept = tmp_path / ".torn.partial" / "checkpoint.npz"
    while process.poll() is None and not (kept.exists() and epochs_in(kept) == 2):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not torn.exists()
    assert call(monkeypatch, "run", "--resume", torn, "--json", "--quiet") == 0
    found = strict_json(capsys.readouterr().out)
    assert numbers(found) == numbers(expected)
    same(whole, torn)
    assert not (torn / "checkpoint.npz").exists()


def epochs_in(path: Path) -> int:
    with np.load(path) as arrays:
        return int(arrays["epoch"])


@pytest.mark.parametrize("epochs", [4, 6])
def test_an_interrupted_run_goes_on_and_further(tmp_path, data, monkeypatch, capsys, epochs):
    """Ctrl-C in the third epoch; --epochs sets how far to go."""
    whole, part, rest = (tmp_path / name for name in ("whole", "part", "rest"))
    assert call(monkeypatch, *arguments(data, whole), "--epochs", epochs) == 0
    expected = strict_json(capsys.readouterr().out)
    step, calls = Training._step, []

    def disturbed(self, number):
        calls.append(number)
        if number == 2 * self.steps + 3:
            signal.raise_signal(signal.SIGINT)
        return step(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "_step", disturbed)
        assert call(patch, *arguments(data, part), "--epochs", 4) == 130
    assert max(calls) == calls[-1] == 2 * (TRAIN // 64) + 3  # the step was finished, no other begun
    capsys.readouterr()
    go_on = ("run", "--resume", part, "--out", rest, "--epochs", epochs, "--json", "--quiet")
    assert call(monkeypatch, *go_on) == 0
    assert numbers(strict_json(capsys.readouterr().out)) == numbers(expected)
    same(whole, rest)


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


def test_what_resume_refuses(tmp_path, data, monkeypatch, capsys):
    for words, message in (
        (("--resume", tmp_path / "none"), "there is no point to go on from"),
        (("danp-mnist", "--resume", tmp_path), "danp-mnist cannot change it"),
        (("--resume", tmp_path, "learner.eta=1"), "learner.eta=1 cannot change it"),
        (("--resume", tmp_path, "--seed", 3), "--seed cannot change it"),
    ):
        assert call(monkeypatch, "run", *words) == 2
        assert message in capsys.readouterr().err


def test_a_run_that_still_goes_on_is_left_alone(tmp_path, monkeypatch):
    from scenarios.rundir import RunDir

    folder = RunDir.reserve(str(tmp_path / "busy"), "danp-mnist")
    with pytest.raises(ConfigError, match="still goes on"):
        resume(tmp_path / "busy", [], None)
    folder.discard()
