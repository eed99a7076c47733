"""The voltage that arrives follows the settling law, in closed form and in floating point."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers import Firmware, LabBoard
from devices import OPEN, WRITE
from emulator import Do, Drive, MemoryTrace, Wait
from tests.controllers.boards import bench

LSB = 3.3 / 4096
R_SOT, R_ON = 800.0, 40.0
SHARE = R_SOT / (R_SOT + R_ON)
T_ON, T_PULSE = 0.15, 1.0  # us


def residue(step: float, t_us: float) -> float:
    """Return what is left (V) of a step of `step` volts, t_us microseconds after it.

    Converter (3 us to 1/4096) and follower (0.4 V/us, 1.3 MHz) settle in parallel; a residue
    below 1/16 LSB counts as settled.
    """
    tau_dac, tau_amp, slew = 3.0 / math.log(4096), 1 / (2 * math.pi * 1.3), 0.4
    linear = slew * tau_amp
    if step <= linear:
        amp = step * math.exp(-t_us / tau_amp)
    else:
        t_slew = (step - linear) / slew
        amp = step - slew * t_us if t_us < t_slew else (
            linear * math.exp(-(t_us - t_slew) / tau_amp)
        )  # fmt: skip
    left = max(step * math.exp(-t_us / tau_dac), amp)
    return left if left >= LSB / 16 else 0.0


def settled(code: int, offset: float) -> float:
    """Return the level that the follower makes of a code: its offset added, 0 to 3.5 V."""
    return min(max(code * LSB + offset, 0.0), 3.5)


def level(before: float, code: int, t_us: float, offset: float) -> float:
    """Return the level t_us after the write of a code to a line that stood at `before`."""
    target = settled(code, offset)
    return target + math.copysign(residue(abs(target - before), t_us), before - target)


def offsets(board: LabBoard) -> list[float]:
    return [line.offset * 1e-6 for line in board.opamp.lines]


def lab(*settings: str) -> tuple[LabBoard, MemoryTrace]:
    trace = MemoryTrace()
    board = bench(*settings, neurons=2, trace=trace).board
    assert isinstance(board, LabBoard)
    return board, trace


@pytest.mark.parametrize("wait_us", [0.3, 0.5, 1.0, 1.7, 2.5, 4.5])
@pytest.mark.parametrize("seed", [0, 3])
def test_every_pulse_of_an_update_arrives_by_the_settling_law(wait_us: float, seed: int) -> None:
    trace = MemoryTrace()
    board = bench(f"board.t_settle_wait={wait_us} us", seed=seed, neurons=2, trace=trace).board
    assert isinstance(board, LabBoard)
    sot, gate = offsets(board)
    assert sot != gate
    r = np.array([[-8.0, -3.0], [-1.0, 0.0], [0.7, 2.0], [5.0, 8.0]])
    drive = Drive(r, np.linspace(-1, 1, 8).reshape(4, 2))
    board.update(drive)
    codes, gates, clipped = board.encode(drive)
    assert clipped == 0
    after = wait_us + T_ON + T_PULSE
    for j in range(2):
        arrived = [v for _, v in trace.select("mtj", f"{j}.v_sot")]
        expected = [SHARE * level(settled(0, sot), int(c), after, sot) for c in codes[:, j]]
        assert np.abs(np.array(arrived) - expected).max() < SHARE * LSB / 16
        at_gate = [v for _, v in trace.select("mtj", f"{j}.v_gate")]
        wanted = [level(settled(0, gate), int(c), after, gate) for c in gates[:, j]]
        assert np.abs(np.array(at_gate) - wanted).max() < LSB / 16


@pytest.mark.parametrize("wait_us", [0.5, 4.5])
def test_the_probe_knows_what_arrives(wait_us: float) -> None:
    board, trace = lab(f"board.t_settle_wait={wait_us} us")
    drive = Drive(np.linspace(-4, 4, 40).reshape(20, 2), np.linspace(1, -1, 40).reshape(20, 2))
    board.update(drive)
    codes, gates, _ = board.encode(drive)
    index, gate_index = board.delivered(codes, gates)
    for j in range(2):
        volts = [v for _, v in trace.select("mtj", f"{j}.v_sot")]
        assert volts == board.mtj.grid.sot_volts(index[:, j]).tolist()
        volts = [v for _, v in trace.select("mtj", f"{j}.v_gate")]
        assert volts == board.mtj.grid.gate_volts(gate_index[:, j]).tolist()


def unparked(board: LabBoard, before: int, code: int, wait_us: float) -> Firmware:
    """Pulse at `code` soon after the line has stood at `before`, with no rest in between."""
    yield Do(board.dac.write, before, 0)
    yield Wait(20_000_000)
    yield Do(board.dac.write, code, 0)
    yield Wait(round(wait_us * 1e6))
    yield Do(board.switch.set, WRITE, 0)
    yield Wait(round((T_ON + T_PULSE) * 1e6))
    yield Do(board.switch.set, OPEN, 0)


@pytest.mark.parametrize("wait_us", [0.2, 0.5, 1.0, 6.0])
@pytest.mark.parametrize("before", [0, 600, 1040, 1500, 4095])
def test_without_parking_the_previous_code_shows(wait_us: float, before: int) -> None:
    code = 1040
    board, trace = lab()
    sot = offsets(board)[0]
    board.emulator.complete(board.processor.run(unparked(board, before, code, wait_us)))
    ((_, arrived),) = trace.select("mtj", "0.v_sot")
    start = settled(before, sot)
    # the junction decides at the highest level within the pulse: its end, or its begin from above
    begin, end = (
        level(start, code, wait_us + t, sot) for t in (T_ON, T_ON + T_PULSE)
    )  # fmt: skip
    assert abs(arrived - SHARE * max(begin, end)) < SHARE * LSB / 16
    at_rest = SHARE * settled(code, sot)
    if wait_us < 1.5 and before in (0, 4095):
        assert abs(arrived - at_rest) > SHARE * LSB  # it has not forgotten
    if wait_us == 6.0 and before != 4095:
        assert abs(arrived - at_rest) < SHARE * LSB / 16  # it has


@pytest.mark.parametrize("wait_us", [0.2, 0.5, 1.0])
def test_with_parking_it_does_not(wait_us: float) -> None:
    """Both lines rest for 4.9 us between pulses, so a short wait costs level but no memory."""
    arrived = set()
    for before in (-8.0, 0.0, 8.0):
        board, trace = lab(f"board.t_settle_wait={wait_us} us")
        board.update(Drive(np.array([[before, 2.0]]), np.array([[before / 8, 0.5]])))
        ((_, sot),), ((_, gate),) = (trace.select("mtj", f"1.{v}") for v in ("v_sot", "v_gate"))
        arrived.add((sot, gate))
    assert len(arrived) == 1
    assert arrived.pop()[0] < 0.8 + 0.1 * 2.0 - LSB  # not what was asked for


def test_a_faster_amplifier_makes_up_for_a_short_wait() -> None:
    errors = []
    for slew in ("0.4 V/us", "4 V/us"):
        board, _ = lab("board.t_settle_wait=0.5 us", f"board.opamp.slew_rate={slew}")
        board.update(Drive(np.full((3, 2), 2.0), np.zeros((3, 2))))
        errors.append(board.fidelity()["worst_error_v"])
    step = (0.8 + 0.1 * 2.0) / SHARE + 0.003  # all offsets lie within a few millivolts of it
    slow = residue(step, 0.5 + T_ON + T_PULSE)
    assert errors[0] == pytest.approx(slow, abs=0.012)
    assert errors[1] is not None
    assert errors[1] < slow / 10
