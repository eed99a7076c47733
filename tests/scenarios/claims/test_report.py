"""The report of the claims: all of them, in words, in one file; and the figure of note 5."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from emulator import ConfigError, SpinboardError
from scenarios.claims import Judgement, Suite, configure_claims
from scenarios.claims.bit_energy_figure import CLAIM, bit_energy_figure, counts_as, sweep
from scenarios.claims.claim import VERDICTS
from scenarios.claims.report import MEANINGS, render
from scenarios.claims.report_file import ReportFile
from scenarios.claims.wording import readable, relative
from scenarios.cli import app
from tests.scenarios.html_page import Page

EVIL = "<script>alert('x')</script>&\"'"
MADE_UP = """
schema = 1
source = "S0 table 9"
title = "Made up for a test"

[[claim]]
id = "made.agrees"
statement = "Three times two is 6 pJ."
published = "6 pJ"
emulated = "made.three * 2"
expected = "agrees"

[[claim]]
id = "made.differs"
statement = "Moving a bit costs 1 uJ."
published = "~1 uJ"
emulated = "dcim.e_bit"
within = "2 %"
expected = "differs"
reason = "The card `dcim` says {emulated}."

[[claim]]
id = "made.three"
statement = "Three is 3 pJ, and also twice that."
published = "3 pJ"
emulated = "3 * made.agrees / 6"
implied = "made.agrees"
expected = "inconsistent"
reason = "It cannot be both."

[[claim]]
id = "made.lost"
statement = "Some figure is lost."
expected = "not checkable"
reason = "It is lost."

[[claim]]
id = "made.bound"
statement = "A step counts at least 2 products."
criterion = ">=2"
quote = "several products"
place = "table 9"
emulated = "dcim.products"
expected = "agrees"

[[claim]]
id = "made.error"
kind = "what-if"
statement = "What if a step counted three products?"
published = "3"
emulated = "dcim.products"
error = "dcim.products / 6"
expected = "agrees"
"""


@pytest.fixture
def made(tmp_path):
    """Builds a suite of the claims above, or of other ones."""

    def suite(*settings, text=MADE_UP):
        folder = tmp_path / "claims" / "s0"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "made.toml").write_text(text, encoding="utf-8")
        return Suite(configure_claims(settings), folder.parent)

    return suite


@pytest.fixture(scope="module")
def note_5():
    suite = Suite(configure_claims())
    suite.select([CLAIM])
    return suite


@pytest.fixture(scope="module")
def shipped(note_5):
    return html(note_5)


def html(suite):
    return render(suite, list(suite.judgements()))


def articles(page):
    return {attrs["id"]: attrs for tag, attrs in page.tags if tag == "article"}


def test_every_claim_is_told_in_full(made):
    suite = made()
    page = Page(html(suite))
    (chapter,) = suite.chapters
    assert list(articles(page)) == [claim.id for claim in chapter.claims]
    for claim in chapter.claims:
        assert claim.statement.replace("uJ", "µJ") in page.text
        assert all(formula in page.text for formula in (claim.emulated, claim.implied) if formula)
    for words in (
        "Made up for a test · S0 table 9",
        "published 6 pJ emulator 6 pJ difference 0.0 %",
        "published 3 pJ its own figures give 6 pJ emulator 3 pJ",
        "published no figure emulator – difference –",
        "rests on 100 % assumed",
        "published ~1 µJ emulator 5 pJ difference 1/200,000",
        "The card dcim says 5e-06 µJ.",
        "Agrees: what is within 2.0 % of the published figure.",
        "several products S0 table 9 our criterion ≥ 2 emulator 3 difference –",
        "emulator 3 ± 0.5 difference",
    ):
        assert words in page.text


def test_verdicts_are_counted_and_explained_in_words(made):
    page = Page(html(made()))
    assert "6 claims 3 ✓ agrees" in page.text
    for verdict, meaning in MEANINGS.items():
        assert verdict in page.text
        assert meaning in page.text
    verdicts = [attrs["data-verdict"] for attrs in articles(page).values()]
    assert verdicts == ["agrees", "differs", "inconsistent", "not checkable", "agrees",
                        "agrees"]  # fmt: skip
    assert {attrs["data-show"] for tag, attrs in page.tags if tag == "button"} == {
        "", *VERDICTS, "stated", "what-if"
    }  # fmt: skip


def test_kinds_are_counted_apart_and_explained(made):
    page = Page(html(made()))
    assert "stated 5 2 agrees, 1 differs, 1 inconsistent, 1 not checkable" in page.text
    assert "what-if 1 1 agrees No source states it" in page.text
    kinds = [attrs["data-kind"] for attrs in articles(page).values()]
    assert kinds == ["stated"] * 5 + ["what-if"]
    assert "what-if ✓ agrees" in page.text


def test_warnings_are_told(made):
    assert "Warnings:" not in Page(html(made())).text
    page = Page(html(made("dcim.e_bit=1 uJ")))
    assert "Warnings: dcim.e_bit = 1 µJ lies outside the range its card states" in page.text


def test_a_changed_verdict_comes_first(made):
    quiet = Page(html(made()))
    assert "Every verdict is the one that was expected." in quiet.text
    assert "changed" not in quiet.text
    page = Page(html(made("dcim.e_bit=1 uJ")))
    assert "1 verdict changed made.differs : expected differs , found agrees" in page.text
    assert page.text.index("1 verdict changed") < page.text.index("6 claims")
    assert "Set for this check: dcim.e_bit = 1 µJ" in page.text
    assert "Every verdict is the one that was expected." not in page.text
    marked = [name for name, attrs in articles(page).items() if "was" in attrs["class"].split()]
    assert marked == ["made.differs"]
    assert "Changed: expected differs, found agrees." in page.text


def test_what_was_not_judged_is_not_hidden(made):
    suite = made()
    found = list(suite.judgements())[:2]
    page = Page(render(suite, found))
    assert "2 of 6 claims were judged before the check ended early." in page.text
    assert list(articles(page)) == ["made.agrees", "made.differs"]
    assert "0 of 6 claims were judged" in Page(render(suite, [])).text


def test_texts_are_escaped(made):
    suite = made()
    chapter = suite.chapters[0]
    claim = replace(chapter.claims[0], statement=EVIL, id=EVIL, emulated=EVIL, implied=EVIL)
    suite.chapters = [replace(chapter, title=EVIL, source=EVIL, claims=(claim,))]
    judgement = Judgement(claim, "differs", f"`{EVIL}` {EVIL}", f"arithmetic: {EVIL}; {EVIL}", 1.0)
    page = Page(render(suite, [judgement]))
    assert sum(tag == "script" for tag, _ in page.tags) == 1  # the page's own
    assert page.text.count(EVIL) >= 9
    assert list(articles(page)) == [EVIL]


def test_nothing_is_loaded_from_elsewhere(shipped):
    assert shipped.isascii()
    assert not re.search(r"https?:|@import|url\(|src=\"(?!data:)", shipped)
    assert not {tag for tag, _ in Page(shipped).tags} & {"link", "iframe", "object"}


def test_the_shipped_chapter_has_its_figure_and_others_none(shipped, made):
    images = [attrs for tag, attrs in Page(shipped).tags if tag == "img"]
    assert [attrs["src"][:22] for attrs in images] == ["data:image/png;base64,"]
    assert "img" not in {tag for tag, _ in Page(html(made())).tags}


def test_the_curve_passes_through_the_claim_itself(note_5):
    (judgement,) = note_5.judgements()
    curve = sweep(note_5, judgement.claim.emulated, operations=1)
    at = np.argmin(np.abs(curve.e_bit_j - 5e-12))
    assert curve.e_bit_j[at] == pytest.approx(5e-12, rel=1e-12)
    assert curve.ratio[at] == pytest.approx(judgement.emulated, rel=1e-12)
    assert curve.widths == (784, 512, 256, 10)
    axes = bit_energy_figure(note_5, judgement).axes
    for panel in axes:
        (point,) = [line for line in panel.lines if line.get_label() == "as configured"]
        assert point.get_xydata() == pytest.approx(np.array([[5e-12, judgement.emulated]]))


def test_a_wider_perceptron_raises_the_ratio_and_costly_bits_lower_it(note_5):
    formula = next(note_5.judgements()).claim.emulated
    narrow, wide = (sweep(note_5, formula, 1, hidden) for hidden in ((128, 64), (512, 256)))
    two = sweep(note_5, formula, 2, (512, 256))
    assert narrow.widths == (784, 128, 64, 10)
    assert (wide.ratio > narrow.ratio).all()
    assert (np.diff(wide.ratio) < 0).all()
    assert (two.ratio > wide.ratio).all()


def test_where_the_published_ratio_begins(note_5):
    """68.5 = W (3 o/eff + 16 e) / (10 E + W1 (o/eff + 16 e)), solved for e by hand."""
    claim = next(note_5.judgements()).claim
    low, high = counts_as(claim)
    assert (low, high) == pytest.approx((67.5, 68.5))
    w, w1, op = 784 * 512 + 512 * 256 + 256 * 10, 7840, 1e-9 / 7088
    for operations in (1, 2):
        o = operations * op
        exact = (68.5 * (200e-12 + w1 * o) - 3 * w * o) / (16 * (w - 68.5 * w1))
        found = sweep(note_5, claim.emulated, operations).falls_to(high)
        assert found == pytest.approx(exact, rel=0.02)  # straight lines between 31 points
    assert sweep(note_5, claim.emulated, 1, (128, 64)).falls_to(high) is None


def test_a_user_s_own_bit_energy_is_where_the_point_lies():
    suite = Suite(configure_claims(["dcim.e_bit=0.02 pJ", "dcim.hidden_1=300"]))
    suite.select([CLAIM])
    (judgement,) = suite.judgements()
    curve = sweep(suite, judgement.claim.emulated, operations=1)
    assert curve.e_bit_j[0] == pytest.approx(0.02e-12)
    assert curve.ratio[0] == pytest.approx(judgement.emulated)
    assert curve.widths == (784, 300, 256, 10)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (15.8, "pJ", "15.8 pJ"),
        (0.5, "percent", "0.5 %"),
        (2_345_678.0, "pJ", "2.346 µJ"),
        (0.000_2, "MHz", "200 Hz"),
        (23_521.4, "", "23,520"),
        (0.000_2, "1/nJ", "0.0002 1/nJ"),
        (None, "pJ", "–"),
    ],
)
def test_figures_are_readable(value, unit, text):
    assert readable(value, unit) == text


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.0214, "+2.1 %"),
        (-0.2, "−20.0 %"),
        (-0.0004, "0.0 %"),
        (4.03, "+403 %"),
        (20.5, "21.5 times"),
        (-0.995, "1/200"),
        (-3.0, "−300 %"),
        (None, "–"),
    ],
)
def test_differences_are_readable(difference, text):
    assert relative(difference) == text


def test_the_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    ReportFile(path).write("new")
    assert path.read_text(encoding="utf-8") == "new"
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    (tmp_path / "folder").mkdir()
    file = ReportFile(tmp_path / "folder" / "report.html")
    (tmp_path / "folder").rmdir()
    with pytest.raises(SpinboardError, match=r"--html .*report.html: cannot be written \(No such"):
        file.write("new")


def test_a_place_where_no_file_can_be_is_refused_before_any_work(tmp_path):
    with pytest.raises(ConfigError, match=r"--html .*x.html: there is no folder .*none"):
        ReportFile(tmp_path / "none" / "x.html")
    with pytest.raises(ConfigError, match="is not a file"):
        ReportFile(tmp_path)
    with pytest.raises(ConfigError, match="--html '' names no file"):
        ReportFile("")
    with pytest.raises(ConfigError, match=r"--html .*x: cannot be written \(File name too long\)"):
        ReportFile(tmp_path / ("x" * 300))
    with pytest.raises(ConfigError, match=r"--html .*x: cannot be written"):
        ReportFile("/proc/x")
    assert list(tmp_path.iterdir()) == []


def test_from_a_shell(tmp_path):
    path = tmp_path / "report.html"
    found = CliRunner().invoke(app, ["claims", "--only", "note5.weights", "--html", str(path)])
    assert found.exit_code == 0
    assert f"report: {path}" in found.stderr
    assert "report:" not in found.stdout
    assert "note5.weights" in Page(path.read_text(encoding="ascii")).text
    missing = tmp_path / "none" / "report.html"
    found = CliRunner().invoke(app, ["claims", "--html", str(missing)])
    assert "there is no folder" in str(found.exception)
    assert found.stdout == ""
