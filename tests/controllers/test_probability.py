"""What a board says of its probabilities is what its updates do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from devices import VgsotActivation
from emulator import ConfigError, Drive
from tests.controllers.boards import BOARDS, RESETS, bench, random_drive

NEURONS = 5
SPREAD = Drive(np.array([[-0.5, -0.2, 0.0, 0.2, 0.5]]), np.array([[0.2, -0.2, 0.3, 0.1, -0.3]]))


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize("reset", RESETS)
def test_frequencies_are_the_delivered_probabilities(board: str, reset: str) -> None:
    """Each neuron within 4.5 standard errors, with its own device-to-device offset."""
    made = bench(f"board={board}", f"mtj.reset={reset}", neurons=NEURONS)
    draws = 400
    p = made.board.probability(SPREAD)[0]
    frequency = (made.board.update(SPREAD, draws).y > 0).mean(axis=0)
    assert p.min() > 0.05
    assert p.max() < 0.95
    assert np.all(np.abs(frequency - p) < 4.5 * np.sqrt(p * (1 - p) / draws))


@pytest.mark.parametrize("board", BOARDS)
def test_probabilities_are_the_fitted_curve_and_an_offset_per_junction(board: str) -> None:
    made = bench(f"board={board}", "mtj.sigma=0.05", "board.dac.bits=12", neurons=NEURONS)
    ideal = VgsotActivation(made.mtj).theta(SPREAD.r, SPREAD.c)
    offsets = np.array(made.board.mtj.offsets) / 2**32
    error = made.board.probability(SPREAD) - np.clip(ideal + offsets, 0, 1)
    # half an LSB of rounding, 1/32 on the grid of delivered levels, 1/16 that counts as settled
    volts = (1 / 2 + 1 / 32 + 1 / 16) * made.board.dac_params.lsb
    volts += 4.5 * 0.003 if board == "lab" else 0.0  # the amplifier's offset, 3 mV rms per line
    steepest = made.mtj.a / 4 / made.mtj.k_v + made.mtj.b / 4 / made.mtj.k_g
    assert np.abs(error).max() < steepest * volts
    assert made.board.probability(SPREAD).shape == (1, NEURONS)


def test_the_probe_takes_no_time_and_no_draw() -> None:
    looked, not_looked = bench(), bench()
    answers = []
    for made in (looked, not_looked):
        for batch in range(2):
            if made is looked:
                made.board.probability(random_drive(7, seed=99))
            answers.append(made.board.update(random_drive(5, seed=batch)).codes.tolist())
    assert answers[:2] == answers[2:]
    assert looked.emulator.now == not_looked.emulator.now


def test_swapping_the_board_keeps_the_junctions() -> None:
    offsets = [bench(f"board={board}").board.mtj.offsets for board in BOARDS]
    assert offsets[0] == offsets[1] == offsets[2]
    assert len(set(offsets[0])) == 10  # two devices differ
    assert bench(seed=1).board.mtj.offsets != offsets[0]
    many = [bench("board=asic", seed=s, neurons=100).board.mtj.offsets for s in range(5)]
    deviates = np.array(many) / 2**32 / 0.05
    n = deviates.size
    assert abs(deviates.mean()) < 4.5 / math.sqrt(n)
    assert abs(deviates.std() - 1) < 4.5 / math.sqrt(2 * n)


def test_drives_out_of_range_are_clipped_and_counted() -> None:
    made = bench(neurons=2)
    drive = Drive(np.array([[-30.0, 0.0], [0.0, 60.0]]), np.array([[0.0, 0.0], [20.0, 0.0]]))
    made.board.update(drive, draws=3)
    assert made.board.fidelity()["dac_saturated"] == 3 * 3


def test_a_drive_must_fit_the_board() -> None:
    made = bench(neurons=3)
    with pytest.raises(ConfigError, match=r"^lab: 4 drives, 3 junctions$"):
        made.board.update(random_drive(2, 4))
    with pytest.raises(ConfigError, match=r"^lab: 0 draws of 2 samples is no batch$"):
        made.board.update(random_drive(2, 3), draws=0)
    with pytest.raises(ConfigError, match="at least one junction, not 0"):
        bench(neurons=0)
