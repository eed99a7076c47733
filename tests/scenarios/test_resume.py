"""Going on with a training: after a kill, after Ctrl-C, and for longer than was asked at first."""

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

from devices import Recording
from emulator import ConfigError, __version__
from scenarios.catalog import configure
from scenarios.perturbation import Training
from scenarios.resume import resume
from scenarios.rundir import RunDir
from scenarios.toml_text import to_toml
from tests.scenarios.small_runs import ROOT, call, numbers, strict_json
from tests.scenarios.tiny_mnist import write_mnist

pytest.importorskip("torch")
SMALL = ("learner.hidden_units=30", "learner.eta=0.001", "seeds=2", "bound=true")
PATIENCE_S = 120


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(write_mnist(tmp_path_factory.mktemp("data")))


def arguments(data, out, *more):
    return ("run", "danp-mnist", *SMALL, "epochs=3", *more, "--data", data, "--out", out,
            "--json", "--quiet")  # fmt: skip


def weights(folder):
    with np.load(folder / "weights.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


def same(one: Path, other: Path) -> None:
    """Two runs left the same weights, progress, table and books, to the last bit."""
    a, b = weights(one), weights(other)
    assert a.keys() == b.keys()
    for name, array in a.items():
        np.testing.assert_array_equal(array, b[name])
    pd.testing.assert_frame_equal(
        pd.read_parquet(one / "steps.parquet"), pd.read_parquet(other / "steps.parquet"),
        check_exact=True,
    )  # fmt: skip
    for name in ("energy.csv", "convergence.csv"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def epochs_in(point: Path) -> int:
    with np.load(point) as arrays:
        return int(arrays["epoch"])


def killed(tmp_path, words, name, done):
    """Run in a process of its own; kill -9 once training `name` has `done` epochs on disk."""
    slow = (
        "import scenarios.perturbation as p, time; q = p.Training._epoch\n"
        f"at = ({name!r}, {done})\n"
        "p.Training._epoch = lambda s: (time.sleep(60 * ((s.name, s.done) == at)), q(s))[1]\n"
        "from scenarios.cli import main; main()"
    )
    command = [sys.executable, "-c", slow, *map(str, words)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    point = tmp_path / ".torn.partial" / f"checkpoint-{name}.npz"
    deadline = time.monotonic() + PATIENCE_S
    while not (point.exists() and epochs_in(point) == done):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("noise", "name", "done"),
    [("hmm", "seed0", 2), ("smtj", "seed1", 1), ("hmm", "bp", 1), ("recorded", "seed1", 2)],
)
def test_a_run_that_was_killed_goes_on_to_the_same_bits(
    tmp_path, data, monkeypatch, capsys, noise, name, done
):
    """In the middle of any of its trainings; a recording is replayed on the board's clock."""
    whole, torn = tmp_path / "whole", tmp_path / "torn"
    words = [f"noise={noise}"]
    if noise == "recorded":
        file = tmp_path / "recording.csv"
        Recording(np.random.default_rng(1).normal(0.0, 0.01, 5000), 40_000_000).save(file)
        words += [f"noise.file={file}", "noise.order=real_time"]
    assert call(monkeypatch, *arguments(data, whole, *words)) == 0
    expected = strict_json(capsys.readouterr().out)
    killed(tmp_path, arguments(data, torn, *words), name, done)
    assert not torn.exists()
    assert call(monkeypatch, "run", "--resume", torn, "--json", "--quiet") == 0
    assert numbers(strict_json(capsys.readouterr().out)) == numbers(expected)
    same(whole, torn)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_finished_run_learns_on_to_the_same_bits(tmp_path, data, monkeypatch, capsys):
    """And stays as it is: what it becomes has a folder of its own, and can go on once more."""
    whole, part, longer = (tmp_path / name for name in ("whole", "part", "longer"))
    assert call(monkeypatch, *arguments(data, whole)) == 0
    expected = strict_json(capsys.readouterr().out)
    assert call(monkeypatch, *arguments(data, part), "--epochs", 1) == 0
    before = {path.name: path.read_bytes() for path in part.iterdir()}
    place = part
    capsys.readouterr()
    for epochs, out in ((2, tmp_path / "between"), (3, longer)):
        words = ("--resume", place, "--epochs", epochs, "--out", out, "--json", "--quiet")
        assert call(monkeypatch, "run", *words) == 0
        found, place = strict_json(capsys.readouterr().out), out
    assert numbers(found) == numbers(expected)
    same(whole, longer)
    assert {path.name: path.read_bytes() for path in part.iterdir()} == before


def test_an_interrupted_run_goes_on_in_a_folder_of_its_own(tmp_path, data, monkeypatch, capsys):
    """Ctrl-C within the second training; the first is not learned again."""
    whole, part, rest = (tmp_path / name for name in ("whole", "part", "rest"))
    assert call(monkeypatch, *arguments(data, whole)) == 0
    learn, learned = Training._epoch, []

    def disturbed(training: Training) -> object:
        if (training.name, training.done) == ("seed1", 1):
            signal.raise_signal(signal.SIGINT)
        return learn(training)

    def counted(training: Training) -> object:
        learned.append(training.name)
        return learn(training)

    monkeypatch.setattr(Training, "_epoch", disturbed)
    capsys.readouterr()
    assert call(monkeypatch, *arguments(data, part)) == 130
    stopped = strict_json(capsys.readouterr().out)
    assert stopped["metrics"]["accuracy_backprop"] is None
    assert (stopped["metrics"]["epochs"], stopped["metrics"]["trainings"]) == (1, 2)
    monkeypatch.setattr(Training, "_epoch", counted)
    assert call(monkeypatch, "run", "--resume", part, "--out", rest, "--quiet") == 0
    assert learned == ["seed1"] * 2 + ["bp"] * 3
    same(whole, rest)


def test_what_resume_refuses(tmp_path, data, monkeypatch, capsys):
    for words, message in (
        (("--resume", tmp_path / "none"), "there is no point to go on from"),
        (("danp-mnist", "--resume", tmp_path), "danp-mnist cannot change it"),
        (("--resume", tmp_path, "learner.eta=1"), "learner.eta=1 cannot change it"),
        (("--resume", tmp_path, "--seed", 3), "--seed cannot change it"),
    ):
        assert call(monkeypatch, "run", *words) == 2
        assert message in capsys.readouterr().err


def test_a_run_cannot_learn_less_than_it_has(tmp_path, data, monkeypatch, capsys):
    part = tmp_path / "part"
    words = ("epochs=2", "seeds=1", "bound=false", "train_samples=64", "test_samples=10")
    assert call(monkeypatch, *arguments(data, part, *words)) == 0
    resumed = ("run", "--resume", part, "--epochs", 1, "--out", tmp_path / "less")
    assert call(monkeypatch, *resumed) == 2
    assert "epochs = 1, but 2 are learned already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_a_damaged_point_is_named_and_what_a_killed_run_left_stays(
    tmp_path, data, monkeypatch, capsys
):
    left = tmp_path / ".torn.partial"
    left.mkdir()
    config = configure("danp-mnist", data=data)
    (left / "config.toml").write_text(to_toml(config.to_table(__version__)))
    (left / "checkpoint-seed0.npz").write_bytes(b"nothing")
    assert call(monkeypatch, "run", "--resume", tmp_path / "torn") == 2
    assert "checkpoint-seed0.npz: not a weights.npz, or damaged" in capsys.readouterr().err
    assert (left / "checkpoint-seed0.npz").read_bytes() == b"nothing"


def test_a_killed_run_goes_on_where_it_is_or_not_at_all(tmp_path, data, monkeypatch, capsys):
    left, rest = tmp_path / ".torn.partial", tmp_path / "rest"
    left.mkdir()
    config = configure("danp-mnist", data=data)
    (left / "config.toml").write_text(to_toml(config.to_table(__version__)))
    np.savez(left / "checkpoint-seed0.npz", epoch=np.array(0.0))
    assert call(monkeypatch, "run", "--resume", tmp_path / "torn", "--out", rest) == 2
    assert f"--out {rest}: {tmp_path / 'torn'} was killed" in capsys.readouterr().err
    assert left.exists()
    assert not rest.exists()


def test_a_run_that_still_goes_on_is_left_alone(tmp_path):
    folder = RunDir.reserve(str(tmp_path / "busy"), "danp-mnist")
    with pytest.raises(ConfigError, match="still goes on"):
        resume(tmp_path / "busy", [], None)
    folder.discard()


def test_a_damaged_point_of_a_finished_run_is_named_before_it_is_copied(
    tmp_path, data, monkeypatch, capsys
):
    part, rest = tmp_path / "part", tmp_path / "rest"
    assert call(monkeypatch, *arguments(data, part, "seeds=1", "bound=false"), "--epochs", 1) == 0
    point = part / "checkpoint-seed0.npz"
    point.write_bytes(point.read_bytes()[:100])
    capsys.readouterr()
    go_on = ("run", "--resume", part, "--out", rest, "--epochs", 2, "--quiet")
    assert call(monkeypatch, *go_on) == 2
    assert f"spinboard: {point}: not a weights.npz, or damaged" in capsys.readouterr().err
    assert not rest.exists()
