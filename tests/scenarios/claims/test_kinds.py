"""What a claim is worth: its kind, what it was fed, and the reason it gives."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

import controllers
from scenarios.claims import Suite, configure_claims
from scenarios.claims.claim import FED
from tests.scenarios.claims.judging import QUICK, judged, shipped


def test_every_what_if_is_a_question_and_what_was_fed_agrees():
    for name, judgement in shipped().items():
        words, kind = judgement.claim.statement, judgement.claim.kind
        assert (words.startswith("What if ") and words.endswith("?")) == (kind == "what-if"), name
        if kind in FED:
            assert judgement.verdict == "agrees", name


def changed_price(folder, entry, by=1.5):
    """The published prices with one of them changed, as a file."""
    part, _, name = entry.rpartition(".")
    text = (controllers.PRICES / "paper.toml").read_text()
    section = re.search(rf'^\["?{re.escape(part)}"?\]$.*?(?=^\[|\Z)', text, re.M | re.S)[0]
    (value,) = re.findall(rf"^{name} = {{ value = ([0-9.]+),", section, re.M)
    line = f"{name} = {{ value = {value},"
    path = folder / "paper.toml"
    path.write_text(text.replace(
        section, section.replace(line, f"{name} = {{ value = {float(value) * by},")))  # fmt: skip
    return str(path)


def changed_number(config, address, by=Decimal("1.1")):
    """A setting that changes a number on a card a little."""
    node, _, leaf = address.rpartition(".")
    number = config.cards()[node].numbers[leaf]
    whole = isinstance(number.value, int) and not number.unit
    value = number.value + 1 if whole else Decimal(str(number.value)) * by
    return f"{address}={value} {number.unit}".strip()


def feeds(groups):
    claims = [claim for chapter in Suite(configure_claims()).chapters for claim in chapter.claims]
    return [pytest.param(claim.id, address, id=f"{claim.id}-{address}")
            for claim in claims if claim.group in groups for address in claim.fed]  # fmt: skip


def check_feed(name, address, folder):
    config = configure_claims()
    usual = Suite(config)
    usual.select([name])
    if address.startswith("paper:"):
        config = configure_claims(prices=changed_price(folder, address.removeprefix("paper:")))
    else:
        config = configure_claims([changed_number(config, address)])
    other = Suite(config)
    other.select([name])
    (before,), (after,) = usual.judgements(), other.judgements()
    assert after.emulated != pytest.approx(before.emulated, rel=1e-6)


@pytest.mark.parametrize(("name", "address"), feeds(QUICK))
def test_what_a_claim_is_fed_moves_its_figure(name, address, tmp_path):
    check_feed(name, address, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "address"), feeds(("note7", "smtj")))
def test_what_a_round_trip_is_fed_moves_its_figure(name, address, tmp_path):
    check_feed(name, address, tmp_path)


def test_arithmetic_and_criteria_are_no_published_figures_of_the_emulator():
    for judgement in shipped().values():
        claim = judgement.claim
        if claim.kind == "arithmetic":
            assert judgement.emulated is None
            assert judgement.difference is not None
        if claim.criterion:
            assert (claim.published, judgement.difference) == (None, None)


def test_a_reason_follows_the_settings():
    """No figure in a reason is of a setting: the sentences of another board show its own."""
    usual = shipped()["fig6.pulse"].reason
    other = judged("lab.t_pulse=3 us", "lab.switch.t_on=0.4 us", only=["fig6"])["fig6.pulse"].reason
    assert "lasts 1000 ns" in usual
    assert "lasts 3000 ns" in other
    assert "150 ns to close" in usual
    assert "400 ns to close" in other


def test_no_figure_is_typed_into_a_reason():
    """What has digits is a formula, a place in a source, or the name of a part."""
    for claim in (c for chapter in Suite(configure_claims()).chapters for c in chapter.claims):
        words = re.sub(r"\{.*?\}|`.*?`|\b[Nn]ote \d|\bLM324\b", "", claim.reason)
        assert not re.search(r"\d", words), claim.id


def test_a_board_that_nearly_makes_the_figure_is_still_judged_by_what_was_printed():
    found = judged("fpga.clock=555 MHz", only=["table3.fpga.controller"])["table3.fpga.controller"]
    assert found.emulated == pytest.approx(360.4, abs=0.1)
    assert found.verdict == "inconsistent"
    assert found.reason.startswith("As printed, ")
