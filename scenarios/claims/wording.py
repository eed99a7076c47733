"""Figures in words: what the report and the terminal say of them."""

from __future__ import annotations

from emulator.units import base_units

from ..reporting.engineering import engineering, percent
from ..reporting.style import micro
from .verdict import Judgement, shown

SYMBOLS = ("Hz", "J", "W", "V", "A", "F", "s", "ohm")  # units that take a prefix
DIGITS = 4
NONE, MINUS = "\u2013", "\u2212"
BOUND, OURS = "a bound", "our criterion"


def readable(value: float | None, unit: str) -> str:
    """Return a figure with four digits, in its claim's own unit where that reads well.

    Elsewhere the prefix changes (`2.3 uJ`, not `2.3e+06 pJ`), and counts get their commas.
    """
    if value is None:
        return NONE
    if value == 0 or 1e-3 <= abs(value) < 10**DIGITS:
        return micro(shown(value, unit))
    symbol = next((s for s in SYMBOLS if unit.endswith(s) and "/" not in unit), None)
    if symbol is not None:
        text = engineering(value * float(base_units(unit)[0]), symbol, DIGITS)
        number, _, prefixed = text.partition(" ")
        return micro(f"{float(number):g} {prefixed}")
    if abs(value) >= 1:
        return f"{float(f'{value:.{DIGITS}g}'):,.0f} {'%' if unit == 'percent' else unit}".strip()
    return micro(shown(value, unit))


def relative(difference: float | None) -> str:
    """Return emulated / published - 1 as `+2.1 %`, beyond a factor of ten as `21 times`."""
    if difference is None:
        return NONE
    ratio = difference + 1
    if ratio >= 10:
        return f"{float(f'{ratio:.3g}'):,g} times"
    if 0 < ratio < 0.1:
        return f"1/{float(f'{1 / ratio:.3g}'):,g}"
    if abs(difference) < 5e-4:
        return "0.0 %"
    return ("+" if difference > 0 else MINUS) + percent(
        abs(difference), 1 if abs(difference) < 1 else 0
    )


def difference(judgement: Judgement) -> str:
    """Return how far off the figure is in words; how far off a bound says nothing."""
    printed = judgement.claim.published
    if printed is not None and printed.relation not in ("=", "~"):
        return BOUND
    return relative(judgement.difference)
