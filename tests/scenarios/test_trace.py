"""A trace shows everything and changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from emulator import MemoryTrace
from tests.scenarios.small_runs import numbers, small_run


@pytest.mark.parametrize("board", ["lab", "asic"])
def test_tracing_changes_no_number(board: str) -> None:
    settings = f"board={board}", "learner.steps=2", "test_samples=10"
    trace = MemoryTrace()
    plain, traced = small_run(*settings), small_run(*settings, trace=trace)
    assert numbers(plain.summary()) == numbers(traced.summary())
    assert plain.steps == traced.steps
    assert plain.weights["weights"].tobytes() == traced.weights["weights"].tobytes()
    assert len(trace.rows) > plain.emulated.updates


@pytest.mark.parametrize("board", ["lab", "asic"])
def test_rows_come_in_order_of_time_and_count_what_happened(board: str) -> None:
    trace = MemoryTrace()
    result = small_run(f"board={board}", "learner.steps=2", "test_samples=10", trace=trace)
    times = [row[0] for row in trace.rows]
    assert times == sorted(times)
    assert 0 < times[0] <= times[-1] <= result.emulated.elapsed_ps
    updates = result.emulated.updates
    pulses = [len(trace.select("mtj", f"{j}.v_sot")) for j in range(10)]
    assert pulses == [updates // 10] * 10
    if board == "lab":
        assert len(trace.select("lab.adc0", "eoc")) == updates
        modes = [mode for _, mode in trace.select("lab.switch", "mode")]
        assert modes.count(2) == modes.count(3) == updates  # write and read
        codes = [code for _, code in trace.select("lab.dac", "0.code")]
        assert codes[1::2] == [0] * updates  # every pulse is followed by a park
    else:
        bits = np.array([[b for _, b in trace.select("asic.comparator", f"{j}.bit")]
                         for j in range(10)])  # fmt: skip
        assert bits.shape == (10, updates // 10)
        assert set(bits.ravel()) == {0, 1}
