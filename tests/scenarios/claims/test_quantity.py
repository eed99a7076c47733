"""Figures with units and trusts, and the formulas over them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import ConfigError, Number
from emulator.card import TRUSTS
from scenarios.claims.expression import evaluate, names_in, parse
from scenarios.claims.quantity import MEASURED, PLAIN, RUN, Quantity, weaker

POWER = Quantity.of(200, "mW", {"given": 1.0})
RATE = Quantity.of(500, "MHz", {"assumed": 1.0})


class Known:
    """Figures for formulas: two names, and a call that adds up its numbers."""

    def named(self, name):
        found = {"note3.power": POWER, "rate": RATE}
        if name not in found:
            raise ConfigError(f"'{name}' is unknown")
        return found[name]

    def called(self, name, arguments):
        assert name == "count"
        return Quantity(float(sum(a.value if isinstance(a, Quantity) else 1 for a in arguments)))


def test_units_multiply():
    energy = POWER / RATE
    assert energy.to("pJ") == pytest.approx(400, rel=1e-12)
    assert (energy * RATE).to("W") == pytest.approx(0.2, rel=1e-12)
    assert (Quantity.of(7088, "1/nJ") * Quantity.of(1, "nJ")).to("") == pytest.approx(7088)


def test_other_dimensions_are_refused():
    for wrong in (lambda: POWER + RATE, lambda: POWER - RATE, lambda: POWER.to("J"),
                  lambda: POWER.plain(math.log10)):  # fmt: skip
        with pytest.raises(ConfigError, match="dimensions"):
            wrong()
    with pytest.raises(ConfigError, match="divides by zero"):
        _ = POWER / Quantity(0.0)
    with pytest.raises(ConfigError, match=r"log10\(-1\)"):
        Quantity(-1.0).plain(math.log10)


def test_a_product_rests_on_the_weaker_factor_and_a_sum_on_both_by_size():
    assert (POWER / RATE).trusts == {"assumed": 1.0}
    assert (POWER * Quantity(3.0)).trusts == {"given": 1.0}
    more = Quantity.of(600, "mW", {"recalled": 1.0})
    assert (POWER + more).trusts == pytest.approx({"given": 0.25, "recalled": 0.75})
    mixed = weaker({"given": 0.5, "assumed": 0.5}, {"derived": 1.0})
    assert mixed == {"derived": 0.5, "assumed": 0.5}


SHARES = st.dictionaries(st.sampled_from(TRUSTS), st.floats(0.01, 1), min_size=1)


@given(SHARES, SHARES)
def test_shares_stay_shares_whatever_is_joined(one, other):
    a = Quantity(2.0, PLAIN, {t: x / sum(one.values()) for t, x in one.items()})
    b = Quantity(-3.0, PLAIN, {t: x / sum(other.values()) for t, x in other.items()})
    for joined in (a + b, a - b, a * b, a / b):
        assert math.fsum(joined.trusts.values()) == pytest.approx(1, abs=1e-12)
        assert list(joined.trusts) == sorted(joined.trusts, key=TRUSTS.index)
    weakest = max((*one, *other), key=TRUSTS.index)
    assert weakest in (a * b).trusts


def test_numbers_of_cards_bring_their_trust():
    found = Quantity.from_number(Number(5, "pJ", "a book", "recalled"), "dcim.e_bit")
    assert found.to("pJ") == pytest.approx(5)
    assert found.trusts == {"recalled": 1.0}
    with pytest.raises(ConfigError, match=r"mtj\.reset = none is not a number"):
        Quantity.from_number(Number("none"), "mtj.reset")


def test_formulas():
    assert evaluate("note3.power / rate", Known()).to("pJ") == pytest.approx(400)
    assert evaluate("2 * (3 + 4) - -1", Known()).value == 15
    assert evaluate("\n  count('a', 2,\n 3 * 4)\n", Known()).value == 15


@pytest.mark.parametrize(
    "text",
    ["", "1 +", "__import__('os').getcwd()", "[1, 2]", "1 if 1 else 2", "2 ** 9", "True", "'a'",
     "count(x=1)", "count(*rate)", "lambda: 1", "rate[0]", "1; 2", "(" * 400, "9" * 400, "1e400",
     f"0x{'f' * 5000} ** 2", "1" + "+1" * 5000, "rate" + ".x" * 5000],
)  # fmt: skip
def test_what_is_no_formula_is_refused_and_nothing_runs(text):
    with pytest.raises(ConfigError, match="formula"):
        evaluate(text, Known())


def test_an_unknown_name_shows_the_formula():
    with pytest.raises(ConfigError, match=r"formula `power / rate`: 'power' is unknown"):
        evaluate("power / rate", Known())


def test_a_long_formula_does_not_hide_what_is_wrong_with_it():
    with pytest.raises(ConfigError) as caught:
        evaluate("(rate +\n    " + "rate + " * 50 + "power)", Known())
    assert str(caught.value).endswith("...`: 'power' is unknown")
    assert len(str(caught.value)) < 120


def test_an_area_and_a_resistance_of_an_area():
    disc = Quantity.of(60, "nm") * Quantity.of(60, "nm") * Quantity(math.pi / 4)
    assert (Quantity.of(15, "ohm*um2") / disc).to("kohm") == pytest.approx(
        15 / math.pi / 9e-4 / 1e3
    )
    assert disc.to("um2") == pytest.approx(9e-4 * math.pi)
    with pytest.raises(ConfigError, match=r"'ohm\*' is not a unit"):
        Quantity.of(1, "ohm*")


def test_a_run_is_less_known_than_anything_but_this_machine():
    run, here = Quantity(1.0, trusts={RUN: 1.0}), Quantity(1.0, trusts={MEASURED: 1.0})
    assert (run * POWER).trusts == {RUN: 1.0}
    assert (here * run).trusts == {MEASURED: 1.0}


def test_every_figure_is_a_finite_number():
    for wrong in (lambda: Quantity(math.inf), lambda: Quantity(math.nan),
                  lambda: Quantity(1.0) / Quantity(1e-320), lambda: Quantity.of(1e308, "GHz"),
                  lambda: Quantity(1e308) * Quantity(1e308),
                  lambda: Quantity.of(1e300, "J").to("fJ")):  # fmt: skip
        with pytest.raises(ConfigError, match="too large"):
            wrong()


def test_a_law_that_overflows_is_refused():
    with pytest.raises(ConfigError, match=r"exp\(1000\)"):
        Quantity(1000.0).plain(math.exp)


def test_the_names_of_a_formula():
    assert names_in(parse("note3.power / rate + count('a', x.y.z)")) >= {
        "note3.power", "rate", "x.y.z"
    }  # fmt: skip
