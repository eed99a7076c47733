"""Pulse width swept on a board: the law where it is measured, and one bill for all boards."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from emulator import Config, ConfigError, Result, load_node
from scenarios.catalog import check_head, shelf
from scenarios.reporting.style import png
from scenarios.reporting.write_energy_figure import write_energy_figure
from scenarios.watch import Unwatched
from scenarios.write_energy import run
from tests.scenarios.reporting.test_figures import overlapping_texts
from tests.scenarios.small_runs import small_run

TOPS = {"board": "fpga", "mtj": "vgsot", "pulse": "write_pulse", "write-energy": "write_energy"}
SHORT = ("widths=0.5, 0.8, 2", "voltages=0.7, 0.8", "junctions=8", "mtj.sigma=0")


def configured(*settings: str, **head: Any) -> Config:
    cards = shelf()
    nodes = {top: load_node(cards.load(card, None, top), cards, top) for top, card in TOPS.items()}
    return check_head(Config("write-energy", nodes, **head).override((*SHORT, *settings), cards))


def swept(*settings: str, **head: Any) -> Result:
    return run(configured(*settings, **head), Unwatched(), None)


def column(result: Result, name: str) -> list[Any]:
    return list(result.tables["write_measured"][name])


def test_the_board_measures_the_law_at_every_width() -> None:
    """Within 4.5 standard errors and half a code of the driver, a / 4 per width k_V in theta."""
    result = swept("board.dac.bits=10", "trials=2000")
    law, found = (np.array(column(result, name)) for name in ("p_law", "p_measured"))
    assert 0 < law.min() < 0.01
    assert law.max() > 0.9
    half_code = 1.6 / 1024 / 2 / 0.1 * 3.43 / 4
    allowed = 4.5 * np.sqrt(law * (1 - law) / 16000 + 1e-6) + half_code
    assert (np.abs(found - law) < allowed).all()
    assert result.metrics["worst_p_error"] == np.abs(found - law).max()


def test_the_published_point_and_the_least_energy() -> None:
    metrics = swept().metrics
    assert metrics["energy_stated_j"] == pytest.approx(11e-12)
    assert metrics["width_stated_s"] == pytest.approx(0.8e-9)
    assert metrics["energy_least_j"] == pytest.approx(10.414e-12, rel=1e-4)
    assert metrics["width_least_s"] == pytest.approx(0.5e-9)


@pytest.mark.parametrize(("board", "width"), [("lab", "1000"), ("fpga", "0.8"), ("asic", "0.8")])
def test_at_its_own_width_a_board_keeps_the_voltage_of_the_card(board: str, width: str) -> None:
    """Half of all pulses at V_c switch, less c0, whether the board works in ns or in us."""
    result = swept(f"board={board}", f"widths={width}", "voltages=0.8")
    (law,) = column(result, "p_law")
    assert law == pytest.approx(1 / (1 + math.exp(0.0757)))
    curve = result.tables["write_energy"]
    assert curve["v_c_p_ap_v"][0] == pytest.approx(0.8)


def test_wider_pulses_take_longer_updates_and_the_price_list_does_not_know() -> None:
    result = swept("widths=0.8, 30", "junctions=20")
    period, priced = (column(result, name) for name in ("update_s", "priced_write_j"))
    assert period[-1] - period[0] == pytest.approx(29.2e-9, abs=2e-9)  # in whole clocks of 2 ns
    assert set(priced) == {15.8e-12}


def test_the_bill_is_that_of_all_boards() -> None:
    result = swept("trials=10")
    assert result.emulated.updates == 3 * 2 * 8 * 10
    writes = [ln.entry for ln in result.bill.lines if (ln.entry.part, ln.entry.name)
              == ("mtj", "write")]  # fmt: skip
    assert [entry.amount for entry in writes] == [result.emulated.updates]


def test_both_engines_find_the_same() -> None:
    event, compiled = (swept("trials=10", engine=name) for name in ("event", "compiled"))
    assert event.tables == compiled.tables
    assert event.bill == compiled.bill


def test_a_sweep_that_is_stopped_keeps_the_widths_that_were_measured() -> None:
    class Stop(Unwatched):
        def stop(self) -> bool:
            return True

    result = run(configured(), Stop(), None)
    assert result.status == "interrupted"
    assert column(result, "width_s") == pytest.approx([0.5e-9] * 2)


def test_what_a_reader_must_know_is_said_and_nothing_else() -> None:
    tail, stated = swept().warnings
    assert "no error rate below 1e-3" in tail
    assert "v_c0 = 0.8 V" in stated
    assert "t_write = 0.8 ns" in stated


def test_a_card_may_state_its_voltage_in_another_unit() -> None:
    """What is carried to other widths replaces it in volts."""
    assert swept("mtj.v_c0=800 mV", "trials=10").tables == swept("trials=10").tables


def test_junctions_that_are_offset_are_said_not_to_follow_the_law() -> None:
    """The mean of two junctions leaves it by more than their trials explain."""
    offset = swept("mtj.sigma=0.2", "junctions=2", "trials=2000")
    (told,) = (text for text in offset.warnings if text.startswith("mtj.sigma = 0.2: "))
    assert "may exclude the law" in told
    bounds = zip(*(column(offset, name) for name in ("p_low", "p_law", "p_high")), strict=True)
    assert not all(low <= law <= high for low, law, high in bounds)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("widths=a", "widths = a is not a list of numbers"),
        ("widths=0, 1", r"each must lie in \(0, 1e\+09\]"),
        ("widths=2, 1", "each above the last"),
        ("voltages=" + ", ".join(map(str, range(1, 52))), "at most 50 numbers"),
        ("voltages=nan", r"voltages = nan: each must lie in \(0, 1e\+09\]"),
        ("pulse.delta=2", "delta = 2 is no barrier"),
        ("widths=0.0001", r"mtj.v_c0 = 2462.\d+ V is outside"),
        ("widths=200", "junctions"),
    ],
)
def test_bad_input_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        swept(setting)


def test_the_figure_needs_the_tables_and_keeps_its_labels_apart() -> None:
    figure = write_energy_figure(swept("pulse.t_0=0.3 ns"))
    assert figure is not None
    assert png(figure).startswith(b"\x89PNG")
    assert overlapping_texts(figure) == []
    assert write_energy_figure(small_run()) is None
