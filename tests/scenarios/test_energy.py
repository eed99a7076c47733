from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Bill, DataError, Entry, Line, Number, PriceError, PriceList, price
from emulator.result import GROUPS
from scenarios.energy import COLUMNS, energy_csv, read_bill, read_energy, reprice
from tests.scenarios.synthetic_results import lab_bill

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
amounts = st.integers(0, 2**70)
numerals = st.one_of(
    st.integers(0, 10**9),
    st.decimals(0, 10**6, allow_nan=False, places=9),
    st.floats(0, 1e6),
    st.fractions(0, 1000),
)


@st.composite
def lines(draw: Callable[..., Any]) -> Line:
    kind = draw(st.sampled_from(["state", "action"]))
    unit = draw(st.sampled_from(["W", "mW"] if kind == "state" else ["J", "pJ"]))
    entry = Entry(draw(names), draw(st.sampled_from(GROUPS)), kind, draw(names),
                  draw(st.integers(1, 1000)), draw(amounts), draw(amounts))  # fmt: skip
    low, high = (draw(st.none() | numerals) for _ in range(2))
    return Line(entry, Number(draw(numerals), unit, draw(names), "recalled", low, high))


@given(st.lists(lines(), max_size=3))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50
)
def test_the_file_holds_the_bill_exactly(tmp_path: Path, made: list[Line]) -> None:
    path = tmp_path / "energy.csv"
    path.write_bytes(energy_csv(Bill("paper", tuple(made))).encode())
    assert read_energy(path) == [line.entry for line in made]
    again = read_bill(path, "paper")
    for before, after in zip(made, again.lines, strict=True):
        for which in ("value", "low", "high"):
            for window in (False, True):
                joules = after.joules(which, window=window)
                assert isinstance(joules, Fraction)
                assert joules == before.joules(which, window=window)


def test_a_stored_run_is_priced_again_as_the_run_would_be(tmp_path: Path) -> None:
    bill = lab_bill(400_000, 10_518_519)
    (tmp_path / "energy.csv").write_text(energy_csv(bill))
    prices: dict[str, dict[str, Number]] = {}
    for n, line in enumerate(bill.lines, 1):
        unit = "mW" if line.entry.kind == "state" else "nJ"
        number = Number(Decimal(n) / 7, unit, "another list", "assumed", Decimal(n) / 9, n)
        prices.setdefault(line.entry.part, {})[line.entry.name] = number
    other = PriceList("other", prices)
    assert reprice(tmp_path, other) == price([line.entry for line in bill.lines], other)
    assert reprice(tmp_path, other).prices == "other"
    with pytest.raises(PriceError, match=r"price list 'empty' has no price for mtj\.reset"):
        reprice(tmp_path, PriceList("empty", {}))


def test_joules_in_the_file_are_those_of_the_lines(tmp_path: Path) -> None:
    import csv

    bill = lab_bill(1000, 10_518_519)
    rows = list(csv.DictReader(energy_csv(bill).splitlines()))
    assert list(rows[0]) == list(COLUMNS)
    assert [float(row["joules"]) for row in rows] == [float(line.joules()) for line in bill.lines]
    assert rows[1]["price"] == "15.8"
    assert float(rows[1]["joules_high"]) == float(bill.lines[1].joules("high"))


GOOD = "part,group,kind,name,bank,amount,window_amount,price,unit,low,high,source,trust\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("part,group\n", "column 'amount' is missing"),
        (GOOD + "a,device,state,on,1,2\n", "line 2: expected 13 columns"),
        (GOOD + "a,device,state,on,1,2.5,0,1,W,,,s,given\n", "line 2: .*'2.5'"),
        (GOOD + "a,devices,state,on,1,2,0,1,W,,,s,given\n", "line 2: group 'devices' .known: dev"),
        (GOOD + "a,device,state,on,1,2,0,one,W,,,s,given\n", "line 2: price 'one'"),
        (GOOD + "a,device,state,on,1,2,0,1,W,,,s,sure\n", "line 2: price '1' .*not in tuple"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "energy.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=f"^{path}.*{message}"):
        read_bill(path, "paper")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"energy\.csv: cannot be read"):
        read_energy(tmp_path / "energy.csv")
