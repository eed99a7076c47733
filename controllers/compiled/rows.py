"""Whole rows of updates at once, for lanes whose updates follow a `Recipe`.

A batch is cut into stretches of rows that fit the caches: their random words are computed in
bulk, their pulses delivered, and then every junction of every row decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .deal import fill_readings, fill_ring, fill_rows
from .decide import book_errors, decide, look_up_levels, look_up_limits
from .layout import Job, Machine
from .recipe import NEVER_RESETS
from .rowtrace import note_rows
from .settle import finish
from .sheet import LOOKED_UP, TABULATED, WALKED, Sheet
from .walk import walk


def run_rows(s: Sheet, job: Job, m: Machine, block: Any, now: int, first: int, rows: int) -> None:
    """Run rows `first` .. `first + rows - 1` of a batch that began at `now`.

    The tables must hold what the batch needs.
    """
    n, draws = job.neurons, m.draws
    if first == 0:
        prepare(s, m.junctions, m.controls, draws)
    for row in range(first, first + rows, s.stretch):
        count = min(s.stretch, first + rows - row)
        drawn = draws[0].position + row
        shift = drawn & 3
        fill_rows(draws[0], drawn >> 2, shift + count, n, s.switching, s.run)
        if s.reset != NEVER_RESETS:
            fill_ring(draws[n], s, count)
        if s.compares:
            reader = draws[s.adc_draws[0]]
            fill_rows(reader, drawn >> 2, shift + count, n, s.reading, s.run)
        else:
            read_and_walk(s, job, m, now, row, count)
        if s.source == LOOKED_UP:
            look_up_levels(s, job.codes, job.gates, row * n, count * n)
        if s.source != TABULATED:
            look_up_limits(s, m.bank[0], count * n)
        if s.flawed and s.source != WALKED:
            book_errors(s, job, row * n, count * n)
        converter = m.adcs[0 if s.compares else s.recipes[0].adc]
        decide(s, job, converter, row, count, shift)
        if s.traced:
            trace_stretch(s, job, m, block, now, row, count)
    if first + rows == job.rows:
        finish(s, job, m, now)


def read_and_walk(s: Sheet, job: Job, m: Machine, now: int, row: int, count: int) -> None:
    """Deal the words of the converters; walk the lines whose levels are carried."""
    n = job.neurons
    for lane in range(s.adc_draws.size):
        members = s.members[s.member_at[lane] : s.member_at[lane + 1]]
        fill_readings(m.draws[s.adc_draws[lane]], members, count, n, s.reading, s.run)
        if s.source == WALKED:
            each, begun = s.strides.size // s.adc_draws.size, now + row * members.size * s.period
            walk(
                s.strides[lane * each : (lane + 1) * each], m.lines,
                m.switches[s.recipes[lane].switch], m.bank[0], m.tally[0], job.codes, job.gates,
                members, n, s.period, begun, row, count, s.sots, s.arrived,
            )  # fmt: skip


def trace_stretch(
    s: Sheet, job: Job, m: Machine, block: Any, now: int, row: int, count: int
) -> None:
    """Write the trace rows of a stretch."""
    n = job.neurons
    if s.source == TABULATED:
        look_up_levels(s, job.codes, job.gates, row * n, count * n)
    note_rows(
        block, s.entries, job.codes, job.gates, job.results, s.left, s.sots, s.arrived, s.members,
        m.bank[0], n, row, count, now + row * n * s.period, s.period,
    )  # fmt: skip


def prepare(s: Sheet, junctions: Any, controls: Any, draws: Any) -> None:
    """Take up the states of the junctions and what was last read; all sums start from zero."""
    n = s.state.size
    for lane in range(s.recipes.size):
        mind = s.recipes[lane].mind
        for k in range(s.member_at[lane], s.member_at[lane + 1]):
            j = s.members[k]
            s.last[j] = controls[mind * n + np.int64(j)].last_ap
    for j in range(n):
        s.state[j] = junctions[j].state
        position = draws[n + j].position
        s.drawn[j] = s.before[j] = position
        s.filled[j] = position >> 2 << 2
    s.sums[:] = 0
