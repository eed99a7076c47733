"""Short runs, and the command line called within this process."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator import Config, Result, TraceSink
from scenarios.catalog import configure
from scenarios.cli import main
from scenarios.run import run

ROOT = Path(__file__).parents[2]
SMALL = ("board=asic", "learner.steps=5", "draws=2", "test_samples=50")
SAMPLES, NEURONS = 40, 10  # of one learning step on the digits
UPDATES = SAMPLES * NEURONS


def small(*settings: str, **head: Any) -> Config:
    """Return a configuration that runs in a moment."""
    return configure("sinn-digits", (*SMALL, *settings), **head)


def small_run(*settings: str, trace: TraceSink | None = None, **head: Any) -> Result:
    """Run it."""
    return run(small(*settings, **head), trace=trace)


def numbers(summary: dict[str, Any]) -> dict[str, Any]:
    """Return a summary without what may differ between two runs of one configuration."""
    return {name: value for name, value in summary.items() if name not in ("wall_s", "run_dir")}


def strict_json(text: str) -> Any:
    """Parse one JSON object; refuses NaN, which JSON does not have."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def without_notices(text: str) -> str:
    """Return what was said beside the notices of a first compile."""
    return re.sub(r"^(compiling|waiting for another process) .*\n", "", text, flags=re.MULTILINE)


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Call the command line; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["spinboard", *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        main()
    code = caught.value.code
    return code if isinstance(code, int) else int(code is not None)


def spinboard(cwd: Path, *arguments: object) -> subprocess.Popen[str]:
    """Start the command line as a process of its own."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "scenarios.cli", *map(str, arguments)],
        cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
