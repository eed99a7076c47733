"""Cases in which two engines are easily of two minds; each is reduced to what matters."""

from __future__ import annotations

import pytest

from devices import OPEN, READ, WRITE
from tests.controllers.compiled.bank_board import FAST_LINK, FrontEnd, LanePlan, Plan
from tests.controllers.compiled.comparing import Work, same

OWN = FrontEnd(0, 0, 0, 0)
SETTINGS = (
    "board=lab", *FAST_LINK, "board.adc.clock=20 MHz", "board.adc.sampling_cycles=28",
    "board.dac.bits=8",
)  # fmt: skip
CONVERSION = 2_000_000  # ps
TURNS = ["c", "ce", "ec", "cce"]


def plan(*tokens: tuple[str | int, ...], neurons: int = 1, **more: object) -> Plan:
    """One lane that does the same with every junction."""
    lane = LanePlan(tuple(range(neurons)), OWN, tokens)
    return Plan(neurons, settings=SETTINGS, lanes=(lane,), **more)  # type: ignore[arg-type]


def update(conversion: int, *rest: tuple[str | int, ...]) -> tuple[tuple[str | int, ...], ...]:
    """An update that waits so long for its conversion."""
    return (
        ("write",), ("wait", 1_000_000), ("set", WRITE), ("wait", 600_000), ("set", READ),
        ("park", 0, 0), ("start",), ("wait", conversion), ("store",), ("set", OPEN), *rest,
    )  # fmt: skip


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("wait", [0, 50_000, 1_399_999, 1_400_000, 1_999_999, 2_000_000])
def test_a_conversion_may_outlast_its_batch(wait: int, turns: str) -> None:
    same(plan(*update(wait)), Work((2, 2, 1, 3)), turns)


@pytest.mark.parametrize("turns", TURNS)
def test_a_conversion_may_outlast_whole_batches(turns: str) -> None:
    """Firmware, or a slow clock: a conversion takes 22 us, a batch of one row 1.7 us."""
    slow = (
        "board=lab", "board.link.latency=0.001 us", "board.link.rate=1 TB/s",
        "board.adc.clock=1 MHz", "board.adc.sampling_cycles=10", "board.dac.bits=8",
    )  # fmt: skip
    lane = LanePlan((0,), OWN, update(100_000))
    same(Plan(1, settings=slow, lanes=(lane,)), Work((2, 1, 1, 1, 20, 1)), turns)


@pytest.mark.parametrize("spare", [0, 5, 40, 200])
@pytest.mark.parametrize("wait", [0, 1_000_000, CONVERSION])
@pytest.mark.parametrize("setting", ["board.opamp.slew_rate=0.1 V/us", "board.opamp.offset=0 mV"])
def test_a_pace_leaves_gaps_in_which_parts_go_on(spare: int, wait: int, setting: str) -> None:
    """Between updates lines settle, nodes decay and conversions end."""
    paced = plan(*update(wait), pace=("33333333333", spare), neurons=2)
    paced = Plan(2, settings=(*paced.settings, setting), lanes=paced.lanes, pace=paced.pace)
    same(paced, Work((4, 4)))


@pytest.mark.parametrize("turns", TURNS)
def test_a_pulse_may_last_from_batch_to_batch(turns: str) -> None:
    """What has been recorded of the lines when a batch ends is known in the next."""
    pulse = plan(("set", OPEN), ("write",), ("wait", 100_000), ("set", WRITE), ("wait", 200_000),
                 ("park", 0, 0), ("wait", 100_000))  # fmt: skip
    same(pulse, Work((2, 2, 2, 2)), turns)


@pytest.mark.parametrize("writes", [7, 8, 9, 40])
def test_lines_may_be_written_often_within_a_pulse(writes: int) -> None:
    again = [("write",), ("wait", 1_000), ("park", 0, 0), ("wait", 1_000)] * writes
    same(plan(("set", WRITE), *again, ("wait", 200_000), ("set", OPEN)), Work((3, 2)))


def test_pulses_of_two_lanes_may_overlap_without_end() -> None:
    """Two lanes share their lines, and one of them always records."""
    one = LanePlan((0,), OWN, (("set", WRITE), ("write",), ("wait", 600_000), ("set", OPEN)))
    other = LanePlan((1,), FrontEnd(0, 1, 1, 1), (
        ("wait", 300_000), ("set", OPEN), ("set", WRITE), ("wait", 300_000)
    ))  # fmt: skip
    same(Plan(2, settings=SETTINGS, lanes=(one, other)), Work((20, 3)))


@pytest.mark.parametrize("rows", [(1,), (3, 5)])
def test_a_junction_that_nobody_stores_answers_nothing(rows: tuple[int, ...]) -> None:
    served = LanePlan((1,), OWN, update(CONVERSION))
    same(Plan(6, settings=SETTINGS, lanes=(served,)), Work(rows))
    silent = [token for token in update(CONVERSION) if token != ("store",)]
    same(plan(*silent, neurons=2), Work(rows))


@pytest.mark.parametrize("first", [True, False])
def test_a_result_that_comes_as_it_is_stored_counts_by_rank(first: bool) -> None:
    exact = plan(*update(CONVERSION), neurons=3, converters_first=first)
    same(exact, Work((3, 2)))


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("tail", [0, 20_000_000])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_steps_of_one_instant_keep_their_order(at: int, tail: int, traced: bool) -> None:
    """Lines that are parked as a pulse ends: just before, just after, or when it reads already.

    How far a pulse was from its target tells the first case from the others.
    """
    ends: list[tuple[str | int, ...]] = [("set", OPEN), ("set", READ)]
    ends.insert(at, ("park", 0, 0))
    parked = plan(
        ("write",), ("wait", 1_500_000), ("set", WRITE), ("wait", 600_000), *ends, ("start",),
        ("wait", CONVERSION), ("store",), ("set", OPEN), ("wait", tail), neurons=2,
    )  # fmt: skip
    same(parked, Work((4, 3)), traced=traced)


@pytest.mark.parametrize("noise", [0, 0.7, 300])
def test_noise_of_any_width(noise: float) -> None:
    """None, what the card says, and more than a table of whole rows is worth."""
    noisy = plan(*update(CONVERSION), neurons=4)
    settings = (*noisy.settings, f"board.adc.noise={noise}")
    same(Plan(4, settings=settings, lanes=noisy.lanes), Work((6, 5)))


@pytest.mark.parametrize("capacitor", ["0 pF", "300 pF", "10 nF", "100 nF"])
def test_what_a_reading_leaves_for_the_next(capacitor: str) -> None:
    """Few levels that come again and again, or too many to be tabulated."""
    slow = plan(*update(CONVERSION), neurons=4)
    settings = (*slow.settings, f"board.divider.c_filter={capacitor}")
    same(Plan(4, settings=settings, lanes=slow.lanes), Work((6, 5, 9)))


def test_two_lanes_that_start_one_converter_at_once() -> None:
    """The lane that was built first gets it; the other one stores the same result."""
    both = [LanePlan((k,), FrontEnd(k, 0, 0, k), update(CONVERSION)) for k in range(2)]
    for converters_first in (True, False):
        same(Plan(2, settings=SETTINGS, lanes=tuple(both), converters_first=converters_first),
             Work((4, 3)))  # fmt: skip
