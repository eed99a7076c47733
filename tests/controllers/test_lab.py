"""The laboratory board: its rate and its energy follow from the timings and prices of its parts."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

import controllers
from scenarios.workbench import Workbench
from tests.controllers.boards import INSIDE, RESETS, bench, books, inside, random_drive

ROWS = 20
UPDATES = ROWS * 10
# S0 note 3 in milliwatts: microcontroller, op-amps, switches, converter
MILLIWATTS = {"lab.mcu": 102, "lab.opamp": 20, "lab.switch": Fraction("0.6"), "lab.dac": 1}
PICOJOULES = {"write": Fraction("15.8"), "reset": Fraction("15.8"), "read": Fraction("0.06")}


@pytest.mark.parametrize("reset", RESETS)
def test_the_update_period_is_the_sum_of_the_phases(reset: str) -> None:
    lab = bench(f"mtj.reset={reset}")
    lab.board.update(random_drive(ROWS))
    phases = lab.board.timeline().phases
    assert lab.emulator.ledger.window_ps == UPDATES * sum(p.duration_ps for p in phases)
    starts = [phase.start_ps for phase in phases]
    assert starts == [sum(p.duration_ps for p in phases[:i]) for i in range(len(phases))]


@pytest.mark.parametrize("reset", RESETS)
def test_the_update_rate_emerges_near_100_khz(reset: str) -> None:
    lab = bench(f"mtj.reset={reset}")
    lab.board.update(random_drive(ROWS))
    rate = lab.emulated().update_rate_hz
    assert rate is not None
    assert 80e3 < rate < 140e3


def test_the_phases_add_up_by_hand() -> None:
    conversion = math.ceil(Fraction(56 + 12, 27 * 10**6) * 10**12)
    by_hand = 500_000 + 1_200_000 + 4_500_000 + 150_000 + 1_000_000 + 150_000 + 500_000
    assert bench().board.timeline().period_ps == by_hand + conversion
    without = bench("mtj.reset=none").board.timeline().period_ps
    assert without == by_hand + conversion - 1_200_000


@pytest.mark.parametrize("reset", RESETS)
def test_energy_per_update_is_power_times_period_and_the_pulses(reset: str) -> None:
    lab = bench(f"mtj.reset={reset}")
    lab.board.update(random_drive(ROWS))
    resets = books(lab)["mtj", "reset"][0]
    milliwatts = sum(Fraction(each) for each in MILLIWATTS.values())
    window = milliwatts / 1000 * UPDATES * lab.board.timeline().period_ps / 10**12
    pulses = UPDATES * (PICOJOULES["write"] + PICOJOULES["read"]) + resets * PICOJOULES["reset"]
    lines = [line for line in lab.bill().lines if line.entry.group in INSIDE]
    assert sum(line.joules(window=True) for line in lines) == window + pulses / 10**12


def test_the_published_accounting_gives_1_2_microjoules() -> None:
    lab = bench("mtj.reset=none")
    lab.board.update(random_drive(ROWS))
    assert 0.8 * 1.2e-6 < inside(lab.bill()) / UPDATES < 1.2 * 1.2e-6


def test_two_microcontrollers_take_twice_the_controller_power() -> None:
    one, two = bench(), bench("board.mcus=2")
    for lab in (one, two):
        lab.board.update(random_drive(ROWS))
    extra = Fraction(102, 1000) * one.emulator.ledger.window_ps / 10**12
    single, double = (
        sum(
            line.joules(window=True)
            for line in lab.bill().lines
            if line.entry.group in INSIDE
        )
        for lab in (one, two)
    )  # fmt: skip
    assert double == single + extra
    assert 2.2e-6 < float(double) / UPDATES < 2.4e-6


def preset(lab: Workbench) -> int:
    """Return the preset wait in ps."""
    return {phase.name: phase.duration_ps for phase in lab.board.timeline().phases}["preset"]


@pytest.fixture
def auto_wait(tmp_path: Path) -> Callable[[int], int]:
    """Return how a lab board whose card says "auto" derives its preset wait."""
    text = (controllers.CARDS / "lab.toml").read_text()
    own, changed = re.subn(r"^(t_settle_wait = \{ value =) 4\.5", r'\1 "auto"', text, flags=re.M)
    assert changed == 1
    card = tmp_path / "own.toml"
    card.write_text(f'name = "lab"\n{own}')

    def wait(t_settle_us: int) -> int:
        return preset(bench(f"board={card}", f"board.dac.t_settle={t_settle_us} us"))

    return wait


def converter_us(t_settle_us: float, residue_uv: float) -> float:
    """Return when a 1.4 V step of the converter has `residue_uv` left: tau = t_settle / ln 4096."""
    return t_settle_us / math.log(4096) * math.log(1.4e6 / residue_uv)


def follower_us(residue_uv: float) -> float:
    """Return when a 1.4 V step of the LM324 has `residue_uv` left: it slews, then settles."""
    tau = 1 / (2 * math.pi * 1.3)
    linear = 0.4 * tau
    return (1.4 - linear) / 0.4 + tau * math.log(linear * 1e6 / residue_uv)


HALF_LSB_UV = 3.3e6 / 4096 / 2


def test_a_fast_converter_leaves_the_preset_wait_to_the_follower(
    auto_wait: Callable[[int], int],
) -> None:
    assert converter_us(4, HALF_LSB_UV) < follower_us(HALF_LSB_UV)
    assert auto_wait(3) == auto_wait(4)
    # residues are whole microvolts: half an LSB (402.8 uV) stands for 402 .. 404 uV
    early, late = follower_us(HALF_LSB_UV + 1.2), follower_us(HALF_LSB_UV - 1.2)
    assert early + 0.5 < auto_wait(3) / 1e6 < late + 0.5
    assert follower_us(HALF_LSB_UV) == pytest.approx(3.97, abs=0.005)


def test_a_slow_converter_moves_the_preset_wait_by_its_own_law(
    auto_wait: Callable[[int], int],
) -> None:
    moved = (auto_wait(7) - auto_wait(6)) / 1e6
    expected = converter_us(7, HALF_LSB_UV) - converter_us(6, HALF_LSB_UV)
    # each end is off by less than 1.2 uV of the residue: tau * 1.2 / 402
    bar = (6 + 7) / math.log(4096) * 1.2 / 402
    assert abs(moved - expected) < bar
    assert moved > 100 * bar


def test_the_preset_wait_as_given_is_kept() -> None:
    assert preset(bench("board.t_settle_wait=2.25 us")) == 2_250_000


def test_the_preset_wait_is_set_to_auto_by_name(auto_wait: Callable[[int], int]) -> None:
    assert preset(bench("board.t_settle_wait=auto")) == auto_wait(3)
