"""An array with prices: joules by part and by phase, both lists, and `spinboard show`."""

from __future__ import annotations

import math

import pytest

from emulator import MemoryTrace, PriceError
from emulator.ticks import PS_PER_S
from scenarios.array_bench import ArrayBench
from scenarios.catalog import configure
from scenarios.show import show_board
from tests.controllers.arrays import ROUND_TIMES, bench, books

LISTS = ("paper", "datasheet")


@pytest.mark.parametrize("prices", LISTS)
def test_phases_add_up_to_the_energy_of_the_batch(prices: str) -> None:
    made = bench("board.t_interval=40 us", layers=(20, 30, 4), inputs=50, prices=prices)
    phases = made.phases(4321)
    sample = [p for p in phases if p.name.startswith("pass")]
    made.board.train(11, operations=4321)
    for unit, total in (
        ("seconds", made.emulator.ledger.window_ps / PS_PER_S),
        ("joules", made.bill().total(window=True)),
    ):
        sum_of = 11 * math.fsum(getattr(p, unit) for p in sample) + math.fsum(
            getattr(p, unit) for p in phases[len(sample) :]
        )
        assert math.isclose(sum_of, total, rel_tol=1e-13)  # some hundred roundings of a double


def test_junctions_and_nodes_are_paid_for_all_the_time() -> None:
    """Three nodes with a divider and an amplifier of 10 uW each, whatever the board does."""
    made = bench()
    made.board.train(3, operations=10)
    made.emulator.perform(made.board.host.compute(1_000_000))
    by_part = made.bill().by(lambda line: line.entry.part)
    seconds = made.emulator.now / PS_PER_S
    divider = 3.3**2 / 104.5e3
    assert math.isclose(by_part["anp_array.smtj"], 3 * divider * seconds, rel_tol=1e-14)
    assert math.isclose(by_part["anp_array.node"], 3 * 10e-6 * seconds, rel_tol=1e-14)
    assert made.joules() == made.bill().total()


@pytest.mark.parametrize("prices", LISTS)
@pytest.mark.parametrize(
    ("noise", "watts"),
    [
        (("noise=smtj", "noise.v_supply=5 V", "noise.r_series=10 kohm"), 5**2 / 14.5e3),
        (("noise=smtj", "noise.junctions=4"), 3.3**2 / 118e3),
        (("noise=smtj", "noise.junction.r_p=5 kohm"), 3.3**2 / 107.5e3),
        (("noise=hmm",), 3.3**2 / 104.5e3),  # stands for the shipped divider, as these do
        (("noise=gauss",), 3.3**2 / 104.5e3),
        (("noise=recorded",), 3.3**2 / 104.5e3),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_divider_that_makes_the_noise_is_the_one_that_is_paid_for(
    prices: str, noise: tuple[str, ...], watts: float
) -> None:
    made = ArrayBench.build(configure("anp-mnist", noise, prices=prices), (2, 1), 2, None)
    made.board.train(3, operations=10)
    joules = made.bill().by(lambda line: line.entry.part)["anp_array.smtj"]
    assert math.isclose(joules, 3 * watts * made.emulator.now / PS_PER_S, rel_tol=1e-14)
    number = made.prices.price("anp_array.smtj", "on")
    assert number.trust == ("user" if len(noise) > 1 else "derived")
    assert number.source.startswith("a divider in every node, on all the time; ")


def test_a_conversion_costs_its_steps_in_every_converter_of_the_round() -> None:
    """Three nodes at two converters: two rounds of two, 4096 steps of 35 fJ each."""
    made = bench(*ROUND_TIMES)
    made.board.train(1, operations=0)
    steps = made.bill().by(lambda line: f"{line.entry.part}.{line.entry.name}")
    assert math.isclose(steps["anp_array.adc.step"], 2 * (2 * 2) * 4096 * 35e-15, rel_tol=1e-14)


@pytest.mark.parametrize("prices", LISTS)
def test_a_cascade_is_priced_in_both_lists(prices: str) -> None:
    made = bench("board.decorrelation=cascade", prices=prices, decorrelated=1)
    made.board.train(2, operations=100)
    parts = made.bill().by(lambda line: f"{line.entry.part}.{line.entry.name}")
    weights, stage = (parts[f"anp_array.{part}.write"] for part in ("weights", "stage"))
    assert math.isclose(stage / 8, weights / 6, rel_tol=1e-14)  # of 2-2-1, each as dear


@pytest.mark.parametrize("prices", LISTS)
def test_totals_lie_within_their_bounds(prices: str) -> None:
    made = bench(prices=prices)
    made.board.train(2, operations=100)
    low, middle, high = (made.bill().total(which) for which in ("low", "value", "high"))
    assert 0 < low < middle < high


def test_emulated_totals_count_samples() -> None:
    made = bench(*ROUND_TIMES)
    made.board.train(3, operations=10)
    made.board.infer(2)
    emulated = made.emulated()
    assert emulated.updates == 5
    assert emulated.elapsed_ps == made.emulator.now
    assert emulated.window_ps == made.emulator.ledger.window_ps


def test_a_trace_shows_the_phases_and_changes_no_book() -> None:
    trace = MemoryTrace()
    plain, traced = bench(*ROUND_TIMES), bench(*ROUND_TIMES, trace=trace)
    for made in (plain, traced):
        made.board.train(2, operations=5)
    assert books(plain) == books(traced)
    rows = trace.select("anp_array.logic", "phase")
    assert [place for _, place in rows] == [*range(10)] * 2 + [0, 1]  # 2 x 5 phases; the update
    assert rows[1][0] - rows[0][0] == 100_000


def test_a_list_without_a_price_of_a_part_is_refused(tmp_path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'schema = 1\n["anp_array.dac"]\non = { value = 1, unit = "W", source = "-", '
        'trust = "user" }\n'
    )
    with pytest.raises(PriceError, match=r"'mine' has no price for anp_array\.dac\.write"):
        bench(prices=str(mine))


@pytest.mark.parametrize("prices", LISTS)
def test_show_prints_parts_phases_costs_figures_and_prices(
    prices: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    show_board("anp_array", ("board.t_interval=1 ms", "board.node=mcp601_node"), prices)
    shown = capsys.readouterr().out
    for text in ("mcp601_node", "array_adc", "pass 2: settle layer 4", "pass 1: wait",
                 "weight write", "resolution", "board.adc.bits", f"Prices ({prices})"):  # fmt: skip
        assert text in shown
    assert "mtj" not in shown.replace("smtj", "")
