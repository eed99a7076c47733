"""One result of several boards, run one after the other on one bench."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

from emulator import Bill, Config, Emulated, Line, Result, Table
from emulator.result import Weights

from .study import B, Study, Value
from .warnings import warnings_of


def joined(
    studies: Sequence[Study[B]],
    config: Config,
    metrics: Mapping[str, Value | None],
    *,
    steps: Mapping[str, list[Value]] | None = None,
    weights: Weights | None = None,
    tables: Mapping[str, Table] | None = None,
    warnings: Sequence[str] = (),
) -> Result:
    """Return what a sweep over boards that are built alike has found, under the sweep's `config`.

    Time, updates and bill are those of all boards. Of the pulse fidelity it is the worst board's
    value, entry by entry. Engine, timeline and, without `steps`, progress are the last board's;
    the seed is the sweep's own, whatever those of its boards.
    """
    last = studies[-1].result(metrics, weights=weights, tables=tables)
    totals = [study.bench.emulated() for study in studies]
    found = [study.bench.board.fidelity() for study in studies]
    return replace(
        last,
        config=config,
        seed=config.seed,
        emulated=Emulated(
            sum(each.elapsed_ps for each in totals),
            sum(each.window_ps for each in totals),
            sum(each.updates for each in totals),
        ),
        bill=_joined_bill([study.bench.bill() for study in studies]),
        fidelity={name: _largest([each[name] for each in found]) for name in found[0]},
        steps=last.steps if steps is None else steps,
        warnings=[*warnings, *_joined_warnings(studies)],
        wall_s=time.perf_counter() - studies[0].began,
    )


def _largest(values: Sequence[float | int | None]) -> float | int | None:
    return max((value for value in values if value is not None), default=None)


def _joined_bill(bills: Sequence[Bill]) -> Bill:
    """Return the sum of the bills of boards that are built alike, line by line."""
    lines = zip(*(bill.lines for bill in bills), strict=True)
    return Bill(bills[0].prices, tuple(_sum(same) for same in lines))


def _sum(lines: tuple[Line, ...]) -> Line:
    """Return the sum of one part's state or action over the boards."""
    entries = [line.entry for line in lines]
    amount = sum(entry.amount for entry in entries)
    window = sum(entry.window_amount for entry in entries)
    return replace(lines[0], entry=replace(entries[0], amount=amount, window_amount=window))


def _joined_warnings(studies: Sequence[Study[B]]) -> list[str]:
    """Return the warnings of all boards; what not every board says names those that do."""
    said: dict[str, list[str]] = {}
    for number, study in enumerate(studies, start=1):
        for text in warnings_of(study.config, study.bench.board, study.bench.mtj):
            said.setdefault(text, []).append(str(number))
    return [
        text if len(boards) == len(studies) else f"board {', '.join(boards)}: {text}"
        for text, boards in said.items()
    ]
