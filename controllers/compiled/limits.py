"""Thresholds of the pulses of a stretch: looked up by code, or by the levels that arrive."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.grid import gate_volts, sot_volts
from devices.vgsot import threshold

from .layout import Codes, Ints, Job
from .sheet import (
    CUT,
    ERROR,
    LOOKED_UP,
    MEMO,
    SQUARES,
    VARIOUS,
    WALKED,
    WORST,
    WORST_GATE,
    Limits,
    Sheet,
)

_SPREAD = 40503  # odd: gate levels that differ lie apart in the memo


def find_limits(s: Sheet, job: Job, bank: Any, row: int, count: int) -> None:
    """Find the thresholds of the pulses of `count` rows, and count their codes.

    Rows that share their codes share their thresholds.
    """
    n, draws = job.neurons, job.draws
    if s.source == WALKED:
        s.sums[SQUARES] += look_up(s, bank, count * n)
        return
    first, last = row // draws, (row + count - 1) // draws
    codes, gates = job.codes[first * n : (last + 1) * n], job.gates[first * n : (last + 1) * n]
    count_codes(codes, s.met[0], row, count, n, draws)
    if s.slot == VARIOUS:
        count_codes(gates, s.met[1], row, count, n, draws)
    else:
        s.met[1, gates[0]] += count * n
    if s.source == LOOKED_UP:
        look_up_levels(s, codes, gates)
        look_up(s, bank, count * n)
    elif s.slot == VARIOUS:
        pick(codes, gates, s.slots, s.limits, s.given)
    else:
        pick_of_slot(codes, s.limits[s.slot :], s.given)


def count_codes(codes: Codes, met: Ints, row: int, count: int, n: int, draws: int) -> None:
    """Count how often each code of a line was met in `count` rows from `row` on."""
    if draws == 1:
        for i in range(codes.size):
            met[codes[i]] += 1
        return
    at, end = 0, row + count
    while row < end:
        times = min(draws - row % draws, end - row)
        for i in range(at, at + n):
            met[codes[i]] += times
        at += n
        row += times


def pick(
    codes: Codes, gates: Codes, slots: NDArray[np.uint32], limits: Limits, given: Limits
) -> None:
    """Look up the thresholds of pulses."""
    for i in range(codes.size):
        given[i] = limits[slots[gates[i]] + codes[i]]


def pick_of_slot(codes: Codes, limits: Limits, given: Limits) -> None:
    """Look up the thresholds of pulses of one gate code."""
    for i in range(codes.size):
        given[i] = limits[codes[i]]


def look_up_levels(s: Sheet, codes: Codes, gates: Codes) -> None:
    """Look up what arrives at each pulse."""
    sots, arrived, sot_index, gate_index = s.sots, s.arrived, s.sot_index, s.gate_index
    for i in range(codes.size):
        sots[i], arrived[i] = sot_index[codes[i]], gate_index[gates[i]]


def look_up(s: Sheet, bank: Any, count: int) -> int:
    """Turn delivered levels into thresholds; returns the sum of the squares of their codes."""
    sots, arrived, given = s.sots, s.arrived, s.given
    keys, limits = s.memo_keys, s.memo_limits
    square = 0
    for i in range(count):
        sot, gate = np.int64(sots[i]), np.int64(arrived[i])
        key = (gate << 32) | sot
        at = (sot ^ (gate * _SPREAD)) & (MEMO - 1)
        if keys[at] != key:
            volts = sot_volts(bank, sot), gate_volts(bank, gate)
            keys[at], limits[at] = key, threshold(bank, volts[0], volts[1])
        given[i] = limits[at]
        square += (sot >> 4) * (sot >> 4)
    return square


def book_codes(s: Sheet) -> None:
    """Add up what follows from the codes that were met: heat, errors, what a limit cut."""
    met, sums = s.met, s.sums
    for code in range(s.squares.size):
        sots, gates = met[0, code], met[1, code]
        sums[SQUARES] += sots * s.squares[code]
        sums[ERROR] += sots * s.errors[0, code]
        sums[CUT] += sots * s.cuts[0, code] + gates * s.cuts[1, code]
        sums[WORST] = max(sums[WORST], s.errors[0, code] if sots else 0)
        sums[WORST_GATE] = max(sums[WORST_GATE], s.errors[1, code] if gates else 0)
    met[:] = 0
