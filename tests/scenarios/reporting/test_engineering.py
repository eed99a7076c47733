import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.reporting.engineering import (
    PREFIXES,
    duration,
    engineering,
    percent,
    prefix_for,
    whole_percent,
)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (10.518519e-6, "s", "10.5 us"),
        (1.31e-6, "J", "1.31 uJ"),
        (94.9e3, "Hz", "94.9 kHz"),
        (417e-12, "J", "417 pJ"),
        (0, "J", "0 J"),
        (-0.0, "J", "0 J"),
        (None, "J", "-"),
        (math.nan, "J", "-"),
        (math.inf, "J", "inf J"),
        (999.4, "Hz", "999 Hz"),
        (999.95, "Hz", "1.00 kHz"),
        (0.99996e-9, "s", "1.00 ns"),
        (-1.5e-3, "V", "-1.50 mV"),
        (-999.95, "V", "-1.00 kV"),
        (1.5, "", "1.50"),
        (2_000_000, "", "2.00 M"),
        (1e-30, "J", "1.00 qJ"),
        (9.994e32, "J", "999 QJ"),
        (1e33, "J", "1.00e+33 J"),
        (1e-31, "J", "1.00e-31 J"),
        (5e-324, "J", "4.94e-324 J"),
    ],
)
def test_edges(value: float | None, unit: str, text: str) -> None:
    assert engineering(value, unit) == text


@given(st.floats(1e-29, 1e29), st.integers(1, 6))
def test_what_is_shown_is_the_value_to_its_digits(value: float, digits: int) -> None:
    mantissa, prefix = engineering(value, "s", digits)[:-1].split(" ")
    power = next(power for power, name in PREFIXES.items() if name == prefix)
    shown = Decimal(mantissa).scaleb(power)
    last_digit = Decimal(10) ** (shown.adjusted() - digits + 1)
    assert abs(shown - Decimal(value)) <= last_digit / 2
    assert 1 <= Decimal(mantissa) < 1000


def test_digits_are_chosen() -> None:
    assert engineering(417e-12, "J", 2) == "420 pJ"
    assert engineering(417e-12, "J", 5) == "417.00 pJ"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (4.63, "4.63 s"), (119.9, "120 s"), (120, "2 min 0 s"), (3599.6, "1 h 0 min"),
     (-200, "-3 min 20 s"), (90000, "1 d 1 h")],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


def test_shares() -> None:
    assert percent(0.9611) == "96.1 %"
    assert percent(None) == "-"
    assert [whole_percent(x) for x in (0, 0.004, 0.5, 0.996, 1)] == [
        "0 %", "<1 %", "50 %", ">99 %", "100 %"]  # fmt: skip


def test_axis_prefix_covers_the_largest_value() -> None:
    assert prefix_for(10.5e-6) == (1e-6, "u")
    assert prefix_for(999.0) == (1.0, "")
    assert prefix_for(0.0) == (1.0, "")
