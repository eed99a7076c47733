"""Files of claims: read, checked entry by entry, and joined where one refers to another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from emulator import ConfigError, nearest
from emulator.card import check_schema, read_toml
from emulator.units import base_units, parse_number

from .claim import FED, KINDS, VERDICTS, Chapter, Claim
from .expression import names_in, parse
from .printed import Printed
from .quantity import Quantity

FOLDER = Path(__file__).parent
ROUNDING = "rounding"
PLACE = re.compile(r"\{([^{}]+?)\s*->\s*([^{}]*?)\s*\}")  # `{FORMULA -> UNIT}` in a reason
FIGURES = ("{emulated}", "{implied}")  # of the claim itself, in a reason
REPEATS = "@"  # `published = "@table3.mcu.total"`
_HEAD = {"schema", "source", "title", "define", "claim"}
_REQUIRED = ("id", "statement", "expected")
_FORMULAS = ("emulated", "implied", "error")
_FIGURE = ("published", "criterion", "unit")
_OPTIONAL = ("kind", "quote", "place", *_FIGURE, *_FORMULAS, "within", "fed", "reason")


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
    _once("claim", (claim.id for chapter in chapters for claim in chapter.claims))
    _once("definition", (name for chapter in chapters for name in chapter.definitions))
    return _joined(chapters)


def _once(what: str, names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ConfigError(f"{what} '{name}' exists twice")
        seen.add(name)


def _joined(chapters: Sequence[Chapter]) -> list[Chapter]:
    """Give every claim that repeats a published figure that very figure."""
    printed = {c.id: c.published for chapter in chapters for c in chapter.claims if c.published}

    def whole(claim: Claim) -> Claim:
        if not claim.repeats:
            return claim
        figure = printed.get(claim.repeats)
        if figure is None:
            known = nearest(claim.repeats, printed)
            raise ConfigError(f"claim '{claim.id}': published = '{REPEATS}{claim.repeats}' is no "
                              f"claim with a published figure of its own{known}")  # fmt: skip
        return replace(claim, published=figure, unit=figure.unit)

    return [replace(each, claims=tuple(map(whole, each.claims))) for each in chapters]


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
    return Chapter(source, title, claims, _definitions(table.get("define", {}), path))


def _definitions(table: object, path: Path) -> dict[str, str]:
    """Return the formulas that claims share; raises `ConfigError` for what is none."""
    where = f"{path}: [define]"
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where} is not a table")
    found = {name: _text(table, name, where) for name in table}
    for name, formula in found.items():
        if not name.isidentifier():
            raise ConfigError(f"{where}: '{name}' is not one word of letters, digits and _")
        try:
            parse(formula)
        except ConfigError as error:
            raise ConfigError(f"{where}: {name} {error}") from None
    return found


def _claim(entry: object, source: str, path: Path) -> Claim:
    if not isinstance(entry, Mapping):
        raise ConfigError(f"{path}: a claim is a table, [[claim]]")
    where = f"{path}: {entry.get('id', 'a claim without an id')}"
    _known(entry, (*_REQUIRED, *_OPTIONAL), where)
    words = {key: _text(entry, key, where) for key in _REQUIRED}
    words |= {key: _text(entry, key, where) for key in _OPTIONAL if key in entry}
    try:
        _check_kind(words)
        return _checked(words, source)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _check_kind(words: Mapping[str, str]) -> None:
    """Raise `ConfigError` unless verdict and kind are known and have what they need."""
    for key, known in (("expected", VERDICTS), ("kind", KINDS)):
        if words.get(key, known[0]) not in known:
            raise ConfigError(f"{key} = '{words[key]}'{nearest(words[key], known)}")
    kind = words.get("kind", KINDS[0])
    if "reason" not in words:
        if words["expected"] != VERDICTS[0]:
            raise ConfigError(f"'{words['expected']}' needs a 'reason'")
        if kind == "fitted":
            raise ConfigError("'fitted' needs a 'reason': what was chosen, and from what")
        if "within" in words:
            raise ConfigError("'within' needs a 'reason': why the usual tolerance does not do")
    if (kind in FED) != ("fed" in words):
        raise ConfigError(f"'fed' names the numbers that make {' or '.join(FED)} come out: "
                          f"kind = '{kind}' {'needs' if kind in FED else 'has no'} 'fed'"
                          )  # fmt: skip
    if kind == "arithmetic" and ("emulated" in words or "implied" not in words):
        raise ConfigError("'arithmetic' has 'implied' and no 'emulated'")


def _checked(words: dict[str, str], source: str) -> Claim:
    """Return the claim of these entries; raises `ConfigError` for figures and formulas."""
    published, criterion, unit = (words.pop(key, None) for key in _FIGURE)
    if published is not None and criterion is not None:
        raise ConfigError("'published' and 'criterion' exclude each other")
    within, fed = words.pop("within", None), words.pop("fed", "")
    stated = published if criterion is None else criterion
    if stated is not None and unit is not None:
        raise ConfigError(f"'unit' is that of the figure ({stated}): leave it out")
    for key in (key for key in _FORMULAS if key in words):
        if words["id"] in names_in(parse(words[key])):
            raise ConfigError(f"'{key}' names the claim itself")
    _check_places(words.get("reason", ""))
    base_units(unit or "")
    repeats = stated is not None and stated.startswith(REPEATS)
    figure = None if stated is None or repeats else Printed.parse(stated)
    return Claim(
        **words, source=source, unit=figure.unit if figure else unit or "",
        published=None if published is None else figure,
        criterion=None if criterion is None else figure,
        repeats=(stated or "").removeprefix(REPEATS) if repeats else "",
        within=None if within is None else _tolerance(within),
        fed=tuple(word.strip() for word in fed.split(",") if word.strip()),
    )  # fmt: skip


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
