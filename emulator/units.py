"""Units at the configuration boundary: text such as `"4.5 us"` becomes an exact SI number.

The units of cards are in a table; any other goes to pint, whose start takes half a second. pint is
used here and nowhere else: inside, numbers are plain (SI floats, integer picoseconds, integer
millihertz), because a pint product costs several hundred times a float product.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from .errors import ConfigError

_NUMBER = re.compile(r"^\s*([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*$")
_NOT_NUMBERS = {"radian", "degree", "turn", "revolution", "revolutions_per_minute"}
_SMALLEST, _LARGEST = -330, 270  # decades that a float holds in any unit
_WHAT = {"s": "a time", "V": "a voltage", "ohm": "a resistance", "Hz": "a frequency",
         "W": "a power", "J": "an energy", "F": "a capacitance", "V/s": "a slew rate",
         "A": "a current", "": "a plain number", "1/s": "a rate", "m": "a length",
         "byte/s": "a data rate"}  # fmt: skip
_PREFIXES = {"": 0, "f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "k": 3, "M": 6, "G": 9}
# The powers of kg, m, s, A and byte. pint knows bytes as plain numbers; here they are no counts.
_BASES = {"s": (0, 0, 1, 0, 0), "Hz": (0, 0, -1, 0, 0), "A": (0, 0, 0, 1, 0),
          "V": (1, 2, -3, -1, 0), "ohm": (1, 2, -3, -2, 0), "F": (-1, -2, 4, 2, 0),
          "W": (1, 2, -3, 0, 0), "J": (1, 2, -2, 0, 0), "B": (0, 0, 0, 0, 1),
          "byte": (0, 0, 0, 0, 1), "m": (0, 1, 0, 0, 0)}  # fmt: skip
_PLAIN = (0, 0, 0, 0, 0)


class _Unit(NamedTuple):
    """A unit as a factor to SI base units (and bytes), and their powers."""

    factor: Fraction
    powers: tuple[int, ...]


_TABLE = {
    "": _Unit(Fraction(1), _PLAIN),
    "um2": _Unit(Fraction(1, 10**12), (0, 2, 0, 0, 0)),
    "percent": _Unit(Fraction(1, 100), _PLAIN),
    **{
        prefix + base: _Unit(Fraction(10) ** decades, powers)
        for prefix, decades in _PREFIXES.items()
        for base, powers in _BASES.items()
    },
}


def _tabulated(unit: str) -> _Unit | None:
    """Return a unit of the table, `1/unit`, a quotient or product of two; None for any other."""
    for sign in "/*":
        first, found, second = unit.partition(sign)
        if found:
            break
    else:
        return _TABLE.get(unit)
    one = _TABLE[""] if first == "1" and sign == "/" else _TABLE.get(first or sign)
    two = _TABLE.get(second or sign)
    if one is None or two is None:
        return None
    power = 1 if sign == "*" else -1
    powers = tuple(a + power * b for a, b in zip(one.powers, two.powers, strict=True))
    return _Unit(one.factor * two.factor**power, powers)


def base_units(unit: str) -> tuple[Fraction, tuple[int, ...]]:
    """Return the factor of a unit to SI base units and their powers (kg, m, s, A, byte).

    For arithmetic in which units multiply. Raises `ConfigError` for a unit that is not in the
    table: a prefix and s, Hz, A, V, ohm, F, W, J, B or m, um2, `1/unit`, or a quotient or product
    of two.
    """
    found = _tabulated(unit)
    if found is None:
        raise ConfigError(f"'{unit}' is not a unit (expected e.g. pJ, MHz, 1/nJ, percent, or none)")
    return found


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint  # noqa: PLC0415  (a slow import that `--help` must not pay)

    return pint.UnitRegistry(non_int_type=Fraction)


@lru_cache(maxsize=1024)
def factor(unit: str, to: str) -> Fraction:
    """Return the exact factor from `unit` to `to`; raises `ConfigError` when they do not match."""
    if unit == to:
        return Fraction(1)
    given, wanted = _tabulated(unit), _tabulated(to)
    try:
        if given is None or wanted is None:
            return _by_pint(unit, to)
        if given.powers != wanted.powers:
            raise ValueError(unit)
        return given.factor / wanted.factor
    except Exception as error:
        what = _WHAT.get(to, f"a quantity in {to}")
        raise ConfigError(
            f"'{unit or 'no unit'}' is not a unit of {what} (expected e.g. {to or 'no unit'})"
        ) from error


def _by_pint(unit: str, to: str) -> Fraction:
    """Return the factor as pint knows it; raises one of pint's errors, or `ValueError`."""
    registry = _registry()
    _check_counted(str(registry.Unit(unit or "dimensionless")), to)
    if registry.Quantity(Fraction(0), unit or "dimensionless").to(to or "dimensionless").magnitude:
        raise ValueError(unit)  # a scale with a zero of its own, such as degrees Celsius
    scaled = registry.Quantity(Fraction(1), unit or "dimensionless")
    return Fraction(scaled.to(to or "dimensionless").magnitude)


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
