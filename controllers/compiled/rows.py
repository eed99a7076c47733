"""Whole rows of updates at once, for lanes whose updates follow a `Recipe`.

A batch is cut into stretches of rows that fit the caches: their random words are computed in
bulk, their pulses delivered, and then every junction of every row decides.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import reads_ap
from devices.adc import code_of
from devices.pulse_driver import compared
from devices.vgsot import after_reset, threshold, written
from emulator.elementary import bin_index

from .bulk import Words, fill_block, fill_many, fill_run
from .layout import Ints, Job
from .recipe import AFTER_AP, ALWAYS
from .walk import walk

TABULATED, LOOKED_UP, WALKED = range(3)  # where the levels of a pulse come from
DONE, UNREST = -1, -2
FIRED, RESET_STATE, STATE = 1, 2, 4  # bits of what a traced update leaves behind
MEMO = 1 << 17  # thresholds that are kept by their two levels
_KNUTH = 2654435761  # spreads neighbouring levels over the memo


class Sheet(NamedTuple):
    """What all updates of a batch share. Shapes: n junctions, m lanes, k rows of a stretch.

    `source`: TABULATED (`limits`, `squares` by `slots[gate] + code`), LOOKED_UP (`sot_index`,
    `gate_index` by code) or WALKED. `compares`: a comparator reads (`compare`), else a converter:
    `held`, `following` (2, residues) are those of `Residues`, `residue`, `previous` (m,) where each lane is and was,
    `edges`, `guide` its noise, codes below `middle` are AP. `errors`, `cuts` (2, codes): error (uV) and saturation
    by code of SOT and gate line, if `flawed`. `lane_at`, `lane_of`: members of the lanes.
    """

    source: int
    reset: int
    compares: bool
    redraws: bool
    flawed: bool
    traced: bool
    reset_limit: int
    period: int
    stretch: int
    slots: Ints
    limits: Ints
    squares: Ints
    sot_index: NDArray[np.int32]
    gate_index: NDArray[np.int32]
    errors: Ints
    cuts: NDArray[np.int8]
    edges: Ints
    guide: Ints
    held: Ints
    following: Ints
    residue: Ints
    previous: Ints
    middle: int
    highest: int
    highest_gate: int
    compare: Ints
    members: Ints
    member_at: Ints
    switch_at: Ints
    adc_draws: Ints
    memo_keys: Ints
    memo_limits: Ints
    state: Ints
    last: Ints
    offsets: Ints
    drawn: Ints
    switching: Words
    reading: Words
    resetting: Words
    run: Words
    many: Words
    blocks: NDArray[np.uint64]
    devices: NDArray[np.uint64]
    limits_given: Ints
    sots: NDArray[np.int32]
    arrived: NDArray[np.int32]
    left: NDArray[np.uint8]
    sums: Ints


SQUARES, SATURATED, READ_ERRORS, ERROR, CUT, WORST, WORST_GATE = range(7)  # of `sums`


def run_rows(
    s: Sheet, job: Job, ops: Any, lanes: Any, lines: Any, switches: Any, bank: Any, tally: Any,
    converter: Any, draws: Any, now: int, first: int, rows: int, position: int, filled: Ints,
) -> int:  # fmt: skip
    """Run rows `first` .. `first + rows - 1` of a batch that began at `now`.

    Every junction has drawn `position` words for its writes (and, compared, for its reads);
    `filled` (n,) says up to which word the ring of reset words is filled. Returns `DONE`, or
    before anything was run: a gate code whose thresholds are to be tabulated first, or `UNREST`
    if a line will not be at rest again in time.
    """
    n = job.neurons
    if s.source == TABULATED:
        found = unforeseen(s, job.codes, job.gates, first * n, (first + rows) * n)
        if found != DONE:
            return found
    for row in range(first, first + rows, s.stretch):
        count = min(s.stretch, first + rows - row)
        drawn = position + row - first
        shift = drawn & 3
        fill_rows(draws[0], drawn >> 2, shift + count, s.switching, s.run)
        if s.reset == AFTER_AP or s.reset == ALWAYS:
            fill_ring(draws[n], s, filled, count)
        if s.compares:
            fill_rows(draws[s.adc_draws[0]], drawn >> 2, shift + count, s.reading, s.run)
        else:
            for lane in range(s.adc_draws.size):
                members = s.members[s.member_at[lane] : s.member_at[lane + 1]]
                fill_readings(draws[s.adc_draws[lane]], members, count, s.reading, s.run)
        if s.source == WALKED:
            for lane in range(s.switch_at.size):
                members = s.members[s.member_at[lane] : s.member_at[lane + 1]]
                at = lanes[lane].first_op
                walk(
                    ops[at : at + lanes[lane].ops], lines, switches[s.switch_at[lane]], bank,
                    tally, job.codes, job.gates, members, n, s.period, now,
                    row * members.size, count * members.size, s.sots, s.arrived, row * n,
                )  # fmt: skip
        elif s.source == LOOKED_UP:
            look_up_levels(s, job.codes, job.gates, row * n, count * n)
        if s.source != TABULATED:
            look_up_limits(s, bank, count * n)
        if s.flawed and s.source != WALKED:
            book_errors(s, job, row * n, count * n)
        decide(s, job, converter, row, count, shift if s.compares else 0, shift)
    return DONE


def unforeseen(s: Sheet, codes: Ints, gates: Ints, first: int, end: int) -> int:
    """Return what the tables do not hold: a gate code, `UNREST`, or `DONE` if they hold all."""
    slots, highest, highest_gate = s.slots, s.highest, s.highest_gate
    for at in range(first, end):
        if codes[at] > highest or gates[at] > highest_gate:
            return UNREST
    for at in range(first, end):
        if slots[gates[at]] < 0:
            return gates[at]  # type: ignore[no-any-return]
    return DONE


def fill_rows(source: Any, block: int, count: int, words: Words, run: Words) -> None:
    """Fill at least `count` rows with the words of all junctions, from block `block` on."""
    n = words.shape[1]
    blocks = (count + 3) >> 2
    if n >= 8:
        for b in range(blocks):
            k = 4 * b
            fill_block(source, block + b, words[k], words[k + 1], words[k + 2], words[k + 3])
        return
    for j in range(n):
        fill_run(source, block, j, run[: 4 * blocks])
        for i in range(4 * blocks):
            words[i, j] = run[i]


def fill_readings(source: Any, members: Ints, count: int, words: Words, run: Words) -> None:
    """Deal the words of one converter to the junctions that it reads, row after row."""
    drawn, each = source.position, members.size
    shift = drawn & 3
    fill_run(source, drawn >> 2, 0, run[: (shift + count * each + 3) // 4 * 4])
    k = shift
    for i in range(count):
        for p in range(each):
            words[i, members[p]] = run[k]
            k += 1
    source.position = drawn + count * each


def fill_ring(source: Any, s: Sheet, filled: Ints, ahead: int) -> None:
    """See to it that every junction has `ahead` reset words in the ring."""
    drawn, blocks, devices = s.drawn, s.blocks, s.devices
    count = 0
    for j in range(drawn.size):
        while filled[j] < drawn[j] + ahead:
            blocks[count], devices[count] = np.uint64(filled[j] >> 2), np.uint64(j)
            filled[j] += 4
            count += 1
            if count == blocks.size:
                deal(source, s, count)
                count = 0
    deal(source, s, count)


def deal(source: Any, s: Sheet, count: int) -> None:
    """Compute `count` blocks of reset words and put them into the ring."""
    blocks, devices, many, ring = s.blocks, s.devices, s.many, s.resetting
    fill_many(source, blocks, devices, count, many)
    mask = ring.shape[0] - 1
    for i in range(count):
        j, at = devices[i], np.int64(blocks[i]) << 2
        for k in range(4):
            ring[(at + k) & mask, j] = many[k, i]


def look_up_levels(s: Sheet, codes: Ints, gates: Ints, first: int, count: int) -> None:
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
    n, mask = job.neurons, s.resetting.shape[0] - 1
    codes, gates, bits, found = job.codes, job.gates, job.bits, job.results
    state, last, offsets, drawn, given = s.state, s.last, s.offsets, s.drawn, s.limits_given
    slots, limits, squares, edges, guide = s.slots, s.limits, s.squares, s.edges, s.guide
    resetting, compare, left, held, following = s.resetting, s.compare, s.left, s.held, s.following
    residue, previous, middle = s.residue, s.previous, s.middle
    tabulated, compares, redraws, traced = s.source == TABULATED, s.compares, s.redraws, s.traced
    after_ap, resets, reset_limit = s.reset == AFTER_AP, s.reset != 0, s.reset_limit
    square, saturated, wrong, fired = 0, 0, 0, 1
    members, member_at = s.members, s.member_at
    for i in range(count):
        switching, reading = s.switching[i + shift], s.reading[i + read_shift]
        base = (row + i) * n
        for lane in range(residue.size):
            place, before = residue[lane], previous[lane]
            for k in range(member_at[lane], member_at[lane + 1]):
                j = members[k]
                at = base + j
                now = state[j]
                if resets:
                    if after_ap:
                        fired = last[j]
                    word = np.int64(resetting[drawn[j] & mask, j])
                    after = after_reset(now, word, reset_limit)
                    now = after if fired != 0 else now
                    drawn[j] += fired
                cleared = now
                if tabulated:
                    pick = slots[gates[at]] + codes[at]
                    limit = limits[pick]
                    square += squares[pick]
                else:
                    limit = given[i * n + j]
                now = written(now, np.int64(switching[j]), limit + offsets[j], redraws)
                word = np.int64(reading[j])
                if compares:
                    bit = compared(word, compare[now])
                    code = bit
                else:
                    level = held[now, place] + bin_index(edges, guide, word)
                    before, place = place, following[now, place]
                    code = code_of(converter, level)
                    bit = reads_ap(code, middle)
                    saturated += 1 if code != level >> 4 else 0
                wrong += 1 if bit != now else 0
                state[j], last[j] = now, bit
                bits[at], found[at] = bit, code
                if traced:
                    left[i * n + j] = fired * FIRED + cleared * RESET_STATE + now * STATE
            residue[lane], previous[lane] = place, before
    s.sums[SQUARES] += square
    s.sums[SATURATED] += saturated
    s.sums[READ_ERRORS] += wrong
