"""What a user should be told about a run that its numbers do not say by themselves."""

from __future__ import annotations

from controllers import Board
from devices import VgsotParams


def warnings_of(board: Board, mtj: VgsotParams) -> list[str]:
    """Return one sentence per thing that went less than perfectly."""
    found = board.fidelity()
    told: list[str] = []
    if mtj.reset == "none":
        told.append(
            "mtj.reset=none: every write redraws the state as if a reset were free (the published "
            "accounting); a real junction needs one"
        )
    for name, what in (
        ("dac_saturated", "drives lay outside the converter's range and were clipped"),
        ("line_saturated", "writes asked for a level outside the amplifier's output range"),
        ("adc_saturated", "conversions left the converter's range"),
        ("pulse_missed", "pulses ended before the switch had closed"),
        ("adc_start_ignored", "conversions were started while one was running, and ignored"),
        ("read_error", "reads gave the wrong state (noise, or the read path had not settled)"),
    ):
        count = found.get(name)
        if count:
            told.append(f"{count} {what}")
    lsb = found.get("lsb_v") or 0.0
    for name, line in (("worst_error_v", "SOT"), ("worst_gate_error_v", "gate")):
        worst = found.get(name) or 0.0
        if worst > lsb:
            told.append(
                f"the {line} line had not settled when the pulse ended: up to {worst * 1e3:.3g} mV "
                f"off ({worst / lsb:.3g} LSB); lengthen board.t_settle_wait"
            )
    return told + board.cautions()
