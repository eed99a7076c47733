"""Whatever the board, the two engines leave the same bits behind, and take turns at will."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, event, given, reject, settings
from hypothesis import strategies as st

from emulator import SequenceError
from tests.controllers.compiled.bank_board import Plan, make
from tests.controllers.compiled.comparing import (
    COMPILED,
    CompiledScheduler,
    Work,
    same,
    watching,
)
from tests.controllers.compiled.plans import LONG_WORKS, WORKS, banks, pipelines

PLANS = {"pipelines": pipelines(), "own": banks(usual=True), "shared": banks()}
TURNS = st.sampled_from([COMPILED, "ce", "ec", "cec"])
TRACED = st.sampled_from([False, False, True])
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


def examine(
    plans: st.SearchStrategy[Plan], works: st.SearchStrategy[Work], examples: int
) -> Counter[str]:
    """Compare the engines on that many examples; returns which ways were taken how often."""
    ways: Counter[str] = Counter()

    @settings(max_examples=examples, suppress_health_check=QUIET, report_multiple_bugs=False)
    @given(plans, works, TURNS, TRACED)
    def compare(plan: Plan, work: Work, engines: str, traced: bool) -> None:
        try:
            CompiledScheduler(make(plan))
        except SequenceError:  # said before anything runs: the event engine takes the board
            ways["refused"] += 1
            reject()
        with watching() as taken:
            same(plan, work, engines, traced=traced)
        ways.update(taken)
        for way in taken:
            event(way)

    compare()
    return ways


# Which examples are drawn depends on the constants of all modules that happen to be imported, so
# what they are known to reach leaves room.
CASES = [
    ("pipelines", WORKS, 60, {"loop": 2, "tabulated": 10}),
    ("own", WORKS, 120, {"loop": 5, "tabulated": 1, "walked": 20}),
    ("shared", WORKS, 80, {"loop": 20}),
    ("pipelines", LONG_WORKS, 8, {"tabulated": 1}),
    ("own", LONG_WORKS, 12, {"walked": 1}),
]
MORE = [
    ("pipelines", WORKS, 500, {"loop": 20, "tabulated": 100}),
    ("own", WORKS, 500, {"loop": 20, "tabulated": 5, "walked": 50}),
    ("shared", WORKS, 1000, {"loop": 300}),
    ("pipelines", LONG_WORKS, 100, {"looked up": 1}),
    ("own", LONG_WORKS, 150, {"walked": 1}),
    ("shared", LONG_WORKS, 100, {"loop": 20}),
]


@pytest.mark.parametrize(
    ("kind", "works", "examples", "least"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.slow) for case in MORE)],
)
def test_the_engines_leave_the_same_bits(
    kind: str, works: st.SearchStrategy[Work], examples: int, least: dict[str, int]
) -> None:
    """Results, time, books, counters, states, draws, levels from then on, and trace rows.

    The examples are known to take the ways that they are meant to compare.
    """
    ways = examine(PLANS[kind], works, examples)
    assert ways["refused"] <= examples // 20
    assert {way: count for way, count in least.items() if ways[way] < count} == {}, ways
