"""`run(config)`: pure, repeatable, and where accuracy, time and energy come out together."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from emulator import ConfigError, Result
from scenarios.catalog import configure
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import UPDATES, numbers, small, small_run


@cache
def learned() -> Result:
    """Return a network after 60 steps on the fast board: enough to tell most digits."""
    return run(configure("sinn-digits", ["board=asic", "learner.steps=60", "draws=1"]))


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trained") / "weights.npz"
    np.savez(path, **learned().weights)
    return path


def same(a: Result, b: Result) -> bool:
    """Return True if two runs found the same, to the bit."""
    return (
        numbers(a.summary()) == numbers(b.summary())
        and a.steps == b.steps
        and a.bill == b.bill
        and set(a.weights) == set(b.weights)
        and all(a.weights[name].tobytes() == b.weights[name].tobytes() for name in a.weights)
    )


def test_a_run_prints_nothing_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    small_run()
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    first, again, other = small_run(seed=3), small_run(seed=3), small_run(seed=4)
    assert same(first, again)
    assert first.weights["weights"].tolist() != other.weights["weights"].tolist()
    assert first.steps["goal"] != other.steps["goal"]
    assert first.emulated.elapsed_ps == other.emulated.elapsed_ps  # time does not depend on chance


def test_the_engine_that_is_asked_for_is_named() -> None:
    auto, event, compiled = (small_run(engine=name) for name in ("auto", "event", "compiled"))
    named = [(result.engine, result.engine_reason) for result in (auto, event, compiled)]
    assert named == [
        ("compiled", "all sequences are static"),
        ("event", "asked for"),
        ("compiled", "asked for"),
    ]
    assert auto.metrics == event.metrics == compiled.metrics


def blas_threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_matrices_are_multiplied_by_one_thread_while_it_lasts() -> None:
    seen = []

    class Looking(Unwatched):
        def step(self, row: Mapping[str, float | int]) -> None:
            seen.append(blas_threads())

    with threadpool_limits(2, user_api="blas"):
        run(small(), Looking())
        assert blas_threads() == {2}
    assert seen == [{1}] * 5


@pytest.mark.parametrize("board", ["lab", "asic"])
def test_every_step_is_in_the_history(board: str) -> None:
    result = run(small(f"board={board}", "learner.steps=4"))
    steps = result.steps
    assert list(steps["step"]) == [0, 1, 2, 3]
    assert list(steps["updates"]) == [UPDATES * k for k in (1, 2, 3, 4)]
    assert all(np.diff(steps["seconds"]) > 0)
    assert all(np.diff(steps["energy_j"]) > 0)
    assert result.emulated.updates == 4 * UPDATES + 50 * 10 * 2  # and the inference
    assert steps["energy_j"][-1] < result.bill.total()


@pytest.mark.parametrize(("board", "low", "high"), [("fpga", 376, 420), ("asic", 18, 30)])
def test_energy_per_update_of_the_projected_boards(board: str, low: float, high: float) -> None:
    """In picojoules, on a network that really learns: resets follow what it reads."""
    joules = run(small(f"board={board}", "learner.steps=20")).energy_per_update_j()
    assert joules is not None
    assert low < joules * 1e12 < high


def test_the_network_learns() -> None:
    """After 60 steps about 0.93 (over seeds), less the error of 360 test samples."""
    metrics = learned().metrics
    assert metrics["accuracy_probability"] is not None
    assert metrics["accuracy_probability"] > 0.93 - 4.5 * math.sqrt(0.93 * 0.07 / 360)


@pytest.mark.parametrize("board", ["asic", "lab"])
def test_inference_only_reproduces_the_trained_network(board: str, weights: Path) -> None:
    settings = [f"board={board}", "learner.steps=0", f"weights={weights}", "draws=1"]
    result = run(configure("sinn-digits", settings))
    trained = learned()
    assert result.emulated.updates == 360 * 10
    assert list(result.steps["step"]) == []
    assert result.weights["weights"].tolist() == trained.weights["weights"].tolist()
    if board == "asic":
        for name in ("accuracy_probability", "learning_steps"):
            expected = {"learning_steps": 0}.get(name, trained.metrics[name])
            assert result.metrics[name] == expected
    else:  # another board delivers other voltages, yet the same junctions answer
        n, before = 360, trained.metrics["accuracy_probability"]
        after = result.metrics["accuracy_probability"]
        assert before is not None
        assert after is not None
        assert abs(after - before) < 4.5 * math.sqrt(2 * before * (1 - before) / n)


def test_a_coarse_converter_costs_accuracy(weights: Path) -> None:
    """Three bits over 3.3 V are steps of four widths of the switching curve."""
    settings = ["learner.steps=0", f"weights={weights}", "draws=1"]
    fine, coarse = (
        run(configure("sinn-digits", [*settings, f"board.dac.bits={bits}"])).metrics
        for bits in (12, 3)
    )
    before, after = fine["accuracy_probability"], coarse["accuracy_probability"]
    assert before is not None
    assert after is not None
    assert before - after > 4.5 * math.sqrt((before * (1 - before) + after * (1 - after)) / 360)


def test_a_vote_of_more_draws_comes_closer_to_the_limit(weights: Path) -> None:
    settings = ["board=asic", "learner.steps=0", f"weights={weights}"]
    one, many = (run(configure("sinn-digits", [*settings, f"draws={n}"])).metrics for n in (1, 15))
    limit = many["accuracy_probability"]
    assert limit == one["accuracy_probability"]
    assert None not in (one["accuracy"], many["accuracy"])
    assert one["accuracy"] < many["accuracy"]  # type: ignore[operator]
    for found in (one, many):
        low, high = found["accuracy_low"], found["accuracy_high"]
        assert low < found["accuracy"] < high  # type: ignore[operator]


def test_saved_weights_must_fit_the_network(weights: Path) -> None:
    with pytest.raises(ConfigError, match=r"weights.*\(10, 64\).*\(10, 65\)"):
        small_run("learner.bias=true", f"weights={weights}")


@pytest.mark.slow
def test_the_laboratory_board_learns_the_digits() -> None:
    """Seed 0 alone, and the mean of five seeds, by the limit and by a vote of 20 draws."""
    found = [run(configure("sinn-digits", seed=seed)).metrics for seed in range(5)]
    limit = [m["accuracy_probability"] or 0.0 for m in found]
    vote = [m["accuracy"] or 0.0 for m in found]
    assert {m["test_samples"] for m in found} == {360}
    assert (limit[0] >= 0.94, vote[0] >= 0.93) == (True, True)
    assert sum(limit) / 5 >= 0.945
    assert sum(vote) / 5 >= 0.940


@pytest.mark.slow
@pytest.mark.skipif("SPINBOARD_DATA" not in os.environ, reason="needs MNIST")
def test_the_laboratory_board_learns_mnist_from_single_samples() -> None:
    """Twenty samples per step, the hardware's reading; seeds 0-2 give .891 / .877 on average."""
    metrics = run(configure("sinn-mnist", ["learner.batch=1"], seed=1)).metrics
    assert metrics["test_samples"] == 10_000
    assert (metrics["accuracy_probability"] or 0.0) >= 0.885
    assert (metrics["accuracy"] or 0.0) >= 0.873
