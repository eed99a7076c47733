"""Sweeps over trainings: refused at once, kept training by training, one result of all."""

from __future__ import annotations

import signal

import numpy as np
import pandas as pd
import pytest

from emulator import ConfigError
from scenarios.catalog import configure
from scenarios.perturbation import Training
from scenarios.reporting.figures import draw_all
from scenarios.run import run
from tests.scenarios.kept_points import KilledError, Points
from tests.scenarios.small_runs import call, numbers, strict_json
from tests.scenarios.tiny_mnist import write_mnist

pytest.importorskip("torch")
COMMON = ("train_samples=128", "test_samples=40", "epochs=2", "seeds=2")
SWEEPS = {
    "sampling-interval": ("intervals=0.1, 2",),
    "anp-robustness": ("kinds=gaussian", "etas=0.002", "variances=1e-4", "alphas=0.01",
                       "counts=2", "odds=0.5", "bp_etas=0.002"),
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


def sweep(data, name, *settings, **head):
    return configure(name, (*COMMON, *SWEEPS[name], *settings), data=data, **head)


@pytest.fixture(scope="module", params=SWEEPS)
def whole(request, data):
    """An uninterrupted sweep, and the rows that its watch was told."""
    watch = Points()
    config = sweep(data, request.param, seed=5)
    return config, run(config, watch), watch.rows


def equal(found, expected):
    """Two results are the same, to the last bit."""
    assert found.metrics == expected.metrics
    assert found.tables == expected.tables
    assert found.steps == expected.steps
    assert found.bill == expected.bill
    assert found.emulated == expected.emulated


def test_the_seed_is_that_of_the_sweep(whole):
    config, result, _ = whole
    assert result.seed == result.summary()["seed"] == config.seed == 5
    assert set(result.steps["seed"]) == {5, 6}


def test_a_row_is_a_training_and_costs_add_up(whole):
    _, result, rows = whole
    count = result.metrics["trainings"]
    assert result.steps["step"] == list(range(count))
    assert [row["step"] for row in rows] == result.steps["step"]
    assert result.steps["seconds"] == sorted(result.steps["seconds"])
    assert result.steps["seconds"][-1] == pytest.approx(result.emulated.seconds)
    assert result.steps["energy_j"][-1] == pytest.approx(result.bill.total())
    assert result.steps["updates"][-1] == result.emulated.updates


def test_no_training_s_progress_is_drawn_as_the_sweep_s(whole):
    _, result, _ = whole
    assert set(draw_all(result)) == {next(iter(result.tables)), "timeline", "energy"}


@pytest.mark.parametrize("points", [1, 2, 3, 6])
def test_a_sweep_that_was_killed_goes_on_to_the_same_bits(whole, points):
    """In the middle of a training, and right after one."""
    config, expected, rows = whole
    killed = Points(points=points, kill=True)
    with pytest.raises(KilledError):
        run(config, killed)
    again = Points(killed.last)
    equal(run(config, again), expected)
    assert again.rows == rows


def test_a_sweep_that_was_stopped_keeps_what_is_finished(whole):
    config, expected, _ = whole
    watch = Points(points=5)  # the third training has one epoch of two
    result = run(config, watch)
    assert result.status == "interrupted"
    assert result.metrics["trainings"] == 2
    for name, column in expected.steps.items():
        assert result.steps[name] == column[:2]
    for name, table in expected.tables.items():
        for key, column in table.items():
            assert result.tables[name][key] == column[:1]
    equal(run(config, Points(watch.last)), expected)


def test_finished_trainings_are_not_done_again(whole, monkeypatch):
    config, expected, _ = whole
    watch, steps = Points(points=4, kill=True), []  # two trainings are finished
    with pytest.raises(KilledError):
        run(config, watch)
    step = Training._step
    monkeypatch.setattr(Training, "_step", lambda s, n: steps.append(n) or step(s, n))
    run(config, Points(watch.last))
    per_training = 2 * 2  # epochs, batches
    assert len(steps) == (expected.metrics["trainings"] - 2) * per_training


def test_a_sweep_goes_on_with_as_many_epochs(whole, data):
    config, _, _ = whole
    watch = Points(points=1, kill=True)
    with pytest.raises(KilledError):
        run(config, watch)
    longer = sweep(data, config.scenario, "epochs=3", seed=5)
    with pytest.raises(ConfigError, match=r"epochs = 3: the finished trainings .* had 2"):
        run(longer, Points(watch.last))


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("anp-robustness", "counts=1, 300", r"draws = 300 is outside \[1, 255\]"),
        ("anp-robustness", "counts=1, 1.5", "draws = 1.5: 1.5 is not a whole number"),
        ("anp-robustness", "kinds=gaussian, tinnitus", "noise=tinnitus is unknown"),
        ("anp-robustness", "kinds=hmm, hmm", "kinds = hmm, hmm: expected cards of noise such as"),
        ("anp-robustness", "learner.rule=bp", "learner.rule = bp takes no noise"),
        ("sampling-interval", "learner=bp_mnist", "learner.rule = bp takes no noise"),
        ("anp-robustness", "epochs=0", r"epochs = 0 is outside \[1, 1000000\]"),
        ("sampling-interval", "epochs=0", r"epochs = 0 is outside \[1, 1000000\]"),
    ],
)
def test_what_cannot_be_is_refused_before_the_first_training(
    data, monkeypatch, name, setting, message
):
    trained = []
    monkeypatch.setattr(Training, "train", trained.append)
    with pytest.raises(ConfigError, match=message):
        run(sweep(data, name, setting))
    assert trained == []


def test_an_interrupted_sweep_goes_on_from_its_run_directory(tmp_path, data, monkeypatch, capsys):
    def arguments(place):
        return ("run", "sampling-interval", *COMMON, *SWEEPS["sampling-interval"], "--data", data,
                "--out", place, "--json", "--quiet")  # fmt: skip

    whole, part, rest = (tmp_path / name for name in ("whole", "part", "rest"))
    assert call(monkeypatch, *arguments(whole)) == 0
    expected = strict_json(capsys.readouterr().out)
    step, calls = Training._step, []

    def disturbed(self, number):
        calls.append(number)
        if len(calls) == 10:  # within the third training
            signal.raise_signal(signal.SIGINT)
        return step(self, number)

    with monkeypatch.context() as patch:
        patch.setattr(Training, "_step", disturbed)
        assert call(patch, *arguments(part)) == 130
    assert strict_json(capsys.readouterr().out)["metrics"]["trainings"] == 2
    assert len(pd.read_csv(part / "sampling.csv")) == 1
    assert call(monkeypatch, "run", "--resume", part, "--out", rest, "--json", "--quiet") == 0
    assert numbers(strict_json(capsys.readouterr().out)) == numbers(expected)
    for name in ("sampling.csv", "energy.csv"):
        assert (rest / name).read_bytes() == (whole / name).read_bytes()
    found, wanted = (pd.read_parquet(place / "steps.parquet") for place in (rest, whole))
    pd.testing.assert_frame_equal(found, wanted, check_exact=True)
    assert not np.isnan(found.to_numpy()).any()
