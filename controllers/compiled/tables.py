"""Tables of what an update does when it starts from rest, made by the parts' own laws."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices import Line, sense
from devices import adc as converter
from devices.grid import grid_index
from devices.settling import level
from devices.switch import WRITE
from emulator import NEVER, SequenceError

from .layout import Machine
from .loop import CODE, CONSTANT, GATE_CODE, SET_SWITCH, WRITE_LINE
from .parts import Parts
from .recipe import Recipe
from .settle import read_update

SOT, GATE = range(2)


@dataclass(frozen=True)
class Arrivals:
    """What arrives at a pulse for a code that is written at rest; arrays of shape (2, codes).

    `index`: grid index of SOT and gate line; `errors`: distance from the target (uV); `cuts`:
    whether a limit cuts. `rest` (uV) is where both lines are parked, `written` when each is
    written (ps). After codes up to `highest` a line is at rest again before it is written anew.
    """

    index: NDArray[np.int32]
    errors: NDArray[np.int64]
    cuts: NDArray[np.int8]
    rest: tuple[int, int]
    written: tuple[int, int]
    highest: tuple[int, int]

    def at_rest(self, lines: Sequence[Line], now: int) -> bool:
        """True if both lines are at rest when an update that begins `now` writes them."""
        return all(
            line.target == rest and line.level(now + t) == rest
            for line, rest, t in zip(lines, self.rest, self.written, strict=True)
        )


@dataclass(frozen=True)
class _Arrival:
    """The same of one line: levels, targets and cuts by code."""

    levels: list[int]
    targets: list[int]
    cuts: list[bool]
    rest: int
    highest: int


def arrivals(machine: Machine, parts: Parts, lane: int, recipe: Recipe) -> Arrivals | None:
    """Return the table of a lane, None if a level depends on more than the code."""
    switch = machine.switches[recipe.switch]
    schedule = _schedule(machine, lane, recipe)
    if schedule is None:
        return None
    written, parked, rests = schedule
    lines = int(switch.sot), int(switch.gate)
    sot, gate = (
        _arrival(parts, line, recipe, *times)
        for line, *times in zip(lines, written, parked, rests, strict=True)
    )
    never_rises = min(sot.targets) < sot.rest or min(gate.targets) < gate.rest
    if never_rises or min(sot.highest, gate.highest) < 0 or len(sot.levels) != len(gate.levels):
        return None
    scale, points = int(machine.bank[0].full_scale), int(machine.bank[0].points)
    both = sot, gate
    index = [[grid_index(scale, points, uv) for uv in line.levels] for line in both]
    errors = [np.abs(np.array(line.levels) - line.targets) for line in both]
    return Arrivals(
        index=np.array(index, dtype=np.int32),
        errors=np.array(errors, dtype=np.int64),
        cuts=np.array([line.cuts for line in both], dtype=np.int8),
        rest=(sot.rest, gate.rest),
        written=written,
        highest=(sot.highest, gate.highest),
    )


def _arrival(
    parts: Parts, place: int, recipe: Recipe, written: int, parked: int, code: int
) -> _Arrival:
    """Return what a line does that is written and parked (at `code`) once per update."""
    law, (targets, cut) = parts.lines[place].law, parts.line_levels[place]
    rest, waits = targets[code], recipe.period - parked + written
    highest = -1
    for target in targets:  # until one does not come to rest before it is written anew
        start = level(law, rest, target, parked - written)
        if level(law, start, rest, waits) != rest:
            break
        highest += 1
    levels = [level(law, rest, target, recipe.write_end - written) for target in targets]
    return _Arrival(levels, targets, [k in cut for k in range(len(targets))], rest, highest)


def _schedule(
    machine: Machine, lane: int, recipe: Recipe
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
    """Return when SOT and gate line are written and parked, and the codes that they rest at.

    None unless each is written once before the pulse and parked once after it.
    """
    row, switch, t = machine.lanes[lane], machine.switches[recipe.switch], 0
    written: dict[int, int] = {}
    parked: dict[int, tuple[int, int]] = {}
    writing = written_to = False
    for op in machine.ops[row.first_op : row.first_op + row.ops]:
        t += int(op.delay)
        if op.opcode == SET_SWITCH:
            written_to, writing = written_to or writing, op.value_a == WRITE
        if op.opcode != WRITE_LINE:
            continue
        line = {int(switch.sot): SOT, int(switch.gate): GATE}.get(int(op.part))
        if line is None:
            return None
        if op.source_a == (CODE, GATE_CODE)[line] and t <= recipe.write_set and line not in written:
            written[line] = t
        elif op.source_a == CONSTANT and written_to and line not in parked:
            parked[line] = t, int(op.value_a)
        else:
            return None
    if len(written) != 2 or len(parked) != 2:
        return None
    times, codes = zip(parked[SOT], parked[GATE], strict=True)
    return (written[SOT], written[GATE]), times, codes


MAX_RESIDUES = 4096  # levels left on a node by one reading for the next


class Residues:
    """What a reading leaves on the node for the next one: an automaton over few levels.

    Residue i is `levels[i]` microvolts on the node when it is touched next. Reading a junction in
    state s then gives `held[s, i]` sixteenths of an LSB (noise apart) and leaves residue
    `following[s, i]`.
    """

    def __init__(self, machine: Machine, parts: Parts, recipe: Recipe) -> None:
        self._recipe, self._adc = recipe, parts.adcs[recipe.adc]
        self._t_on = int(machine.switches[recipe.switch].t_on)
        self.touched = min(recipe.read_set + self._t_on, recipe.start)
        self.levels: list[int] = []
        self._held: list[list[int]] = [[], []]
        self._following: list[list[int]] = [[], []]
        self._places: dict[int, int] = {}

    def place(self, level_uv: int) -> int:
        """Return the number of a residue; raises `SequenceError` if there are too many."""
        waiting = [level_uv]
        while waiting:
            here = waiting.pop()
            if here in self._places:
                continue
            if len(self.levels) >= MAX_RESIDUES:
                raise SequenceError("too much is left on a node from one reading to the next")
            self._places[here] = len(self.levels)
            self.levels.append(here)
            for state in range(2):
                held, left = self._read(state, here)
                self._held[state].append(held)
                self._following[state].append(left)
                waiting.append(left)
        return self._places[level_uv]

    def _read(self, state: int, level_uv: int) -> tuple[int, int]:
        """Return what the converter holds, and what is on the node when it is touched next."""
        node, recipe = copy(self._adc.node), self._recipe
        node.start, node.since, node.target = level_uv, self.touched, 0
        node.mode, node.loaded, node.closes = sense.NOBODY, 0, NEVER
        held = read_update(node, recipe, self._t_on, self._adc.t_sample, 0, state)
        left = sense.settled(node, recipe.period + self.touched)
        return converter.sampled(self._adc, held, self._adc.bins.first), left

    def tables(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return `held` and `following`, shape (2, residues)."""
        following = [[self._places[left] for left in row] for row in self._following]
        return np.array(self._held, dtype=np.int64), np.array(following, dtype=np.int64)


def idle(node: Any) -> bool:
    """True if nobody is connected to a node, or about to be."""
    alone = node.mode == sense.NOBODY and node.closes == NEVER
    return bool(alone and node.loaded == 0)
