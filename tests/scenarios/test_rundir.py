import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from emulator import ConfigError, Emulated, Result, SpinboardError
from emulator.card import read_toml
from scenarios.energy import read_bill
from scenarios.rundir import RunDir
from tests.scenarios.synthetic_results import make_result

ROOT = Path(__file__).parents[2]
FILES = {"summary.json", "config.toml", "steps.parquet", "energy.csv", "weights.npz",
         "learning.png", "timeline.png", "energy.png", "report.html"}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(code: str, cwd: Path) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", code], cwd=cwd, env=env, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def summary(run: Path) -> Any:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads((run / "summary.json").read_text(), parse_constant=refuse)


def test_numbers_go_on_after_the_highest_in_use(here: Path) -> None:
    assert RunDir.reserve(None, "inpa").target == Path("runs/inpa-1")
    assert RunDir.reserve(None, "inpa").target == Path("runs/inpa-2")
    assert RunDir.reserve(None, "inpa-2").target == Path("runs/inpa-2-1")
    (here / "runs/inpa-9").mkdir()
    assert RunDir.reserve(None, "inpa").target == Path("runs/inpa-10")
    assert not (here / "runs/inpa-10").exists()
    assert (here / "runs/.inpa-10.partial").is_dir()


def test_processes_never_share_a_folder(here: Path) -> None:
    code = (
        "from scenarios.rundir import RunDir\n"
        "for _ in range(40): print(RunDir.reserve(None, 'inpa').target)"
    )
    running = [python(code, here) for _ in range(2)]
    reserved = [process.communicate()[0].split() for process in running]
    assert [len(one) for one in reserved] == [40, 40]
    assert not set(reserved[0]) & set(reserved[1])


def test_out_must_not_exist(here: Path) -> None:
    (here / "taken").mkdir()
    with pytest.raises(ConfigError, match=r"^--out taken exists already"):
        RunDir.reserve("taken", "inpa")
    (here / "dangling").symlink_to("nowhere")
    with pytest.raises(ConfigError, match=r"^--out dangling exists already"):
        RunDir.reserve("dangling", "inpa")
    for place in (".", "/"):
        with pytest.raises(ConfigError, match=f"^--out {place} exists already"):
            RunDir.reserve(place, "inpa")


def test_out_is_not_empty() -> None:
    with pytest.raises(ConfigError, match=r"^--out is empty"):
        RunDir.reserve(" ", "inpa")


def test_out_is_claimed_once(here: Path) -> None:
    RunDir.reserve("mine/", "inpa")
    with pytest.raises(
        ConfigError,
        match=r"^--out mine is being written .*/\.mine\.partial to use the name again\)",
    ):
        RunDir.reserve("mine", "inpa")


def test_a_place_that_cannot_hold_a_folder(here: Path) -> None:
    (here / "file").write_text("")
    with pytest.raises(ConfigError, match=r"/file/x: cannot be made \(.+\)"):
        RunDir.reserve("file/x", "inpa")
    (here / "runs").write_text("")
    with pytest.raises(ConfigError, match=r"^runs: cannot be used for runs \(.+\)"):
        RunDir.reserve(None, "inpa")
    with pytest.raises(ConfigError, match=r"cannot be made \(File name too long\)"):
        RunDir.reserve("x" * 300, "inpa")


def test_a_run_that_can_go_on_is_not_discarded(here: Path) -> None:
    lost, kept = RunDir.reserve("lost", "inpa"), RunDir.reserve("kept", "inpa")
    lost.write("config.toml", "")
    kept.keep("checkpoint-seed0.npz", b"a point")
    lost.discard()
    kept.discard()
    assert names(here) == {".kept.partial"}


@pytest.mark.parametrize("status", ["complete", "interrupted"])
def test_a_committed_run_is_complete(here: Path, status: Any) -> None:
    metrics = {"accuracy": float("nan"), "accuracy_probability": None}
    result = replace(make_result(), status=status, metrics=metrics)
    run = RunDir.reserve("out", "inpa")
    run.path("trace.parquet").write_bytes(b"rows")
    final = run.commit(result)
    run.discard()  # too late: a committed run stays
    assert final == here / "out"
    assert names(here) == {"out"}
    assert names(final) == FILES | {"trace.parquet"}
    found = summary(final)
    assert found["status"] == status
    assert found["metrics"] == {"accuracy": None, "accuracy_probability": None}
    assert found["run_dir"] == str(final)
    _assert_same_data(final, result)
    assert status in (final / "report.html").read_text()


def _assert_same_data(final: Path, result: Result) -> None:
    assert read_toml(final / "config.toml") == result.config.to_table(result.version)
    assert read_bill(final / "energy.csv", "paper").total() == result.bill.total()
    steps = pd.read_parquet(final / "steps.parquet")
    assert {name: list(steps[name]) for name in steps} == dict(result.steps)
    with np.load(final / "weights.npz") as weights:
        assert set(weights) == set(result.weights)
        assert all((weights[name] == array).all() for name, array in result.weights.items())


def empty_result() -> Result:
    """Return a run that was interrupted before anything happened."""
    full = make_result()
    return replace(
        full, status="interrupted", metrics={}, steps={"step": [], "accuracy": []}, weights={},
        fidelity={}, bill=replace(full.bill, lines=()), emulated=Emulated(0, 0, 0),
        timeline=replace(full.timeline, phases=(), waves={}),
    )  # fmt: skip


def test_the_least_a_run_can_hold_is_committed(here: Path) -> None:
    final = RunDir.reserve(None, "inpa").commit(empty_result())
    assert names(final) == {name for name in FILES if not name.endswith(".png")}
    assert summary(final)["emulated"]["energy_per_update_j"] is None


def test_a_failed_commit_leaves_no_run_and_keeps_what_was_saved(here: Path) -> None:
    run = RunDir.reserve("out", "inpa")
    run.path("weights.npz").mkdir()
    with pytest.raises(
        SpinboardError,
        match=r"weights\.npz: cannot be written \(.+\); what was saved is in .*/\.out\.partial",
    ):
        run.commit(make_result())
    assert names(here) == {".out.partial"}
    assert names(run.partial) == {"summary.json", "config.toml", "energy.csv", "weights.npz"}


def test_a_name_taken_meanwhile_is_not_overwritten(here: Path) -> None:
    run = RunDir.reserve("out", "inpa")
    (here / "out").mkdir()
    with pytest.raises(SpinboardError, match=r"/out: cannot be written \(it appeared while"):
        run.commit(empty_result())
    assert names(here / "out") == set()
    assert "report.html" in names(run.partial)


def test_a_vanished_folder_is_one_clear_error(here: Path) -> None:
    run = RunDir.reserve("out", "inpa")
    run.discard()
    assert names(here) == set()
    with pytest.raises(SpinboardError, match=r"steps\.parquet: cannot be written"):
        run.save_steps({"step": [1]})


def test_saved_steps_survive_a_full_disk_and_a_kill(here: Path) -> None:
    code = """
import os, resource, signal
from scenarios.rundir import RunDir
run = RunDir.reserve(None, "inpa")
run.save_steps({"step": [1], "accuracy": [0.5]})
run.save_steps({"step": [1, 2], "accuracy": [0.5, float("nan")]})
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    run.save_steps({"step": list(range(10000))})
except Exception as error:
    print(type(error).__name__, error, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    process = python(code, here)
    said, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert said.startswith("SpinboardError")
    assert "steps.parquet: cannot be written (File too large); what was saved is in" in said
    assert names(here / "runs") == {".inpa-1.partial"}
    assert names(here / "runs/.inpa-1.partial") == {"steps.parquet"}
    steps = pd.read_parquet(here / "runs/.inpa-1.partial/steps.parquet")
    assert list(steps["step"]) == [1, 2]
    assert list(steps["accuracy"].isna()) == [False, True]
    assert RunDir.reserve(None, "inpa").target == Path("runs/inpa-2")


def test_steps_are_whole_numbers_or_numbers_with_nulls(here: Path) -> None:
    run = RunDir.reserve("out", "inpa")
    nan = float("nan")
    run.save_steps(
        {"step": [1, 2, 3], "goal": [nan, 0.5, nan], "none": [nan] * 3, "all": [0.5] * 3}
    )
    table = pq.read_table(run.path("steps.parquet"))
    assert [str(kind) for kind in table.schema.types] == ["int64", "double", "double", "double"]
    assert table.to_pydict() == {
        "step": [1, 2, 3], "goal": [None, 0.5, None], "none": [None] * 3, "all": [0.5] * 3,
    }  # fmt: skip
    run.save_steps({"step": [], "goal": []})
    empty = pq.read_table(run.path("steps.parquet"))
    assert (empty.num_rows, empty.column_names) == (0, ["step", "goal"])


def test_saving_steps_does_not_import_pandas(here: Path) -> None:
    code = """
import sys
from scenarios.rundir import RunDir
RunDir.reserve("out", "inpa").save_steps({"step": [1, 2], "accuracy": [0.5, float("nan")]})
print("pandas" in sys.modules)
"""
    assert python(code, here).communicate()[0].strip() == "False"


def test_nothing_slow_is_imported_before_it_is_needed(here: Path) -> None:
    code = """
import sys
import scenarios.rundir
from scenarios.reporting import figures, report, tables
slow = {"matplotlib", "pandas", "pyarrow", "jinja2", "rich", "pint"}
print(sorted(slow & set(sys.modules)))
"""
    assert python(code, here).communicate()[0].strip() == "[]"
