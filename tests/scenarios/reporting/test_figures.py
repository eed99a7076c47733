from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure

from emulator import Bill, Emulated, Entry, Line, Phase, Result, Timeline
from emulator.result import GROUPS
from scenarios.epoch_table import epoch_table
from scenarios.reporting.figures import (
    comparison_figure,
    draw_all,
    energy_figure,
    learning_figure,
    png,
    timeline_figure,
)
from scenarios.reporting.learning_figure import smooth
from scenarios.reporting.style import micro
from tests.scenarios.synthetic_results import learning_steps, make_result, price


def overlapping_texts(figure: Figure) -> list[tuple[str, str]]:
    """Return pairs of texts that overlap on the drawn figure."""
    figure.draw_without_rendering()
    texts = [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        texts += axes.texts
        if not axes.axison:
            continue
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            texts += [axis.label, *(tick.label1 for tick in axis.get_major_ticks()
                                    if low <= tick.get_loc() <= high)]  # fmt: skip
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts
             if text.get_text() and text.get_visible()]  # fmt: skip
    return [(a[0], b[0]) for n, a in enumerate(boxes) for b in boxes[n + 1 :]
            if a[1].padded(-1).overlaps(b[1].padded(-1))]  # fmt: skip


def test_every_figure_of_a_run_is_an_image_whose_labels_stay_apart() -> None:
    figures = draw_all(make_result())
    assert list(figures) == ["learning", "timeline", "energy"]
    for name, figure in figures.items():
        assert png(figure).startswith(b"\x89PNG"), name
        assert overlapping_texts(figure) == []


def test_labels_stay_apart_in_nanoseconds() -> None:
    assert overlapping_texts(timeline_figure(make_result("asic").timeline)) == []


def test_figures_leave_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    energy_figure(make_result().bill)
    assert dict(mpl.rcParams) == before


def test_axes_scale_to_the_update() -> None:
    assert timeline_figure(make_result("lab").timeline).axes[-1].get_xlabel() == "time (µs)"
    assert timeline_figure(make_result("asic").timeline).axes[-1].get_xlabel() == "time (ns)"


def test_a_figure_is_drawn_only_where_there_is_data() -> None:
    full = make_result()
    blind = replace(full, steps={"step": [1], "seconds": [1.0]})
    assert learning_figure(blind) is None
    unknown = {"accuracy": [float("nan")], "seconds": [1.0], "energy_j": [1.0]}
    assert learning_figure(replace(full, steps=unknown)) is None
    free = Bill("p", (Line(Entry("host", "host", "action", "x", 1, 3, 1), price("0", "J")),))
    assert set(draw_all(replace(full, bill=free))) == {"learning", "timeline"}


@pytest.mark.parametrize("n", [1, 2, 20, 20_000])
def test_learning_is_drawn_for_any_number_of_steps(n: int) -> None:
    result = replace(make_result(), steps=learning_steps(n, 4.0, 0.9))
    figure = learning_figure(result)
    assert figure is not None
    assert figure.axes[0].get_xscale() == ("log" if n > 20 else "linear")
    assert np.size(figure.axes[0].lines[0].get_xdata()) <= 4000


def converged(epochs: int, **metrics: float) -> Result:
    """Return two trainings of so many epochs, with their table."""
    steps = {**learning_steps(epochs, 4.0, 0.9), "step": list(range(epochs))}
    lower = [0.9 * value for value in steps["accuracy"]]
    each = [{**steps, "train_accuracy": steps["accuracy"]}, {**steps, "train_accuracy": lower}]
    tables = {"convergence": epoch_table(each, 1, None)}
    return replace(make_result(), steps=steps, tables=tables, metrics=metrics)


@pytest.mark.parametrize("epochs", [1, 5, 1000])
def test_convergence_takes_the_place_of_learning(epochs: int) -> None:
    result = converged(epochs, chance_accuracy=0.1, accuracy_backprop=0.95)
    figures = draw_all(result)
    assert list(figures) == ["convergence", "timeline", "energy"]
    figure = figures["convergence"]
    assert overlapping_texts(figure) == []
    assert png(figure)
    means = result.tables["convergence"]["train_accuracy"]
    for axes in figure.axes[:2]:
        test, train, bound, chance = axes.lines
        assert list(train.get_ydata()) == means  # type: ignore[arg-type]
        assert test.get_linewidth() > train.get_linewidth()
        assert set(bound.get_ydata()) == {0.95}  # type: ignore[arg-type]
        assert set(chance.get_ydata()) == {0.1}  # type: ignore[arg-type]
        low, high = axes.get_xlim()
        assert low <= min(test.get_xdata()) <= max(test.get_xdata()) <= high  # type: ignore[type-var]


def test_convergence_without_a_bound_or_a_learned_epoch() -> None:
    figure = draw_all(converged(3, chance_accuracy=0.1))["convergence"]
    assert [line.get_label().partition(",")[0] for line in figure.axes[0].lines] == [
        "test", "train", "chance"
    ]  # fmt: skip
    tested = epoch_table([{"step": [0], "accuracy": [0.5]}], 0, None)
    result = replace(make_result(), tables={"convergence": tested})
    assert set(draw_all(result)) == {"timeline", "energy"}


def test_free_energy_and_missing_tests_are_drawn() -> None:
    steps = {"accuracy": [0.1, 0.9], "seconds": [0.0, 1.0], "energy_j": [0.0, 0.0]}
    result = replace(make_result(), steps=steps, metrics={}, bill=Bill("p", ()))
    figure = learning_figure(result)
    assert figure is not None
    assert png(figure)


def test_the_running_mean_keeps_a_constant_and_starts_at_the_first_step() -> None:
    assert smooth(np.full(500, 0.25)) == pytest.approx(0.25, abs=1e-12)
    ramp = np.arange(500.0)
    assert smooth(ramp)[0] == 0.0
    assert smooth(ramp)[100] == pytest.approx(100.0, rel=1e-12)  # centred: no lag inside
    noisy = np.random.default_rng(1).normal(size=6000)
    # windows of 201 independent steps: the variance falls to 1/201, known to 4.5 sigma
    inner = smooth(noisy)[200:-200:201]
    spread = np.var(inner) * 201
    assert abs(spread - 1) < 4.5 * np.sqrt(2 / len(inner))


def test_many_parts_are_gathered_and_their_bars_hold_all_energy() -> None:
    lines = tuple(
        Line(Entry(f"part{n}", GROUPS[n % 5], "action", "x", 1, 10 + n, 1),  # type: ignore[arg-type]
             price("3", "pJ", low="1", high="9"))
        for n in range(30)
    )  # fmt: skip
    bill = Bill("p", lines)
    below = energy_figure(bill).axes[1]
    labels = [label.get_text() for label in below.get_yticklabels()]
    assert labels[0] == "part29"
    assert labels[-1] == "16 more parts"
    widths = [bar.get_width() for bar in below.patches]  # type: ignore[attr-defined]
    largest = bill.total(where=lambda line: line.entry.part == "part29")
    assert sum(widths) / widths[0] == pytest.approx(bill.total() / largest, rel=1e-12)


def test_odd_timelines_are_drawn() -> None:
    phases = [Phase("Until $done$ or $x", 0, 10**6, "user", ""), Phase("none", 10**6, 0, "?", "")]
    assert png(timeline_figure(Timeline(phases)))
    assert png(timeline_figure(Timeline([Phase("only", 0, 0, "given", "")])))
    empty = (np.empty(0, np.int64), np.empty(0))
    assert png(timeline_figure(Timeline(phases, {"v": empty})))


def test_boards_side_by_side_share_their_rows() -> None:
    results = [make_result(board) for board in ("lab", "fpga", "asic")]
    figure = comparison_figure(results)
    assert overlapping_texts(figure) == []
    rate, energy = figure.axes
    assert [label.get_text() for label in rate.get_yticklabels()] == ["lab", "fpga", "asic"]
    assert rate.get_xscale() == energy.get_xscale() == "log"
    shown = {text.get_text() for axes in (rate, energy) for text in axes.texts}
    assert {"95.1 kHz", "2.00 GHz", "1.31 µJ", "18.4 pJ"} <= shown


def test_boards_without_updates_leave_their_row_empty() -> None:
    idle = replace(make_result(), emulated=Emulated(10, 0, 0))
    assert png(comparison_figure([idle]))


def test_only_units_get_their_greek_letter() -> None:
    assert micro("10.5 us, 1.31 uJ, 12 updates, 3 units") == "10.5 µs, 1.31 µJ, 12 updates, 3 units"
