"""A stretch of rows decides: thresholds are looked up, then row by row reset, write, read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import reads_ap
from devices.adc import code_of
from devices.pulse_driver import compared
from devices.vgsot import after_reset, threshold, written
from emulator.elementary import bin_index

from .layout import Codes, Ints, Job
from .recipe import AFTER_AP
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
    Bits,
    Sheet,
    Words,
)

FIRED, RESET_STATE, STATE = 1, 2, 4  # bits of what a traced update leaves behind
SPLIT = 32  # of two counts in one sum
MASK = (1 << SPLIT) - 1
_KNUTH = 2654435761  # spreads neighbouring levels over the memo


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
        at = (key * _KNUTH >> 13 ^ sot) & (MEMO - 1)
        if keys[at] != key:
            v_sot, v_gate = sot * bank.step_v * bank.sot_ratio, gate * bank.step_v
            keys[at], limits[at] = key, threshold(bank, v_sot, v_gate)
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


def decide(
    s: Sheet, job: Job, converter: Any, row: int, count: int, read_shift: int, shift: int
) -> None:
    """Let every junction of `count` rows be reset, written and read."""
    n = job.neurons
    if s.source == TABULATED:
        first, last = row * n, (row + count) * n
        codes, gates = job.codes[first:last], job.gates[first:last]
        s.sums[SQUARES] += pick_limits(codes, gates, s.slots, s.limits, s.squares, s.limits_given)
    if not s.compares:
        sort_words(s.edges, s.guide, s.reading, count * n, s.noise)
    state, last_ap, drawn, ring, offsets = s.state, s.last, s.drawn, s.resetting, s.offsets
    given, noise, limit, redraws, left = s.limits_given, s.noise, s.reset_limit, s.redraws, s.left
    switching, reading, bits, found = s.switching, s.reading, job.bits, job.results
    resets, after_ap, compares, forgets = s.reset != 0, s.reset == AFTER_AP, s.compares, s.forgets
    compare, middle, traced, wrong = s.compare, s.middle, s.traced, 0
    low, high = s.held[0, 0], s.held[1, 0]
    for i in range(count):
        at, out = np.uint64(i * n), np.uint64((row + i) * n)
        if row + i + 1 == job.rows:
            s.before_last[:] = state
        if traced:
            trace_reset(last_ap, resets, after_ap, left, at)
        if resets:
            reset_row(state, last_ap, drawn, ring, limit, after_ap)
        if traced:
            trace_state(state, RESET_STATE, left, at)
        write_row(state, switching, np.uint64((i + shift) * n), given, at, offsets, redraws)
        if traced:
            trace_state(state, STATE, left, at)
        if compares:
            read = np.uint64((i + read_shift) * n)
            wrong += compare_row(state, reading, read, compare, last_ap, bits, found, out)
        elif forgets:
            wrong += convert_row(
                state, noise, at, low, high, converter, middle, last_ap, bits, found, out
            )
        else:
            wrong += convert_lanes(s, at, converter, bits, found, out)
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


def reset_row(
    state: Bits, last: Bits, drawn: NDArray[np.uint64], ring: Words, limit: int, after_ap: bool
) -> None:
    """Reset every junction that is to be reset: those last read in AP, or all."""
    mask = np.uint64(ring.shape[0] - 1)
    for j in range(state.size):
        fired = last[j] if after_ap else np.uint8(1)
        word = np.int64(ring[drawn[j] & mask, j])
        after = after_reset(np.int64(state[j]), word, limit)
        state[j] = after if fired != 0 else state[j]
        drawn[j] += np.uint64(fired)


def write_row(
    state: Bits, words: Words, first: int, limits: Ints, at: int, offsets: Ints, redraws: bool
) -> None:
    """Let every junction decide over its write pulse."""
    for j in range(state.size):
        k = np.uint64(j)
        word, limit = np.int64(words[first + k]), limits[at + k] + offsets[j]
        state[j] = written(np.int64(state[j]), word, limit, redraws)


def convert_row(
    state: Bits, noise: NDArray[np.uint16], at: int, low: int, high: int, converter: Any,
    middle: int, last: Bits, bits: NDArray[np.int8], found: NDArray[np.int32], out: int,
) -> int:  # fmt: skip
    """Read every junction through a converter whose node forgets from one reading to the next.

    Returns the wrong decisions, and, shifted by `SPLIT`, the saturated codes.
    """
    wrong = 0
    for j in range(state.size):
        k = np.uint64(j)
        level = (high if state[j] != 0 else low) + np.int64(noise[at + k])
        code = code_of(converter, level)
        bit = reads_ap(code, middle)
        wrong += 1 if bit != state[j] else 0
        wrong += (1 << SPLIT) if code != level >> 4 else 0
        last[j], bits[out + k], found[out + k] = bit, bit, code
    return wrong


def convert_lanes(
    s: Sheet, at: int, converter: Any, bits: NDArray[np.int8], found: NDArray[np.int32], out: int
) -> int:
    """Read every junction, in the order in which the lanes do: a node keeps a little."""
    state, last, held, following, noise = s.state, s.last, s.held, s.following, s.noise
    members, member_at, residue, previous = s.members, s.member_at, s.residue, s.previous
    wrong = 0
    for lane in range(residue.size):
        place, earlier = residue[lane], previous[lane]
        for k in range(member_at[lane], member_at[lane + 1]):
            j = np.uint64(members[k])
            level = held[state[j], place] + np.int64(noise[at + j])
            earlier, place = place, following[state[j], place]
            code = code_of(converter, level)
            bit = reads_ap(code, s.middle)
            wrong += 1 if bit != state[j] else 0
            wrong += (1 << SPLIT) if code != level >> 4 else 0
            last[j], bits[out + j], found[out + j] = bit, bit, code
        residue[lane], previous[lane] = place, earlier
    return wrong


def compare_row(
    state: Bits, words: Words, first: int, limits: Ints, last: Bits, bits: NDArray[np.int8],
    found: NDArray[np.int32], out: int,
) -> int:  # fmt: skip
    """Read every junction through its comparator; returns the wrong decisions."""
    wrong, low, high = 0, limits[0], limits[1]
    for j in range(state.size):
        k = np.uint64(j)
        bit = compared(np.int64(words[first + k]), high if state[j] != 0 else low)
        wrong += 1 if bit != state[j] else 0
        last[j], bits[out + k], found[out + k] = bit, bit, bit
    return wrong


def trace_reset(last: Bits, resets: bool, after_ap: bool, left: Bits, at: int) -> None:
    """Note which junctions are reset."""
    for j in range(last.size):
        left[at + np.uint64(j)] = FIRED if resets and (last[j] != 0 or not after_ap) else 0


def trace_state(state: Bits, bit: int, left: Bits, at: int) -> None:
    """Note the state of every junction."""
    for j in range(state.size):
        left[at + np.uint64(j)] |= state[j] * bit
