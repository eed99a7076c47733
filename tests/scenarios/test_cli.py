"""The command line as scripts rely on it: one JSON object, fixed names, runs that repeat."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from emulator import __version__
from emulator.card import read_toml
from scenarios.catalog import configure
from scenarios.keys import model_of
from scenarios.scenario import SCENARIOS
from tests.scenarios.small_runs import (
    ROOT,
    SMALL,
    UPDATES,
    call,
    numbers,
    spinboard,
    strict_json,
    without_notices,
)

FILES = {"summary.json", "config.toml", "steps.parquet", "energy.csv", "weights.npz",
         "learning.png", "timeline.png", "energy.png", "report.html"}  # fmt: skip
FIELDS = {
    "schema", "version", "status", "scenario", "seed", "engine", "engine_reason", "board",
    "metrics", "emulated", "energy_by_part_j", "energy_split_j", "pulse_fidelity", "warnings",
    "wall_s", "run_dir",
}  # fmt: skip
EMULATED = {
    "seconds", "updates", "update_rate_hz", "energy_per_update_j", "energy_j", "energy_low_j",
    "energy_high_j",
}  # fmt: skip
SPLIT = {"device", "front_end", "controller", "link", "host"}


class Stored:
    """A run that a process of its own has left behind."""

    def __init__(self, folder: Path) -> None:
        arguments = ("run", "sinn-digits", *SMALL, "--seed", "7", "--json", "--trace", "--out", "o")
        process = spinboard(folder, *arguments)
        self.stdout, self.stderr = process.communicate()
        self.code = process.returncode
        self.folder = folder
        self.run = folder / "o"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    return Stored(tmp_path_factory.mktemp("stored"))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_json_is_one_object_with_the_agreed_fields(stored: Stored) -> None:
    assert stored.code == 0
    assert without_notices(stored.stderr) == ""
    assert stored.stdout.count("\n") == 1
    found = strict_json(stored.stdout)
    assert set(found) >= FIELDS
    assert set(found["emulated"]) == EMULATED
    assert set(found["energy_split_j"]) == SPLIT
    head = {"schema": 1, "version": __version__, "status": "complete", "seed": 7,
            "scenario": "sinn-digits", "engine": "compiled", "board": "asic"}  # fmt: skip
    assert {name: found[name] for name in head} == head
    assert found["run_dir"] == str(stored.run)
    assert found["metrics"]["learning_steps"] == 5
    assert found["emulated"]["updates"] == 5 * UPDATES + 50 * 10 * 2
    assert found["energy_by_part_j"].keys() == {
        "mtj", "asic.driver", "asic.comparator", "asic.logic", "asic.link", "host"
    }  # fmt: skip
    assert sum(found["energy_split_j"].values()) == pytest.approx(
        found["emulated"]["energy_j"], rel=5 * 2.0**-52
    )


def test_a_run_directory_holds_everything(stored: Stored) -> None:
    assert {path.name for path in stored.run.iterdir()} == FILES | {"trace.parquet"}
    assert [path.name for path in stored.folder.iterdir()] == ["o"]
    summary = strict_json((stored.run / "summary.json").read_text())
    assert summary == strict_json(stored.stdout)
    steps = pd.read_parquet(stored.run / "steps.parquet")
    assert list(steps["updates"]) == [UPDATES * k for k in range(1, 6)]
    trace = pd.read_parquet(stored.run / "trace.parquet")
    assert list(trace.columns) == ["t_ps", "part", "signal", "value"]
    assert trace["t_ps"].is_monotonic_increasing
    assert (trace["signal"].str.endswith(".v_sot")).sum() == summary["emulated"]["updates"]


def test_a_stored_configuration_repeats_its_run_bit_for_bit(
    stored: Stored, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also without the trace that the first run wrote."""
    config = stored.run / "config.toml"
    assert call(monkeypatch, "run", "--config", config, "--json", "--out", "again") == 0
    found = strict_json(capsys.readouterr().out)
    assert numbers(found) == numbers(strict_json(stored.stdout))
    again = here / "again"
    assert (again / "energy.csv").read_bytes() == (stored.run / "energy.csv").read_bytes()
    assert read_toml(again / "config.toml") == read_toml(config)
    first, second = (pd.read_parquet(run / "steps.parquet") for run in (stored.run, again))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    with np.load(stored.run / "weights.npz") as one, np.load(again / "weights.npz") as two:
        assert set(one) == set(two)
        assert all(one[name].tobytes() == two[name].tobytes() for name in one)


def test_settings_and_options_apply_on_top_of_a_stored_configuration(
    stored: Stored, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Inference only, with the stored weights, reproduces the limit of the training run."""
    weights = stored.run / "weights.npz"
    arguments = ["run", "learner.steps=0", f"weights={weights}", "--prices", "datasheet"]
    arguments += ["--config", str(stored.run / "config.toml"), "--json"]
    assert call(monkeypatch, *arguments) == 0
    found, before = strict_json(capsys.readouterr().out), strict_json(stored.stdout)
    limit = "accuracy_probability"
    assert found["metrics"][limit] == before["metrics"][limit]
    assert found["metrics"]["learning_steps"] == 0
    assert found["emulated"]["updates"] == 50 * 10 * 2
    assert (found["prices"], found["seed"]) == ("datasheet", 7)
    assert found["run_dir"] == "runs/sinn-digits-1"
    assert (here / "runs/sinn-digits-1/summary.json").is_file()


def test_a_run_without_json_shows_tables_and_says_where_the_report_is(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("run", "sinn-digits", *SMALL, "learner.steps=0")
    assert call(monkeypatch, *arguments) == 0
    captured = capsys.readouterr()
    assert without_notices(captured.err) == ""
    assert "report: runs/sinn-digits-1/report.html" in captured.out
    assert "accuracy" in captured.out
    assert (here / "runs/sinn-digits-1/report.html").is_file()


def test_quiet_says_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = ("run", "sinn-digits", *SMALL, "learner.steps=0", "--quiet", "--out", "q")
    assert call(monkeypatch, *arguments) == 0
    assert capfd.readouterr() == ("", "")
    assert (here / "q/summary.json").is_file()


def test_version(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(monkeypatch, "--version") == 0
    assert capsys.readouterr().out == f"spinboard {__version__}\n"


def test_list_names_what_exists(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "list") == 0
    out = capsys.readouterr().out
    for name in ("sinn-digits", "sinn-mnist"):
        assert re.search(rf"^{name}\b", out, re.MULTILINE)
    assert "asic, fpga, lab   price lists: " in out
    assert "price lists: datasheet, paper" in out


def test_list_shows_what_a_scenario_can_be_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A line per key: value, what is refused, what is warned about, trust, source."""
    monkeypatch.setenv("COLUMNS", "200")
    assert call(monkeypatch, "list", "psw-curve") == 0
    out = capsys.readouterr().out
    assert "default cards: board=lab mtj=vgsot\n" in out
    for line in (
        r"trials +100 +\[1, 1000000\] +given +S0 note 7",
        r"v_sot_span +0\.24 V +\(0, 5\] V +0\.1 \.\. 0\.5 +assumed +on each side of mtj\.v_c0",
        r"reset +always +always, after_ap, none +derived +P_sw is",
    ):
        assert re.search(rf"^{line}", out, re.MULTILINE)
    assert call(monkeypatch, "list", "sinn-letters") == 0
    out = capsys.readouterr().out
    assert re.search(r"^complements +true +true, false +assumed", out, re.MULTILINE)
    assert re.search(r"^learner\.batch +1 +1 \.\. 50 +assumed", out, re.MULTILINE)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_key_of_a_scenario_is_listed_whole_on_a_narrow_terminal(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    assert call(monkeypatch, "list", name) == 0
    out = capsys.readouterr().out
    config = configure(name)
    for key in config.node(name).card.numbers:
        assert re.search(rf"^{key} ", out, re.MULTILINE)
    for top, card in SCENARIOS[name].tops.items():
        assert (f"{top}={card}" in out) == (top != name)
    assert model_of(SCENARIOS[name]).from_card(config.node(name).card, name)


def test_a_scenario_that_is_not_there_has_no_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "list", "sinn-leters") == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "scenario 'sinn-leters' is unknown (did you mean 'sinn-letters'? known: " in told.err


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["list", "--help"]])
def test_help_names_the_options(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, *arguments) == 0
    out = capsys.readouterr().out
    wanted: Any = ("run", "list", "show", "data", "bench", "--version")
    if arguments[0] == "run":
        wanted = ("--seed", "--engine", "--prices", "--data", "--out", "--config", "--trace",
                  "--json", "--quiet")  # fmt: skip
    if arguments[0] == "list":
        wanted = ("[SCENARIO]", "keys and cards")
    assert all(word in out for word in wanted)


def test_help_imports_only_what_it_prints(tmp_path: Path) -> None:
    code = """
import sys
from scenarios.cli import main
sys.argv = ["spinboard", "--help"]
try:
    main()
finally:
    print(sorted({"numpy", "pydantic", "rich", "emulator"} & set(sys.modules)))
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, text=True,
                             capture_output=True, check=True)  # fmt: skip
    assert process.stdout.splitlines()[-1] == "[]"
