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
from .layout import Codes, Ints, Job, Machine
from .recipe import AFTER_AP, NEVER_RESETS
from .rowtrace import note_rows
from .settle import (
    CUT,
    ERROR,
    READ_ERRORS,
    SATURATED,
    SQUARES,
    WORST,
    WORST_GATE,
    fired_by,
    settle_converter,
    settle_node,
    settle_switch,
    write_lines,
)
from .walk import walk

TABULATED, LOOKED_UP, WALKED = range(3)  # where the levels of a pulse come from
Bits = NDArray[np.uint8]
Members = NDArray[np.uint32]
DONE, UNREST = -1, -2
UNKNOWN = (1 << 32) - 1  # the slot of a gate code that is not tabulated
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
    forgets: bool
    reset_limit: int
    period: int
    stretch: int
    slots: NDArray[np.uint32]
    limits: Ints
    squares: NDArray[np.uint32]
    sot_index: NDArray[np.uint32]
    gate_index: NDArray[np.uint32]
    errors: Ints
    cuts: NDArray[np.int8]
    edges: Ints
    guide: Ints
    held: Ints
    following: NDArray[np.uint32]
    residue: NDArray[np.uint32]
    previous: NDArray[np.uint32]
    residues_uv: Ints
    touched: int
    recipes: Any
    before: NDArray[np.uint64]
    filled: Ints
    middle: int
    highest: int
    highest_gate: int
    compare: Ints
    members: NDArray[np.uint32]
    member_at: Ints
    adc_draws: Ints
    memo_keys: Ints
    memo_limits: Ints
    state: NDArray[np.uint8]
    last: NDArray[np.uint8]
    offsets: Ints
    drawn: NDArray[np.uint64]
    switching: Words
    reading: Words
    resetting: Words
    run: Words
    many: Words
    blocks: NDArray[np.uint64]
    devices: NDArray[np.uint64]
    limits_given: Ints
    sots: NDArray[np.uint32]
    arrived: NDArray[np.uint32]
    left: NDArray[np.uint8]
    entries: Any
    noise: NDArray[np.uint16]
    before_last: NDArray[np.uint8]
    sums: Ints


SPLIT = 32  # of two counts in one sum
MASK = (1 << SPLIT) - 1


def run_rows(s: Sheet, job: Job, m: Machine, block: Any, now: int, first: int, rows: int) -> int:
    """Run rows `first` .. `first + rows - 1` of a batch that began at `now`.

    Returns `DONE`, or before anything was run: a gate code whose thresholds are to be tabulated
    first, or `UNREST` if a line will not be at rest again in time.
    """
    n, draws, lanes, lines = job.neurons, m.draws, m.lanes, m.lines
    if first == 0:
        found = unforeseen(s, job.codes, job.gates) if s.source == TABULATED else DONE
        if found != DONE:
            return found
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
        for lane in range(0 if s.compares else s.adc_draws.size):
            members = s.members[s.member_at[lane] : s.member_at[lane + 1]]
            fill_readings(draws[s.adc_draws[lane]], members, count, n, s.reading, s.run)
            if s.source == WALKED:
                at, switch = lanes[lane].first_op, m.switches[s.recipes[lane].switch]
                walk(
                    m.ops[at : at + lanes[lane].ops], lines, switch, m.bank[0], m.tally[0],
                    job.codes, job.gates, members, n, s.period, now, row * members.size,
                    count * members.size, s.sots, s.arrived, row * n,
                )  # fmt: skip
        if s.source == LOOKED_UP:
            look_up_levels(s, job.codes, job.gates, row * n, count * n)
        if s.source != TABULATED:
            look_up_limits(s, m.bank[0], count * n)
        if s.flawed and s.source != WALKED:
            book_errors(s, job, row * n, count * n)
        converter = m.adcs[0 if s.compares else s.recipes[0].adc]
        decide(s, job, converter, row, count, shift if s.compares else 0, shift)
        if s.traced:
            if s.source == TABULATED:
                look_up_levels(s, job.codes, job.gates, row * n, count * n)
            begun = now + row * n * s.period
            note_rows(
                block, s.entries, job.codes, job.gates, job.results, s.left, s.sots, s.arrived,
                s.members, m.bank[0], n, row, count, begun, s.period,
            )  # fmt: skip
    if first + rows == job.rows:
        finish(s, job, m, now)
    return DONE


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


def unforeseen(s: Sheet, codes: Codes, gates: Codes) -> int:
    """Return what the tables do not hold: a gate code, `UNREST`, or `DONE` if they hold all."""
    slots, unknown = s.slots, 0
    highest = highest_gate = 0
    for i in range(codes.size):
        highest, highest_gate = max(highest, codes[i]), max(highest_gate, gates[i])
    if highest > s.highest or highest_gate > s.highest_gate:
        return UNREST
    for i in range(gates.size):
        unknown += 1 if slots[gates[i]] == UNKNOWN else 0
    for i in range(gates.size if unknown else 0):
        if slots[gates[i]] == UNKNOWN:
            return np.int64(gates[i])
    return DONE


def fill_rows(source: Any, block: int, count: int, n: int, words: Words, run: Words) -> None:
    """Fill at least `count` rows with the words of all junctions, from block `block` on."""
    blocks = (count + 3) >> 2
    if n >= 8:
        for b in range(blocks):
            fill_block(source, block + b, n, words[4 * b * n :])
        return
    for j in range(n):
        fill_run(source, block, j, run[: 4 * blocks])
        for i in range(4 * blocks):
            words[i * n + j] = run[i]


def fill_readings(
    source: Any, members: Members, count: int, n: int, words: Words, run: Words
) -> None:
    """Deal the words of one converter to the junctions that it reads, row after row."""
    drawn, each = source.position, members.size
    shift = drawn & 3
    fill_run(source, drawn >> 2, 0, run[: (shift + count * each + 3) // 4 * 4])
    k = shift
    for i in range(count):
        for p in range(each):
            words[i * n + np.int64(members[p])] = run[k]
            k += 1
    source.position = drawn + count * each


def fill_ring(source: Any, s: Sheet, ahead: int) -> None:
    """See to it that every junction has `ahead` reset words in the ring."""
    drawn, filled, blocks, devices = s.drawn, s.filled, s.blocks, s.devices
    count = 0
    for j in range(drawn.size):
        while filled[j] < np.int64(drawn[j]) + ahead:
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
    mask = np.uint64(ring.shape[0] - 1)
    for i in range(count):
        j, at = devices[i], blocks[i] << np.uint64(2)
        for k in range(4):
            ring[(at + np.uint64(k)) & mask, j] = many[k, i]


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


def finish(s: Sheet, job: Job, m: Machine, now: int) -> None:
    """Bring everything to where it is after the last row of a batch that began at `now`."""
    n, rows, state, last = job.neurons, job.rows, s.state, s.last
    junctions, controls, draws, accounts = m.junctions, m.controls, m.draws, m.accounts
    for j in range(n):
        junctions[j].state = state[j]
        draws[j].position += rows
        draws[n + j].position = s.drawn[j]
        if s.compares:
            draws[s.adc_draws[0] + j].position += rows
    for lane in range(s.recipes.size):
        members, recipe = s.members[s.member_at[lane] : s.member_at[lane + 1]], s.recipes[lane]
        for k in range(members.size):
            controls[recipe.mind * n + np.int64(members[k])].last_ap = last[members[k]]
        if s.compares:
            continue
        if s.forgets:
            recall(s, lane, rows)
        final, updates = np.int64(members[members.size - 1]), rows * members.size
        index, begun = (rows - 1) * n + final, now + (updates - 1) * recipe.period
        switch, adc = m.switches[recipe.switch], m.adcs[recipe.adc]
        if s.source != WALKED:
            row = m.lanes[lane]
            write_lines(m.ops, row.first_op, row.ops, m.lines, job.codes, job.gates, index, begun)
        fired = fired_by(s.drawn, s.before, members)
        settle_switch(
            switch, accounts[switch.account], recipe, s.sums, final, updates, fired, begun,
            s.source == WALKED,
        )  # fmt: skip
        settle_converter(adc, accounts[adc.account], recipe, updates, begun, job.results[index])
        settle_node(
            m.nodes[adc.node], recipe, switch.t_on, adc.t_sample, begun, np.int64(state[final]),
            s.residues_uv[s.previous[lane]], s.touched,
        )  # fmt: skip


def recall(s: Sheet, lane: int, rows: int) -> None:
    """Find what the last two readings of a lane left on its node, from their states."""
    last, count = s.member_at[lane + 1] - 1, s.member_at[lane + 1] - s.member_at[lane]
    final = s.members[last]
    if count > 1:
        s.previous[lane] = s.following[s.state[s.members[last - 1]], 0]
    elif rows > 1:
        s.previous[lane] = s.following[s.before_last[final], 0]
    else:
        s.previous[lane] = s.residue[lane]
    s.residue[lane] = s.following[s.state[final], 0]
