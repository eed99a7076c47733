"""A board measures its own devices; the host corrects what can be corrected, and pays for it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers.calibrated import Calibrated
from controllers.engines import choose
from devices import VgsotActivation
from emulator import ConfigError, Drive
from emulator.ticks import PS_PER_S
from scenarios.workbench import Workbench
from tests.controllers import boards
from tests.controllers.boards import FAST_LINK, books, random_drive

WHOLE = 2**32


def bench(*settings: str, neurons: int = 10) -> Workbench:
    """Return a board on the quick engine."""
    made = boards.bench(*settings, neurons=neurons)
    choose(made.board, "auto")
    return made


def true_offsets(made: Workbench) -> np.ndarray:
    return np.array(made.board.mtj.offsets) / WHOLE


def even(made: Workbench) -> Drive:
    zero = np.zeros((1, made.board.neurons))
    return Drive(VgsotActivation(made.mtj).receptive(zero + 0.5, zero), zero)


@pytest.mark.parametrize("board", ["asic", "fpga"])
def test_the_estimates_are_the_offsets_that_were_drawn(board: str) -> None:
    """Within 4.5 standard errors for each of fifty devices; the converter is coarse, and known."""
    made, trials = bench(f"board={board}", "mtj.sigma=0.1", neurons=50), 2000
    calibrated = Calibrated(made.board)
    calibrated.measure(trials)
    p = made.board.probability(even(made))[0]
    assert calibrated.trials == trials
    error = calibrated.offsets - true_offsets(made)
    assert np.abs(error / np.sqrt(p * (1 - p) / trials)).max() < 4.5
    assert calibrated.error() == pytest.approx(math.sqrt(np.mean(error**2)), abs=1e-6)


def test_the_lab_boards_estimates_include_its_amplifier() -> None:
    """One offset of the line is common to all devices; it moves every share alike."""
    made, trials = bench("mtj.sigma=0", neurons=10), 4000
    arrives = made.board.probability(even(made))[0]
    assert len(set(arrives)) == 1
    assert arrives[0] != 0.5
    calibrated = Calibrated(made.board)
    calibrated.measure(trials)
    assert np.abs(calibrated.offsets - (arrives - 0.5)).max() < 4.5 * 0.5 / math.sqrt(trials)


def test_the_error_falls_with_the_root_of_the_trials() -> None:
    """The rms over 400 devices has a relative standard error of 1 / sqrt(800)."""
    made = bench("board=asic", "mtj.sigma=0.02", neurons=400)
    calibrated = Calibrated(made.board)
    for trials in (100, 400, 1600):
        calibrated.measure(trials - calibrated.trials)
        p = made.board.probability(even(made))[0]
        expected = math.sqrt(np.mean(p * (1 - p)) / trials)
        assert abs(calibrated.error() / expected - 1) < 4.5 / math.sqrt(800)


@pytest.mark.parametrize("c", [-1.0, 0.0, 1.0])
def test_what_is_within_reach_arrives_as_asked_for(c: float) -> None:
    """A finely resolved board that knows its devices to 0.002 delivers theta to 0.01."""
    made = bench("board=asic", "board.dac.bits=10", "mtj.sigma=0.1")
    calibrated = Calibrated(made.board)
    calibrated.measure(60_000)
    offsets, activation = true_offsets(made), VgsotActivation(made.mtj)
    asked = random_drive(200)
    drive = Drive(asked.r, np.full_like(asked.r, c))
    theta = activation.theta(drive.r, drive.c)
    reach = (theta - offsets > 0.01) & (theta - offsets < 0.99)
    assert 0.5 < reach.mean() < 1
    step = made.board.dac_params.lsb / made.mtj.k_v * made.mtj.a / 4 / 2  # half a code, in theta
    gate = made.board.dac_params.lsb / made.mtj.k_g * made.mtj.b / 4 / 2
    allowed = 4.5 * 0.5 / math.sqrt(60_000) + step + gate
    assert np.abs(calibrated.probability(drive) - theta)[reach].max() < allowed
    assert np.abs(made.board.probability(drive) - theta)[reach].max() > 3 * allowed


def test_what_is_out_of_reach_comes_as_near_as_the_device_can() -> None:
    """A device of delta > 0 never shows less than delta, one of delta < 0 no more than 1 + it."""
    made = bench("board=asic", "mtj.sigma=0.2")
    calibrated = Calibrated(made.board)
    calibrated.measure(5000)
    offsets = true_offsets(made)
    assert offsets.min() < -0.02
    assert offsets.max() > 0.02
    zero = np.zeros((1, made.board.neurons))
    for r, limit in ((-3.0, np.maximum(offsets, 0)), (3.0, 1 + np.minimum(offsets, 0))):
        arrives = calibrated.probability(Drive(zero + r, zero))[0]
        share = calibrated.out_of_reach(Drive(zero + r, zero))
        assert np.abs(arrives - limit).max() < 4.5 * 0.5 / math.sqrt(5000) + 0.01
        theta = VgsotActivation(made.mtj).theta(zero + r, zero)[0]
        estimates = calibrated.offsets
        assert share == np.mean(estimates >= theta if r < 0 else estimates <= theta - 1)


def test_before_any_trial_nothing_changes() -> None:
    made = bench("board=asic", "mtj.sigma=0.1")
    calibrated, drive = Calibrated(made.board), random_drive(50)
    assert (calibrated.offsets == 0).all()
    assert (calibrated.probability(drive) == made.board.probability(drive)).all()
    assert calibrated.out_of_reach(drive) == 0


def test_measuring_and_correcting_take_time_and_updates_and_probes_take_none() -> None:
    made = bench("board=asic", "mtj.sigma=0.1")
    emulator, board = made.emulator, made.board
    calibrated, drive = Calibrated(board), random_drive(7)
    calibrated.measure(30)
    assert board.updates == 30 * board.neurons
    host = books(made)["host", "operation"][0]
    assert host == 10 * (30 + 2)  # a share of 30 outputs for each of ten devices
    began = emulator.now
    for probe in (calibrated.probability, calibrated.correct, calibrated.out_of_reach):
        probe(drive)
    calibrated.error()
    assert emulator.now == began
    calibrated.update(drive, draws=3)
    assert books(made)["host", "operation"][0] - host == 18 * drive.r.size
    assert emulator.now - began > 18 * drive.r.size * PS_PER_S // made.board.host.params.rate
    assert board.updates == (30 + 7 * 3) * board.neurons


def test_trials_beyond_the_boards_memory_are_measured_in_parts() -> None:
    settings = ("board=asic", "mtj.sigma=0.1", *FAST_LINK)
    whole, parts = (
        Calibrated(bench(*settings, f"board.link.burst={burst}").board) for burst in (20000, 700)
    )
    for calibrated in (whole, parts):
        calibrated.measure(1000)
    assert (whole.offsets == parts.offsets).all()


@pytest.mark.parametrize("form", ["gain", "bilinear", "graetz"])
def test_a_surface_that_cannot_be_inverted_is_refused(form: str) -> None:
    with pytest.raises(ConfigError, match=rf"mtj\.form = {form}: .*'additive'"):
        Calibrated(bench(f"mtj.form={form}").board)


def test_no_trials_are_no_measurement() -> None:
    with pytest.raises(ConfigError, match="asic: 0 trials measure nothing"):
        Calibrated(bench("board=asic").board).measure(0)


def test_the_inverse_of_the_surface_is_its_inverse() -> None:
    activation = VgsotActivation(bench("board=asic").mtj)
    theta = np.linspace(1e-5, 1 - 1e-5, 101)
    for c in (-1.0, 0.0, 0.7):
        r = activation.receptive(theta, np.full_like(theta, c))
        assert activation.theta(r, np.full_like(theta, c)) == pytest.approx(theta, abs=1e-12)
