"""Tables of what an update does when it starts from rest, made by the parts' own laws."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import reads_ap
from devices import adc as converter
from devices import sense
from devices.grid import grid_index
from devices.settling import level

from .layout import Machine
from .loop import CODE, CONSTANT, GATE_CODE, WRITE_LINE
from .parts import Parts
from .recipe import Recipe

SOT, GATE = range(2)


@dataclass(frozen=True)
class Arrivals:
    """What arrives at a pulse for a code that is written at rest; arrays of shape (2, codes).

    `index`: grid index of SOT and gate line; `errors`: distance from the target (uV); `cuts`:
    whether a limit cuts. `rest` (uV) is where both lines are parked, `written` when (ps).
    """

    index: NDArray[np.int32]
    errors: NDArray[np.int64]
    cuts: NDArray[np.int8]
    rest: tuple[int, int]
    written: tuple[int, int]

    def at_rest(self, lines: Any, now: int) -> bool:
        """True if both lines are at rest when an update that begins `now` writes them."""
        return all(
            line.target == rest and level(line, line.start, line.target, now + t - line.since) == rest
            for line, rest, t in zip(lines, self.rest, self.written, strict=True)
        )


def arrivals(machine: Machine, parts: Parts, lane: int, recipe: Recipe) -> Arrivals | None:
    """Return the table of a lane, None if a level depends on more than the code."""
    switch = machine.switches[recipe.switch]
    schedule = _schedule(machine, lane, recipe)
    if schedule is None:
        return None
    written, parked, rests = schedule
    tables = []
    for place, t, park, code in zip((switch.sot, switch.gate), written, parked, rests, strict=True):
        law, (targets, cut) = parts.lines[place].law, parts.line_levels[place]
        rest, idle = targets[code], recipe.period - park + t
        extremes = min(targets), max(targets)
        if extremes[0] < rest or any(level(law, e, rest, idle) != rest for e in extremes):
            return None
        levels = [level(law, rest, target, recipe.write_end - t) for target in targets]
        tables.append((levels, targets, [code in cut for code in range(len(targets))], rest))
    if len(tables[SOT][0]) != len(tables[GATE][0]):
        return None
    scale, points = int(machine.bank[0].full_scale), int(machine.bank[0].points)
    levels, targets = (np.array([table[k] for table in tables]) for k in (0, 1))
    index = [[grid_index(scale, points, uv) for uv in row] for row in levels.tolist()]
    return Arrivals(
        index=np.array(index, dtype=np.int32),
        errors=np.abs(levels - targets).astype(np.int64),
        cuts=np.array([table[2] for table in tables], dtype=np.int8),
        rest=(tables[SOT][3], tables[GATE][3]),
        written=written,
    )


def _schedule(
    machine: Machine, lane: int, recipe: Recipe
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
    """Return when SOT and gate line are written and parked, and the codes that they rest at.

    None unless each is written once before the pulse and parked once after it.
    """
    row, switch, t = machine.lanes[lane], machine.switches[recipe.switch], 0
    written: dict[int, int] = {}
    parked: dict[int, tuple[int, int]] = {}
    for op in machine.ops[row.first_op : row.first_op + row.ops]:
        t += int(op.delay)
        if op.opcode != WRITE_LINE:
            continue
        line = {int(switch.sot): SOT, int(switch.gate): GATE}.get(int(op.part))
        if line is None:
            return None
        if op.source_a == (CODE, GATE_CODE)[line] and t <= recipe.write_set and line not in written:
            written[line] = t
        elif op.source_a == CONSTANT and t >= recipe.write_end and line not in parked:
            parked[line] = t, int(op.value_a)
        else:
            return None
    if len(written) != 2 or len(parked) != 2:
        return None
    times, codes = zip(parked[SOT], parked[GATE], strict=True)
    return (written[SOT], written[GATE]), times, codes


def read_update(machine: Machine, recipe: Recipe, node: Any, state: int, begun: int) -> int:
    """Take a node through the reading of one update; returns what the converter holds (uV)."""
    t_on, t_sample = machine.switches[recipe.switch].t_on, machine.adcs[recipe.adc].t_sample
    sense.connect(node, state, begun + recipe.read_set + int(t_on))
    started = begun + recipe.start
    sense.load(node, started)
    held = sense.acquire(node, started, started + int(t_sample))
    sense.disconnect(node, begun + recipe.open_set)
    return held


def readings(
    machine: Machine, parts: Parts, recipe: Recipe
) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return code and mark by state (P, AP) and bin of the converter's noise, shape (2, bins).

    Bit 0 of a mark is the decision, bit 1 says that the code saturated. None if a reading leaves
    something on the node for the next.
    """
    adc, middle = parts.adcs[recipe.adc], parts.mcus[recipe.mind].middle
    bins = len(adc.bins.edges)
    results = np.zeros((2, bins), dtype=np.int32)
    marks = np.zeros((2, bins), dtype=np.int8)
    for state in range(2):
        node = copy(adc.node)
        node.start = node.since = node.target = node.loaded = 0
        node.mode, node.closes = sense.NOBODY, sense.NEVER
        level_uv = read_update(machine, recipe, node, state, 0)
        if not blank(node, recipe.period + min(recipe.read_set, recipe.start)):
            return None
        for k in range(bins):
            held = converter.sampled(adc, level_uv, adc.bins.first + k)
            code = converter.code_of(adc, held)
            results[state, k] = code
            marks[state, k] = reads_ap(code, middle) + 2 * (code != held >> 4)
    return results, marks


def blank(node: Any, t: int) -> bool:
    """True if nothing is on a node at `t`, and nobody is connected."""
    idle = node.mode == sense.NOBODY and node.loaded == 0 and node.closes == sense.NEVER
    return bool(idle and sense.settled(node, t) == 0)
