"""Batches longer than anything that is computed at one go: words, levels, trace rows."""

from __future__ import annotations

import pytest

from tests.controllers.compiled.bank_board import Plan
from tests.controllers.compiled.comparing import Work, same, watching

LONG = [
    ("tabulated", (), Work((3, 831, 5), gate_spread=0.0)),
    ("looked up", ("mtj.reset=always",), Work((3, 831, 5))),
    ("walked", ("board.t_settle_wait=0.5 us", "board.opamp.tau_clamp=5 us", "mtj.reset=none"),
     Work((3, 831, 5))),
    ("tabulated", ("board=fpga", "mtj.reset=always", "board.dac.bits=5"), Work((3, 831, 5))),
    ("looked up", ("board=asic", "board.comparator.noise=30 mV"), Work((3, 831, 5))),
]  # fmt: skip


@pytest.mark.parametrize(("way", "settings", "work"), LONG)
def test_stretches_of_rows_join(way: str, settings: tuple[str, ...], work: Work) -> None:
    with watching() as ways:
        same(Plan(10, 5, settings), work)
    assert ways[way] > 0


@pytest.mark.parametrize("settings", [(), ("board=asic",)])
def test_blocks_of_trace_rows_join(settings: tuple[str, ...]) -> None:
    """A block holds 65536 rows; an update leaves 7 to 12 of them."""
    same(Plan(20, 6, settings), Work((500,)), traced=True)
