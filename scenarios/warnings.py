"""What a user should be told about a run that its numbers do not say by themselves."""

from __future__ import annotations

from typing import Protocol

from devices import VgsotParams
from emulator import Config
from emulator.units import to_fraction

from .reporting.engineering import engineering


class Described(Protocol):
    """A board that can say what it did."""

    def fidelity(self) -> dict[str, float | int | None]:
        """Return how faithfully it worked."""

    def cautions(self) -> list[str]:
        """Return what a user should know before trusting a run on it."""


def warnings_of(config: Config, board: Described, mtj: VgsotParams | None) -> list[str]:
    """Return one sentence per thing that went less than perfectly."""
    found = board.fidelity()
    told = outside_ranges(config)
    if mtj is not None and mtj.reset == "none":
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
                f"the {line} line had not settled when the pulse ended: up to "
                f"{engineering(worst, 'V')} off ({worst / lsb:.0f} LSB); lengthen "
                "board.t_settle_wait"
            )
    return told + board.cautions()


def outside_ranges(config: Config) -> list[str]:
    """Return a sentence for every value that was set outside the range its card states."""
    return [
        f"{address}.{key} = {number} lies outside the range its card states "
        f"({'-' if number.low is None else number.low} .. "
        f"{'-' if number.high is None else number.high} {number.unit})".replace(" )", ")")
        for address, card in config.cards().items()
        for key, number in card.numbers.items()
        if number.trust == "user" and not isinstance(number.value, str | bool)
        if (number.low is not None and to_fraction(number.value) < to_fraction(number.low))
        or (number.high is not None and to_fraction(number.value) > to_fraction(number.high))
    ]


def untrained(steps: int, weights: str | None = None) -> list[str]:
    """Return a sentence if the weights are random after so many learning steps.

    `weights` names the file that a study was given ("": none); None if it takes no file.
    """
    if steps or weights:
        return []
    given = "" if weights is None else " and no weights were given"
    return [f"no learning step was taken{given}: the weights are random"]


def even_votes(draws: int, tied: str) -> list[str]:
    """Return a sentence if votes on a sign may tie; `tied` says what comes of it."""
    if draws % 2:
        return []
    return [f"draws = {draws} is even, so votes may tie: {tied}; an odd number has no ties"]
