"""Runs share nothing: threads and processes give the bits that one run alone gives."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from emulator import Result
from scenarios.run import run
from tests.scenarios.small_runs import numbers, small

CONFIGS = [small("learner.steps=3"), small("board=lab", "learner.steps=3", seed=5)]


def bits(result: Result) -> tuple[object, ...]:
    """Return everything that must not depend on where a run ran."""
    arrays = {name: array.tobytes() for name, array in result.weights.items()}
    return numbers(result.summary()), result.steps, result.bill, arrays


def test_two_runs_at_once_in_threads_give_the_bits_of_each_alone() -> None:
    alone = [bits(run(config)) for config in CONFIGS]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(run, CONFIGS))
    assert [bits(result) for result in together] == alone


def test_a_fresh_process_gives_the_same_bits() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        elsewhere = pool.submit(run, CONFIGS[1]).result()
    assert bits(elsewhere) == bits(run(CONFIGS[1]))
