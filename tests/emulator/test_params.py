from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from emulator import (
    Card,
    ConfigError,
    Count,
    Frequency,
    Number,
    Ohm,
    Params,
    Ratio,
    Time,
    Volt,
)
from emulator.params import Dimension, number_from_text
from emulator.ticks import PS_PER_S


class ThingParams(Params):
    """One field of every kind."""

    t_wait: Time = Field(ge=0)
    clock: Frequency = Field(gt=0, le=10**15)
    bits: Count = Field(ge=1, le=16)
    r_p: Ohm = Field(gt=0)
    v: Volt = Field(ge=-10, lt=10)
    share: Ratio
    mode: Literal["after_ap", "always", "none"]
    flag: bool
    path: str
    span: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(ge=0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.share > 0.5 and self.flag:
            raise ValueError(f"share = {self.share} is too large with flag")
        return self


GOOD = {
    "t_wait": Number(Decimal("4.5"), "us"),
    "clock": Number(27, "MHz"),
    "bits": Number(12),
    "r_p": Number(5, "kohm"),
    "v": Number(Decimal("0.3"), "V"),
    "share": Number(Decimal("0.1")),
    "mode": Number("always"),
    "flag": Number(False),
    "path": Number("a.npz"),
    "span": Number("auto"),
}


def thing(**settings: str) -> ThingParams:
    """The good card with some values replaced, as the command line would."""
    numbers = {k: number_from_text(v, GOOD.get(k)) for k, v in settings.items()}
    return ThingParams.from_card(Card("thing", "thing", {**GOOD, **numbers}), "board.thing")


def test_numbers_arrive_in_their_stored_units():
    p = thing()
    assert p.t_wait == 4_500_000
    assert p.clock == 27_000_000_000
    assert (p.bits, p.r_p, p.v, p.share) == (12, 5000.0, 0.3, 0.1)
    assert (p.mode, p.flag, p.path, p.span) == ("always", False, "a.npz", None)


@pytest.mark.parametrize(
    ("text", "ps"),
    [("4.5 us", 4_500_000), ("0.1 us", 100_000), ("0.3 ns", 300), ("1e-6", 1), ("7", 7_000_000),
     ("0.001 ns", 1), ("1 h", 3600 * 10**12), ("0", 0)],
)  # fmt: skip
def test_times_are_exact_and_a_bare_numeral_takes_the_unit_of_the_card(text, ps):
    assert thing(t_wait=text).t_wait == ps


@given(st.integers(0, 10**15))
def test_every_picosecond_can_be_written_in_microseconds(ps):
    assert thing(t_wait=f"{Decimal(ps).scaleb(-6)} us").t_wait == ps


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"r_p": "-3 ohm"}, "board.thing.r_p = -3 ohm is outside (0, inf) ohm"),
        ({"r_p": "0"}, "board.thing.r_p = 0 kohm is outside (0, inf) ohm"),
        ({"bits": "17"}, "board.thing.bits = 17 is outside [1, 16]"),
        ({"bits": "12.5"}, "board.thing.bits = 12.5: 12.5 is not a whole number"),
        ({"bits": "true"}, "board.thing.bits = True: True is not a number"),
        ({"v": "10 V"}, "board.thing.v = 10 V is outside [-10, 10) V"),
        ({"v": "-11000 mV"}, "board.thing.v = -11000 mV is outside [-10, 10) V"),
        ({"t_wait": "-1 us"}, "board.thing.t_wait = -1 us is outside [0, inf) s"),
        ({"clock": "0 Hz"}, "board.thing.clock = 0 Hz is outside (0, 1000000000000] Hz"),
        ({"clock": "2 THz"}, "board.thing.clock = 2 THz is outside (0, 1000000000000] Hz"),
        ({"span": "-1 us"}, "board.thing.span = -1 us is outside [0, inf) s"),
        ({"t_wait": "3 kg"}, "board.thing.t_wait = 3 kg: 'kg' is not a unit of a time (expected"),
        ({"bits": "3 V"}, "board.thing.bits = 3 V: 'V' is not a unit of a plain number"),
        ({"t_wait": "0.5 ps"}, "board.thing.t_wait = 0.5 ps: 0.5 ps is not a whole number of pico"),
        ({"clock": "0.1 mHz"}, "board.thing.clock = 0.1 mHz: 0.1 is not a whole number"),
        ({"r_p": "1e400 ohm"}, "1E+400 is outside [1e-330, 1e270]"),
        ({"r_p": "1e-999999999"}, "1E-999999999 is outside [1e-330, 1e270]"),
        ({"mode": "allways"}, "board.thing.mode = allways is unknown (did you mean 'always'?"),
        ({"mode": "3"}, "board.thing.mode = 3 is unknown (known: after_ap, always, none)"),
        ({"span": "soon"}, "board.thing.span = soon: 'soon' is not a number with a unit"),
        ({"share": "0.6", "flag": "true"}, "board.thing: share = 0.6 is too large with flag"),
    ],
)
def test_a_value_that_cannot_be_is_named_with_its_range(settings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        thing(**settings)


@pytest.mark.parametrize("text", ["nan", "NaN", "inf", "-inf", "+Infinity"])
def test_what_is_not_finite_is_refused(text):
    with pytest.raises(ConfigError, match=re.escape(f"'{text}' is not a finite number")):
        thing(share=text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-inf")])
def test_what_is_not_finite_is_refused_in_a_card_too(value):
    card = Card("thing", "thing", {**GOOD, "share": Number(value)})
    with pytest.raises(ConfigError, match=r"board\.thing\.share = .* is not a finite number"):
        ThingParams.from_card(card, "board.thing")


def test_what_no_number_can_be_is_refused_in_a_card_too():
    card = Card("thing", "thing", {**GOOD, "r_p": Number(Decimal("1e999999999"), "ohm")})
    with pytest.raises(
        ConfigError, match=r"board\.thing\.r_p = .*: 1E\+999999999 is outside \[1e-"
    ):
        ThingParams.from_card(card, "board.thing")


def test_the_largest_number_is_a_float_in_the_largest_unit():
    assert thing(r_p="1e270 Qohm").r_p == 1e300


def test_an_unknown_key_is_met_with_the_nearest_name():
    card = Card("thing", "thing", {**GOOD, "bit": Number(3)})
    with pytest.raises(ConfigError, match=r"board\.thing\.bit is unknown \(did you mean 'bits'\?"):
        ThingParams.from_card(card, "board.thing")


def test_a_missing_value_is_named_with_its_card():
    card = Card("mine", "thing", {k: v for k, v in GOOD.items() if k != "bits"})
    with pytest.raises(ConfigError, match=r"board\.thing\.bits has no value in card 'mine'"):
        ThingParams.from_card(card, "board.thing")


def test_parameters_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        thing().bits = 3  # type: ignore[misc]


@pytest.mark.parametrize("path", ["2024/weights.npz", "3", "1e5.npz", "true.npz", "5 V", "auto"])
def test_a_word_is_kept_as_it_is_written(path):
    assert thing(path=path).path == path


def test_a_quantity_may_replace_a_word_that_stands_for_one():
    assert thing(span="0.5 us").span == 500_000
    assert thing(span="0 s").span == 0
    assert thing(span="auto").span is None
    with pytest.raises(
        ConfigError, match=r"board\.thing\.span = 0: 'no unit' is not a unit of a time"
    ):
        thing(span="0")


def test_auto_may_replace_a_number_where_the_model_allows_it():
    assert number_from_text("auto", GOOD["t_wait"]).value == "auto"
    with pytest.raises(ConfigError, match=r"board\.thing\.t_wait = auto: 'auto' is not a number"):
        thing(t_wait="auto")


def test_a_quantity_in_quotes_must_not_have_a_unit_of_its_own_besides():
    card = Card("thing", "thing", {**GOOD, "t_wait": Number("4.5 us", "ms")})
    with pytest.raises(ConfigError, match=r"t_wait = 4\.5 us ms: '4\.5 us' is not a number"):
        ThingParams.from_card(card, "board.thing")


def test_flags():
    assert thing(flag="true").flag is True
    assert thing(flag="False").flag is False
    with pytest.raises(ConfigError, match=r"board\.thing\.flag = 1 V"):
        thing(flag="1 V")


def test_what_a_user_sets_says_so():
    number = number_from_text("4.5 us", GOOD["t_wait"])
    assert number == Number(Decimal("4.5"), "us", "set by the user", "user")
    assert isinstance(number_from_text("5", GOOD["bits"]).value, int)
