"""One result of several boards, run one after the other on one bench."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emulator import Bill, Emulated, Line, Result

from .study import Study
from .warnings import warnings_of


def joined(result: Result, studies: Sequence[Study]) -> Result:
    """Return `result` with the time, updates and bill of all boards, which must be alike.

    Of the pulse fidelity it keeps the worst board's value, entry by entry.
    """
    totals = [study.bench.emulated() for study in studies]
    emulated = Emulated(
        sum(each.elapsed_ps for each in totals),
        sum(each.window_ps for each in totals),
        sum(each.updates for each in totals),
    )
    found = [study.bench.board.fidelity() for study in studies]
    worst = {name: _largest([each[name] for each in found]) for name in found[0]}
    bills = [study.bench.bill() for study in studies]
    return replace(result, emulated=emulated, bill=joined_bill(bills), fidelity=worst)


def _largest(values: Sequence[float | int | None]) -> float | int | None:
    return max((value for value in values if value is not None), default=None)


def joined_bill(bills: Sequence[Bill]) -> Bill:
    """Return the sum of the bills of boards that are built alike, line by line."""
    lines = zip(*(bill.lines for bill in bills), strict=True)
    return Bill(bills[0].prices, tuple(_sum(same) for same in lines))


def _sum(lines: tuple[Line, ...]) -> Line:
    """Return the sum of one part's state or action over the boards."""
    entries = [line.entry for line in lines]
    amount = sum(entry.amount for entry in entries)
    window = sum(entry.window_amount for entry in entries)
    return replace(lines[0], entry=replace(entries[0], amount=amount, window_amount=window))


def joined_warnings(studies: Sequence[Study]) -> list[str]:
    """Return the warnings of all boards; what not every board says names those that do."""
    said: dict[str, list[str]] = {}
    for number, study in enumerate(studies, start=1):
        for text in warnings_of(study.config, study.bench.board, study.bench.mtj):
            said.setdefault(text, []).append(str(number))
    return [
        text if len(boards) == len(studies) else f"board {', '.join(boards)}: {text}"
        for text, boards in said.items()
    ]
