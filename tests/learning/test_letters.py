"""Letters as data: what is shipped, and files that cannot be used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from emulator import ConfigError, DataError
from learning import constant_pixels, load_letters, with_complements

HEAD = "schema = 1\n[letters]\n"


@pytest.fixture(scope="module")
def shipped():
    return load_letters()


def test_the_shipped_letters_are_a_to_z_on_7_rows_of_5_pixels(shipped):
    assert "".join(shipped.patterns) == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    assert shipped.shape == (7, 5)
    patterns = shipped.word("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert set(patterns.ravel().tolist()) == {-1.0, 1.0}
    assert len(np.unique(patterns, axis=0)) == 26
    assert not any((patterns == -letter).all(axis=1).any() for letter in patterns)


def test_a_pattern_is_written_as_it_was_drawn(shipped):
    drawn = ["#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#", "#...#"]
    assert shipped.text(shipped.patterns["M"]).split("\n") == drawn


def test_constant_pixels_are_those_that_no_letter_changes(shipped):
    constant = constant_pixels(shipped.word("EF"))
    assert shipped.places(~constant) == [(7, 2), (7, 3), (7, 4), (7, 5)]
    assert not constant_pixels(shipped.word("MVYDZXFISA")).any()
    assert constant_pixels(shipped.word("A")).all()


def test_with_its_complement_no_pixel_is_constant(shipped):
    stored = with_complements(shipped.word("AB"))
    assert stored.shape == (4, 35)
    assert (stored[2:] == -stored[:2]).all()
    assert not constant_pixels(stored).any()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("", "letters = '' names no letter"),
        ("ABA", "letters = ABA: 'A' comes more than once"),
        ("AbC", "letters = AbC: 'b' is unknown"),
        ("A B", "letters = A B: ' ' is unknown"),
    ],
)
def test_a_word_that_cannot_be_stored_is_refused(shipped, word, said):
    with pytest.raises(ConfigError, match=said):
        shipped.word(word)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + 'A = ["#.", "#"]', "letter 'A', row 2 has 1 pixels, row 1 has 2"),
        (HEAD + 'A = ["#."]\nB = ["#.", ".#"]', "'B' has 2 rows x 2 columns, letter 'A' 1 x 2"),
        (HEAD + 'A = ["#o"]', "letter 'A', row 1: 'o' is neither '#' nor '.'"),
        (HEAD + 'A = ["", ""]', "letter 'A', row 1 has 0 pixels"),
        (HEAD + "A = []", "letter 'A' is not a list of rows"),
        (HEAD + 'A = "#."', "letter 'A' is not a list of rows"),
        (HEAD + 'AB = ["#."]', "letter 'AB' must be named by one character"),
        ("schema = 1\n[letters]\n", "'letters' is missing or empty"),
        ('[letters]\nA = ["#."]', "schema none, expected 1"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(tmp_path, text, said):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        load_letters(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.toml: no such file"):
        load_letters(Path("nowhere.toml"))
