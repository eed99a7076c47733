"""Both engines, end to end: the same metrics, books, weights, steps and traces, to the last bit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from scenarios.progress import ConsoleWatch, StopFlag
from tests.scenarios.small_runs import call, spinboard, strict_json

SHORT = ("learner.steps=3", "test_samples=20", "draws=3")
WHO = ("engine", "engine_reason", "config_digest", "wall_s", "run_dir")  # differ by nature


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], engine: str, *more: str
) -> dict[str, Any]:
    """Run the digits on an engine into a folder of its name; return the summary."""
    arguments = ("--engine", engine, "--json", "--out", engine)
    assert call(monkeypatch, "run", "sinn-digits", *more, *arguments) == 0
    found: dict[str, Any] = strict_json(capsys.readouterr().out)
    assert (found["engine"], found["engine_reason"]) == (engine, "asked for")
    return {name: value for name, value in found.items() if name not in WHO}


def compare(here: Path, one: dict[str, Any], two: dict[str, Any]) -> None:
    """Compare what two engines left behind."""
    assert one == two
    event, compiled = here / "event", here / "compiled"
    assert (event / "energy.csv").read_bytes() == (compiled / "energy.csv").read_bytes()
    names = ["steps.parquet", *(path.name for path in event.glob("trace.parquet"))]
    for name in names:
        tables = [pd.read_parquet(folder / name) for folder in (event, compiled)]
        assert len(tables[0])
        pd.testing.assert_frame_equal(*tables, check_exact=True)
    with np.load(event / "weights.npz") as a, np.load(compiled / "weights.npz") as b:
        assert set(a) == set(b)
        assert all(a[name].tobytes() == b[name].tobytes() for name in a)


@pytest.mark.parametrize("trace", [(), ("--trace",)], ids=["plain", "traced"])
@pytest.mark.parametrize(
    "settings",
    [
        ("board=lab",),
        ("board=fpga",),
        ("board=asic",),
        ("board=lab", "mtj.reset=always"),
        ("board=lab", "board.t_settle_wait=0.5 us"),
        ("board=asic", "mtj.reset=none", "mtj.sigma=0.2"),
    ],
    ids=" ".join,
)
def test_a_short_run_is_the_same_on_both_engines(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    settings: tuple[str, ...], trace: tuple[str, ...],
) -> None:  # fmt: skip
    options = (*SHORT, *settings, *trace)
    found = [ran(monkeypatch, capsys, name, *options) for name in ("event", "compiled")]
    compare(here, *found)
    assert (here / "event/trace.parquet").exists() == bool(trace)


@pytest.mark.slow
def test_the_whole_of_the_digits_is_the_same_on_both_engines(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [ran(monkeypatch, capsys, name) for name in ("event", "compiled")]
    compare(here, *found)


@pytest.mark.parametrize("visible", [True, False])
def test_a_notice_is_a_line_of_its_own_unless_all_is_quiet(visible: bool) -> None:
    text = io.StringIO()
    watch = ConsoleWatch(Console(file=text, width=20), StopFlag(), lambda _: None, visible)
    with watch.showing():
        watch.notice("compiling some.long.name.of.a.law, once")
    assert text.getvalue() == ("compiling some.long.name.of.a.law, once\n" if visible else "")


@pytest.mark.slow
@pytest.mark.parametrize("quiet", [(), ("--quiet",)], ids=["told", "quiet"])
def test_the_first_run_says_that_it_compiles_and_the_second_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet: tuple[str, ...]
) -> None:
    monkeypatch.setenv("SPINBOARD_CACHE", str(tmp_path / "cache"))
    for first in (True, False):
        process = spinboard(tmp_path, "run", "sinn-digits", *SHORT, "board=asic", "--json", *quiet)
        stdout, stderr = process.communicate()
        assert process.returncode == 0
        assert strict_json(stdout)["engine"] == "compiled"
        lines = stderr.splitlines()
        assert all(line.startswith("compiling ") and line.endswith(", once") for line in lines)
        assert bool(lines) == (first and not quiet)
