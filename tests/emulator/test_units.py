from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import ConfigError
from emulator.units import _TABLE, _by_pint, factor, parse_number, to_fraction


@pytest.mark.parametrize(
    ("unit", "to", "exact"),
    [
        ("us", "s", Fraction(1, 10**6)),
        ("ps", "s", Fraction(1, 10**12)),
        ("kohm", "ohm", Fraction(1000)),
        ("kΩ", "ohm", Fraction(1000)),
        ("MHz", "Hz", Fraction(10**6)),
        ("mHz", "Hz", Fraction(1, 1000)),
        ("V/us", "V/s", Fraction(10**6)),
        ("pF", "F", Fraction(1, 10**12)),
        ("kB/s", "byte/s", Fraction(1000)),
        ("percent", "", Fraction(1, 100)),
        ("mW", "W", Fraction(1, 1000)),
        ("", "", Fraction(1)),
    ],
)
def test_factors_are_exact(unit, to, exact):
    assert factor(unit, to) == exact


@pytest.mark.parametrize(
    ("unit", "to", "message"),
    [
        ("kg", "s", r"'kg' is not a unit of a time \(expected e\.g\. s\)"),
        ("", "V", r"'no unit' is not a unit of a voltage \(expected e\.g\. V\)"),
        ("V", "", r"'V' is not a unit of a plain number \(expected e\.g\. no unit\)"),
        ("furlongs", "ohm", r"'furlongs' is not a unit of a resistance \(expected e\.g\. ohm\)"),
        ("US", "s", r"'US' is not a unit of a time"),
        ("2 us", "s", r"'2 us' is not a unit of a time"),
        ("dBm", "W", r"'dBm' is not a unit of a power"),
        ("s", "kg", r"'s' is not a unit of a quantity in kg"),
    ],
)
def test_a_unit_that_does_not_fit_is_named(unit, to, message):
    with pytest.raises(ConfigError, match=message):
        factor(unit, to)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("4.5 us", "4.5", "us"),
        ("4.5us", "4.5", "us"),
        ("  -3 ohm ", "-3", "ohm"),
        ("1_000", "1000", ""),
        (".5 V", "0.5", "V"),
        ("1e-3 V", "0.001", "V"),
        ("+2E6Hz", "2E+6", "Hz"),
        ("0.1", "0.1", ""),
    ],
)
def test_text_is_split_into_an_exact_number_and_its_unit(text, number, unit):
    assert parse_number(text) == (Decimal(number), unit)


@pytest.mark.parametrize("text", ["", "us", "four us", "nan", "inf V", "--3 V", "e5"])
def test_text_without_a_number_is_refused(text):
    with pytest.raises(ConfigError, match=rf"'{text}' is not a number with a unit"):
        parse_number(text)


@given(st.decimals(-(10**9), 10**9, allow_nan=False, allow_infinity=False))
def test_a_decimal_keeps_every_digit(value):
    assert to_fraction(value) == Fraction(value)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e270, max_value=1e270))
def test_a_float_means_the_decimal_that_it_prints(value):
    assert to_fraction(value) == Fraction(Decimal(repr(value)))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("nan"), Decimal("-inf")])
def test_what_is_not_finite_is_refused(value):
    with pytest.raises(ConfigError, match="is not a finite number"):
        to_fraction(value)


@pytest.mark.parametrize("value", [True, "5", None, [1]])
def test_what_is_not_a_number_is_refused(value):
    with pytest.raises(ConfigError, match="is not a number"):
        to_fraction(value)


@pytest.mark.parametrize("text", ["1E+400", "-1E+271", "1E-331", "1E-400000000", "1E+400000000"])
def test_a_number_that_no_float_holds_is_refused_at_once(text):
    with pytest.raises(ConfigError, match=re.escape(f"{text} is outside [1e-330, 1e270]")):
        to_fraction(Decimal(text))


def test_zero_is_zero_however_it_is_written():
    assert to_fraction(Decimal("0E-400000000")) == to_fraction(-0.0) == 0


@pytest.mark.parametrize(
    ("unit", "to"),
    [("kHz", "byte/s"), ("byte/s", "1/s"), ("rpm", "Hz"), ("degree", ""), ("byte", "")],
)
def test_bytes_and_angles_are_not_plain_numbers(unit: str, to: str) -> None:
    with pytest.raises(ConfigError, match="is not a unit of"):
        factor(unit, to)


def test_bits_are_eighths_of_bytes() -> None:
    assert factor("Mbit/s", "byte/s") == 125_000


WANTED = ("", "s", "Hz", "V", "ohm", "F", "W", "J", "A", "V/s", "byte/s", "1/s")
QUOTIENTS = [
    f"{over}/{under}" for over in ("1", *_TABLE) if over for under in ("s", "us", "A", "V")
]


def outcome(law: Callable[[str, str], Fraction], unit: str, to: str) -> Fraction | None:
    try:
        return law(unit, to)
    except Exception:
        return None


@pytest.mark.parametrize("to", WANTED)
def test_the_table_says_what_pint_says(to: str) -> None:
    """Every unit of the table and its quotients: the same factor, or refused alike."""
    for unit in [*_TABLE, *QUOTIENTS]:
        if unit != to:
            assert outcome(factor, unit, to) == outcome(_by_pint, unit, to), unit


def test_units_of_the_table_do_not_start_pint() -> None:
    code = """
import sys
from emulator.units import factor
for unit, to in (("us", "s"), ("V/us", "V/s"), ("kB/s", "byte/s"), ("GHz", "1/s")):
    factor(unit, to)
assert "pint" not in sys.modules
factor("minute", "s")
assert "pint" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
