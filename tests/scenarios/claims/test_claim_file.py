"""Files of claims: what they may say, and how a mistake is told."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from scenarios.claims import load_chapters

ENTRY = """
[[claim]]
id = "t.total"
statement = "All of it."
published = "~1.2 uJ"
emulated = "energy('lab', 'update')"
expected = "agrees"
"""
HEAD = 'schema = 1\nsource = "A paper"\ntitle = "A table"\n'


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
        (
            'expected = "agrees"',
            'expected = "agrees"\nreason = "So."\nwithin = "2 pJ"',
            "dimensions differ",
        ),
        (ENTRY, "", r"holds no \[\[claim\]\]"),
        (ENTRY, ENTRY + ENTRY, "'t.total' exists twice"),
        (ENTRY, ENTRY + ENTRY.replace("t.total", "u.total"), "begin with different words"),
        ('id = "t.total"', "id = 7", "'id' is missing"),
        (
            'id = "t.total"',
            'id = "t.total"\nkind = "guess"',
            "kind = 'guess'.*known: arithmetic, echo",
        ),
        ('"~1.2 uJ"', '"1e400 uJ"', "t.total: 1E\\+400 is outside"),
        (
            'expected = "agrees"',
            'expected = "agrees"\nreason = "So."\nwithin = "-5 %"',
            "within = '-5 %' is out",
        ),
        (
            'expected = "agrees"',
            'expected = "agrees"\nreason = "So."\nwithin = "200 %"',
            "within = '200 %' is out",
        ),
        ('expected = "agrees"', 'expected = "agrees"\nunit = "J"', "'unit' is that of the figure"),
        ('expected = "agrees"', 'expected = "agrees"\nwithin = "5 %"', "'within' needs a 'reason'"),
        ('expected = "agrees"', 'expected = "agrees"\ncriterion = ">1 J"', "exclude each other"),
        ('expected = "agrees"', 'expected = "agrees"\nkind = "echo"', "'echo' needs 'fed'"),
        ('expected = "agrees"', 'expected = "agrees"\nfed = "lab.t"', "'stated' has no 'fed'"),
        (
            'expected = "agrees"',
            'expected = "agrees"\nkind = "fitted"',
            "'fitted' needs a 'reason'",
        ),
        ('expected = "agrees"', 'expected = "agrees"\nkind = "arithmetic"', "'implied' and no 'em"),
        ('"~1.2 uJ"', '"@t.all"', "claim 't.total': published = '@t.all' is no claim"),
        ('"~1.2 uJ"', '"@t.total"', "'@t.total' is no claim with a published figure of its own"),
        ("[[claim]]", '[define]\n"a.b" = "1"\n[[claim]]', "'a.b' is not one word"),
        ("[[claim]]", '[define]\na = "1 +"\n[[claim]]', "a is not a formula"),
        ("[[claim]]", "define = 3\n[[claim]]", "is not a table"),
        ("energy('lab', 'update')", "2 * t.total", "'emulated' names the claim itself"),
        ('expected = "agrees"', 'expected = "agrees"\nreason = "{1 + -> J}"', "is not a formula"),
        ('expected = "agrees"', 'expected = "agrees"\nreason = "{1 -> X}"', "'X' is not a unit"),
        ('expected = "agrees"', 'expected = "agrees"\nreason = "{1 + 1}"', "'{1 .*' is no figure"),
        ('expected = "agrees"', 'expected = "agrees"\nreason = "{emulated"', "is no figure"),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, old, new, message):
    text = HEAD + ENTRY
    assert old in text
    with pytest.raises(ConfigError, match=message):
        load_chapters(store(tmp_path, text.replace(old, new)))


def test_claims_of_a_user_stand_beside_the_shipped_ones(tmp_path):
    shipped, own = tmp_path / "shipped", tmp_path / "own"
    for folder in (shipped, own):
        folder.mkdir()
    store(shipped, HEAD + ENTRY)
    with pytest.raises(ConfigError, match=r"--claims .*own: holds no claims"):
        load_chapters(shipped, own)
    store(own, HEAD + ENTRY.replace("t.total", "u.deep"))
    (own / "mine.toml").write_text(HEAD + ENTRY.replace("t.total", "v.flat"))
    found = [claim.id for chapter in load_chapters(shipped, own) for claim in chapter.claims]
    assert sorted(found) == ["t.total", "u.deep", "v.flat"]
    (own / "mine.toml").write_text(HEAD + ENTRY)
    with pytest.raises(ConfigError, match=r"'t\.total' exists twice"):
        load_chapters(shipped, own)


def test_a_folder_without_claims(tmp_path):
    with pytest.raises(ConfigError, match="holds no claims"):
        load_chapters(tmp_path)


def test_a_figure_that_is_repeated_is_that_figure(tmp_path):
    again = ENTRY.replace("t.total", "t.again").replace("~1.2 uJ", "@t.total")
    first, second = load_chapters(store(tmp_path, HEAD + ENTRY + again))[0].claims
    assert (second.published, second.unit) == (first.published, "uJ")


def test_definitions_are_shared_and_unique(tmp_path):
    text = HEAD + '[define]\nhalf = "1 / 2"\n' + ENTRY
    (chapter,) = load_chapters(store(tmp_path, text))
    assert chapter.definitions == {"half": "1 / 2"}
    (tmp_path / "a" / "two.toml").write_text(text.replace("t.total", "u.total"))
    with pytest.raises(ConfigError, match="definition 'half' exists twice"):
        load_chapters(tmp_path)
