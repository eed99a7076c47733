"""A stretch of rows decides: thresholds are looked up, then row by row reset, write, read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import reads_ap
from devices.adc import code_of
from devices.grid import gate_volts, sot_volts
from devices.pulse_driver import compared
from devices.vgsot import after_reset, threshold, written
from emulator.elementary import bin_index

from .layout import Codes, Ints, Job
from .recipe import AFTER_AP, ALWAYS
from .sheet import (
    CUT,
    ERROR,
    MEMO,
    READ_ERRORS,
    SATURATED,
    SQUARES,
    TABULATED,
    WORST,
    WORST_GATE,
    Sheet,
    Words,
)

FIRED, RESET_STATE, STATE = 1, 2, 4  # bits of what a traced update leaves behind
SPLIT = 32  # of two counts in one sum
MASK = (1 << SPLIT) - 1
_SPREAD = 40503  # odd: gate levels that differ lie apart in the memo


def look_up_levels(s: Sheet, codes: Codes, gates: Codes, first: int, count: int) -> None:
    """Look up what arrives at each pulse."""
    sots, arrived, sot_index, gate_index = s.sots, s.arrived, s.sot_index, s.gate_index
    for i in range(count):
        sots[i], arrived[i] = sot_index[codes[first + i]], gate_index[gates[first + i]]


def look_up_limits(s: Sheet, bank: Any, count: int) -> None:
    """Turn delivered levels into thresholds, and add up their squares."""
    sots, arrived, keys, limits, given = (
        s.sots,
        s.arrived,
        s.memo_keys,
        s.memo_limits,
        s.limits_given,
    )
    squares = 0
    for i in range(count):
        sot, gate = np.int64(sots[i]), np.int64(arrived[i])
        key = (gate << 32) | sot
        at = (sot ^ (gate * _SPREAD)) & (MEMO - 1)
        if keys[at] != key:
            volts = sot_volts(bank, sot), gate_volts(bank, gate)
            keys[at], limits[at] = key, threshold(bank, volts[0], volts[1])
        given[i] = limits[at]
        squares += (sot >> 4) * (sot >> 4)
    s.sums[SQUARES] += squares


def book_errors(s: Sheet, job: Job, first: int, count: int) -> None:
    """Add up how far the levels of pulses were from their targets, and what a limit cut."""
    codes, gates, errors, cuts = job.codes, job.gates, s.errors, s.cuts
    total, cut, worst, worst_gate = 0, 0, s.sums[WORST], s.sums[WORST_GATE]
    for at in range(first, first + count):
        code, gate = codes[at], gates[at]
        error = errors[0, code]
        total += error
        worst, worst_gate = max(worst, error), max(worst_gate, errors[1, gate])
        cut += cuts[0, code] + cuts[1, gate]
    s.sums[ERROR] += total
    s.sums[CUT] += cut
    s.sums[WORST], s.sums[WORST_GATE] = worst, worst_gate


def decide(s: Sheet, job: Job, converter: Any, row: int, count: int, shift: int) -> None:
    """Let every junction of `count` rows be reset, written and read.

    `shift` rows of the words that were dealt for writes (and comparators) have been drawn.
    """
    n = job.neurons
    if s.source == TABULATED:
        first, last = row * n, (row + count) * n
        codes, gates = job.codes[first:last], job.gates[first:last]
        s.sums[SQUARES] += pick_limits(codes, gates, s.slots, s.limits, s.squares, s.limits_given)
    if s.compares:
        wrong = decide_comparators(s, job, row, count, shift)
    else:
        sort_words(s.edges, s.guide, s.reading, count * n, s.noise)
        if s.forgets:
            wrong = decide_converters(s, job, converter, row, count, shift)
        else:
            wrong = decide_in_turn(s, job, converter, row, count, shift)
    s.sums[READ_ERRORS] += wrong & MASK
    s.sums[SATURATED] += wrong >> SPLIT


def pick_limits(
    codes: Codes, gates: Codes, slots: NDArray[np.uint32], limits: Ints,
    squares: NDArray[np.uint32], given: Ints,
) -> int:  # fmt: skip
    """Look up the thresholds of pulses; returns the sum of their squared codes."""
    square = 0
    for i in range(codes.size):
        code = codes[i]
        given[i] = limits[slots[gates[i]] + code]
        square += np.int64(squares[code])
    return square


def sort_words(
    edges: Ints, guide: Ints, words: Words, count: int, noise: NDArray[np.uint16]
) -> None:
    """Find the bin of the converter's noise that each of `count` words falls into."""
    for i in range(count):
        noise[i] = bin_index(edges, guide, np.int64(words[i]))


def decide_converters(s: Sheet, job: Job, converter: Any, row: int, count: int, shift: int) -> int:
    """Let junctions decide whose node forgets from one reading to the next.

    Returns the wrong decisions, and, shifted by `SPLIT`, the saturated codes.
    """
    state, last, drawn, ring, offsets = s.state, s.last, s.drawn, s.resetting, s.offsets
    given, noise, switching, bits, found = (
        s.limits_given, s.noise, s.switching, job.bits, job.results,
    )  # fmt: skip
    after_ap, always = int(s.reset == AFTER_AP), int(s.reset == ALWAYS)
    limit, redraws, middle, traced = s.reset_limit, s.redraws, s.middle, s.traced
    low, high, mask = s.held[0, 0], s.held[1, 0], np.uint64(ring.shape[0] - 1)
    n, left, wrong = job.neurons, s.left, 0
    for i in range(count):
        at, out, first = np.uint64(i * n), np.uint64((row + i) * n), np.uint64((i + shift) * n)
        if row + i + 1 == job.rows:
            s.before_last[:] = state
        for j in range(n):
            k = np.uint64(j)
            fired = (np.int64(last[j]) & after_ap) | always
            word = np.int64(ring[drawn[j] & mask, j])
            cleared = reset(np.int64(state[j]), fired, word, limit)
            drawn[j] += np.uint64(fired)
            word = np.int64(switching[first + k])
            now = written(cleared, word, given[at + k] + offsets[j], redraws)
            level = low + now * (high - low) + np.int64(noise[at + k])
            code = code_of(converter, level)
            bit = reads_ap(code, middle)
            wrong += (bit ^ now) + (np.int64(code != level >> 4) << SPLIT)
            state[j], last[j] = now, bit
            bits[out + k], found[out + k] = bit, code
            if traced:
                left[at + k] = fired * FIRED + cleared * RESET_STATE + now * STATE
    return wrong


def decide_in_turn(s: Sheet, job: Job, converter: Any, row: int, count: int, shift: int) -> int:
    """The same in the order in which the lanes read: a node keeps a little of each reading."""
    state, last, drawn, ring, offsets = s.state, s.last, s.drawn, s.resetting, s.offsets
    given, noise, switching, bits, found = (
        s.limits_given, s.noise, s.switching, job.bits, job.results,
    )  # fmt: skip
    after_ap, always = int(s.reset == AFTER_AP), int(s.reset == ALWAYS)
    limit, redraws, middle, traced = s.reset_limit, s.redraws, s.middle, s.traced
    held, following, members, member_at = s.held, s.following, s.members, s.member_at
    residue, previous, mask = s.residue, s.previous, np.uint64(ring.shape[0] - 1)
    n, left, wrong = job.neurons, s.left, 0
    for i in range(count):
        at, out, first = np.uint64(i * n), np.uint64((row + i) * n), np.uint64((i + shift) * n)
        for lane in range(residue.size):
            place, earlier = residue[lane], previous[lane]
            for m in range(member_at[lane], member_at[lane + 1]):
                j = np.int64(members[m])
                k = np.uint64(j)
                fired = (np.int64(last[j]) & after_ap) | always
                word = np.int64(ring[drawn[j] & mask, j])
                cleared = reset(np.int64(state[j]), fired, word, limit)
                drawn[j] += np.uint64(fired)
                word = np.int64(switching[first + k])
                now = written(cleared, word, given[at + k] + offsets[j], redraws)
                level = held[now, place] + np.int64(noise[at + k])
                earlier, place = place, following[now, place]
                code = code_of(converter, level)
                bit = reads_ap(code, middle)
                wrong += (bit ^ now) + (np.int64(code != level >> 4) << SPLIT)
                state[j], last[j] = now, bit
                bits[out + k], found[out + k] = bit, code
                if traced:
                    left[at + k] = fired * FIRED + cleared * RESET_STATE + now * STATE
            residue[lane], previous[lane] = place, earlier
    return wrong


def decide_comparators(s: Sheet, job: Job, row: int, count: int, shift: int) -> int:
    """Let junctions decide that comparators read; returns the wrong decisions."""
    state, last, drawn, ring, offsets = s.state, s.last, s.drawn, s.resetting, s.offsets
    given, reading, switching, bits, found = (
        s.limits_given, s.reading, s.switching, job.bits, job.results,
    )  # fmt: skip
    after_ap, always = int(s.reset == AFTER_AP), int(s.reset == ALWAYS)
    limit, redraws = s.reset_limit, s.redraws
    low, high, mask = s.compare[0], s.compare[1], np.uint64(ring.shape[0] - 1)
    n, wrong = job.neurons, 0
    for i in range(count):
        at, out, first = np.uint64(i * n), np.uint64((row + i) * n), np.uint64((i + shift) * n)
        for j in range(n):
            k = np.uint64(j)
            fired = (np.int64(last[j]) & after_ap) | always
            word = np.int64(ring[drawn[j] & mask, j])
            cleared = reset(np.int64(state[j]), fired, word, limit)
            drawn[j] += np.uint64(fired)
            word = np.int64(switching[first + k])
            now = written(cleared, word, given[at + k] + offsets[j], redraws)
            bit = compared(np.int64(reading[first + k]), low + now * (high - low))
            wrong += bit ^ now
            state[j], last[j] = now, bit
            bits[out + k], found[out + k] = bit, bit
    return wrong


def reset(state: int, fired: int, word: int, limit: int) -> int:
    """Return the state after the reset slot; the word counts if a pulse is `fired` (1, else 0)."""
    return state ^ ((state ^ after_reset(state, word, limit)) & -fired)
