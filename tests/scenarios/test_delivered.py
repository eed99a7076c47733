"""A wait that is too short costs accuracy; a faster amplifier buys it back."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from emulator import Result
from scenarios.catalog import configure
from scenarios.run import run

WAITS = ("0.5 us", "1 us", "2 us", "3 us", "4 us", "5 us")
TEST_SAMPLES = 360


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trained = run(configure("sinn-digits", ["learner.steps=400", "draws=1"]))
    path = tmp_path_factory.mktemp("trained") / "weights.npz"
    np.savez(path, **trained.weights)
    return path


def infer(weights: Path, *settings: str) -> Result:
    """Classify with the trained network on a board with other settings."""
    fixed = f"weights={weights}", "learner.steps=0", "draws=1"
    return run(configure("sinn-digits", [*fixed, *settings]))


def accuracy(result: Result) -> float:
    found = result.metrics["accuracy_probability"]
    assert found is not None
    return found


def bar(*shares: float) -> float:
    """Return 4.5 standard errors of a difference of accuracies."""
    return 4.5 * math.sqrt(sum(p * (1 - p) for p in shares) / TEST_SAMPLES)


@pytest.mark.slow
def test_accuracy_rises_with_the_preset_wait_and_stays(weights: Path) -> None:
    results = [infer(weights, f"board.t_settle_wait={wait}") for wait in WAITS]
    found = [accuracy(result) for result in results]
    assert all(after > before - bar(before, after) for before, after in pairwise(found))
    assert found[0] < 0.1 + bar(0.1)  # chance: no pulse reaches the critical voltage
    assert all(abs(a - found[-1]) < bar(a, found[-1]) for a in found[1:])
    assert found[-1] > 0.94 - bar(0.94)
    errors = [float(result.fidelity["worst_error_v"] or 0) for result in results]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 0.1
    told = [any("had not settled" in line for line in result.warnings) for result in results]
    assert told[0]
    assert not told[-1]


@pytest.mark.slow
def test_a_ten_times_faster_amplifier_restores_it(weights: Path) -> None:
    wait = "board.t_settle_wait=0.5 us"
    fast = accuracy(infer(weights, wait, "board.opamp.slew_rate=4 V/us"))
    settled = accuracy(infer(weights))
    assert abs(fast - settled) < bar(fast, settled)
