"""The benchmark: its rows and its JSON; speed itself is never asserted here."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest

from learning import PerturbationParams
from scenarios import bench, bench_noise
from scenarios.bench import HISTORY, measure
from scenarios.bench_noise import missing
from scenarios.catalog import configure
from scenarios.workload import Workload, take_turns
from tests.controllers.boards import bench as bench_of
from tests.scenarios.small_runs import ROOT, call, strict_json

ENGINE_ROWS = {
    "simpy_timeouts", "updates_event", "updates_event_trace", "closed_loop_event",
    "trace_rows_event", "lab_realtime_event", "updates_d1", "updates_d10", "updates_d10_history",
    "updates_d64", "updates_d4096", "updates_trace_d64", "closed_loop_mnist", "trace_rows",
    "lab_realtime_factor",
}  # fmt: skip
STEP_ROWS = {
    "danp_step_784", "danp_step_784_accumulated", "danp_step_784_plain", "danp_step_3072",
    "danp_step_3072_accumulated", "danp_step_3072_plain",
}  # fmt: skip
ROWS = ENGINE_ROWS | STEP_ROWS | {"telegraph_samples"}
FIELDS = {"name", "value", "unit", "ratio_to_event", "ratio_to_plain"}
torch_is_here = pytest.mark.skipif(find_spec("torch") is None, reason="needs PyTorch")


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices so short that their figures mean nothing."""
    monkeypatch.setattr(bench, "SLICES", 1)
    monkeypatch.setattr(bench, "UPDATES", 100_000)
    monkeypatch.setattr(bench, "EVENT_UPDATES", 200)
    monkeypatch.setattr(bench_noise, "CHUNKS", 1)
    monkeypatch.setattr(bench_noise, "ACCUMULATED", 2)
    tasks = tuple(replace(task, features=20, steps=1) for task in bench_noise.TASKS)
    monkeypatch.setattr(bench_noise, "TASKS", tasks)


@pytest.fixture
def no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without PyTorch: every import of it fails, and it is not found."""
    for name in [name for name in sys.modules if name.startswith("learning.perturbation.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torch", None)


@torch_is_here
def test_every_row_is_a_rate_with_a_ratio_to_what_it_is_compared_with(little: None) -> None:
    rows = {row.name: row for row in measure(slices=1)}
    assert set(rows) == ROWS
    assert all(row.value > 0 for row in rows.values())
    assert {row.name for row in rows.values() if row.ratio_to_event} == ENGINE_ROWS
    assert {row.name for row in rows.values() if row.ratio_to_plain} == STEP_ROWS
    assert rows["updates_event"].ratio_to_event == 1.0
    assert rows["danp_step_784_plain"].ratio_to_plain == 1.0


def test_a_ratio_is_the_median_of_those_of_the_slices() -> None:
    """Each slice beside the other's of the same turn: a machine that drifts drops out."""
    work = Workload("fast", "1/s", lambda: 6.0, plain="slow"), Workload("slow", "1/s", lambda: 2.0)
    ticks = iter([0.0, 1.0, 1.0, 2.0, 2.0, 5.0, 5.0, 8.0, 8.0, 10.0, 10.0, 11.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scenarios.workload.time.process_time", lambda: next(ticks))
        fast, slow = take_turns(work, 3)
    assert (fast.value, fast.ratio_to_event, fast.ratio_to_plain) == (3.0, None, 3.0)
    assert (slow.value, slow.ratio_to_event, slow.ratio_to_plain) == (2.0, None, None)


@torch_is_here
def test_the_slices_hold_what_the_rows_are_named_after() -> None:
    """Batches of 64 through 784-500-500-500-10 and 3072-500-500-500-10, all 64 with one update."""
    for task in bench_noise.TASKS:
        card = configure(task.scenario).node("learner").card
        params = PerturbationParams.from_card(card, "learner")
        assert task.name.endswith(f"_{task.features}")
        assert (params.rule, params.batch, params.accumulate) == ("danp", 64, 1)
        assert params.sizes(task.features, bench_noise.CLASSES)[1:] == (500, 500, 500, 10)
    assert bench_noise.ACCUMULATED == 64


def test_without_pytorch_the_steps_are_left_out_and_the_command_says_so(
    little: None,
    no_torch: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = call(monkeypatch, "bench", "--json")
    out, err = capsys.readouterr()
    told = strict_json(out)
    assert code == 0
    assert {row["name"] for row in told["rows"]} == ROWS - STEP_ROWS
    assert told["warnings"] == missing()
    for word in ("danp_step_784", "danp_step_3072", "PyTorch", "not installed"):
        assert word in told["warnings"][0]
        assert word in err


def test_help_loads_no_pytorch() -> None:
    """Not even that of the benchmark, whose module is loaded here."""
    program = "import sys, scenarios.cli, scenarios.bench; print('torch' in sys.modules)"
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.stdout.strip() == "False", found.stderr


def test_the_history_row_carries_the_level() -> None:
    """A line is still settling when it is written anew; at the defaults it is at rest by then."""
    for settings, rests in ((HISTORY, False), ([], True)):
        made = bench_of(*settings)
        law = made.board.law  # type: ignore[attr-defined]
        phases = {phase.name: phase for phase in made.board.timeline().phases}
        parked = phases["read switch"].start_ps
        written = phases["preset"].start_ps + made.board.timeline().period_ps
        assert (law.residue(1_000_000, written - parked) == 0) == rests


@pytest.mark.slow
def test_the_command_prints_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = call(monkeypatch, "bench", "--json")
    told = strict_json(capsys.readouterr().out)
    assert code == 0  # the exit code of a finished command
    assert told["schema"] == 1
    assert {row["name"] for row in told["rows"]} == ROWS - (STEP_ROWS if missing() else set())
    assert all(row.keys() == FIELDS for row in told["rows"])
