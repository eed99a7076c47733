from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import (
    ConfigError,
    Entry,
    Ledger,
    Meter,
    Number,
    PriceError,
    PriceList,
    load_prices,
    price,
)

GOOD = """
schema = 1
["lab.mcu"]
idle = { value = 0, unit = "W", source = "sleeps", trust = "derived" }
active = { value = 102, unit = "mW", source = "S", trust = "given", low = 30, high = 110 }
[mtj]
write = { value = 15.8, unit = "pJ", source = "S", trust = "given", low = 11 }
drive = { value = "write_heat", source = "Joule heat", trust = "derived" }
"""
HEAT = Number(2e-15, "J", "V^2 t / R", "derived", 1e-15, 3e-15)
STATE = Entry("lab.mcu", "controller", "state", "active", 2, 10**12, 10**11)
ACTION = Entry("mtj", "device", "action", "write", 1, 1000, 100)


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


@pytest.fixture
def prices(tmp_path: Path) -> PriceList:
    return load_prices(write(tmp_path, GOOD)).with_derived({"write_heat": HEAT})


def test_states_cost_power_and_actions_energy(prices):
    """2 units x 102 mW x 1 s + 1000 x 15.8 pJ; windows hold a tenth."""
    bill = price([STATE, ACTION], prices)
    assert [line.joules() for line in bill.lines] == [
        Fraction(204, 1000), Fraction(158, 10**10)
    ]  # fmt: skip
    assert bill.total() == float(Fraction(204, 1000) + Fraction(158, 10**10))
    assert bill.total(window=True) == float((Fraction(204, 1000) + Fraction(158, 10**10)) / 10)
    assert bill.total(where=lambda line: line.entry.group == "device") == 1.58e-8


def test_bounds_are_the_value_where_none_is_known(prices):
    lines = price([STATE, ACTION], prices).lines
    assert [line.joules("low") for line in lines] == [Fraction(60, 1000), Fraction(11, 10**9)]
    assert [line.joules("high") for line in lines] == [Fraction(220, 1000), Fraction(158, 10**10)]


def test_totals_by_a_key_add_up_to_the_total(prices):
    bill = price([STATE, ACTION], prices)
    assert bill.by(lambda line: line.entry.part) == {"lab.mcu": 0.204, "mtj": 1.58e-8}
    assert sum(bill.by(lambda line: line.price.trust).values()) == bill.total()


numbers = st.integers(0, 10**6)
ranges = st.tuples(numbers, numbers, numbers).map(sorted)


@given(
    st.lists(st.tuples(ranges, st.integers(0, 10**15), st.integers(1, 64)), min_size=1),
    st.randoms(),
)
def test_a_total_is_exact_and_does_not_depend_on_the_order_of_its_terms(rows, shuffler):
    lines, table = [], {}
    for i, ((low, value, high), amount, bank) in enumerate(rows):
        state = i % 2 == 0
        table[f"p{i}"] = {"x": Number(value, "uW" if state else "nJ", "s", "given", low, high)}
        kind = "state" if state else "action"
        lines.append(Entry(f"p{i}", "device", kind, "x", bank, amount, amount // 3))
    prices = PriceList("mine", table)
    bill = price(lines, prices)
    exact = sum(
        Fraction(value, 10**6 * 10**12 if i % 2 == 0 else 10**9) * amount * bank
        for i, ((_, value, _), amount, bank) in enumerate(rows)
    )
    assert bill.total() == float(exact)
    assert bill.total("low") <= bill.total() <= bill.total("high")
    assert bill.total(window=True) <= bill.total()
    shuffler.shuffle(lines)
    assert price(lines, prices).total() == bill.total()


def test_a_run_is_priced_again_without_running(prices, tmp_path):
    again = load_prices(write(tmp_path, GOOD.replace("102", "51"))).with_derived(
        {"write_heat": HEAT}
    )
    assert price([STATE], again).total() == price([STATE], prices).total() / 2


def test_nothing_is_free_by_omission(prices):
    sleeping = Entry("lab.mcu", "controller", "state", "asleep", 1, 1, 0)
    message = "price list 'mine' has no price for lab.mcu.asleep; a price of 0 is legal if it car"
    with pytest.raises(PriceError, match=re.escape(message)):
        price([STATE, sleeping], prices)
    with pytest.raises(PriceError, match=r"no price for fpga\.on"):
        price([Entry("fpga", "controller", "state", "on", 1, 0, 0)], prices)


def test_zero_is_a_price(prices):
    assert price([Entry("lab.mcu", "host", "state", "idle", 1, 10**12, 0)], prices).total() == 0.0


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            Entry("mtj", "device", "state", "write", 1, 1, 0),
            "price mtj.write = 15.8 pJ: 'pJ' is not a unit of a power",
        ),
        (
            Entry("lab.mcu", "device", "action", "active", 1, 1, 0),
            "price lab.mcu.active = 102 mW: 'mW' is not a unit of an energy",
        ),
    ],
)
def test_a_price_of_the_wrong_kind_is_named_before_anything_runs(prices, entry, message):
    with pytest.raises(PriceError, match=re.escape(message)):
        price([entry], prices)


BAD = 'schema = 1\n[mtj]\nwrite = {{ value = {}, source = "S", trust = "given"{} }}'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BAD.format(-1, ', unit = "pJ"'), "mtj.write = -1 pJ is outside [0, inf) J"),
        (BAD.format(-1, ', unit = "mW"'), "mtj.write = -1 mW is outside [0, inf) W"),
        (BAD.format(3, ', unit = "V"'), "mtj.write = 3 V: 'V' is not a unit of an energy"),
        (BAD.format(3, ""), "mtj.write = 3: 'no unit' is not a unit of an energy"),
        (BAD.format("nan", ', unit = "J"'), "mtj.write = NaN J: NaN is not a finite number"),
        (BAD.format("true", ', unit = "J"'), "mtj.write = True J: True is not a number"),
        (BAD.format(3, ', unit = "J", low = 4'), "mtj.write = 3 J lies outside its own range [4,"),
        (BAD.format(3, ', unit = "J", high = 2'), "mtj.write = 3 J lies outside its own range [No"),
        (BAD.format(3, ', unit = "J", high = "x"'), "mtj.write = 3 J: 'x' is not a number"),
        (BAD.format(3, ', unit = "J", hi = 2'), "mtj.write: unknown field 'hi'"),
        ("schema = 1\nmtj = 3", "'mtj' is not a table of prices"),
        ("schema = 3", "schema 3, this version reads schema 1"),
        ("[mtj]", "schema none, this version reads schema 1"),
    ],
)
def test_a_price_that_cannot_be_is_named_with_its_file(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {message}")):
        load_prices(path)


def test_a_formula_takes_the_boards_figure_and_keeps_both_sources(prices):
    number = prices.price("mtj", "drive")
    assert number.value == 2e-15
    assert number.source == "Joule heat; V^2 t / R"
    bill = price([Entry("mtj", "device", "action", "drive", 1, 10**6, 0)], prices)
    assert [bill.total(w) for w in ("low", "value", "high")] == [1e-9, 2e-9, 3e-9]


def test_a_formula_is_trusted_no_more_than_the_list_and_the_board(tmp_path):
    listed = load_prices(write(tmp_path, GOOD))  # derived
    for trust, expected in (("given", "derived"), ("assumed", "assumed"), ("user", "user")):
        priced = listed.with_derived({"write_heat": replace(HEAT, trust=trust)})
        assert priced.price("mtj", "drive").trust == expected


def test_the_prices_of_some_parts_are_those_of_the_list_and_no_others(tmp_path):
    listed = load_prices(write(tmp_path, GOOD))
    assert listed.of({"lab.mcu", "absent"}).prices == {"lab.mcu": listed.prices["lab.mcu"]}


def test_a_formula_that_the_board_does_not_have_is_named(tmp_path):
    prices = load_prices(write(tmp_path, GOOD))
    message = "price mtj.drive = 'write_heat' is not a formula of this board (did you mean 'write"
    with pytest.raises(ConfigError, match=re.escape(message)):
        prices.with_derived({"write_heats": HEAT})


amounts = st.integers(0, 10**18)


@given(
    st.lists(st.tuples(amounts, amounts, st.integers(1, 4096)), min_size=1, max_size=6),
    st.lists(st.fractions(0, 10**6, max_denominator=10**9), min_size=12, max_size=12),
)
def test_a_meter_reads_the_total_of_the_bill(parts, values):
    """The same float, whatever the prices' denominators."""
    ledger, prices, each, now = Ledger(), {}, iter(values), 0
    for i, (held, counted, bank) in enumerate(parts):
        account = ledger.open(f"part{i}", "device", ("on",), ("act",), bank)
        account.count(0, counted)
        now = max(now, held)
        prices[account.part] = {
            "on": Number(next(each), "W", "S", "given"),
            "act": Number(next(each), "pJ", "S", "given"),
        }
    listed = PriceList("mine", prices)
    meter = Meter(ledger, listed)
    for t in (now, now + 12345):
        assert meter.total(t) == price(ledger.entries(t), listed).total()


def test_a_meter_sees_an_account_that_is_opened_later():
    ledger = Ledger()
    watt = {"on": Number(1, "W", "S", "given")}
    meter = Meter(ledger, PriceList("mine", {"one": watt, "two": watt}))
    assert meter.total(10**12) == 0.0
    ledger.open("one", "device")
    assert meter.total(10**12) == 1.0
    ledger.open("two", "device")
    assert meter.total(2 * 10**12) == 4.0
    ledger.open("three", "device")
    with pytest.raises(PriceError, match=r"has no price for three\.on"):
        meter.total(2 * 10**12)
