"""Claims as they are printed and stored, and how one is judged."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from scenarios.claims import Claim, Findings, Printed, Quantity, judge, load_chapters

ENTRY = """
[[claim]]
id = "t.total"
statement = "All of it."
published = "~1.2 uJ"
emulated = "energy('lab', 'update')"
expected = "agrees"
"""
HEAD = 'schema = 1\nsource = "A paper"\ntitle = "A table"\n'


def admits(text, value, **close):
    return Printed.parse(text).admits(value, **close)


def test_a_figure_agrees_if_it_rounds_to_what_was_printed():
    assert admits("15.86 pJ", 15.855)
    assert admits("15.86 pJ", 15.865)
    assert not admits("15.86 pJ", 15.866)
    assert not admits("15.8600 pJ", 15.861)
    assert admits("1e3", 1400)
    assert not admits("1e3", 1600)


def test_about_admits_fifteen_percent_and_never_less_than_the_rounding():
    assert admits("~400", 345)
    assert not admits("~400", 339)
    assert admits("~0.1 MHz", 0.149)
    assert not admits("~400", 345, within=0.1)
    assert admits("~400", 400.4, within=0.0)
    assert not admits("~400", 401, within=0.0)


def test_relations():
    assert admits(">=2 GHz", 2.4)
    assert admits(">=2 GHz", 1.9999)
    assert not admits(">=2 GHz", 1.2)
    assert admits(">50 %", 51)
    assert not admits(">50 %", 50)
    assert admits("<50 %", 49)
    assert not admits("<50 %", 50.4)
    assert admits("<=3", 3.2)


def test_a_standard_error_widens_what_agrees_by_four_and_a_half():
    assert admits("3.4300", 3.47, error=0.01)
    assert not admits("3.4300", 3.48, error=0.01)


def test_units_are_read_and_checked():
    printed = Printed.parse("~0.5 %")
    assert (printed.unit, printed.quantity.value) == ("percent", 0.005)
    assert printed.quantity.trusts == {"given": 1.0}
    with pytest.raises(ConfigError, match="'parsec' is not a unit"):
        Printed.parse("3 parsec")
    with pytest.raises(ConfigError, match="'many' is not a number"):
        Printed.parse("~many")


def claim(**changes):
    fields = {"id": "t.total", "source": "A paper", "statement": "All of it.",
              "expected": "agrees", "published": Printed.parse("360 pJ"), "unit": "pJ"}  # fmt: skip
    return Claim(**(fields | changes))


def joules(picojoules):
    return Quantity.of(picojoules, "pJ", {"given": 1.0})


def test_verdicts():
    assert judge(claim(), Findings(joules(360))).verdict == "agrees"
    differs = judge(claim(), Findings(joules(400)))
    assert (differs.verdict, differs.changed) == ("differs", True)
    assert differs.difference == pytest.approx(1 / 9)
    assert "'agrees' was expected" in differs.reason
    assert "400 pJ" in differs.reason
    inside = judge(claim(), Findings(joules(360), implied=joules(400)))
    assert (inside.verdict, inside.implied) == ("inconsistent", pytest.approx(400))
    assert judge(claim(), Findings()).verdict == "not checkable"
    assert judge(claim(published=None), Findings(joules(1))).verdict == "not checkable"
    assert judge(claim(), Findings(joules(360), here=True)).verdict == "not checkable"
    away = judge(claim(), Findings(obstacle="MNIST is not there"))
    assert (away.verdict, away.reason) == ("not checkable", "MNIST is not there")


def test_a_reason_shows_the_figures_of_this_very_run():
    told = claim(expected="inconsistent", reason="It is {implied}, emulated {emulated}.")
    found = judge(told, Findings(joules(399.96), implied=joules(400)))
    assert found.reason == "It is 400 pJ, emulated 400 pJ."


def test_figures_of_another_dimension_are_refused():
    with pytest.raises(ConfigError, match=r"claim 't\.total'.*dimensions differ"):
        judge(claim(), Findings(Quantity.of(1, "W")))


def store(folder, text):
    (folder / "a").mkdir()
    (folder / "a" / "one.toml").write_text(text)
    return folder


def test_files_of_claims(tmp_path):
    (chapter,) = load_chapters(store(tmp_path, HEAD + ENTRY))
    (found,) = chapter.claims
    assert (chapter.group, found.group, found.source) == ("t", "t", "A paper")
    assert (found.unit, found.published.value) == ("uJ", 1.2)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema = 1", "schema = 2", "schema 2"),
        ('title = "A table"', "", "'title' is missing"),
        ("published =", "pubished =", "unknown entry 'pubished'.*did you mean 'published'"),
        ("1.2 uJ", "1.2 uX", "t.total: 'uX' is not a unit"),
        ('expected = "agrees"', 'expected = "agree"', "did you mean 'agrees'"),
        ('expected = "agrees"', 'expected = "differs"', "'differs' needs a 'reason'"),
        ("energy('lab', 'update')", "energy('lab'", "is not a formula"),
        ('expected = "agrees"', 'expected = "agrees"\nwithin = "2 pJ"', "dimensions differ"),
        (ENTRY, "", r"holds no \[\[claim\]\]"),
        (ENTRY, ENTRY + ENTRY, "'t.total' exists twice"),
        (ENTRY, ENTRY + ENTRY.replace("t.total", "u.total"), "begin with different words"),
        ('id = "t.total"', "id = 7", "'id' is missing"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, old, new, message):
    text = HEAD + ENTRY
    assert old in text
    with pytest.raises(ConfigError, match=message):
        load_chapters(store(tmp_path, text.replace(old, new)))


def test_a_folder_without_claims(tmp_path):
    with pytest.raises(ConfigError, match="holds no claims"):
        load_chapters(tmp_path)
