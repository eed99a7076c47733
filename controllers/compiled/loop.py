"""The compiled event loop: lanes and converters take turns in the order (time, rank).

The same order as on the queue of the event engine. Who is next is found by a tournament: leaf i
of a binary tree is source i, and every inner node holds the winner of its two children.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from controllers.mcu import reads_ap
from devices.switch import OPEN, RESET
from emulator import NEVER

from .layout import BLOCK, Job, Machine
from .ports import (
    end_conversion,
    end_reset,
    fire_reset,
    hold,
    leave_switch,
    note,
    route_switch,
    sense_junction,
    start_converter,
    write_junction,
    write_line,
)

MARGIN = 8  # trace rows that one event may add
(NOTHING, WRITE_LINE, SET_SWITCH, CONVERT, MCU_STORE, MCU_RESET, FIRE, END, FIRE_RESET, END_RESET,
 LOGIC_RESET, LOGIC_END_RESET, LOGIC_STORE) = range(13)  # fmt: skip
CODE, GATE_CODE, JUNCTION, INDEX, CONSTANT = range(5)  # where an argument is from
WAITING = -1  # the place of a lane whose next update has not begun


def play(m: Machine, job: Job, rows: Any, now: int, end: int, fresh: bool) -> int:  # noqa: PLR0912, PLR0915
    """Run events until all lanes have ended and `end` is reached, or the trace block is full.

    A `fresh` job begins at `now`; otherwise the last one goes on, with an empty block. Returns
    0 when nothing is left to be run.
    """
    # Local names: what is taken out of a tuple within the loop would be counted there.
    lanes, ops, members, lines, switches = m.lanes, m.ops, m.members, m.lines, m.switches
    nodes, adcs, accounts, junctions, draws = m.nodes, m.adcs, m.accounts, m.junctions, m.draws
    controls, pulses, mcus, logics, drivers = m.controls, m.pulses, m.mcus, m.logics, m.drivers
    comparators = m.comparators
    queue, bank, tally = m.queue[0], m.bank[0], m.tally[0]
    codes, gates, starts, bits, results = job.codes, job.gates, job.starts, job.bits, job.results
    neurons, running = job.neurons, 0
    for source in range(lanes.size):
        if fresh:
            lanes[source].row = lanes[source].member = 0
            lanes[source].pc = lanes[source].ops  # no update is under way
            queue.due[source] = now
        running += 1 if queue.due[source] < NEVER else 0
    for source in range(lanes.size, queue.leaves if fresh else 0):
        queue.due[source] = NEVER  # no converter is under way
    for at in range(queue.leaves - 1, 0, -1):
        queue.tree[at] = winner(queue, queue.tree[2 * at], queue.tree[2 * at + 1])

    while rows.used + MARGIN <= BLOCK:
        source = queue.tree[1]
        t = queue.due[source]
        if running == 0 and t >= end:
            return 0
        if source >= lanes.size:
            adc = adcs[source - lanes.size]
            if adc.sampling != 0:
                replay(queue, source, t + hold(adc, nodes[adc.node], draws[adc.draws], t))
            else:
                end_conversion(rows, tally, adc, accounts[adc.account], t)
                replay(queue, source, NEVER)
            continue

        lane = lanes[source]
        if lane.pc < lane.ops and lane.pc != WAITING:
            j, op = lane.junction, ops[lane.first_op + lane.pc]
            kind, part = op.opcode, op.part
            switch_on = kind == SET_SWITCH
            a = argument(lane, op.source_a, op.value_a)
            b = argument(lane, op.source_b, op.value_b)
            c = argument(lane, op.source_c, op.value_c)
            if kind == MCU_RESET:  # set the switch if the junction was last read in AP
                switch_on = controls[mcus[part].controls + a].last_ap != 0
                part, b, a = mcus[part].switch, a, RESET
            if switch_on:
                switch = switches[part]
                sot, gate, node = lines[switch.sot], lines[switch.gate], nodes[switch.node]
                if switch.mode != OPEN:
                    j = switch.junction
                    leave_switch(
                        rows, tally, bank, switch, sot, gate, node, junctions[j], draws[j],
                        draws[neurons + j], t,
                    )  # fmt: skip
                route_switch(
                    rows, tally, switch, sot, gate, node, accounts[switch.account],
                    junctions[b].state, a, b, t,
                )  # fmt: skip
            elif kind == WRITE_LINE:
                write_line(rows, tally, lines[part], a, t)
            elif kind == CONVERT:
                adc = adcs[part]
                wait = start_converter(tally, adc, nodes[adc.node], accounts[adc.account], t)
                if wait > 0:
                    replay(queue, adc.source, t + wait)
            elif kind == MCU_STORE:
                code = adcs[mcus[part].adc].register
                bit = reads_ap(code, mcus[part].middle)
                if bit != junctions[a].state:
                    tally.read_error += 1
                controls[mcus[part].controls + a].last_ap = bit
                bits[b], results[b] = bit, code
            elif kind == FIRE:
                driver, pulse = drivers[part], pulses[part * neurons + a]
                pulse.sot, pulse.at_gate, pulse.fired = driver.index[b], driver.index[c], t
                note(rows, t, driver.signal + a, b)
            elif kind == END:
                pulse, name = pulses[part * neurons + a], bank.signal + 3 * a
                write_junction(
                    rows, tally, bank, junctions[a], draws[a], name, pulse.sot, pulse.at_gate,
                    t - pulse.fired, t,
                )  # fmt: skip
            elif kind == LOGIC_STORE:
                comparator = comparators[logics[part].comparator]
                drawn = draws[comparator.draws + a]
                bit = sense_junction(rows, tally, comparator, junctions[a], drawn, a, t)
                controls[logics[part].controls + a].last_ap = bit
                bits[b] = results[b] = bit
            elif kind == FIRE_RESET:
                fire_reset(pulses[part * neurons + a], t)
            elif kind == END_RESET:
                pulse, drawn = pulses[part * neurons + a], draws[neurons + a]
                end_reset(rows, tally, bank, pulse, junctions[a], drawn, a, t)
            elif kind == LOGIC_RESET and controls[logics[part].controls + a].last_ap != 0:
                controls[logics[part].controls + a].resetting = 1
                fire_reset(pulses[logics[part].driver * neurons + a], t)
            elif kind == LOGIC_END_RESET and controls[logics[part].controls + a].resetting != 0:
                controls[logics[part].controls + a].resetting = 0
                pulse, drawn = pulses[logics[part].driver * neurons + a], draws[neurons + a]
                end_reset(rows, tally, bank, pulse, junctions[a], drawn, a, t)

        lane.pc += 1
        if lane.pc >= lane.ops:  # the next update
            if lane.row == job.rows:
                then = NEVER
                running -= 1
            else:
                j = members[lane.members_at + lane.member]
                index = lane.row * neurons + j
                lane.junction, lane.index_ = j, index
                lane.code, lane.gate = np.int64(codes[index]), np.int64(gates[index])
                lane.member += 1
                if lane.member == lane.members:
                    lane.member = 0
                    lane.row += 1
                paced = starts.size > 0
                lane.pc = WAITING if paced else 0
                then = starts[index] if paced else t + ops[lane.first_op].delay
        else:
            then = t + ops[lane.first_op + lane.pc].delay
        replay(queue, source, then)
    return 1


def winner(queue: Any, a: int, b: int) -> int:
    """Return which of two sources is first; an empty leaf (-1) never is."""
    if b < 0:
        return a
    if a < 0:
        return b
    if queue.due[a] != queue.due[b]:
        return a if queue.due[a] < queue.due[b] else b
    return a if queue.rank[a] < queue.rank[b] else b


def replay(queue: Any, source: int, t: int) -> None:
    """Let a source, which is due at `t` now, play its way up the tree again."""
    queue.due[source] = t
    tree, at = queue.tree, (queue.leaves + source) // 2
    while at > 0:
        tree[at] = winner(queue, tree[2 * at], tree[2 * at + 1])
        at //= 2


def argument(lane: Any, source: int, value: int) -> int:
    """Return an argument of a lane's operation."""
    if source == CONSTANT:
        return value
    if source == CODE:
        return lane.code  # type: ignore[no-any-return]
    if source == GATE_CODE:
        return lane.gate  # type: ignore[no-any-return]
    return lane.junction if source == JUNCTION else lane.index_  # type: ignore[no-any-return]
