"""A classification task: what is learned, on what it is judged, and how a test went."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from emulator import ConfigError, Count, Params
from learning import DataSet, Samples, find_data, load_digits_split, load_mnist, wilson

Labels = NDArray[np.int64]


class TaskParams(Params):
    """The task: what is learned, and on what it is judged."""

    data_set: Literal["digits", "mnist"]
    test_samples: Count = Field(ge=0)
    monitor_samples: Count = Field(ge=1)
    weights: str


@dataclass(frozen=True)
class Task:
    """A data set with the samples to judge by: `test` and `monitor` are (samples, labels)."""

    params: TaskParams
    data: DataSet
    test: tuple[Samples, Labels]
    monitor: tuple[Samples, Labels]


@dataclass(frozen=True)
class Score:
    """How a test went: `right` of `samples` classified, out of `asked`."""

    right: int
    samples: int
    asked: int

    def metrics(self) -> dict[str, float | None]:
        """Return accuracy and its 95 % interval (Wilson), None where the test was cut short."""
        if self.samples < self.asked or not self.asked:
            return dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high"))
        low, high = wilson(self.right, self.samples)
        accuracy = self.right / self.samples
        return {"accuracy": accuracy, "accuracy_low": low, "accuracy_high": high}


def load_task(params: TaskParams, directory: str | None) -> Task:
    """Return the task: the first `test_samples` of the test set (0: all), some to watch.

    Raises `DataError` if files are missing or damaged, `ConfigError` if the test set is smaller.
    """
    if params.data_set == "digits":
        data = load_digits_split()
    else:
        data = load_mnist(find_data("mnist", Path(directory) if directory else None))
    if params.test_samples > len(data.x_test):
        raise ConfigError(
            f"test_samples = {params.test_samples} is outside [0, {len(data.x_test)}], the test "
            f"set of {data.name}"
        )
    count, n = params.test_samples or len(data.x_test), params.monitor_samples
    test, monitor = (data.x_test[:count], data.y_test[:count]), (data.x_train[:n], data.y_train[:n])
    return Task(params, data, test, monitor)
