"""Device variation: what a chip loses, what a calibration gives back, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest

from emulator import ConfigError, Result
from scenarios.catalog import configure
from scenarios.recovery import recovery
from scenarios.reporting.style import png
from scenarios.reporting.variation_figure import variation_figure
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.reporting.test_figures import overlapping_texts
from tests.scenarios.small_runs import numbers

SHORT = ("board=asic", "learner.steps=3", "draws=2", "test_samples=40", "trials=40",
         "sigmas=0.05, 0.3")  # fmt: skip
KINDS = ["none", "after", "before"]


def short(*settings: str, **head: Any) -> Result:
    return run(configure("sinn-variation", (*SHORT, *settings), **head))


@cache
def swept() -> Result:
    """One large sigma beside none, on the fast board, learned long enough to tell most digits."""
    settings = ("board=asic", "sigmas=0, 0.25", "learner.steps=300", "draws=5")
    return run(configure("sinn-variation", settings))


def column(result: Result, name: str) -> list[Any]:
    return list(result.tables["variation"][name])


def test_every_sigma_is_judged_as_made_and_calibrated() -> None:
    result = short()
    assert column(result, "sigma") == [0.05] * 3 + [0.3] * 3
    assert column(result, "calibration") == KINDS * 2
    assert result.metrics["chips"] == 4
    assert result.metrics["accuracy"] == column(result, "accuracy")[3]
    assert result.metrics["accuracy_calibrated"] == column(result, "accuracy")[5]
    assert result.metrics["accuracy_calibrated_after"] == column(result, "accuracy")[4]
    assert all(0 <= a <= 1 for a in column(result, "accuracy_one_draw"))
    assert {len(c) for c in result.tables["variation"].values()} == {6}
    assert list(result.tables["calibration"]["trials"]) == [10, 30, 40]


def test_a_chip_as_made_is_the_network_of_sinn_digits() -> None:
    """The sweep adds nothing to what the plain scenario finds at the same sigma."""
    shared = ("board=asic", "learner.steps=20", "test_samples=100", "draws=3")
    plain = run(configure("sinn-digits", [*shared, "mtj.sigma=0.1"], seed=2))
    result = run(configure("sinn-variation", [*shared, "sigmas=0.1", "trials=10"], seed=2))
    for name in ("accuracy", "accuracy_low", "accuracy_high", "accuracy_probability"):
        assert column(result, name)[0] == plain.metrics[name]
    assert column(result, "seconds")[0] == plain.emulated.seconds
    assert column(result, "energy_j")[0] == plain.bill.total()


def test_variation_costs_votes_and_calibration_brings_a_part_back() -> None:
    """On the test set's own samples, so the standard error is that of a difference of shares."""
    accuracy = column(swept(), "accuracy")
    metrics = swept().metrics
    ideal, made, after = accuracy[0], accuracy[3], accuracy[4]
    spread = math.sqrt((ideal * (1 - ideal) + made * (1 - made)) / 360)
    assert ideal - made > 4.5 * spread
    assert after > made
    assert metrics["accuracy_calibrated"] is not None
    assert metrics["accuracy_calibrated"] > made
    share = (metrics["accuracy_calibrated"] - made) / (ideal - made)
    assert metrics["recovered"] == pytest.approx(share)


def test_what_comes_back_has_an_interval() -> None:
    """Its ends are no wider than the worst that the intervals of the three shares allow."""
    metrics, table = swept().metrics, swept().tables["variation"]
    low, high = ([float(v) for v in table[f"accuracy_{side}"]] for side in ("low", "high"))
    assert low[0] > high[3]  # the loss is no chance
    for name, row in (("recovered", 5), ("recovered_after", 4)):
        least = (low[row] - high[3]) / (high[0] - high[3])
        most = (high[row] - low[3]) / (low[0] - low[3])
        share, below, above = (metrics[f"{name}{side}"] for side in ("", "_low", "_high"))
        assert share is not None
        assert below is not None
        assert above is not None
        assert least < below < share < above < most
    assert not any("may be chance" in text for text in swept().warnings)


def right(*wrong: int) -> np.ndarray:
    """Return which of 100 votes are right: all but those in [first, last)."""
    votes = np.ones(100, dtype=np.bool_)
    votes[slice(*wrong)] = False
    return votes


def test_a_share_of_what_is_lost() -> None:
    found = recovery(right(0, 5), right(0, 25), right(0, 10))
    assert found is not None
    assert found.share == pytest.approx(15 / 20)
    assert found.interval is not None
    assert found.interval[0] < 15 / 20 < found.interval[1]
    harm = recovery(right(0, 5), right(0, 25), right(0, 45))
    assert harm is not None
    assert harm.interval is not None
    assert harm.interval[1] < 0  # is not clipped


def test_a_loss_by_chance_has_no_interval_and_no_loss_no_share() -> None:
    by_chance = recovery(right(0, 5), right(50, 57), right(0, 3))
    assert by_chance is not None
    assert by_chance.share == pytest.approx(2.0)
    assert by_chance.interval is None
    assert recovery(right(0, 5), right(50, 55), right(0, 0)) is None


def test_a_loss_by_chance_is_said_to_be_one() -> None:
    """Forty samples after three learning steps tell nothing."""
    result = short("board=lab", seed=3)
    assert result.metrics["recovered"] is not None
    assert result.metrics["recovered_low"] is result.metrics["recovered_high"] is None
    (told,) = (text for text in result.warnings if "may be chance" in text)
    assert told.startswith("the votes lost between sigma 0.05 and 0.3 may be chance")


def test_the_offsets_that_are_left_follow_the_trials() -> None:
    """As made their rms is sigma; after K trials at most half over the root of K."""
    error, kinds = column(swept(), "offset_error"), column(swept(), "calibration")
    left = [e for e, kind in zip(error, kinds, strict=True) if kind != "none"]
    one_sigma = 0.25 / math.sqrt(2 * 10)  # standard error of an rms over ten devices
    assert abs(error[3] - 0.25) < 4.5 * one_sigma
    assert max(left) < 0.5 / math.sqrt(1000) * (1 + 4.5 / math.sqrt(20))
    assert min(left) > 0


def test_what_is_lost_for_good_grows_with_sigma() -> None:
    reach = column(swept(), "out_of_reach")
    assert [reach[0], reach[3]] == [0, 0]  # nothing is asked for where nothing is corrected
    assert reach[4] > reach[1]
    assert reach[5] > reach[2]


def test_the_bill_is_that_of_all_chips() -> None:
    """Two chips per sigma; `after` goes on with the chip that was judged as made."""
    result = short()
    updates = 3 * 400 + 40 * 10 * 2  # of one chip: learning, one classification
    assert result.emulated.updates == 2 * (2 * updates + 40 * 10 * 2 + 2 * 40 * 10)
    seconds, energy = (column(result, name) for name in ("seconds", "energy_j"))
    judged = [float(result.steps["seconds"][-1]), float(result.steps["energy_j"][-1])]
    assert judged == pytest.approx([result.emulated.seconds, result.bill.total()], rel=1e-12)
    whole = sum(seconds[k] for k in (1, 2, 4, 5))  # of `none` its classification comes on top
    assert whole < result.emulated.seconds < sum(seconds)
    assert sum(energy[k] for k in (1, 2, 4, 5)) < result.bill.total() < sum(energy)
    for entry in (line.entry for line in result.bill.lines):
        assert entry.window_amount <= entry.amount


def test_residencies_sum_to_the_time_of_all_chips() -> None:
    result, parts = short(), {}
    for entry in (line.entry for line in result.bill.lines):
        if entry.kind == "state":
            parts[entry.part] = parts.get(entry.part, 0) + entry.amount
    assert parts
    assert set(parts.values()) == {result.emulated.elapsed_ps}


def test_calibration_is_paid_for() -> None:
    """A thousand trials of ten devices, and nothing for a chip as it is made."""
    result = short()
    seconds, energy = (column(result, f"calibration_{n}") for n in ("seconds", "energy_j"))
    assert [seconds[0], seconds[3], energy[0], energy[3]] == [0, 0, 0, 0]
    assert min(seconds[1], seconds[2], energy[1], energy[2]) > 0
    more = short("trials=4000")
    assert column(more, "calibration_energy_j")[2] > energy[2]
    rungs = more.tables["calibration"]
    assert rungs["seconds"][-1] == pytest.approx(column(more, "calibration_seconds")[4])
    assert all(np.diff(np.array(rungs["energy_j"], float)) > 0)


def test_both_engines_find_the_same() -> None:
    event, compiled = (short(engine=name) for name in ("event", "compiled"))
    assert event.tables == compiled.tables
    assert event.bill == compiled.bill
    assert event.steps == compiled.steps
    left, right = numbers(event.summary()), numbers(compiled.summary())
    for name in ("engine", "config_digest"):
        assert left.pop(name) != right.pop(name)
    assert left == right


def test_the_same_seed_gives_the_same_sweep_and_another_seed_another() -> None:
    first, again, other = short(seed=5), short(seed=5), short(seed=6)
    assert first.tables == again.tables
    assert first.tables != other.tables


class StopAfter(Unwatched):
    """Asks to stop after so many learning steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps
        self.rows: list[Mapping[str, float | int]] = []

    def advance(self, units: int, note: str) -> None:
        self.left -= units

    def step(self, row: Mapping[str, float | int]) -> None:
        self.rows.append(row)

    def stop(self) -> bool:
        return self.left <= 0


@pytest.mark.parametrize(("steps", "rows"), [(1, 0), (4, 2), (7, 3), (9, 3)])
def test_a_sweep_that_is_stopped_keeps_what_was_judged(steps: int, rows: int) -> None:
    """Three steps per chip; the ninth is the last of the second sigma as made, not yet judged."""
    watch, config = StopAfter(steps), configure("sinn-variation", SHORT)
    result = run(config, watch)
    assert result.status == "interrupted"
    assert column(result, "calibration") == (KINDS * 2)[:rows]
    whole = short()
    for name, values in whole.tables["variation"].items():
        assert column(result, name) == list(values)[:rows]
    assert len(watch.rows) == rows
    assert result.metrics["accuracy"] is None
    assert result.metrics["recovered"] is None
    assert result.emulated.updates > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a, b", "sigmas = a, b is not a list of numbers"),
        ("0.1,", "is not a list of numbers"),
        ("0, -0.1", r"each must lie in \[0, 1\]"),
        ("0, 1.5", r"each must lie in \[0, 1\]"),
        ("nan", r"each must lie in \[0, 1\]"),
        ("0.1, 0.1", "each above the last"),
        ("0.2, 0.1", "each above the last"),
    ],
)
def test_sigmas_must_be_a_rising_list(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run(configure("sinn-variation", [f"sigmas={text}"]))


def test_a_surface_that_cannot_be_inverted_is_refused_before_anything_runs() -> None:
    with pytest.raises(ConfigError, match=r"mtj\.form = gain"):
        run(configure("sinn-variation", [*SHORT, "mtj.form=gain"]), StopAfter(0))


def test_a_sigma_of_the_junctions_card_is_said_to_be_unused() -> None:
    (said,) = (w for w in short("mtj.sigma=0.1").warnings if "mtj.sigma" in w and "not used" in w)
    assert "0.1" in said
    assert not any("not used" in w for w in short().warnings)
    assert any(w.startswith("board 3, 4: mtj.sigma = 0.3 lies outside") for w in short().warnings)


def test_a_network_from_elsewhere_is_calibrated_without_learning(tmp_path) -> None:
    np.savez(tmp_path / "weights.npz", **swept().weights)
    settings = ("board=asic", "learner.steps=0", f"weights={tmp_path / 'weights.npz'}",
                "sigmas=0.25", "draws=5")  # fmt: skip
    none, after, before = column(run(configure("sinn-variation", settings)), "accuracy")
    assert after > none
    assert before > none


def test_the_figure_needs_the_table_and_keeps_its_labels_apart() -> None:
    figure = variation_figure(swept())
    assert figure is not None
    assert png(figure).startswith(b"\x89PNG")
    assert overlapping_texts(figure) == []
    assert [axes.get_title() for axes in figure.axes[:3]] == [""] * 3  # titles stand at the left
    assert len(figure.axes) == 5
    plain = run(configure("sinn-digits", ["board=asic", "learner.steps=1", "test_samples=10"]))
    assert variation_figure(plain) is None
