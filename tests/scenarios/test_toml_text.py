import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import ConfigError
from emulator.card import read_toml
from scenarios.toml_text import to_toml
from tests.scenarios.synthetic_results import config

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.one_of(
    texts, st.booleans(), st.integers(), st.decimals(allow_nan=False, allow_infinity=False)
)
tables = st.dictionaries(
    texts,
    st.recursive(values, lambda inner: st.dictionaries(texts, inner, max_size=3), max_leaves=8),
)


@given(tables)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
def test_a_table_survives_the_file(tmp_path: Path, table: dict[str, object]) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(to_toml(table).encode())
    again = read_toml(path)
    assert again == table
    # a decimal stays a decimal of the same digits: the digest of a configuration reads its text
    assert json.dumps(again, default=str, sort_keys=True) == json.dumps(
        table, default=str, sort_keys=True
    )


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_float_keeps_its_value(tmp_path: Path, value: float) -> None:
    path = tmp_path / "config.toml"
    path.write_text(to_toml({"x": value}))
    assert read_toml(path)["x"] == Decimal(repr(value))


def test_a_configuration_survives_with_its_layout(tmp_path: Path) -> None:
    table = config().to_table("0.1.0")
    text = to_toml(table)
    assert '\n[cards."board.adc".values]\n' in text
    assert 'bits = { value = 10, unit = "", source = "set by the user", trust = "user" }' in text
    path = tmp_path / "config.toml"
    path.write_text(text)
    assert read_toml(path) == table
    assert list(read_toml(path)["cards"]) == list(table["cards"])


@pytest.mark.parametrize("value", [None, float("nan"), Decimal("inf"), [1]])
def test_what_toml_cannot_hold_is_refused_by_name(value: object) -> None:
    with pytest.raises(ConfigError, match=r"cards\.board\.x = .* cannot be written"):
        to_toml({"cards": {"board": {"x": value, "y": {}}}})
