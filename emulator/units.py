"""Units at the configuration boundary: text such as `"4.5 us"` becomes an exact SI number.

pint is used here and nowhere else: inside, numbers are plain (SI floats, integer picoseconds,
integer millihertz), because a pint product costs several hundred times a float product.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any

from .errors import ConfigError

_NUMBER = re.compile(r"^\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_NOT_NUMBERS = {"radian", "degree", "turn", "revolution", "revolutions_per_minute"}
_SMALLEST, _LARGEST = -330, 270  # decades that a float holds in any unit
_WHAT = {"s": "a time", "V": "a voltage", "ohm": "a resistance", "Hz": "a frequency",
         "W": "a power", "J": "an energy", "F": "a capacitance", "V/s": "a slew rate",
         "A": "a current", "": "a plain number", "1/s": "a rate", "m": "a length",
         "byte/s": "a data rate"}  # fmt: skip


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint  # noqa: PLC0415  (a slow import that `--help` must not pay)

    return pint.UnitRegistry(non_int_type=Fraction)


@lru_cache(maxsize=1024)
def factor(unit: str, to: str) -> Fraction:
    """Return the exact factor from `unit` to `to`; raises `ConfigError` when they do not match."""
    if unit == to:
        return Fraction(1)
    try:
        registry = _registry()
        _check_counted(str(registry.Unit(unit or "dimensionless")), to)
        scaled = registry.Quantity(Fraction(1), unit or "dimensionless")
        return Fraction(scaled.to(to or "dimensionless").magnitude)
    except Exception as error:
        what = _WHAT.get(to, f"a quantity in {to}")
        raise ConfigError(
            f"'{unit or 'no unit'}' is not a unit of {what} (expected e.g. {to or 'no unit'})"
        ) from error


def _check_counted(unit: str, to: str) -> None:
    """Raise `ValueError` for what pint takes as a plain number: bytes for counts, angles, turns."""
    words = set(re.findall(r"[a-z_]+", unit))
    data = any(word.endswith(("byte", "bit")) for word in words)
    if words & _NOT_NUMBERS or data != ("byte" in to):
        raise ValueError(unit)


def parse_number(text: str) -> tuple[Decimal, str]:
    """Split `"4.5 us"` into an exact number and its unit; raises `ConfigError`."""
    match = _NUMBER.match(text)
    if match is None:
        raise ConfigError(f"'{text}' is not a number with a unit")
    try:
        return Decimal(match.group(1).replace("_", "")), match.group(2)
    except InvalidOperation as error:  # pragma: no cover  (the pattern admits only numbers)
        raise ConfigError(f"'{text}' is not a number with a unit") from error


def to_fraction(value: object) -> Fraction:
    """Return an exact fraction of an int, float, Decimal or Fraction.

    Refuses NaN, infinity and what no float holds (an exact 1e400000000 would fill the memory).
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        raise ConfigError(f"{value!r} is not a number")
    if isinstance(value, Fraction):
        return value
    decimal = Decimal(repr(value) if isinstance(value, float) else value)
    if not decimal.is_finite():
        raise ConfigError(f"{value} is not a finite number")
    if decimal and not _SMALLEST <= decimal.adjusted() <= _LARGEST:
        raise ConfigError(f"{value} is outside [1e{_SMALLEST}, 1e{_LARGEST}]")
    return Fraction(decimal if decimal else 0)
