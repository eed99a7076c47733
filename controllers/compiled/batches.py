"""Batches by whole rows: when that may be done, and what it leaves behind.

A lane whose updates follow a `Recipe`, that has its parts to itself and starts with idle parts
leaves the same states, books and draws whether its steps are played one by one or added up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.board import Board
from controllers.mcu import reads_ap
from devices.adc import code_of
from devices.sense import settled
from devices.switch import OPEN
from emulator import SequenceError
from emulator.kernels import Kernel

from .held import held
from .layout import BLOCK, Codes, Job, Machine, repeated
from .make_sheet import MAX_SLOTS, WIDE, blank_sheet, tabulate_gate
from .parts import Parts
from .recipe import Recipe, recipe_of
from .rows import run_rows
from .rowtrace import template
from .sheet import (
    CUT,
    LOOKED_UP,
    READ_ERRORS,
    SATURATED,
    SQUARES,
    TABULATED,
    UNKNOWN,
    VARIOUS,
    WALKED,
    Sheet,
)
from .tables import Arrivals, Residues, arrivals, idle
from .walk import STEP, strides

RUN = Kernel(run_rows)
_COUNTED = (("read_error", READ_ERRORS), ("adc_saturated", SATURATED), ("line_saturated", CUT))


class RowBatches:
    """Runs the batches of a machine by whole rows."""

    def __init__(
        self, machine: Machine, parts: Parts, known: Sequence[Recipe], board: Board
    ) -> None:
        self._machine, self._parts, self._recipes = machine, parts, known
        self._counters, self._name = board.emulator.counters, board.name
        self._recipe = known[0]
        switched = self._recipe.switch >= 0
        self._arrivals = _arrivals(machine, parts, known) if switched else None
        self._residues = Residues(machine, parts, self._recipe) if switched else None
        if self._residues is not None:
            self._residues.place(0)
        self._sheet = blank_sheet(machine, parts, known, self._arrivals)
        self._slots = 0
        self._traceable: int | None = None  # rows of a batch whose trace fits a block

    @classmethod
    def of(cls, machine: Machine, parts: Parts, board: Board) -> RowBatches | None:
        """Return the runner of a machine, None if its updates depend on one another."""
        known = recipes(machine, len(machine.lanes))
        if known is None or (board.pace is not None and known[0].switch >= 0):
            return None
        if known[0].switch >= 0 and not _read_alike(machine, parts, known):
            return None
        try:
            return cls(machine, parts, known, board)
        except SequenceError:
            return None

    def ready(self, now: int) -> bool:
        """True if all parts are idle at `now`, and in step with one another."""
        parts = self._parts
        bank, known = parts.bank, self._recipes
        drawn = bank.switching.positions()
        if np.ptp(drawn) or any(any(logic.resetting) for logic in parts.logics):
            return False
        if self._residues is None:
            return np.array_equal(parts.comparators[known[0].adc].noise.positions(), drawn)
        return (
            not any(line.recorders for line in parts.lines)
            and all(parts.switches[recipe.switch].mode == OPEN for recipe in known)
            and not any(parts.adcs[recipe.adc].busy for recipe in known)
            and all(idle(parts.adcs[recipe.adc].node) for recipe in known)
            and self._find_residues(now, self._residues)
        )

    def run(self, job: Job, now: int, block: Any, flush: Callable[[], None] | None) -> None:
        """Run a batch that begins at `now`, and leave the machine as it will be at its end.

        With `flush` the trace rows go to `block`, and `flush` is called whenever it is full.
        """
        source, slot = self._source(job, now)
        if source != TABULATED or flush is not None:
            job = repeated(job)
        sheet = self._sheet._replace(source=source, slot=slot, traced=flush is not None)
        rows = job.rows if flush is None else min(job.rows, self._traceable or 0)
        for first in range(0, job.rows, rows):
            with held(self._name):
                RUN(sheet, job, self._machine, block, now, first, min(rows, job.rows - first))
            if flush is not None:
                flush()
        self._book(sheet, job)

    def traces(self) -> bool:
        """True if the rows of a trace can be told from a template: one lane, and a short row."""
        if len(self._recipes) > 1 or self._recipe.switch < 0:
            return False
        if self._traceable is None:
            entries = template(self._machine, self._recipe)
            self._sheet = self._sheet._replace(entries=entries)
            self._traceable = BLOCK // (entries.size * self._parts.bank.n)
        return self._traceable > 0

    def _source(self, job: Job, now: int) -> tuple[int, int]:
        """Return where the levels of this batch come from, and the slot if there is but one.

        Tabulates what the batch needs.
        """
        sheet, arrived = self._sheet, self._arrivals
        if self._residues is not None:
            if arrived is None or (sheet.flawed and len(self._recipes) > 1):
                return WALKED, VARIOUS
            if not self._come_to_rest(job, arrived, now):
                return WALKED, VARIOUS
        found = _distinct(job.gates)
        for gate in found:
            if sheet.slots[gate] == UNKNOWN:
                if self._slots == MAX_SLOTS:
                    return LOOKED_UP, VARIOUS
                tabulate_gate(sheet, self._parts, gate, self._slots)
                self._slots += 1
        return TABULATED, int(sheet.slots[found[0]]) if len(found) == 1 else VARIOUS

    def _come_to_rest(self, job: Job, arrived: Arrivals, now: int) -> bool:
        """True if every update of a batch finds its lines at rest."""
        sheet, top = self._sheet, self._sheet.slots.size - 1
        for codes, highest in (job.codes, sheet.highest), (job.gates, sheet.highest_gate):
            if highest < top and codes.max() > highest:
                return False
        switches = (self._parts.switches[recipe.switch] for recipe in self._recipes)
        return all(arrived.at_rest((switch.sot, switch.gate), now) for switch in switches)

    def _find_residues(self, now: int, residues: Residues) -> bool:
        """Look up what is on the converters' nodes; False if there are too many possibilities."""
        for lane, recipe in enumerate(self._recipes):
            node = self._parts.adcs[recipe.adc].node
            try:
                self._sheet.residue[lane] = residues.place(settled(node, now + residues.touched))
            except SequenceError:
                return False
        if len(residues.levels) > self._sheet.residues_uv.size:
            held, following = residues.tables()
            same = [(table == table[:, :1]).all() for table in (held, following)]
            self._sheet = self._sheet._replace(
                held=held, following=following.astype(np.uint32), forgets=all(same),
                residues_uv=np.array(residues.levels), touched=residues.touched,
                borders=self._borders(held[:, 0]),
            )  # fmt: skip
        return True

    def _borders(self, held: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return per state how many bins of noise, on top of what is held, read as AP."""
        adc, middle = self._parts.adcs[self._recipe.adc], self._parts.mcus[self._recipe.mind].middle
        bins = range(len(adc.bins.edges))
        found = [
            bisect_left(bins, 1, key=lambda b: 1 - reads_ap(code_of(adc, level + b), middle))
            for level in held.tolist()
        ]
        return np.array(found, dtype=np.int64)

    def _book(self, sheet: Sheet, job: Job) -> None:
        """Enter what the rows have summed up; the rest comes with the machine."""
        parts, recipe, sums = self._parts, self._recipe, sheet.sums.tolist()
        updates, account = job.rows * job.neurons, parts.bank.account
        resets = int(sheet.drawn.sum() - sheet.before.sum())
        drive = sums[SQUARES] * recipe.write_width
        drive += resets * parts.bank.reset_code**2 * recipe.reset_width
        for action, amount in enumerate((updates, resets, updates, drive)):
            account.count(action, amount)
        self._counters.update({name: sums[k] for name, k in _COUNTED if sums[k]})
        if self._residues is None:
            parts.comparators[recipe.adc].account.count(0, updates)


def _distinct(gates: Codes) -> list[int]:
    """Return the gate codes of a batch: one or two in most of them."""
    low, high = int(gates.min()), int(gates.max())
    if low == high:
        return [low]
    if ((gates == low) | (gates == high)).all():
        return [low, high]
    found: list[int] = np.flatnonzero(np.bincount(gates)).tolist()
    return found


def recipes(machine: Machine, lanes: int) -> list[Recipe] | None:
    """Return one recipe per lane, None if one has none, or two are not alike or share a part."""
    found = [recipe_of(machine, lane) for lane in range(lanes)]
    known = [recipe for recipe in found if recipe is not None]
    if len(known) < lanes or not np.array_equal(
        np.sort(machine.members), np.arange(machine.junctions.size)
    ):
        return None
    if len({replace(recipe, mind=0, controls=0, switch=0, adc=0) for recipe in known}) > 1:
        return None
    if known[0].switch < 0:
        return known if len({(r.switch, r.mind, r.adc) for r in known}) == 1 else None
    if any(recipe.switch < 0 for recipe in known) or not _write_alike(machine, known):
        return None
    for kind in zip(*(_owned(machine, recipe) for recipe in known), strict=True):
        places = [*chain.from_iterable(kind)]
        if len({*places}) < len(places):
            return None
    return known


def _owned(machine: Machine, recipe: Recipe) -> tuple[tuple[int, ...], ...]:
    """Return the parts that a lane needs to itself, by kind."""
    switch = machine.switches[recipe.switch]
    lines = int(switch.sot), int(switch.gate)
    return (recipe.mind,), (recipe.switch,), (recipe.adc,), (int(switch.node),), lines


def _write_alike(machine: Machine, known: Sequence[Recipe]) -> bool:
    """True if every lane writes its own lines and no other, all of them equally often."""
    counts = set()
    for lane, recipe in enumerate(known):
        switch = machine.switches[recipe.switch]
        written = [int(each.line) for each in strides(machine, lane) if each.kind == STEP]
        if not {*written} <= {int(switch.sot), int(switch.gate)}:
            return False
        counts.add(len(written))
    return len(counts) == 1


def _arrivals(machine: Machine, parts: Parts, known: Sequence[Recipe]) -> Arrivals | None:
    """Return the arrivals that all lanes have in common, None if there are none."""
    found = [arrivals(machine, parts, lane, recipe) for lane, recipe in enumerate(known)]
    first = found[0]
    if first is None:
        return None
    for other in found[1:]:
        if other is None or (other.rest, other.written) != (first.rest, first.written):
            return None
        if not all(
            np.array_equal(getattr(other, name), getattr(first, name))
            for name in ("index", "errors", "cuts")
        ):
            return None
    sot, gate = zip(*(each.highest for each in found if each is not None), strict=True)
    return replace(first, highest=(min(sot), min(gate)))


def _read_alike(machine: Machine, parts: Parts, known: Sequence[Recipe]) -> bool:
    """True if all lanes read by the same tables, of a size that is worth it."""
    bins = parts.adcs[known[0].adc].bins
    if len(bins.edges) > WIDE:
        return False
    kinds = []
    for recipe in known:
        adc, middle = parts.adcs[recipe.adc], parts.mcus[recipe.mind].middle
        node = adc.node
        scale = adc.sixteenths, adc.full_uv, adc.bias, adc.codes, adc.t_sample, adc.t_rest
        curves = node.kick, node.targets, node.sizes, node.shifts, node.tables
        kinds.append((scale, adc.bins, middle, curves))
    return all(kind == kinds[0] for kind in kinds)
