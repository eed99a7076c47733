"""The table of trainings, epoch by epoch, against numbers made by hand."""

from __future__ import annotations

import math

from scenarios.epoch_table import COLUMNS, COSTS, epoch_table


def columns(accuracies, *, factor=1.0):
    n = len(accuracies)
    scores = {column: [factor * (k + 1) for k in range(n)] for column in COLUMNS.values()}
    costs = {name: [2.0 * (k + 1) for k in range(n)] for name in COSTS}
    return {"step": list(range(n)), **scores, "accuracy": accuracies, **costs}


def test_each_row_is_over_the_trainings_that_came_so_far():
    table = epoch_table([columns([0.1, 0.4, 0.6]), columns([0.3, 0.2])], first=1, bound=None)
    assert table["epoch"] == [1, 2, 3]
    assert table["trainings"] == [2, 2, 1]
    assert table["test_accuracy"] == [0.2, 0.30000000000000004, 0.6]
    assert table["test_accuracy_min"] == [0.1, 0.2, 0.6]
    assert table["test_accuracy_max"] == [0.3, 0.4, 0.6]
    assert table["seconds"] == [2.0, 4.0, 6.0]


def test_every_score_is_its_own():
    table = epoch_table([columns([0.5], factor=1.0), columns([0.5], factor=3.0)], 1, None)
    for name in COLUMNS:
        if name != "test_accuracy":
            assert [table[name + end] for end in ("", "_min", "_max")] == [[2.0], [1.0], [3.0]]


def test_a_training_that_diverged_is_not_hidden_by_the_others():
    """A NaN is neither the least nor the most of anything, wherever it stands."""
    for losses in ([math.nan, 1.0], [1.0, math.nan]):
        each = [columns([0.1]) | {"test_loss": [loss]} for loss in losses]
        table = epoch_table(each, 1, None)
        assert all(math.isnan(table[f"test_loss{end}"][0]) for end in ("", "_min", "_max"))


def test_a_test_alone_has_no_scores_of_training():
    tested = {
        "step": [0],
        "accuracy": [0.7],
        "test_loss": [1.0],
        "seconds": [1.0],
        "energy_j": [2.0],
    }
    table = epoch_table([tested], first=0, bound=None)
    assert table["epoch"] == [0]
    assert table["test_accuracy_max"] == [0.7]
    assert not any(name.startswith(("train_", "zero_")) for name in table)


def test_the_bound_stands_beside_and_nothing_begun_is_an_empty_table():
    table = epoch_table([columns([0.1, 0.2])], 1, columns([0.8, 0.9]))
    assert table["bp_test_accuracy"] == [0.8, 0.9]
    assert table["test_accuracy"] == [0.1, 0.2]
    assert all(column == [] for column in epoch_table([{}], 1, None).values())
