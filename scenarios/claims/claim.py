"""A published statement that can be checked, as a small file per source states it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from emulator import ConfigError, nearest
from emulator.card import check_schema, read_toml
from emulator.units import base_units, parse_number

from .expression import names_in, parse
from .printed import Printed
from .quantity import Quantity

FOLDER = Path(__file__).parent
VERDICTS = ("agrees", "differs", "inconsistent", "not checkable")
KINDS = ("stated", "reading", "what-if", "echo")
ROUNDING = "rounding"
PLACE = re.compile(r"\{([^{}]+?)\s*->\s*([^{}]*?)\s*\}")  # `{FORMULA -> UNIT}` in a reason
FIGURES = ("{emulated}", "{implied}")  # of the claim itself, in a reason
_HEAD = {"schema", "source", "title", "claim"}
_REQUIRED = ("id", "statement", "expected")
_FORMULAS = ("emulated", "implied", "error")
_OPTIONAL = ("kind", "published", *_FORMULAS, "within", "reason", "unit")


@dataclass(frozen=True)
class Claim:
    """One statement of a source, and the formulas that check it.

    `published` is the figure as printed, None where it is lost. `emulated` says what the emulator
    gives, None where nothing can be emulated. `implied` is what the source's own figures give for
    the same quantity: if that is not what was printed, the source contradicts itself. `expected`
    is the verdict that was found when the claim was written, `reason` the sentence that goes with
    it. `within`, and `error`, the formula of a standard error, say how close is close. `unit` is
    that of the table where no published figure states one.

    `kind`: `stated` by the source; a `reading` of its words by us; a `what-if` of ours beside the
    source's figure; an `echo`, where the emulator is fed this very number and can but agree.
    """

    id: str
    source: str
    statement: str
    expected: str
    kind: str = "stated"
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

    def called(self, word: str) -> bool:
        """Whether `word` names it: its id, or the first words of that (`table3.asic`)."""
        return f"{self.id}.".startswith(f"{word}.")


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


def load_chapters(folder: Path = FOLDER, own: Path | None = None) -> list[Chapter]:
    """Read every file of claims: `folder/*/*.toml`, then those of a user's folder `own`.

    `own` may hold files itself, and folders of them. Raises `ConfigError` that names file, claim
    and entry.
    """
    chapters = [_chapter(path) for path in sorted(folder.glob("*/*.toml"))]
    if not chapters:
        raise ConfigError(f"{folder}: holds no claims (FOLDER/SOURCE/NAME.toml)")
    if own is not None:
        files = sorted(chain(own.glob("*.toml"), own.glob("*/*.toml")))
        if not files:
            raise ConfigError(f"--claims {own}: holds no claims (DIR/NAME.toml)")
        chapters += [_chapter(path) for path in files]
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


def _claim(entry: object, source: str, path: Path) -> Claim:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{path}: a claim is a table, [[claim]]")
    where = f"{path}: {entry.get('id', 'a claim without an id')}"
    _known(entry, (*_REQUIRED, *_OPTIONAL), where)
    words = {key: _text(entry, key, where) for key in _REQUIRED}
    words |= {key: _text(entry, key, where) for key in _OPTIONAL if key in entry}
    for key, known in (("expected", VERDICTS), ("kind", KINDS)):
        if words.get(key, known[0]) not in known:
            raise ConfigError(f"{where}: {key} = '{words[key]}'{nearest(words[key], known)}")
    if words["expected"] != "agrees" and "reason" not in words:
        raise ConfigError(f"{where}: '{words['expected']}' needs a 'reason'")
    try:
        return _checked(words, source)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _checked(words: dict[str, str], source: str) -> Claim:
    """Return the claim of these entries; raises `ConfigError` for figures and formulas."""
    printed, within, unit = (words.pop(key, None) for key in ("published", "within", "unit"))
    published = None if printed is None else Printed.parse(printed)
    if published is not None and unit is not None:
        raise ConfigError(f"'unit' is that of 'published' ({printed}): leave it out")
    for key in (key for key in _FORMULAS if key in words):
        if words["id"] in names_in(parse(words[key])):
            raise ConfigError(f"'{key}' names the claim itself")
    _check_places(words.get("reason", ""))
    base_units(unit or "")
    return Claim(**words, source=source, published=published,
                 within=None if within is None else _tolerance(within),
                 unit=published.unit if published else unit or "")  # fmt: skip


def _check_places(reason: str) -> None:
    """Raise `ConfigError` unless whatever stands in braces can be filled in."""
    for formula, shown_in in PLACE.findall(reason):
        parse(formula)
        base_units(shown_in)
    for place in re.findall(r"\{[^{}]*\}?|\}", PLACE.sub("", reason)):
        if place not in FIGURES:
            raise ConfigError(f"reason: '{place}' is no figure; write {{FORMULA -> UNIT}}")


def _tolerance(text: str) -> float:
    """Return a relative tolerance; 0 stands for `rounding`, whatever a `~` admits."""
    if text == ROUNDING:
        return 0.0
    number, unit = parse_number(text)
    found = Quantity.of(float(number), "percent" if unit == "%" else unit).to("")
    if not 0 < found < 1:
        raise ConfigError(f"within = '{text}' is outside (0 %, 100 %); '{ROUNDING}' is the least")
    return found


def _known(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown entry '{key}'{nearest(key, known)}")


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    text = table.get(key)
    if not isinstance(text, str) or not text.strip():
        raise ConfigError(f"{where}: '{key}' is missing, or is not a text")
    return text.strip()
