"""Tables as TOML text, exactly as `emulator.card.read_toml` reads them back.

Strings, flags, integers, floats, decimals and tables: what a resolved configuration is made of.
A decimal stays a decimal (`Decimal("5")` is written `5e0`), so that the digest of a configuration
survives the file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from emulator import ConfigError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def to_toml(table: Mapping[str, Any]) -> str:
    """Return TOML text; raises `ConfigError` for a value that TOML or a configuration lacks."""
    return "\n".join(_lines(table, ())).strip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """Yield the entries of a table, then the tables below it under their own headers."""
    inline = {key: value for key, value in table.items() if not _has_header(value)}
    if path and inline:
        yield f"\n[{'.'.join(_key(name) for name in path)}]"
    for key, value in inline.items():
        yield f"{_key(key)} = {_value(value, (*path, key))}"
    for key, value in table.items():
        if _has_header(value):
            yield from _lines(value, (*path, key))


def _has_header(value: object) -> bool:
    """A table that holds tables gets a header; one that holds only values fits on a line."""
    return isinstance(value, Mapping) and any(isinstance(item, Mapping) for item in value.values())


def _value(value: object, path: tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, float | Decimal) and math.isfinite(value):
        text = repr(float(value)) if isinstance(value, float) else str(value)
        return text if set(text) & set(".eE") else f"{text}e0"
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(item, (*path, key))}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}" if value else "{}"
    raise ConfigError(f"{'.'.join(path)} = {value!r} cannot be written to a configuration file")


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _character(char) for char in text) + '"'


def _character(char: str) -> str:
    """Control characters may not stand in a TOML file as they are."""
    return f"\\u{ord(char):04x}" if ord(char) < 0x20 or ord(char) == 0x7F else char
