"""What an update amounts to when nothing of it depends on another: reset, write, read, store.

A lane whose sequence follows this pattern needs no event loop: its pulses, its conversions and
the residencies of its parts lie at fixed offsets from the beginning of an update. Everything
else is left to the event loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from devices.switch import OPEN, READ, RESET, WRITE

from .layout import Machine
from .loop import (
    CODE,
    CONSTANT,
    CONVERT,
    END,
    END_RESET,
    FIRE,
    FIRE_RESET,
    GATE_CODE,
    INDEX,
    JUNCTION,
    LOGIC_END_RESET,
    LOGIC_RESET,
    LOGIC_STORE,
    MCU_RESET,
    MCU_STORE,
    NOTHING,
    SET_SWITCH,
    WRITE_LINE,
)

_CODES = (CODE, GATE_CODE, CONSTANT)
NEVER_RESETS, AFTER_AP, ALWAYS = range(3)


@dataclass(frozen=True)
class Recipe:
    """Offsets (ps) of one update; `period` is its duration, `reset` how it resets.

    A reset pulse conducts for `reset_width`, a write pulse for `write_width` (both > 0). With a
    switch, it is set to RESET at `reset_set`, to OPEN at `reset_end` (0 without), to WRITE at
    `write_set`, to READ at `read_set` after an OPEN from `write_end` on, and to OPEN at
    `open_set`; the converter starts at `start`; `mind`, `switch`, `adc` and `controls` (of the
    mind's first junction) are places in the machine. With a pulse driver `switch` is -1 and `adc`
    the comparator.
    """

    period: int
    reset: int
    reset_set: int
    reset_end: int
    reset_width: int
    write_set: int
    write_end: int
    write_width: int
    read_set: int
    start: int
    open_set: int
    mind: int
    controls: int
    switch: int
    adc: int


def recipe_of(machine: Machine, lane: int) -> Recipe | None:
    """Return what an update of a lane amounts to, None if it does not follow the pattern."""
    row = machine.lanes[lane]
    ops, t = [], 0
    for op in machine.ops[row.first_op : row.first_op + row.ops]:
        t += int(op.delay)
        ops.append((t, op))
    if any(op.opcode == WRITE_LINE and op.source_a not in _CODES for _, op in ops):
        return None
    driven = [(at, op) for at, op in ops if op.opcode not in (WRITE_LINE, NOTHING)]
    if any(op.opcode == SET_SWITCH for _, op in driven):
        return _switched(machine, lane, driven, t)
    return _pulsed(machine, driven, t)


def _switched(machine: Machine, lane: int, ops: list[tuple[int, Any]], end: int) -> Recipe | None:
    """Match: [reset, open], write, [open], read, start, store, open."""
    kinds = [(int(op.opcode), _mode(op)) for _, op in ops]
    times = [t for t, _ in ops]
    reset = NEVER_RESETS
    if kinds[:1] == [(MCU_RESET, -1)]:
        reset = AFTER_AP
    elif kinds[:1] == [(SET_SWITCH, RESET)]:
        reset = ALWAYS
    begin = 0
    if reset:
        if kinds[1:2] != [(SET_SWITCH, OPEN)]:
            return None
        begin = 2
    rest = kinds[begin:]
    opened = 1 if rest[1:2] == [(SET_SWITCH, OPEN)] else 0
    wanted = [(SET_SWITCH, WRITE), *[(SET_SWITCH, OPEN)] * opened, (SET_SWITCH, READ),
              (CONVERT, -1), (MCU_STORE, -1), (SET_SWITCH, OPEN)]  # fmt: skip
    if rest != wanted or not all(_ordinary(op) for _, op in ops):
        return None
    store = ops[-2][1]
    mind = int(store.part)
    switch, adc = int(machine.mcus[mind].switch), int(machine.mcus[mind].adc)
    t_on = int(machine.switches[switch].t_on)
    written, ended, start = times[begin], times[begin + 1], times[-3]
    found = Recipe(
        period=end,
        reset=reset,
        reset_set=times[0] if reset else 0,
        reset_end=times[1] if reset else 0,
        reset_width=times[1] - times[0] - t_on if reset else 1,
        write_set=written,
        write_end=ended,
        write_width=ended - written - t_on,
        read_set=times[begin + 1 + opened],
        start=start,
        open_set=times[-1],
        mind=mind,
        controls=int(machine.mcus[mind].controls),
        switch=switch,
        adc=adc,
    )
    return found if _fits(machine, lane, found, ops) else None


def _fits(machine: Machine, lane: int, found: Recipe, ops: list[tuple[int, Any]]) -> bool:
    """True if pulses exist, one set of parts serves all, and the result is there when stored."""
    adc, queue = machine.adcs[found.adc], machine.queue[0]
    for _, op in ops:
        kind, part = op.opcode, op.part
        if kind == SET_SWITCH and part != found.switch:
            return False
        if kind == CONVERT and part != found.adc:
            return False
        if kind in (MCU_RESET, MCU_STORE) and part != found.mind:
            return False
    if machine.switches[found.switch].node != adc.node:
        return False
    converted = found.start + int(adc.t_sample + adc.t_rest)
    stored, first = ops[-2][0], queue.rank[adc.source] < queue.rank[lane]
    in_time = converted < stored or (converted == stored and first)
    return bool(found.reset_width > 0 and found.write_width > 0 and in_time)


def _pulsed(machine: Machine, ops: list[tuple[int, Any]], end: int) -> Recipe | None:
    """Match: [begin reset, end reset], fire, end, store."""
    kinds = [int(op.opcode) for _, op in ops]
    times = [t for t, _ in ops]
    heads = {(LOGIC_RESET, LOGIC_END_RESET): AFTER_AP, (FIRE_RESET, END_RESET): ALWAYS}
    reset = heads.get((kinds[0], kinds[1]), NEVER_RESETS) if len(kinds) > 1 else NEVER_RESETS
    begin = 2 if reset else 0
    if kinds[begin:] != [FIRE, END, LOGIC_STORE] or not all(_ordinary(op) for _, op in ops):
        return None
    mind = int(ops[-1][1].part)
    logic = machine.logics[mind]
    for _, op in ops:
        of_logic = op.opcode in (LOGIC_RESET, LOGIC_END_RESET, LOGIC_STORE)
        if op.part != (mind if of_logic else logic.driver):
            return None
    fire = ops[begin][1]
    if (fire.source_b, fire.source_c) != (CODE, GATE_CODE):
        return None
    return Recipe(
        period=end,
        reset=reset,
        reset_set=times[0] if reset else 0,
        reset_end=times[1] if reset else 0,
        reset_width=times[1] - times[0] if reset else 1,
        write_set=times[begin],
        write_end=times[begin + 1],
        write_width=times[begin + 1] - times[begin],
        read_set=times[-1],
        start=times[-1],
        open_set=times[-1],
        mind=mind,
        controls=int(logic.controls),
        switch=-1,
        adc=int(logic.comparator),
    )


def _mode(op: Any) -> int:
    """Return the mode that a switch is set to, -1 for another operation."""
    if op.opcode != SET_SWITCH or op.source_a != CONSTANT:
        return -1
    return int(op.value_a)


def _ordinary(op: Any) -> bool:
    """True if an operation is about the update's own junction and place in the batch."""
    kind = op.opcode
    if kind == SET_SWITCH:
        return bool(op.source_b == JUNCTION)
    if kind in (MCU_STORE, LOGIC_STORE):
        return bool(op.source_a == JUNCTION and op.source_b == INDEX)
    return bool(kind == CONVERT or op.source_a == JUNCTION)
