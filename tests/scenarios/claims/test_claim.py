"""Claims as they are printed, and how one is judged."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from scenarios.claims import Claim, Findings, Printed, Quantity, judge


def admits(text, value, **close):
    return Printed.parse(text).admits(value, **close)


def test_a_figure_agrees_if_it_rounds_to_what_was_printed():
    assert admits("15.86 pJ", 15.855)
    assert admits("15.86 pJ", 15.865)
    assert not admits("15.86 pJ", 15.866)
    assert not admits("15.8600 pJ", 15.861)
    assert admits("1e3", 1400)
    assert not admits("1e3", 1600)


def test_about_admits_fifteen_percent_whatever_digits_were_printed():
    assert admits("~400", 345)
    assert not admits("~400", 339)
    assert admits("~0.1 MHz", 0.114)
    assert not admits("~0.1 MHz", 0.12)  # rounds to 0.1
    assert not admits("~0.1 MHz", 0.053)
    assert not admits("~400", 345, within=0.1)
    assert admits("~400", 400.4, within=0.0)
    assert not admits("~400", 401, within=0.0)
    assert admits("1.2 uJ", 1.35, within=0.15)
    assert not admits("1.2 uJ", 1.39, within=0.15)


def test_relations_hold_to_a_thousandth_and_are_not_rounded():
    assert admits(">=2 GHz", 2.4)
    assert admits(">=2 GHz", 1.9981)
    assert not admits(">=2 GHz", 1.997)
    assert not admits(">=2 GHz", 1.6)
    assert admits(">50 %", 51)
    assert not admits(">50 %", 50)
    assert admits("<50 %", 49)
    assert not admits("<50 %", 50.4)
    assert admits("<=3", 3.003)
    assert not admits("<=3", 3.2)
    assert admits(">=2 GHz", 1.9, within=0.1)


def test_the_slack_is_what_is_admitted():
    for text, within in (("~68", None), ("~68", 0.0), ("3.4300", None), ("1.2 uJ", 0.15)):
        printed = Printed.parse(text)
        slack = printed.slack(within, 0.01)
        assert printed.admits(printed.value + 0.999 * slack, within, 0.01)
        assert not printed.admits(printed.value + 1.001 * slack, within, 0.01)
    assert Printed.parse(">50 %").slack() == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [("1e400", "outside"), ("~0 V", "nothing is about 0"), ("~0.0", "nothing is about 0")],
)
def test_figures_that_say_nothing_are_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        Printed.parse(text)


def test_a_standard_error_widens_what_agrees_by_four_and_a_half():
    assert admits("3.4300", 3.47, error=0.01)
    assert not admits("3.4300", 3.48, error=0.01)


def test_units_are_read_and_checked():
    printed = Printed.parse("~0.5 %")
    assert (printed.unit, printed.quantity.value) == ("percent", 0.005)
    assert printed.quantity.trusts == {"given": 1.0}
    assert Printed.parse("0 V").admits(0.0)
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


def test_what_contradicts_itself_does_so_as_printed():
    found = judge(claim(), Findings(joules(360), implied=joules(400)))
    assert found.reason == "printed 360 pJ, but the source's own figures, as printed, give 400 pJ"


def test_a_judgement_says_how_close_it_looked():
    found = judge(claim(within=0.1), Findings(joules(370), error=joules(2)))
    assert (found.error, found.slack) == pytest.approx((2, 36 + 9))
    unjudged = judge(claim(), Findings(joules(370), here=True))
    assert (unjudged.emulated, unjudged.difference) == (pytest.approx(370), None)
    huge = claim(published=Printed.parse("1e-200 pJ"))
    assert judge(huge, Findings(Quantity.of(1e200, "pJ"))).difference is None
    with pytest.raises(ConfigError, match=r"claim 't\.total': a standard error of -2 pJ"):
        judge(claim(), Findings(joules(370), error=joules(-2)))


def test_figures_of_another_dimension_are_refused():
    with pytest.raises(ConfigError, match=r"claim 't\.total'.*dimensions differ"):
        judge(claim(), Findings(Quantity.of(1, "W")))


def test_a_claim_is_called_by_the_first_words_of_its_id():
    called = claim(id="table3.asic.rate").called
    assert all(called(word) for word in ("table3", "table3.asic", "table3.asic.rate"))
    assert not any(called(word) for word in ("table", "table3.as", "asic", "table3.asic.rate.x"))
