"""Whole rows of updates at once, for lanes whose updates follow a `Recipe`.

A batch is cut into stretches of rows that fit the caches: their random words are computed in
bulk, their pulses delivered, and then every junction of every row decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .deal import deal_comparisons, deal_readings, deal_rows
from .decide import decide
from .layout import Job, Machine
from .limits import find_limits, look_up_levels
from .rowtrace import note_rows
from .settle import finish
from .sheet import BIT, STATE, TABULATED, WALKED, Sheet
from .walk import walk


def run_rows(s: Sheet, job: Job, m: Machine, block: Any, now: int, first: int, rows: int) -> None:
    """Run rows `first` .. `first + rows - 1` of a batch that began at `now`.

    The tables must hold what the batch needs.
    """
    n, draws, heard = job.neurons, m.draws, s.heard
    if first == 0:
        prepare(s, m.junctions, m.controls, draws)
    for row in range(first, first + rows, s.stretch):
        count = min(s.stretch, first + rows - row)
        drawn = draws[0].position + row
        deal_rows(draws[0], s, drawn, count, n, s.switching)
        begins = read_and_walk(s, job, m, now, row, count, drawn)
        find_limits(s, job, m.bank[0], row, count)
        converter = m.adcs[0 if s.compares else s.recipes[0].adc]
        decide(s, job, converter, draws, heard[begins:], row, count, drawn & 3)
        if s.traced:
            trace_stretch(s, job, m, block, now, row, count)
        hand_on(s, n, count, row + count == job.rows)
    if first + rows == job.rows:
        finish(s, job, m, now)


def read_and_walk(
    s: Sheet, job: Job, m: Machine, now: int, row: int, count: int, drawn: int
) -> int:
    """Deal what the readers hear; walk the lines whose levels are carried.

    Returns where in `heard` the first row begins.
    """
    n, begins = job.neurons, 0
    if s.compares:
        deal_rows(m.draws[s.adc_draws[0]], s, drawn, count, n, s.reading)
        deal_comparisons(s.reading, drawn & 3, count, n, s.heard)
        return begins
    for lane in range(s.adc_draws.size):
        members = s.members[s.member_at[lane] : s.member_at[lane + 1]]
        begins = deal_readings(m.draws[s.adc_draws[lane]], s, members, count, n)
        if s.source == WALKED:
            each, begun = s.strides.size // s.adc_draws.size, now + row * members.size * s.period
            walk(
                s.strides[lane * each : (lane + 1) * each], m.lines,
                m.switches[s.recipes[lane].switch], m.bank[0], m.tally[0], job.codes, job.gates,
                members, n, s.period, begun, row, count, s.sots, s.arrived,
            )  # fmt: skip
    return begins


def trace_stretch(
    s: Sheet, job: Job, m: Machine, block: Any, now: int, row: int, count: int
) -> None:
    """Write the trace rows of a stretch."""
    n = job.neurons
    if s.source == TABULATED:
        first, end = row * n, (row + count) * n
        look_up_levels(s, job.codes[first:end], job.gates[first:end])
    note_rows(
        block, s.entries, job.codes, job.gates, job.results, s.left, s.sots, s.arrived, s.members,
        m.bank[0], n, row, count, now + row * n * s.period, s.period,
    )  # fmt: skip


def prepare(s: Sheet, junctions: Any, controls: Any, draws: Any) -> None:
    """Take up the states of the junctions and what was last read; all sums start from zero."""
    n = s.drawn.size
    for lane in range(s.recipes.size):
        first = s.recipes[lane].controls
        for k in range(s.member_at[lane], s.member_at[lane + 1]):
            j = np.int64(s.members[k])
            s.left[j] = controls[first + j].last_ap * BIT + junctions[j].state * STATE
    for j in range(n):
        position = draws[n + j].position
        s.drawn[j] = s.before[j] = position
        s.checked[j] = position >> 2 << 2
    s.sums[:] = 0


def hand_on(s: Sheet, n: int, count: int, last: bool) -> None:
    """Let the next stretch begin with the marks of the last row; keep those before the end."""
    if last:
        s.before_last[:] = s.left[(count - 1) * n : count * n]
    s.left[:n] = s.left[count * n : (count + 1) * n]
