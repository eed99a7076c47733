from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from rich.console import Console

from emulator import Bill, Entry, Line, Number, Result, Timeline
from scenarios.reporting.headlines import (
    comparison,
    headlines,
    shares,
    split,
    spread,
    titles,
    trust_sentence,
)
from scenarios.reporting.tables import show_result, show_timeline, side_by_side
from tests.scenarios.synthetic_results import make_result, with_prices


def shown(draw: Callable[[Console], None]) -> str:
    console = Console(width=110)
    with console.capture() as capture:
        draw(console)
    return capture.get()


def result_text(result: Result) -> str:
    return shown(lambda console: show_result(result, console))


def test_the_end_of_a_run_says_it_all() -> None:
    text = result_text(make_result())
    for words in ("inpa on lab, seed 7", "96.1 %", "94.1 % to 97.5 %", "95.1 kHz", "10.5 us",
                  "1.31 uJ", "1.24 uJ to 7.02 uJ", "400,000 updates", "front end", "lab.mcu",
                  "pulse: saturated", "auto: few updates",
                  "53 % of the joules rest on `given` numbers, 47 % on `assumed`"):  # fmt: skip
        assert words in text
    assert "interrupted" not in text
    assert "inpa on lab, seed 7 (interrupted)" in result_text(
        replace(make_result(), status="interrupted")
    )


def test_a_mean_stands_beside_its_envelope() -> None:
    metrics = {"test_accuracy": 0.8, "test_accuracy_min": 0.7, "test_accuracy_max": 0.9}
    lines = headlines(replace(make_result(), metrics=metrics))
    (line,) = (line for line in lines if "accuracy" in line.label)
    assert (line.value, line.note) == ("80.0 %", "70.0 % to 90.0 %")


def test_texts_of_the_user_are_not_markup() -> None:
    warning = "v_sot = 4 V is outside [0, 3.3] V [bold]x[/bold] :smile:"
    assert f"warning: {warning}" in result_text(replace(make_result(), warnings=[warning]))


def test_a_run_without_updates_shows_dashes() -> None:
    full = make_result()
    idle = replace(full, emulated=replace(full.emulated, updates=0, window_ps=0), metrics={})
    values = {line.label: line.value for line in headlines(idle)}
    assert values["update rate"] == values["energy per update"] == "-"
    free = replace(idle, bill=Bill("paper", ()))
    assert "No energy was priced above 0." in result_text(free)


def test_groups_and_parts_add_up_to_the_bill() -> None:
    result = make_result()
    total = result.bill.total()
    for by in ("group", "part", "trust"):
        found = shares(result.bill, by)
        assert sum(share.joules for share in found) == pytest.approx(total, rel=1e-14)
        assert sum(share.share for share in found) == pytest.approx(1, rel=1e-14)
        assert found == sorted(found, key=lambda share: -share.joules)
    assert [row[0] for row in split(result)] == [
        "device",
        "front end",
        "controller",
        "link",
        "host",
    ]
    each = [row[1] for row in split(result)[:3]]
    assert sum(x or 0 for x in each) == pytest.approx(result.energy_per_update_j(), rel=1e-14)


def test_what_the_total_rests_on() -> None:
    def line(trust: str, joules: str) -> Line:
        entry = Entry(trust, "device", "action", "x", 1, 1, 1)
        return Line(entry, Number(Decimal(joules), "J", "s", trust))  # type: ignore[arg-type]

    bill = Bill("p", (line("assumed", "0.3799"), line("given", "0.62"), line("derived", "0.0001")))
    assert trust_sentence(bill) == (
        "62 % of the joules rest on `given` numbers, 38 % on `assumed`, <1 % on `derived`."
    )


def test_one_update_in_words() -> None:
    text = shown(lambda console: show_timeline(make_result().timeline, console))
    assert "ADC conversion   8.00 us   2.52 us   verified   56 + 12 cycles at 27 MHz" in text
    assert "8 phases in 10.5 us: 95.1 kHz when updates follow one another." in text
    empty = shown(lambda console: show_timeline(Timeline(()), console))
    assert "The phases take no time." in empty


def test_a_range_too_narrow_to_show_is_left_out() -> None:
    assert spread(0.98e-6, 1.64e-6) == "980 nJ to 1.64 uJ"
    assert spread(1.3001e-6, 1.3002e-6) == spread(None, 1.0) == ""


def test_boards_side_by_side() -> None:
    results = [make_result(board) for board in ("lab", "fpga", "asic")]
    heads, rows = comparison(results)
    cells = dict(rows)
    assert heads == ["lab", "fpga", "asic"]
    assert cells["update rate"] == ["95.1 kHz", "500 MHz", "2.00 GHz"]
    assert cells["time per update"] == ["10.5 us", "2.00 ns", "500 ps"]
    assert cells["latency per update"] == ["10.5 us", "2.40 ns", "2.40 ns"]
    assert cells["energy per update"] == ["1.31 uJ", "416 pJ", "18.4 pJ"]
    assert cells["accuracy (probability)"] == ["96.7 %"] * 3
    text = shown(lambda console: console.print(side_by_side(results)))
    assert all(cell in text for _, row in rows for cell in row)


def test_equal_boards_are_told_apart() -> None:
    lab, asic = make_result(), make_result("asic")
    assert titles([lab, asic]) == ["lab", "asic"]
    assert titles([lab, asic, replace(lab, seed=8)]) == ["lab, seed 7", "asic", "lab, seed 8"]
    dear = replace(lab, bill=with_prices(lab.bill, 2))
    assert titles([lab, dear]) == ["lab, prices paper", "lab, prices dear"]
    assert titles([lab, lab]) == ["lab, run 1", "lab, run 2"]
