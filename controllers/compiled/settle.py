"""What a batch by whole rows leaves behind: parts, books and sums as after its last update."""

from __future__ import annotations

from typing import Any

import numpy as np

from devices import sense
from devices.line import step
from devices.switch import OPEN, READ, RESET, WRITE
from emulator import NEVER

from .layout import Ints, Job, Machine
from .limits import book_codes
from .ports import CONVERTING, IDLE
from .recipe import AFTER_AP, NEVER_RESETS
from .sheet import ERROR, WALKED, WORST, WORST_GATE, Sheet
from .walk import STEP, written_code


def read_update(node: Any, recipe: Any, t_on: int, t_sample: int, begun: int, state: int) -> int:
    """Take a node through the reading of one update; returns what the converter holds (uV)."""
    started = begun + recipe.start
    sense.connect(node, state, begun + recipe.read_set + t_on)
    sense.load(node, started)
    held = sense.acquire(node, started, started + t_sample)
    sense.disconnect(node, begun + recipe.open_set)
    return held


def settle_node(node: Any, recipe: Any, t_on: int, t_sample: int, begun: int, state: int,
                residue_uv: int, touched: int) -> None:  # fmt: skip
    """Bring a node to where it is after the last update, which found `residue_uv` on it."""
    node.start, node.since, node.target = residue_uv, begun + touched, 0
    node.mode, node.closes, node.loaded = sense.NOBODY, NEVER, 0
    read_update(node, recipe, t_on, t_sample, begun, state)


def settle_switch(
    switch: Any, account: Any, recipe: Any, sums: Ints, junction: int, updates: int, fired: int,
    begun: int, walked: bool,
) -> None:  # fmt: skip
    """Bring a switch and its account to where they are after the last update."""
    switch.mode, switch.junction = OPEN, junction
    switch.closed_at = begun + recipe.open_set + switch.t_on
    if not walked:
        worst = switch.worst_error_uv
        switch.pulses += updates
        switch.sum_error_uv += sums[ERROR]
        worst[0], worst[1] = max(worst[0], sums[WORST]), max(worst[1], sums[WORST_GATE])
    resets = 0
    if recipe.reset != NEVER_RESETS:
        resets = fired if recipe.reset == AFTER_AP else updates
    reset = resets * (recipe.reset_end - recipe.reset_set)
    write = updates * (recipe.write_end - recipe.write_set)
    read = updates * (recipe.open_set - recipe.read_set)
    until = begun + recipe.open_set
    residency = account.residency
    residency[RESET] += reset
    residency[WRITE] += write
    residency[READ] += read
    residency[OPEN] += until - account.since - reset - write - read
    account.current, account.since = OPEN, until


def settle_converter(
    adc: Any, account: Any, recipe: Any, updates: int, begun: int, code: int
) -> None:
    """Bring a converter and its account to where they are after the last update."""
    length = adc.t_sample + adc.t_rest
    until = begun + recipe.start + length
    adc.conversions += updates
    adc.register, adc.started = code, begun + recipe.start
    residency = account.residency
    residency[CONVERTING] += updates * length
    residency[IDLE] += until - account.since - updates * length
    account.current, account.since = IDLE, until


def write_lines(strides: Any, lines: Any, code: int, gate_code: int, begun: int) -> None:
    """Let the lines of a lane go through the update that begins at `begun`."""
    for at in range(strides.size):
        stride = strides[at]
        if stride.kind == STEP:
            line = lines[stride.line]
            level = line.levels[written_code(stride, code, gate_code)]
            step(line, line, level, begun + stride.after)


def fired_by(drawn: Any, before: Any, members: Any) -> int:
    """Return how many reset pulses the junctions of a lane have had."""
    total = 0
    for k in range(members.size):
        total += int(drawn[members[k]]) - int(before[members[k]])
    return total


def state_of(marks: int) -> int:
    """Return the state that an update left."""
    return np.int64(marks) >> 2 & 1


def finish(s: Sheet, job: Job, m: Machine, now: int) -> None:
    """Bring everything to where it is after the last row of a batch that began at `now`."""
    n, rows, left = job.neurons, job.rows, s.left
    if s.source != WALKED:
        book_codes(s)
    junctions, controls, draws, accounts = m.junctions, m.controls, m.draws, m.accounts
    for j in range(n):
        junctions[j].state = state_of(left[j])
        draws[j].position += rows
        draws[n + j].position = s.drawn[j]
        if s.compares:
            draws[s.adc_draws[0] + j].position += rows
    for lane in range(s.recipes.size):
        members, recipe = s.members[s.member_at[lane] : s.member_at[lane + 1]], s.recipes[lane]
        for k in range(members.size):
            controls[recipe.controls + np.int64(members[k])].last_ap = left[members[k]] >> 3
        if s.compares:
            continue
        if s.forgets:
            recall(s, lane, rows)
        final, updates = np.int64(members[members.size - 1]), rows * members.size
        index, begun = (rows - 1) * n + final, now + (updates - 1) * recipe.period
        switch, adc = m.switches[recipe.switch], m.adcs[recipe.adc]
        if s.source != WALKED:
            each = s.strides.size // s.recipes.size
            strides = s.strides[lane * each : (lane + 1) * each]
            coded = job.codes.size - n + final
            codes = np.int64(job.codes[coded]), np.int64(job.gates[coded])
            write_lines(strides, m.lines, codes[0], codes[1], begun)
        fired = fired_by(s.drawn, s.before, members)
        settle_switch(
            switch, accounts[switch.account], recipe, s.sums, final, updates, fired, begun,
            s.source == WALKED,
        )  # fmt: skip
        settle_converter(adc, accounts[adc.account], recipe, updates, begun, job.results[index])
        settle_node(
            m.nodes[adc.node], recipe, switch.t_on, adc.t_sample, begun, state_of(left[final]),
            s.residues_uv[s.previous[lane]], s.touched,
        )  # fmt: skip


def recall(s: Sheet, lane: int, rows: int) -> None:
    """Find what the last two readings of a lane left on its node, from their states."""
    last, count = s.member_at[lane + 1] - 1, s.member_at[lane + 1] - s.member_at[lane]
    final = s.members[last]
    if count > 1:
        s.previous[lane] = s.following[state_of(s.left[s.members[last - 1]]), 0]
    elif rows > 1:
        s.previous[lane] = s.following[state_of(s.before_last[final]), 0]
    else:
        s.previous[lane] = s.residue[lane]
    s.residue[lane] = s.following[state_of(s.left[final]), 0]
