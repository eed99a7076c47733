"""What a vote costs: every point is measured on the board, and the cheapest good one is named."""

from __future__ import annotations

import csv
import math
from functools import cache
from pathlib import Path

import pytest

from emulator import ConfigError, Result
from learning import SoftmaxParams, SoftmaxRegression, load_digits_split
from scenarios.catalog import configure
from scenarios.draws import Point, cheapest, votes
from scenarios.reporting.draws_figure import draws_figure
from scenarios.reporting.learning_figure import learning_figure
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import call, numbers, small_run

NEURONS, SAMPLES = 10, 100
SHORT = ("board=asic", "learner.steps=60", f"test_samples={SAMPLES}", "max_draws=12")


@cache
def studied(engine: str = "auto") -> Result:
    return run(configure("sinn-draws", SHORT, engine=engine))


def columns(result: Result) -> dict[str, list[float]]:
    return {name: [float(value) for value in column]
            for name, column in result.tables["draws"].items()}  # fmt: skip


def test_votes_grow_to_the_largest() -> None:
    assert votes(100) == [1, 2, 3, 5, 10, 20, 30, 50, 100]
    assert votes(12) == [1, 2, 3, 5, 10, 12]
    assert votes(1) == [1]


def test_all_draws_are_updates_on_the_board() -> None:
    result = studied()
    draws = columns(result)["draws"]
    learned = small_run("learner.steps=60", "draws=1", "test_samples=1").emulated.updates - NEURONS
    assert result.emulated.updates == learned + SAMPLES * NEURONS * sum(draws)


def test_costs_are_those_of_the_draws() -> None:
    """Energy inside windows grows as the draws do; latency too, above that of host and link."""
    result = studied()
    table = columns(result)
    bill = result.bill
    inside = bill.by(lambda line: line.entry.group, window=True)
    joules = sum(inside[group] for group in ("device", "front_end", "controller"))
    each = joules / result.emulated.updates
    for draws, energy in zip(table["draws"], table["energy_j"], strict=True):
        # only resets depend on what was read: at most 15.8 of 36 pJ, and on average far less
        assert energy == pytest.approx(each * draws * NEURONS, rel=0.1)
    assert sum(table["energy_j"]) * SAMPLES < joules
    gain = [late - early for early, late in zip(table["latency_s"], table["latency_s"][1:],
                                                strict=False)]  # fmt: skip
    assert min(gain) > 0
    assert SAMPLES * sum(table["latency_s"]) < result.emulated.seconds


def test_a_point_alone_costs_what_it_costs_in_the_study() -> None:
    """The time of a vote of 12 is that of an inference-only run, taken from its ledger."""
    alone = small_run("learner.steps=0", "draws=12", f"test_samples={SAMPLES}")
    latency = columns(studied())["latency_s"][-1]
    assert latency * SAMPLES == pytest.approx(alone.emulated.seconds, rel=1e-9)


def test_accuracies_are_shares_within_their_interval() -> None:
    result = studied()
    table = columns(result)
    bars = zip(table["accuracy_low"], table["accuracy"], table["accuracy_high"], strict=True)
    assert all(low < found < high for low, found, high in bars)
    for draws, accuracy in zip(table["draws"], table["accuracy"], strict=True):
        assert result.metrics[f"accuracy_{draws:.0f}"] == accuracy
    assert result.metrics["accuracy"] == table["accuracy"][-1]
    spread = 4.5 * math.sqrt(0.25 / SAMPLES)
    limit = result.metrics["accuracy_probability"] or 0.0
    assert table["accuracy"][0] < table["accuracy"][-1] < limit + spread


def point(draws: int, accuracy: float) -> Point:
    return Point(draws, accuracy, 0.0, 1.0, draws * 1e-9, draws * 1e-6)


def test_the_cheapest_point_is_the_first_that_is_good_enough() -> None:
    points = [point(1, 0.7), point(5, 0.945), point(20, 0.944), point(100, 0.96)]
    assert cheapest(points, 0.945) == points[1]
    assert cheapest(points, 0.946) == points[3]
    assert cheapest(points, 0.97) is None
    assert cheapest([], 0.0) is None


def test_the_cheapest_point_is_named() -> None:
    result = run(configure("sinn-draws", (*SHORT, "margin=1")))  # anything is good enough
    table, metrics = columns(result), result.metrics
    assert metrics["cheapest_draws"] == 1
    for name in ("accuracy", "energy_j", "latency_s"):
        assert metrics[f"cheapest_{name}"] == table[name][0]


def test_both_engines_find_the_same() -> None:
    short = ("board=lab", "learner.steps=2", "test_samples=5", "max_draws=3")
    found = [run(configure("sinn-draws", short, engine=name)) for name in ("event", "compiled")]
    first, second = (numbers(result.summary()) for result in found)
    assert found[0].tables == found[1].tables
    assert first["metrics"] == second["metrics"]
    assert first["energy_by_part_j"] == second["energy_by_part_j"]


class StopBetween(Unwatched):
    """Asks to stop once two tests have begun."""

    def __init__(self) -> None:
        self.tests = 0

    def begin(self, phase: str, total: int) -> None:
        self.tests += phase == "inference"

    def stop(self) -> bool:
        return self.tests > 2


def test_a_study_that_is_stopped_keeps_its_finished_points() -> None:
    result = run(configure("sinn-draws", SHORT), StopBetween())
    assert result.status == "interrupted"
    assert columns(result)["draws"] == [1, 2]
    assert columns(result) == {name: column[:2] for name, column in columns(studied()).items()}
    assert result.metrics["accuracy"] is None
    assert result.metrics["accuracy_backprop"] is None


def test_a_run_leaves_a_table_and_a_figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "draws"
    settings = ("board=asic", "learner.steps=2", "test_samples=20", "max_draws=3")
    assert call(monkeypatch, "run", "sinn-draws", *settings, "--quiet", "--out", out) == 0
    rows = list(csv.DictReader((out / "draws.csv").read_text().splitlines()))
    assert [row["draws"] for row in rows] == ["1", "2", "3"]
    assert (out / "draws.png").stat().st_size > 10_000


def test_the_figure_shows_points_limit_and_reference() -> None:
    result = studied()
    figure = draws_figure(result)
    assert figure is not None
    words = " ".join(text.get_text() for text in figure.legends[0].get_texts())
    assert "infinitely many draws" in words
    assert "backpropagation" in words
    for axes, name in zip(figure.axes, ("energy_j", "latency_s"), strict=True):
        drawn = axes.get_lines()[0]
        assert list(drawn.get_ydata()) == columns(result)["accuracy"]
        shape = [x / columns(result)[name][0] for x in columns(result)[name]]
        first = drawn.get_xdata()[0]
        assert [x / first for x in drawn.get_xdata()] == pytest.approx(shape)
    assert draws_figure(small_run("learner.steps=0")) is None


def test_the_reference_is_softmax_regression_on_the_same_samples() -> None:
    config = configure("sinn-draws", SHORT)
    data = load_digits_split()
    params = SoftmaxParams.from_card(config.node("sinn-draws.reference").card, "reference")
    layer = SoftmaxRegression(params, 64, 10, bias=False)
    layer.train(data.x_train, data.y_train)
    right = (layer.predict(data.x_test[:SAMPLES]) == data.y_test[:SAMPLES]).mean()
    assert studied().metrics["accuracy_backprop"] == right


def test_the_reference_is_drawn_beside_learning_and_can_be_left_out() -> None:
    def lines(result: Result) -> str:
        figure = learning_figure(result)
        assert figure is not None
        return " ".join(text.get_text() for text in figure.legends[0].get_texts())

    assert "backpropagation" in lines(small_run())
    without = small_run("sinn-digits.reference.presentations=0")
    assert without.metrics["accuracy_backprop"] is None
    assert "backpropagation" not in lines(without)
    assert without.emulated == small_run().emulated  # it is the host's, and takes no time


def test_saturated_neurons_are_told() -> None:
    told = [text for text in small_run("learner.init_scale=1000").warnings if "saturated" in text]
    assert len(told) == 1
    assert told[0].startswith("in 5 of 5 learning steps every neuron was saturated")
    assert not [text for text in small_run().warnings if "every neuron" in text]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("max_draws=0", r"max_draws = 0 is outside \[1, 1000\]"),
        ("max_draws=1001", r"max_draws = 1001 is outside \[1, 1000\]"),
        ("margin=1.5", r"margin = 1.5 is outside \[0, 1\]"),
        ("draws=20", "'draws' is unknown"),
        ("test_samples=361", r"test_samples = 361 is outside \[0, 360\]"),
    ],
)
def test_what_cannot_be_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(configure("sinn-draws", (*SHORT, setting)))
