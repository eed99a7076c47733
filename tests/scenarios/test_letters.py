"""Letters stored and recalled on a board: what a run says, what it costs, what it refuses."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emulator import ConfigError, DataError, Result
from learning import load_letters
from scenarios.catalog import configure
from scenarios.reporting.figures import png
from scenarios.reporting.recall_figure import COLUMNS, chosen, recall_figure
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.reporting.test_figures import overlapping_texts
from tests.scenarios.small_runs import call, numbers, strict_json

SHORT = ("board=asic", "learner.steps=3", "cues=4", "draws=3", "sweeps=1")
TRAP = ("board=asic", "mtj.sigma=0", "letters=ABC", "complements=false", "cues=30", "draws=5")
FONT = 'schema = 1\n[letters]\nL = ["#..", "#..", "###"]\nT = ["###", ".#.", ".#."]\n'


def letters_run(*settings: str, **head: Any) -> Result:
    return run(configure("sinn-letters", settings, **head))


@cache
def learned() -> Result:
    """A full training on three letters, recalled from cues with a tenth of the pixels flipped."""
    return letters_run("board=asic", "mtj.sigma=0", "letters=ABC", "cues=60")


@cache
def trapped() -> Result:
    """The same without complements."""
    return letters_run(*TRAP)


def test_three_letters_are_recalled_nearly_as_often_as_in_the_limit() -> None:
    metrics = learned().metrics
    assert metrics["letters_stored"] == 3
    assert metrics["cues"] == 60
    assert metrics["learning_steps"] == 300
    assert metrics["exact_recall_limit"] >= 0.9
    assert abs(metrics["exact_recall"] - metrics["exact_recall_limit"]) <= 0.05
    assert metrics["exact_recall"] <= metrics["pixel_accuracy"] <= 1.0
    assert learned().steps["stable"][-1] == 1.0
    assert learned().steps["goal"][-1] > learned().steps["goal"][0]
    assert learned().warnings == []


def test_a_run_yields_weights_without_a_diagonal_and_one_row_per_cue() -> None:
    result, letters = learned(), load_letters()
    assert result.weights["weights"].shape == (35, 35)
    assert (np.diag(result.weights["weights"]) == 0.0).all()
    table = result.tables["recall"]
    assert {len(column) for column in table.values()} == {60}
    assert table["letter"][:4] == ["A", "B", "C", "A"]
    stored = letters.text(letters.patterns["B"]).replace("\n", "/")
    assert table["stored"][1] == stored
    for name, check in (("recalled", "exact"), ("limit", "exact_limit")):
        pairs = zip(table[name], table["stored"], table[check], strict=True)
        assert all((found == wanted) == bool(exact) for found, wanted, exact in pairs)
    assert np.mean(table["exact"]) == result.metrics["exact_recall"]
    assert np.mean(table["exact_limit"]) == result.metrics["exact_recall_limit"]
    pairs = zip(table["stored"], table["shown"], strict=True)
    flipped = sum(a != b for stored, shown in pairs for a, b in zip(stored, shown, strict=True))
    assert abs(flipped - 210) < 4.5 * np.sqrt(2100 * 0.1 * 0.9)


def test_time_and_energy_are_those_of_training_and_of_the_recalls() -> None:
    result = learned()
    n, metrics = result.metrics["cues"], result.metrics
    trained_s, trained_j = result.steps["seconds"][-1], result.steps["energy_j"][-1]
    recalling = n * metrics["latency_per_recall_s"], n * metrics["energy_per_recall_j"]
    assert trained_s + recalling[0] == pytest.approx(result.emulated.seconds, rel=1e-9)
    assert trained_j + recalling[1] == pytest.approx(result.bill.total(), rel=1e-9)
    assert result.steps["updates"][-1] == 300 * 2 * 20 * 35  # two updates per sample and neuron
    recalled = result.emulated.updates - result.steps["updates"][-1]
    assert recalled % (metrics["draws"] * 35) == 0
    assert recalled >= n * metrics["draws"] * 35


def test_without_complements_recall_fails_and_the_constant_pixels_are_named() -> None:
    result = trapped()
    assert result.metrics["exact_recall_limit"] < learned().metrics["exact_recall_limit"] / 2
    (told,) = result.warnings
    assert told.startswith("20 of 35 pixels are alike in all stored letters")
    assert "(row, column) (1, 2), (1, 3), (1, 4), (1, 5), (2, 1)," in told
    assert "complements=true" in told


def test_letters_without_constant_pixels_need_no_complements() -> None:
    result = letters_run(*SHORT, "letters=MVYDZXFISA", "complements=false")
    assert not any("alike" in told for told in result.warnings)


def test_without_a_learning_step_the_weights_are_said_to_be_random() -> None:
    (told,) = letters_run(*SHORT, "learner.steps=0").warnings
    assert told == "no learning step was taken: the weights are random"


@pytest.mark.parametrize("draws", [3, 4])
def test_an_even_vote_is_warned_about(draws: int) -> None:
    told = [text for text in letters_run(*SHORT, f"draws={draws}").warnings if "tie" in text]
    assert len(told) == (draws == 4)
    for text in told:
        assert text.startswith(
            "draws = 4 is even, so votes may tie: the neuron then stays as it is"
        )


@pytest.mark.parametrize("board", ["asic", "lab"])
def test_both_engines_find_the_same(board: str) -> None:
    settings = (f"board={board}", "learner.steps=2", "cues=3", "draws=3", "sweeps=1")
    event, compiled = (letters_run(*settings, engine=name) for name in ("event", "compiled"))
    assert compiled.engine == "compiled"
    assert event.metrics == compiled.metrics
    assert event.steps == compiled.steps
    assert event.tables == compiled.tables
    assert event.bill == compiled.bill


def test_seeds_decide_weights_and_cues() -> None:
    first, again, other = (letters_run(*SHORT, seed=seed) for seed in (3, 3, 4))
    assert numbers(first.summary()) == numbers(again.summary())
    assert first.tables == again.tables
    assert first.tables["recall"]["shown"] != other.tables["recall"]["shown"]
    assert (first.weights["weights"] != other.weights["weights"]).any()


def test_cues_side_by_side_share_the_link_and_wait_for_each_other() -> None:
    """On the laboratory board each transfer takes a millisecond."""
    settings = ("letters=ABC", "learner.steps=3", "cues=6", "draws=3", "flips=0", "sweeps=1")
    alone = letters_run(*settings)
    beside = letters_run(*settings, "together=6")
    metrics = alone.metrics, beside.metrics
    assert metrics[1]["latency_per_recall_s"] > metrics[0]["latency_per_recall_s"]
    assert metrics[1]["energy_per_recall_j"] < metrics[0]["energy_per_recall_j"]
    assert metrics[1]["exact_recall_limit"] == metrics[0]["exact_recall_limit"]


def test_letters_of_ones_own_have_their_own_size(tmp_path: Path) -> None:
    font = tmp_path / "mine.toml"
    font.write_text(FONT)
    result = letters_run(*SHORT, f"font={font}", "letters=LT")
    assert result.weights["weights"].shape == (9, 9)
    assert result.tables["recall"]["stored"][:2] == ["#../#../###", "###/.#./.#."]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("letters=ABCA", "'A' comes more than once"),
        ("letters=ABc", "'c' is unknown"),
        ("flips=0.6", r"sinn-letters\.flips = 0\.6 is outside \[0, 0\.5\]"),
        ("cues=0", r"sinn-letters\.cues = 0 is outside \[1, 10000\]"),
        ("draws=0", r"sinn-letters\.draws = 0 is outside"),
        ("font=nowhere.toml", r"nowhere\.toml: no such file"),
    ],
)
def test_what_cannot_be_stored_is_refused(setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        letters_run(*SHORT, setting)


def test_letters_of_unequal_size_are_refused(tmp_path: Path) -> None:
    font = tmp_path / "mine.toml"
    font.write_text(FONT.replace('".#.", ".#."]', '".#."]'))
    with pytest.raises(DataError, match="'T' has 2 rows x 3 columns, letter 'L' 3 x 3"):
        letters_run(*SHORT, f"font={font}", "letters=LT")


class StopIn(Unwatched):
    """Asks to stop after one unit of a phase."""

    def __init__(self, phase: str) -> None:
        self.wanted, self.phase, self.done = phase, "", 0

    def begin(self, phase: str, total: int) -> None:
        self.phase = phase

    def advance(self, units: int, note: str) -> None:
        self.done += self.phase == self.wanted

    def stop(self) -> bool:
        return self.done > 0


@pytest.mark.parametrize(("phase", "steps", "cues"), [("learning", 1, 0), ("recall", 3, 1)])
def test_an_interrupted_run_keeps_what_was_done(phase: str, steps: int, cues: int) -> None:
    result = run(configure("sinn-letters", SHORT), StopIn(phase))
    assert result.status == "interrupted"
    assert (result.metrics["learning_steps"], result.metrics["cues"]) == (steps, cues)
    assert result.metrics["exact_recall"] is None
    assert (result.metrics["energy_per_recall_j"] is None) == (cues == 0)
    assert len(result.tables["recall"]["cue"]) == cues
    assert (recall_figure(result) is None) == (cues == 0)


def test_the_command_writes_the_table_and_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ("run", "sinn-letters", *SHORT, "--json", "--quiet", "--out", out)
    assert call(monkeypatch, *arguments) == 0
    assert strict_json(capfd.readouterr().out)["metrics"]["letters_stored"] == 5
    assert (out / "recall.png").read_bytes().startswith(b"\x89PNG")
    assert (out / "recall.csv").read_text().startswith("cue,letter,stored,shown,recalled,limit,")


def test_the_figure_shows_hits_and_misses_with_labels_apart() -> None:
    for result in (learned(), trapped()):
        figure = recall_figure(result)
        assert figure is not None
        assert png(figure).startswith(b"\x89PNG")
        assert overlapping_texts(figure) == []
        assert len(figure.axes) == 4 * COLUMNS
        recalled, cues = result.metrics["exact_recall"], result.metrics["cues"]
        assert f"{100 * recalled:.1f} % of {cues} cues" in figure.get_suptitle()
    assert recall_figure(replace(learned(), tables={})) is None


@pytest.mark.parametrize(
    ("exact", "shown"),
    [
        ([1] * 20, list(range(8))),
        ([0] * 20, list(range(8))),
        ([1] * 10 + [0] * 10, [0, 1, 2, 3, 10, 11, 12, 13]),
        ([0] * 10 + [1] * 2, [0, 1, 2, 3, 4, 5, 10, 11]),
        ([1, 0], [0, 1]),
    ],
)
def test_up_to_half_of_the_cues_drawn_are_misses(exact: list[int], shown: list[int]) -> None:
    assert chosen({"exact": exact}) == shown


def test_a_surface_that_multiplies_is_warned_about() -> None:
    result = run(
        configure(
            "sinn-letters", ["board=asic", "learner.steps=2", "cues=2", "draws=1", "mtj.form=gain"]
        )
    )
    assert any("mtj.form = gain" in text for text in result.warnings)
