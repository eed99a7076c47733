"""A stretch of rows decides: every junction is reset, written and read.

An update leaves marks: whether a reset pulse was fired, the junction's state after it, its state
after the write, and the bit that was read. The marks of one row are where the next one begins.
A reset pulse almost never fails. So rows are decided as if none did; then the words of those
pulses are drawn, and a junction at which one failed is taken through the stretch again.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import reads_ap
from devices.adc import code_of
from devices.vgsot import after_reset, written

from .bulk import Planes
from .deal import check_resets
from .layout import Ints, Job
from .recipe import AFTER_AP, ALWAYS, NEVER_RESETS
from .sheet import FIRED, READ_ERRORS, SATURATED, STATE, Heard, Limits, Marks, Sheet
from .words import draw

CERTAIN = 0  # a word by which every reset works


class Rule(NamedTuple):
    """What all updates of a batch have in common: when they reset, and how they switch."""

    after_ap: int
    always: int
    reset_limit: int
    redraws: bool


class Top(NamedTuple):
    """The range of a converter."""

    codes: int


def decide(
    s: Sheet, job: Job, converter: Any, draws: Any, heard: Heard, row: int, count: int, shift: int
) -> None:
    """Let every junction of `count` rows be reset, written and read.

    `shift` rows of the words that were dealt for writes have been drawn.
    """
    n, top = job.neurons, Top(np.int32(converter.codes))
    rule = Rule(int(s.reset == AFTER_AP), int(s.reset == ALWAYS), s.reset_limit, s.redraws)
    if not s.compares and not s.forgets:
        s.sums[SATURATED] += decide_in_turn(s, job, top, draws, heard, row, count, shift, rule)
        note_bits(s, job, row, count * n)
        return
    decide_rows(
        s.left, s.switching, s.given, heard, s.offsets, row, count, n, job.draws, shift, rule,
        s.borders[0], s.borders[1],
    )  # fmt: skip
    if s.reset != NEVER_RESETS:
        redo_suspects(s, job, draws, heard, row, count, shift, rule)
    if s.compares:
        note_bits(s, job, row, count * n)
        job.results[row * n : (row + count) * n] = job.bits[row * n : (row + count) * n]
    else:
        levels = np.int32(s.held[0, 0]), np.int32(s.held[1, 0])
        note_results(s, heard, job, row, count * n, top, levels[0], levels[1])


def fires(was: int, rule: Rule) -> int:
    """Return 1 if an update begins with a reset pulse, from the marks of the one before."""
    return (was >> 3 & rule.after_ap) | rule.always


def after_write(was: int, rule: Rule, reset_word: int, word: int, limit: int) -> int:
    """Return the marks of an update after its write, from those of the one before."""
    before, fired = was >> 2 & 1, fires(was, rule)
    cleared = after_reset(before, reset_word, rule.reset_limit)
    cleared = before ^ ((before ^ cleared) & -fired)
    return fired | cleared << 1 | written(cleared, word, limit, rule.redraws) << 2


def decide_rows(
    left: Marks, switching: Planes, given: Limits, heard: Heard, offsets: Ints, row: int,
    count: int, n: int, draws: int, shift: int, rule: Rule, border_p: int, border_ap: int,
) -> None:  # fmt: skip
    """Decide row by row; what is `heard` below the border of its state is read as AP."""
    width = np.uint64(n)
    for i in range(count):
        coded = np.uint64(place_of(row, i, draws)) * width
        drawn, at = np.uint64(i + shift), np.uint64(i) * width
        c, first, out = drawn & np.uint64(3), (drawn >> np.uint64(2)) * width, at + width
        for j in range(n):
            k = np.uint64(j)
            word, limit = np.int64(switching[c, first + k]), np.int64(given[coded + k]) + offsets[k]
            marks = after_write(np.int64(left[at + k]), rule, CERTAIN, word, limit)
            border = border_ap if marks & STATE else border_p
            left[out + k] = marks | int(np.int64(heard[at + k]) < border) << 3


def place_of(row: int, i: int, draws: int) -> int:
    """Return where the codes of row `row + i` are, counted from those of row `row`."""
    return i if draws == 1 else (row + i) // draws - row // draws


def redo_suspects(
    s: Sheet, job: Job, draws: Any, heard: Heard, row: int, count: int, shift: int, rule: Rule
) -> None:
    """Draw the words of resets, and take junctions at which one failed through it again."""
    n = job.neurons
    count_used(s.left, s.used, count, n)
    if check_resets(draws[n], s, s.suspects):
        for j in range(n):
            if s.suspects[j]:
                s.suspects[j] = 0
                redo(s, job, draws[n + j], heard, j, row, count, shift, rule)
    for j in range(n):
        s.drawn[j] += np.uint64(s.used[j])


def redo(
    s: Sheet, job: Job, device: Any, heard: Heard, j: int, row: int, count: int, shift: int,
    rule: Rule,
) -> None:  # fmt: skip
    """Take junction j through a stretch with the words of its resets."""
    left, n, used = s.left, job.neurons, 0
    device.position = s.drawn[j]
    for i in range(count):
        at, drawn = i * n + j, i + shift
        was = np.int64(left[at])
        fired = fires(was, rule)
        reset_word = draw(device) if fired else CERTAIN
        used += fired
        word = np.int64(s.switching[drawn & 3, (drawn >> 2) * n + j])
        limit = np.int64(s.given[place_of(row, i, job.draws) * n + j]) + s.offsets[j]
        marks = after_write(was, rule, reset_word, word, limit)
        border = s.borders[1] if marks & STATE else s.borders[0]
        left[at + n] = marks | int(np.int64(heard[at]) < border) << 3
    s.used[j] = used
    note_checked(s, j)


def note_checked(s: Sheet, j: int) -> None:
    """Note that the reset words which junction j uses in this stretch were looked at one by one."""
    s.checked[j] = np.int64(s.drawn[j]) + np.int64(s.used[j]) >> 2 << 2


def count_used(left: Marks, used: NDArray[np.uint32], count: int, n: int) -> None:
    """Count the reset pulses of every junction."""
    used[:] = 0
    width = np.uint64(n)
    for i in range(count):
        at = np.uint64(i + 1) * width
        for j in range(n):
            used[np.uint64(j)] += np.uint32(left[at + np.uint64(j)] & FIRED)


def decide_in_turn(
    s: Sheet, job: Job, top: Top, draws: Any, heard: Heard, row: int, count: int, shift: int,
    rule: Rule,
) -> int:  # fmt: skip
    """Decide in the order in which lanes read, as a node keeps a little of each reading.

    Returns how many codes were saturated.
    """
    n, resets = job.neurons, s.reset != NEVER_RESETS
    s.begun[0], s.begun[1] = s.residue, s.previous
    saturated = read_in_turn(s, job, top, draws, heard, row, count, shift, rule, False)
    if not resets:
        return saturated
    count_used(s.left, s.used, count, n)
    if check_resets(draws[n], s, s.suspects):  # whoever reads later finds another node
        s.suspects[:] = 0
        s.residue[:], s.previous[:] = s.begun[0], s.begun[1]
        for j in range(n):
            draws[n + j].position = s.drawn[j]
        saturated = read_in_turn(s, job, top, draws, heard, row, count, shift, rule, True)
        count_used(s.left, s.used, count, n)
        for j in range(n):
            note_checked(s, j)
    for j in range(n):
        s.drawn[j] += np.uint64(s.used[j])
    return saturated


def read_in_turn(
    s: Sheet, job: Job, top: Top, draws: Any, heard: Heard, row: int, count: int, shift: int,
    rule: Rule, exact: bool,
) -> int:  # fmt: skip
    """Take all lanes through a stretch; returns how many codes were saturated.

    Unless `exact`, no reset fails and no word of theirs is drawn.
    """
    left, given, offsets, switching, found = (
        s.left, s.given, s.offsets, s.switching, job.results,
    )  # fmt: skip
    held, following, members, member_at = s.held, s.following, s.members, s.member_at
    residue, previous, middle, n, saturated = s.residue, s.previous, s.middle, job.neurons, 0
    for i in range(count):
        drawn, at = np.uint64(i + shift), np.uint64(i * n)
        c, first, out = drawn & np.uint64(3), (drawn >> np.uint64(2)) * n, np.uint64((row + i) * n)
        coded = np.uint64(place_of(row, i, job.draws) * n)
        for lane in range(residue.size):
            place, earlier = residue[lane], previous[lane]
            for m in range(member_at[lane], member_at[lane + 1]):
                k = np.uint64(members[m])
                was, reset_word = np.int64(left[at + k]), CERTAIN
                if exact and fires(was, rule):
                    reset_word = draw(draws[n + np.int64(k)])
                word, limit = np.int64(switching[c, first + k]), given[coded + k] + offsets[k]
                marks = after_write(was, rule, reset_word, word, limit)
                now = marks >> 2
                level = held[now, place] + np.int64(heard[at + k])
                earlier, place = place, following[now, place]
                code = code_of(top, level)
                saturated += int(code != level >> 4)
                found[out + k] = code
                left[at + n + k] = marks | reads_ap(code, middle) << 3
            residue[lane], previous[lane] = place, earlier
    return saturated


def note_results(
    s: Sheet, heard: Heard, job: Job, row: int, count: int, top: Top, low: int, high: int
) -> None:
    """Write bits and codes of a stretch; count those that were read wrong, or saturated."""
    first, n = row * job.neurons, job.neurons
    bits, found, marks = job.bits[first:], job.results[first:], s.left[n:]
    wrong = saturated = np.uint32(0)
    for at in range(count):
        i = np.uint64(at)
        now, bit = np.int32(marks[i]) >> 2 & 1, np.int32(marks[i]) >> 3
        level = (high if now else low) + np.int32(heard[i])
        code = code_of(top, level)
        bits[i], found[i] = bit, code
        wrong = np.uint32(wrong + (bit ^ now))
        saturated = np.uint32(saturated + (code != level >> 4))
    s.sums[READ_ERRORS] += np.int64(wrong)
    s.sums[SATURATED] += np.int64(saturated)


def note_bits(s: Sheet, job: Job, row: int, count: int) -> None:
    """Write the bits of a stretch; count those that were read wrong."""
    bits, marks, wrong = job.bits[row * job.neurons :], s.left[job.neurons :], np.uint32(0)
    for at in range(count):
        i = np.uint64(at)
        now, bit = np.int32(marks[i]) >> 2 & 1, np.int32(marks[i]) >> 3
        bits[i] = bit
        wrong = np.uint32(wrong + (bit ^ now))
    s.sums[READ_ERRORS] += np.int64(wrong)
