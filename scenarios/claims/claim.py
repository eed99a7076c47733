"""A published statement that can be checked, as a small file per source states it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from emulator import ConfigError, nearest
from emulator.card import check_schema, read_toml
from emulator.units import base_units, parse_number

from .expression import parse
from .quantity import Quantity

FOLDER = Path(__file__).parent
VERDICTS = ("agrees", "differs", "inconsistent", "not checkable")
ABOUT = 0.15  # what "~" admits, relative
SIGMAS = 4.5
ROUNDING = "rounding"
_PREFIX = re.compile(r"^(~|>=|<=|>|<)?\s*(.*)$")
_HEAD = {"schema", "source", "title", "claim"}
_REQUIRED = ("id", "statement", "expected")
_FORMULAS = ("emulated", "implied", "error")
_OPTIONAL = ("published", *_FORMULAS, "within", "reason", "unit")


@dataclass(frozen=True)
class Printed:
    """A figure as it was printed: `"~1.2 uJ"`, `"15.86 pJ"`, `">=2 GHz"`.

    `relation` is `=`, `~`, `>=`, `<=`, `>` or `<`; `half_unit` is half a unit of the last digit
    printed, in `unit`.
    """

    text: str
    relation: str
    value: float
    unit: str
    half_unit: float

    @classmethod
    def parse(cls, text: str) -> Printed:
        """Read a figure; raises `ConfigError` for what is not one, or has an unknown unit."""
        match = _PREFIX.match(text)
        assert match is not None  # the pattern admits anything
        number, unit = parse_number(match[2])
        unit = "percent" if unit == "%" else unit
        base_units(unit)
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)  # the pattern admits only numbers
        half = Decimal(5).scaleb(exponent - 1)
        return cls(text, match[1] or "=", float(number), unit, float(half))

    @property
    def quantity(self) -> Quantity:
        """The figure, known as the source gives it."""
        return Quantity.of(self.value, self.unit, {"given": 1.0})

    def admits(self, value: float, within: float | None = None, error: float = 0.0) -> bool:
        """Whether a figure in the same unit is what was printed.

        It is if it rounds to it; after `~`, also within 15 %, or `within` in its place; after a
        relation, if that holds or it rounds to it. A figure with a standard `error` may be 4.5 of
        them further off.
        """
        about = ABOUT if self.relation == "~" else 0.0
        relative = about if within is None else within
        slack = max(self.half_unit, relative * abs(self.value)) + SIGMAS * error
        off = value - self.value
        near = abs(off) <= slack * (1 + 1e-9)
        match self.relation:
            case ">=" | ">":
                return off > 0 or (near and self.relation == ">=")
            case "<=" | "<":
                return off < 0 or (near and self.relation == "<=")
        return near


@dataclass(frozen=True)
class Claim:
    """One statement of a source, and the formulas that check it.

    `published` is the figure as printed, None where it is lost. `emulated` says what the emulator
    gives, None where nothing can be emulated. `implied` is what the source's own figures give for
    the same quantity: if that is not what was printed, the source contradicts itself. `expected`
    is the verdict that was found when the claim was written, `reason` the sentence that goes with
    it. `within`, and `error`, the formula of a standard error, say how close is close. `unit` is
    that of the table where no published figure states one.
    """

    id: str
    source: str
    statement: str
    expected: str
    published: Printed | None = None
    emulated: str | None = None
    implied: str | None = None
    within: float | None = None
    error: str | None = None
    reason: str = ""
    unit: str = ""

    @property
    def group(self) -> str:
        """The first word of the id."""
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Chapter:
    """The claims of one place in a source."""

    source: str
    title: str
    claims: tuple[Claim, ...]

    @property
    def group(self) -> str:
        """The group that its claims belong to."""
        return self.claims[0].group


def load_chapters(folder: Path = FOLDER) -> list[Chapter]:
    """Read every file of claims below `folder`, in the order of their paths.

    Raises `ConfigError` that names file, claim and entry.
    """
    chapters = [_chapter(path) for path in sorted(folder.glob("*/*.toml"))]
    if not chapters:
        raise ConfigError(f"{folder}: holds no claims (FOLDER/SOURCE/NAME.toml)")
    seen: set[str] = set()
    for claim in (claim for chapter in chapters for claim in chapter.claims):
        if claim.id in seen:
            raise ConfigError(f"claim '{claim.id}' exists twice")
        seen.add(claim.id)
    return chapters


def _chapter(path: Path) -> Chapter:
    table = read_toml(path)
    check_schema(table, path)
    _known(table, _HEAD, str(path))
    source, title = (_text(table, key, str(path)) for key in ("source", "title"))
    entries = table.get("claim", [])
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}: holds no [[claim]]")
    claims = tuple(_claim(entry, source, path) for entry in entries)
    if len({claim.group for claim in claims}) > 1:
        raise ConfigError(f"{path}: the ids of its claims begin with different words")
    return Chapter(source, title, claims)


def _claim(entry: Mapping[str, Any], source: str, path: Path) -> Claim:
    where = f"{path}: {entry.get('id', 'a claim without an id')}"
    _known(entry, (*_REQUIRED, *_OPTIONAL), where)
    words = {key: _text(entry, key, where) for key in _REQUIRED}
    words |= {key: _text(entry, key, where) for key in _OPTIONAL if key in entry}
    if words["expected"] not in VERDICTS:
        raise ConfigError(f"{where}: expected = '{words['expected']}'"
                          f"{nearest(words['expected'], VERDICTS)}")  # fmt: skip
    if words["expected"] != "agrees" and "reason" not in words:
        raise ConfigError(f"{where}: '{words['expected']}' needs a 'reason'")
    printed, within, unit = (words.pop(key, None) for key in ("published", "within", "unit"))
    try:
        published = None if printed is None else Printed.parse(printed)
        tolerance = None if within is None else _tolerance(within)
        base_units(unit or "")
        for formula in (words[key] for key in _FORMULAS if key in words):
            parse(formula)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    return Claim(**words, source=source, published=published, within=tolerance,
                 unit=published.unit if published else unit or "")  # fmt: skip


def _tolerance(text: str) -> float:
    """Return a relative tolerance; 0 stands for `rounding` alone, whatever a `~` admits."""
    return 0.0 if text == ROUNDING else Quantity.of(*_parts(text)).to("")


def _parts(text: str) -> tuple[float, str]:
    number, unit = parse_number(text)
    return float(number), "percent" if unit == "%" else unit


def _known(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown entry '{key}'{nearest(key, known)}")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{where}: '{key}' is missing, or is not a text")
    return text.strip()
