"""Trainings side by side, epoch by epoch: mean, least and most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import numpy as np

from emulator import Table

Columns = Mapping[str, Sequence[float | int]]  # the progress of one training, a row per epoch
# What an epoch finds, beside `accuracy`, that of its test: columns of a training, in this order.
SCORES = (
    "test_loss", "train_accuracy", "train_loss", "zero_share", "hidden_share", "saturated_share",
    "test_saturated_share",
)  # fmt: skip
COLUMNS = {"test_accuracy": "accuracy", **{name: name for name in SCORES}}  # of the table
COSTS = ("seconds", "energy_j")
BOUND = ("test_accuracy", "train_accuracy", "test_loss", "train_loss")


def epoch_table(trainings: Sequence[Columns], first: int, bound: Columns | None) -> Table:
    """Return one row per epoch, the first of which is number `first`.

    `trainings` says how many came so far; of each score there are mean, `_min` and `_max` over
    them; `seconds` and `energy_j` are what one training has cost by then. With a `bound`, its
    scores stand beside them as `bp_*`. What no training has found is left out.
    """
    found = {name: _rows(trainings, name) for name in ("step", *COLUMNS.values(), *COSTS)}
    table: dict[str, list[float | int]] = {
        "epoch": [first + row for row in range(len(found["step"]))],
        "trainings": [len(values) for values in found["step"]],
    }
    for name, column in COLUMNS.items():
        for end, reduce in (("", fmean), ("_min", np.min), ("_max", np.max)):
            table[name + end] = [float(reduce(values)) for values in found[column]]
    for name in COSTS:
        table[name] = [fmean(values) for values in found[name]]
    if bound is not None:
        table |= {f"bp_{name}": [float(v) for v in bound[COLUMNS[name]]] for name in BOUND}
    return {name: column for name, column in table.items() if len(column) == len(table["epoch"])}


def _rows(trainings: Sequence[Columns], name: str) -> list[list[float | int]]:
    """Return a column row by row: its values in each training that came so far."""
    columns = [columns.get(name, ()) for columns in trainings]
    rows = max(map(len, columns))
    return [[column[row] for column in columns if row < len(column)] for row in range(rows)]
