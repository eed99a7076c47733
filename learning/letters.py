"""Letters as patterns of +1 (ink) and -1 (paper), read from rows of `#` and `.`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator import ConfigError, DataError, nearest
from emulator.card import SCHEMA, read_toml

Floats = NDArray[np.float64]
LETTERS = Path(__file__).parent / "letters" / "letters.toml"
INK, PAPER = "#", "."


@dataclass(frozen=True)
class Alphabet:
    """Patterns by name, each of `shape` (rows, columns), flattened row by row to (pixels,)."""

    shape: tuple[int, int]
    patterns: Mapping[str, Floats]

    def word(self, letters: str) -> Floats:
        """Return the patterns of the letters of a word, shape (letters, pixels).

        Raises `ConfigError` if the word is empty, or a letter is unknown or comes twice.
        """
        if not letters:
            raise ConfigError("letters = '' names no letter to store")
        for letter in letters:
            if letter not in self.patterns:
                raise ConfigError(
                    f"letters = {letters}: '{letter}' is unknown{nearest(letter, self.patterns)}"
                )
            if letters.count(letter) > 1:
                raise ConfigError(f"letters = {letters}: '{letter}' comes more than once")
        return np.array([self.patterns[letter] for letter in letters])

    def places(self, pixels: NDArray[np.bool_]) -> list[tuple[int, int]]:
        """Return (row, column) of each pixel that is marked, counted from 1; `pixels` (pixels,)."""
        rows, columns = np.nonzero(pixels.reshape(self.shape))
        return [(int(row) + 1, int(column) + 1) for row, column in zip(rows, columns, strict=True)]

    def text(self, pattern: Floats) -> str:
        """Return a pattern (pixels,) as its rows of `#` and `.`, one line each."""
        rows = pattern.reshape(self.shape) > 0
        return "\n".join("".join(INK if pixel else PAPER for pixel in row) for row in rows)


def load_letters(path: Path = LETTERS) -> Alphabet:
    """Read an alphabet: a table `letters` of one-letter names, each a list of equally long rows.

    Raises `DataError` if a letter is named by more than one character, holds anything but `#` and
    `.`, or has another size than the first one; `ConfigError` if the file cannot be read.
    """
    table = read_toml(path)
    if table.get("schema") != SCHEMA:
        raise DataError(f"{path}: schema {table.get('schema', 'none')}, expected {SCHEMA}")
    letters = table.get("letters")
    if not isinstance(letters, Mapping) or not letters:
        raise DataError(f"{path}: the table 'letters' is missing or empty")
    shapes = {name: _shape(rows, f"{path}: letter '{name}'") for name, rows in letters.items()}
    first, shape = next(iter(shapes.items()))
    for name, other in shapes.items():
        if len(name) != 1:
            raise DataError(f"{path}: letter '{name}' must be named by one character")
        if other != shape:
            raise DataError(
                f"{path}: letter '{name}' has {other[0]} rows x {other[1]} columns, letter "
                f"'{first}' {shape[0]} x {shape[1]}; all must be of one size"
            )
    return Alphabet(shape, {name: _pattern(rows) for name, rows in letters.items()})


def with_complements(patterns: Floats) -> Floats:
    """Return patterns (n, pixels) followed by their complements, shape (2 n, pixels)."""
    return np.vstack([patterns, -patterns])


def constant_pixels(patterns: Floats) -> NDArray[np.bool_]:
    """Return which pixels are alike in all patterns (n, pixels), shape (pixels,)."""
    return np.asarray((patterns == patterns[0]).all(axis=0))


def _shape(rows: Any, where: str) -> tuple[int, int]:
    """Return (rows, columns) of a letter; raises `DataError` unless it is a block of # and ."""
    if not isinstance(rows, list) or not rows or not all(isinstance(row, str) for row in rows):
        raise DataError(f"{where} is not a list of rows of text")
    for number, row in enumerate(rows, 1):
        strange = sorted(set(row) - {INK, PAPER})
        if strange:
            raise DataError(f"{where}, row {number}: '{strange[0]}' is neither '#' nor '.'")
        if len(row) != len(rows[0]) or not row:
            raise DataError(
                f"{where}, row {number} has {len(row)} pixels, row 1 has {len(rows[0])}"
            )
    return len(rows), len(rows[0])


def _pattern(rows: list[str]) -> Floats:
    return np.array([1.0 if pixel == INK else -1.0 for row in rows for pixel in row])
