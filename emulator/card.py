"""Cards: every number with its unit, source, trust and, where known, its range.

A card is a TOML file next to the package that models the part::

    schema = 1
    model = "adc"
    family = "..."     # boards only: any card of the same family may take its place

    [values]
    bits = { value = 12, unit = "", source = "S0 note 6", trust = "given" }

    [parts]            # boards only: which card each child part uses
    adc = "stm32f767_adc"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from .errors import ConfigError, nearest
from .units import factor, to_fraction

SCHEMA = 1
Trust = Literal["given", "verified", "derived", "recalled", "assumed", "user"]
TRUSTS: tuple[str, ...] = get_args(Trust)
OneOf = TypeVar("OneOf", bound=str)
_FIELDS = {"value", "unit", "source", "trust", "low", "high"}


def weakest(*trusts: OneOf) -> OneOf:
    """Return the trust of what rests on all of `trusts`: no better than the weakest of them."""
    return max(trusts, key=TRUSTS.index)


@dataclass(frozen=True)
class Number:
    """One setting: a value in its own unit (or a word, or a flag) with its provenance."""

    value: Any
    unit: str = ""
    source: str = ""
    trust: Trust = "user"
    low: Any = None
    high: Any = None

    def si(self, unit: str, which: Literal["value", "low", "high"] = "value") -> Fraction | None:
        """Return the value (or a bound, None where unknown) in `unit`, exactly."""
        raw = getattr(self, which)
        return None if raw is None else to_fraction(raw) * factor(self.unit, unit)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True)
class Card:
    """A named set of numbers for one model, and the cards of its child parts.

    A card takes the place of another of its model, or of its `family` if it names one.
    """

    name: str
    model: str
    numbers: Mapping[str, Number] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    family: str = ""

    def with_number(self, key: str, number: Number) -> Card:
        """Return a copy in which `key` holds `number`."""
        return replace(self, numbers={**self.numbers, key: number})


def read_toml(path: Path) -> dict[str, Any]:
    """Return the tables of a TOML file, decimals kept exact; raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            return tomllib.load(file, parse_float=Decimal)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error})") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not a TOML file ({error})") from None


def check_schema(table: Mapping[str, Any], where: object) -> None:
    """Raise `ConfigError` unless `table` declares the schema that this program reads."""
    if table.get("schema") != SCHEMA:
        found = table.get("schema", "none")
        raise ConfigError(f"{where}: schema {found}, this version reads schema {SCHEMA}")


def load_card(path: Path) -> Card:
    """Read one card; raises `ConfigError` that names file, table and field."""
    table = read_toml(path)
    check_schema(table, path)
    return card_from_table(table, path.stem, str(path))


def card_from_table(table: Mapping[str, Any], name: str, where: str) -> Card:
    """Build a card from parsed TOML tables; raises `ConfigError`."""
    model = table.get("model")
    if not isinstance(model, str):
        raise ConfigError(f"{where}: 'model' is missing (which kind of part is this?)")
    unknown = set(table) - {"schema", "model", "family", "name", "values", "parts"}
    if unknown:
        raise ConfigError(f"{where}: unknown table '{sorted(unknown)[0]}'")
    values, parts = table.get("values", {}), table.get("parts", {})
    if not isinstance(values, Mapping):
        raise ConfigError(f"{where}: 'values' is not a table")
    if not isinstance(parts, Mapping) or not all(isinstance(p, str) for p in parts.values()):
        raise ConfigError(f"{where}: 'parts' is not a table of card names")
    numbers = {key: number_from_table(entry, f"{where}: {key}") for key, entry in values.items()}
    family = str(table.get("family", ""))
    return Card(str(table.get("name", name)), model, numbers, dict(parts), family)


def number_from_table(entry: object, where: str) -> Number:
    """Build a `Number` from an inline table; raises `ConfigError`."""
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{where}: write {{value=..., unit=..., source=..., trust=...}}")
    for key in entry:
        if key not in _FIELDS:
            raise ConfigError(f"{where}: unknown field '{key}'{nearest(key, _FIELDS)}")
    missing = {"value", "source", "trust"} - set(entry)
    if missing:
        raise ConfigError(f"{where}: '{sorted(missing)[0]}' is missing")
    if entry["trust"] not in TRUSTS:
        raise ConfigError(
            f"{where}: trust '{entry['trust']}'{nearest(str(entry['trust']), TRUSTS)}"
        )
    if not isinstance(entry.get("unit", ""), str):
        raise ConfigError(f"{where}: unit {entry['unit']} is not a word")
    if not str(entry["source"]).strip():
        raise ConfigError(f"{where}: 'source' is empty")
    number = Number(**entry)
    _check_range(number, where)
    return number


def _check_range(number: Number, where: str) -> None:
    """Raise `ConfigError` if a plain value lies outside the range beside it.

    A user may go beyond it, and is warned; the configuration of such a run is read again.
    """
    low, high = number.low, number.high
    free = number.trust == "user" or isinstance(number.value, str | bool)
    if free or (low is None and high is None):
        return
    try:
        value = to_fraction(number.value)
        outside = (low is not None and to_fraction(low) > value) or (
            high is not None and to_fraction(high) < value
        )
    except ConfigError:
        return  # whoever takes the number says what is wrong with it
    if outside:
        raise ConfigError(f"{where} = {number} lies outside its own range [{low}, {high}]")


def number_to_table(number: Number) -> dict[str, Any]:
    """Return the inline table that `number_from_table` reads back."""
    names = ("value", "unit", "source", "trust", "low", "high")
    return {name: getattr(number, name) for name in names if getattr(number, name) is not None}
