"""The volts that a board brings to its junctions, and how far it reaches."""

from __future__ import annotations

import numpy as np
import pytest

from controllers.board import line_volts
from emulator import Drive
from scenarios.reach import delivered_volts, reach
from tests.controllers.boards import bench, random_drive


def test_what_arrives_is_what_was_asked_for_to_half_a_code() -> None:
    made = bench("board=asic", "board.dac.bits=10")
    board, p = made.board, made.mtj
    asked = random_drive(100)
    codes, gates, clipped = board.encode(asked)
    v_sot, v_gate = delivered_volts(board, codes, gates)
    half = board.dac_params.lsb / 2 * 1.001  # the grid rounds to a microvolt
    assert clipped == 0
    assert np.abs(v_sot - line_volts(asked.r, p.v_c0, p.k_v, 1.0)).max() < half
    assert np.abs(v_gate - line_volts(asked.c, p.v_g0, p.k_g, 1.0)).max() < half
    assert made.emulator.now == 0


@pytest.mark.parametrize("board", ["lab", "asic"])
def test_no_drive_leaves_the_reach(board: str) -> None:
    made = bench(f"board={board}")
    far = np.linspace(-100, 100, 401)[:, None] + np.zeros((1, made.board.neurons))
    codes, gates, _ = made.board.encode(Drive(far, far))
    for volts, (low, high) in zip(
        delivered_volts(made.board, codes, gates), reach(made.board), strict=True
    ):
        assert (volts.min(), volts.max()) == (low, high)


def test_a_slow_amplifier_needs_time_to_reach_far() -> None:
    """Time enough, and the converter's 3.3 V arrive behind 40 ohm, up to 9 mV of offset."""
    (_, short), (_, long) = (
        reach(bench(f"board.t_settle_wait={wait}").board)[0] for wait in ("2 us", "20 us")
    )
    assert short < 1.5
    assert abs(long - 3.3 * 800 / 840) < 0.009 + 3.3 / 4096
