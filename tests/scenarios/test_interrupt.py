"""An interrupted run keeps every finished step and says so."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from emulator import Result, SpinboardError
from learning import InfomorphicLearner, StepReport
from scenarios.commands import RunRequest, run_scenario
from scenarios.run import run
from scenarios.rundir import RunDir
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import (
    SMALL,
    UPDATES,
    call,
    numbers,
    small,
    spinboard,
    strict_json,
    without_notices,
)

FILES = {"summary.json", "config.toml", "steps.parquet", "energy.csv", "weights.npz",
         "learning.png", "timeline.png", "energy.png", "report.html", "trace.parquet"}  # fmt: skip
TRACE = "trace.parquet"
PATIENCE_S = 120
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopAfter(Unwatched):
    """Asks to stop after some steps, or after some test samples."""

    def __init__(self, steps: int | None = None, samples: int | None = None) -> None:
        self.left = {"learning": steps, "inference": samples}
        self.phase = ""
        self.rows: list[Mapping[str, float | int]] = []

    def begin(self, phase: str, total: int) -> None:
        self.phase = phase

    def step(self, row: Mapping[str, float | int]) -> None:
        self.rows.append(dict(row))

    def advance(self, units: int, note: str) -> None:
        left = self.left[self.phase]
        if left is not None:
            self.left[self.phase] = max(left - units, 0)

    def stop(self) -> bool:
        return self.left[self.phase] == 0


def test_a_run_that_is_stopped_while_it_learns_keeps_the_finished_steps() -> None:
    watch, whole = StopAfter(steps=3), run(small())
    result = run(small(), watch)
    assert result.status == "interrupted"
    assert list(result.steps["step"]) == [0, 1, 2]
    assert watch.rows == [
        {name: column[i] for name, column in result.steps.items()} for i in range(3)
    ]
    for name, column in whole.steps.items():
        assert list(result.steps[name]) == list(column[:3])
    assert result.emulated.updates == 3 * UPDATES
    assert result.metrics["accuracy"] is None  # nothing was classified
    assert result.metrics["test_samples"] == 0
    assert 0 <= (result.metrics["accuracy_probability"] or 0) <= 1


def test_a_run_that_is_stopped_while_it_classifies_gives_no_accuracy_of_a_part() -> None:
    """Inference is asked every 20 000 updates: 50 samples of 400 here."""
    config = small("learner.steps=0", "draws=40", "test_samples=100")
    result = run(config, StopAfter(samples=1))
    assert result.status == "interrupted"
    assert result.metrics["test_samples"] == 50
    assert result.emulated.updates == 50 * 400
    assert result.metrics["accuracy"] is None


def check(place: Path, stdout: str, stderr: str, *, trace: bool) -> int:
    """Check a run that a signal has ended; returns how many steps it kept."""
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert {path.name for path in place.iterdir()} == FILES - (set() if trace else {TRACE})
    assert stdout.count("\n") == 1
    found = strict_json(stdout)
    summary = strict_json((place / "summary.json").read_text())
    assert numbers(summary) == numbers(found)
    assert found["status"] == "interrupted"
    assert found["metrics"]["accuracy"] is None
    steps = pd.read_parquet(place / "steps.parquet")
    n = len(steps)
    assert n == found["metrics"]["learning_steps"]
    assert list(steps["step"]) == list(range(n))
    assert found["emulated"]["updates"] == steps["updates"].iloc[-1] == n * UPDATES
    told = f"interrupted after {n} steps; kept in {found['run_dir']}\n"
    assert without_notices(stderr) == told
    if trace:
        rows = pd.read_parquet(place / TRACE, columns=["signal"])
        assert rows["signal"].str.endswith(".v_sot").sum() == n * UPDATES
    return n


def test_a_signal_from_outside_ends_a_run_that_can_be_read(tmp_path: Path) -> None:
    settings = (*SMALL, "learner.steps=1000000")
    arguments = ("run", "sinn-digits", *settings, "--json", "--trace", "--out", "o")
    process = spinboard(tmp_path, *arguments)
    trace = tmp_path / ".o.partial" / TRACE
    deadline = time.monotonic() + PATIENCE_S
    # the trace is written in blocks of 65 536 rows: some tens of steps are finished then
    while not trace.exists() or trace.stat().st_size < 10_000:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not (tmp_path / "o").exists()
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert check(tmp_path / "o", stdout, stderr, trace=True) >= 20


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_lets_the_step_finish_and_ends_the_run(
    number: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    learn, calls = InfomorphicLearner.learn, []

    def disturbed(self: InfomorphicLearner, *given: Any) -> StepReport:
        calls.append(given)
        if len(calls) == 3:
            signal.raise_signal(number)
        return learn(self, *given)

    monkeypatch.setattr(InfomorphicLearner, "learn", disturbed)
    assert call(monkeypatch, "run", "sinn-digits", *SMALL, "--json", "--out", "o") == 130
    captured = capsys.readouterr()
    assert check(tmp_path / "o", captured.out, captured.err, trace=False) == 3


def request(**head: object) -> RunRequest:
    return RunRequest("sinn-digits", (*SMALL, "learner.steps=2"), head, None, "o",
                      trace=False, json=True, quiet=True)  # fmt: skip


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_the_run_is_written_loses_nothing(
    number: signal.Signals,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    commit = RunDir.commit

    def disturbed(self: RunDir, result: Result) -> Path:
        signal.raise_signal(number)
        return commit(self, result)

    monkeypatch.setattr(RunDir, "commit", disturbed)
    before = signal.getsignal(number)
    assert run_scenario(request()) == 0
    assert strict_json(capsys.readouterr().out)["status"] == "complete"
    assert {path.name for path in (tmp_path / "o").iterdir()} == FILES - {TRACE}
    assert signal.getsignal(number) is before


def test_what_could_not_be_written_stays_where_the_message_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commit = RunDir.commit

    def obstructed(self: RunDir, result: Result) -> Path:
        self.path("report.html").mkdir()  # a name that cannot be written to
        return commit(self, result)

    monkeypatch.setattr(RunDir, "commit", obstructed)
    partial = tmp_path / ".o.partial"
    with pytest.raises(
        SpinboardError, match=rf"cannot be written .*what was saved is in {partial}"
    ):
        run_scenario(request())
    assert len(pd.read_parquet(partial / "steps.parquet")) == 2
    assert strict_json((partial / "summary.json").read_text())["status"] == "complete"
    assert not (tmp_path / "o").exists()
