from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from emulator import Card, ConfigError, Number, load_card
from emulator.card import TRUSTS, card_from_table, number_from_table, number_to_table

CARD = """
schema = 1
model = "adc"

[values]
bits = { value = 12, source = "data sheet", trust = "given" }
v_ref = { value = 3.3, unit = "V", source = "sheet", trust = "recalled", low = 3.2, high = 3.4 }

[parts]
filter = "rc"
"""
ENTRY = {"value": 1, "unit": "V", "source": "a book", "trust": "given"}


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_a_card_is_read_with_every_field(tmp_path):
    card = load_card(write(tmp_path, CARD))
    assert card == Card(
        name="mine",
        model="adc",
        numbers={
            "bits": Number(12, "", "data sheet", "given"),
            "v_ref": Number(
                Decimal("3.3"), "V", "sheet", "recalled", Decimal("3.2"), Decimal("3.4")
            ),
        },
        parts={"filter": "rc"},
    )


def test_decimals_are_exact_and_bounds_that_are_not_known_are_none(tmp_path):
    card = load_card(write(tmp_path, CARD))
    assert card.numbers["v_ref"].si("V") == Fraction(33, 10)
    assert card.numbers["v_ref"].si("V", "high") == Fraction(34, 10)
    assert card.numbers["bits"].si("", "low") is None
    assert str(card.numbers["v_ref"]) == "3.3 V"
    assert str(card.numbers["bits"]) == "12"


def test_a_changed_number_leaves_the_card_it_came_from_alone(tmp_path):
    card = load_card(write(tmp_path, CARD))
    changed = card.with_number("bits", Number(10))
    assert changed.numbers["bits"].value == 10
    assert card.numbers["bits"].value == 12
    assert changed.numbers["v_ref"] is card.numbers["v_ref"]


def test_a_number_survives_its_table(tmp_path):
    for number in load_card(write(tmp_path, CARD)).numbers.values():
        assert number_from_table(number_to_table(number), "here") == number


@pytest.mark.parametrize("trust", TRUSTS)
def test_every_trust_is_accepted(trust):
    assert number_from_table({**ENTRY, "trust": trust}, "here").trust == trust


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("model = 'adc'", "schema none, this version reads schema 1"),
        ("schema = 2\nmodel = 'adc'", "schema 2, this version reads schema 1"),
        ("schema = 1", "'model' is missing (which kind of part is this?)"),
        ("schema = 1\nmodel = 3", "'model' is missing (which kind of part is this?)"),
        ("schema = 1\nmodel = 'adc'\n[value]", "unknown table 'value'"),
        ("schema = 1\nmodel = 'adc'\nvalues = 3", "'values' is not a table"),
        ("schema = 1\nmodel = 'adc'\nparts = 3", "'parts' is not a table of card names"),
        ("schema = 1\nmodel = 'a'\n[parts]\nx = 3", "'parts' is not a table of card names"),
        ("schema = 1\nmodel = ", "not a TOML file"),
        ("schema = 1\nmodel = 'adc'\nmodel = 'dac'", "not a TOML file"),
    ],
)
def test_a_file_that_is_no_card_is_named_with_its_fault(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {message}")):
        load_card(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: no such file"):
        load_card(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_card(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b"model = '\xe9'")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_card(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (3, "here: write {value=..., unit=..., source=..., trust=...}"),
        ({**ENTRY, "hi": 3}, "here: unknown field 'hi' (did you mean 'high'? known: high, low"),
        ({"value": 1, "source": "x"}, "here: 'trust' is missing"),
        ({"value": 1, "trust": "given"}, "here: 'source' is missing"),
        ({"source": "x", "trust": "given"}, "here: 'value' is missing"),
        ({**ENTRY, "trust": "gven"}, "here: trust 'gven' (did you mean 'given'? known: assumed"),
        ({**ENTRY, "trust": 3}, "here: trust '3' (known: assumed"),
        ({**ENTRY, "source": "  "}, "here: 'source' is empty"),
        ({**ENTRY, "unit": 3}, "here: unit 3 is not a word"),
    ],
)
def test_a_number_that_lacks_its_provenance_is_refused(entry, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        number_from_table(entry, "here")


def test_the_fault_of_a_number_is_named_with_file_and_key():
    table = {"model": "adc", "values": {"bits": {"value": 12, "source": "x", "trust": "sure"}}}
    with pytest.raises(ConfigError, match=r"a\.toml: bits: trust 'sure'"):
        card_from_table(table, "a", "a.toml")


def test_a_name_in_the_file_wins_over_the_file_name():
    assert card_from_table({"model": "adc", "name": "other"}, "a", "a.toml").name == "other"
