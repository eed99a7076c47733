"""A bench supply in place of the reset rail."""

from __future__ import annotations

import math

import pytest

from devices import DeliveredGrid, MtjBank, ResetSupply, VgsotParams
from emulator import Emulator
from scenarios.catalog import configure

TRIALS = 2000


def bank() -> MtjBank:
    mtj = VgsotParams.from_card(configure("rv-loop").node("mtj").card, "mtj")
    return MtjBank(Emulator(seed=4), "mtj", mtj, 1, DeliveredGrid(3_300_000, 12, 1.0, mtj.v_reset))


def resets(junctions: MtjBank) -> int:
    """Return how many of `TRIALS` pulses reset a junction in AP."""
    done = 0
    for _ in range(TRIALS):
        junctions.state[0] = 1
        junctions.reset(0, 1_000_000)
        done += junctions.state[0] == 0
    return done


@pytest.mark.parametrize("volts", [0.75, 0.8, 0.86])
def test_pulses_switch_with_the_law_at_the_voltage_that_is_set(volts: float) -> None:
    junctions = bank()
    ResetSupply(junctions).set(volts)
    p = 1.0 / (1.0 + math.exp(-(3.43 * (volts - 0.8) / 0.1 - 0.0757)))
    assert abs(resets(junctions) - TRIALS * p) < 4.5 * math.sqrt(TRIALS * p * (1 - p))


def test_a_supply_at_the_rail_changes_nothing() -> None:
    fixed, supplied = bank(), bank()
    ResetSupply(supplied).set(supplied.params.v_reset)
    assert supplied.reset_limit == fixed.reset_limit
    assert supplied.reset_code == fixed.reset_code


def test_a_supply_at_zero_does_nothing_and_heats_nothing() -> None:
    junctions = bank()
    ResetSupply(junctions).set(0.0)
    assert resets(junctions) == 0
    assert junctions.account.counts[MtjBank.DRIVE] == 0
