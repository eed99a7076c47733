"""Joules by hand: the books and the cards alone give what a run reports."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import defaultdict
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import controllers
import devices
from emulator import Result, load_prices
from scenarios.energy import energy_csv, reprice
from scenarios.run import run
from scenarios.workbench import Workbench
from tests.scenarios.small_runs import small

BOARDS = ("lab", "fpga", "asic")
RESETS = ("after_ap", "always", "none")
UNITS = {"W": 1, "mW": Fraction(1, 1000), "J": 1, "pJ": Fraction(1, 10**12)}


@cache
def result_of(board: str, reset: str = "after_ap", prices: str = "paper") -> Result:
    settings = f"board={board}", f"mtj.reset={reset}", "learner.steps=2", "test_samples=10"
    return run(small(*settings, prices=prices))


def read(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file, parse_float=Fraction)


def rows_of(result: Result) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(energy_csv(result.bill))))


def joules(row: dict[str, str], price: dict[str, Any], which: str = "value") -> Fraction:
    """Return the energy of one row: watts over picoseconds, or joules per action."""
    number = price.get(which, price["value"])
    each = Fraction(number) * UNITS[price["unit"]]
    scale = 10**12 if row["kind"] == "state" else 1
    return each * int(row["bank"]) * int(row["amount"]) / scale


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize("board", BOARDS)
def test_a_run_costs_what_its_books_and_the_price_list_say(board: str, reset: str) -> None:
    result = result_of(board, reset)
    list_ = read(controllers.PRICES / "paper.toml")
    found = result.summary()["emulated"]
    rows = rows_of(result)
    for which, name in (("value", "energy_j"), ("low", "energy_low_j"), ("high", "energy_high_j")):
        total = sum(joules(row, list_[row["part"]][row["name"]], which) for row in rows)
        assert found[name] == float(total)
    assert found["energy_low_j"] <= found["energy_j"] <= found["energy_high_j"]


@pytest.mark.parametrize("board", BOARDS)
def test_parts_groups_and_trusts_split_the_same_energy(board: str) -> None:
    result = result_of(board)
    list_ = read(controllers.PRICES / "paper.toml")
    split: dict[str, dict[str, Fraction]] = {
        name: defaultdict(Fraction) for name in ("part", "group", "trust")
    }
    for row in rows_of(result):
        price = list_[row["part"]][row["name"]]
        for key, sums in split.items():
            sums[price["trust"] if key == "trust" else row[key]] += joules(row, price)
    summary = result.summary()
    for key, name in (("part", "energy_by_part_j"), ("group", "energy_split_j"),
                      ("trust", "energy_by_trust_j")):  # fmt: skip
        assert summary[name] == {item: float(total) for item, total in split[key].items()}


def test_vendor_figures_price_the_heat_of_a_microsecond() -> None:
    """V^2 t / (R_SOT + R_series): LSB^2 over the resistances, times the sum of code^2 ps."""
    result = result_of("lab", prices="datasheet")
    list_ = read(controllers.PRICES / "datasheet.toml")
    v_ref = read(devices.CARDS / "stm32f767_dac.toml")["values"]["v_ref"]["value"]
    r_sot = read(devices.CARDS / "vgsot.toml")["values"]["r_sot"]["value"] * 1000
    r_on = read(devices.CARDS / "analog_switch.toml")["values"]["r_on"]["value"]
    heat = (Fraction(v_ref) / 4096) ** 2 / (r_sot + r_on) / 10**12
    rows = {(row["part"], row["name"]): row for row in rows_of(result)}
    drive = rows.pop(("mtj", "drive"))
    assert list_["mtj"]["drive"]["value"] == "write_heat"
    by_hand = float(heat * int(drive["amount"]))
    # the board's own figure is a product of five rounded doubles
    assert abs(float(drive["joules"]) / by_hand - 1) < 5 * 2.0**-53
    assert [float(rows.pop(("mtj", name))["joules"]) for name in ("write", "reset")] == [0.0, 0.0]
    rest = sum(joules(row, list_[part][name]) for (part, name), row in rows.items())
    total = result.summary()["emulated"]["energy_j"]
    assert abs(total / (by_hand + float(rest)) - 1) < 7 * 2.0**-53


@pytest.mark.parametrize("board", ["fpga", "asic"])
def test_vendor_figures_keep_the_published_pulse_below_a_nanosecond(board: str) -> None:
    """15.8 pJ per write and per reset; the voltage of such a pulse is not published."""
    rows = {row["name"]: row for row in rows_of(result_of(board, prices="datasheet"))
            if row["part"] == "mtj"}  # fmt: skip
    for name in ("write", "reset"):
        by_hand = Fraction("15.8e-12") * int(rows[name]["amount"])
        assert float(rows[name]["joules"]) == float(by_hand)
    assert int(rows["reset"]["amount"]) > 0
    assert float(rows["drive"]["joules"]) == 0.0


@pytest.mark.parametrize("board", BOARDS)
@pytest.mark.parametrize(("ran", "then"), [("paper", "datasheet"), ("datasheet", "paper")])
def test_pricing_a_stored_run_again_equals_running_it(
    board: str, ran: str, then: str, tmp_path: Path
) -> None:
    stored, other = result_of(board, prices=ran), result_of(board, prices=then)
    (tmp_path / "energy.csv").write_text(energy_csv(stored.bill))
    formulas = Workbench.build(stored.config, 10, None).board.formulas()
    listed = load_prices(controllers.PRICES / f"{then}.toml")
    prices = listed.of({line.entry.part for line in stored.bill.lines}).with_derived(formulas)
    assert reprice(tmp_path, prices) == other.bill
    assert stored.bill.total() != other.bill.total()


@pytest.mark.parametrize("board", BOARDS)
def test_a_price_list_changes_nothing_but_joules(board: str) -> None:
    paper, datasheet = result_of(board), result_of(board, prices="datasheet")
    assert paper.metrics == datasheet.metrics
    assert paper.emulated == datasheet.emulated
    assert [line.entry for line in paper.bill.lines] == [
        line.entry for line in datasheet.bill.lines
    ]
    assert paper.steps["accuracy"] == datasheet.steps["accuracy"]
