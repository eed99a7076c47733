"""How `spinboard bench` times: in short slices that take turns, in CPU time of one core."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

Rates = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Row:
    """One figure, a rate; each ratio is that rate over another's, slice by slice.

    `ratio_to_event`: to the event engine. `ratio_to_plain`: to the plain way to write a learning
    step down. None where there is no such thing to compare with.
    """

    name: str
    value: float
    unit: str
    ratio_to_event: float | None
    ratio_to_plain: float | None


@dataclass(frozen=True)
class Workload:
    """Something that can be timed in slices: `run()` does one and returns how much it did.

    Its ratios are taken to the workloads called `event` and `plain`.
    """

    name: str
    unit: str
    run: Callable[[], float]
    event: str | None = None
    plain: str | None = None


def take_turns(loads: Sequence[Workload], slices: int) -> list[Row]:
    """Time `slices` slices of all workloads in alternation; medians over the slices."""
    rates: dict[str, list[float]] = {load.name: [] for load in loads}
    with threadpool_limits(1):
        for _ in range(slices):
            for load in loads:
                began = time.process_time()
                amount = load.run()
                rates[load.name].append(amount / (time.process_time() - began))
    return [_row(load, rates) for load in loads]


def _row(load: Workload, rates: Rates) -> Row:
    own = rates[load.name]
    ratios = [_ratio(own, rates, other) for other in (load.event, load.plain)]
    return Row(load.name, statistics.median(own), load.unit, *ratios)


def _ratio(own: Sequence[float], rates: Rates, other: str | None) -> float | None:
    if other is None:
        return None
    return statistics.median(a / b for a, b in zip(own, rates[other], strict=True))
