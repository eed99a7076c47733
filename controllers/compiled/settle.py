"""What a batch by whole rows leaves behind: parts, books and sums as after its last update."""

from __future__ import annotations

from typing import Any

from devices import sense
from devices.line import step
from devices.switch import OPEN, READ, RESET, WRITE

from .layout import Codes, Ints
from .loop import CODE, CONSTANT, WRITE_LINE
from .ports import CONVERTING, IDLE
from .recipe import AFTER_AP, NEVER_RESETS

SQUARES, SATURATED, READ_ERRORS, ERROR, CUT, WORST, WORST_GATE = range(7)  # sums of a batch


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
    node.mode, node.closes, node.loaded = sense.NOBODY, sense.NEVER, 0
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
    adc.data, adc.started = code, begun + recipe.start
    residency = account.residency
    residency[CONVERTING] += updates * length
    residency[IDLE] += until - account.since - updates * length
    account.current, account.since = IDLE, until


def write_lines(
    ops: Any, first: int, count: int, lines: Any, codes: Codes, gates: Codes, index: int, t: int
) -> None:
    """Let the lines of a lane go through the update that begins at `t`."""
    for at in range(first, first + count):
        op = ops[at]
        t += op.delay
        if op.opcode == WRITE_LINE:
            code = op.value_a
            if op.source_a != CONSTANT:
                code = int(codes[index]) if op.source_a == CODE else int(gates[index])
            line = lines[op.part]
            step(line, line, line.levels[code], t)


def fired_by(drawn: Any, before: Any, members: Any) -> int:
    """Return how many reset pulses the junctions of a lane have had."""
    total = 0
    for k in range(members.size):
        total += int(drawn[members[k]]) - int(before[members[k]])
    return total
