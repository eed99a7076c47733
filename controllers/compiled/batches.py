"""Batches by whole rows: when that may be done, and what it leaves behind.

A lane whose updates follow a `Recipe`, that has its parts to itself and starts with idle parts
leaves the same states, books and draws whether its steps are played one by one or added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from devices.line import step
from devices.sense import NEVER, NOBODY, settled
from devices.switch import OPEN, READ, RESET, WRITE
from emulator import SequenceError
from emulator.kernels import Kernel

from .layout import Ints, Job, Machine
from .loop import CODE, GATE_CODE, WRITE_LINE
from .parts import Parts
from .ports import CONVERTING, IDLE, LIMB, MIDDLE
from .recipe import AFTER_AP, ALWAYS, Recipe, recipe_of
from .rows import (
    CUT,
    DONE,
    ERROR,
    LOOKED_UP,
    READ_ERRORS,
    SATURATED,
    SQUARES,
    TABULATED,
    UNREST,
    WALKED,
    WORST,
    WORST_GATE,
    Sheet,
    run_rows,
)
from .sheet import MAX_SLOTS, blank_sheet, members_of, tabulate_gate
from .tables import Arrivals, Residues, arrivals, idle

RUN = Kernel(run_rows)
WIDE = 20_000  # bins of a noise that is not worth a table


class RowBatches:
    """Runs the batches of a machine by whole rows."""

    def __init__(self, machine: Machine, parts: Parts, known: Sequence[Recipe]) -> None:
        self._machine, self._parts, self._recipes = machine, parts, known
        self._recipe = known[0]
        self._members = [members_of(machine, lane) for lane in range(len(known))]
        switched = self._recipe.switch >= 0
        self._arrivals = _arrivals(machine, parts, known) if switched else None
        self._residues = Residues(machine, parts, self._recipe) if switched else None
        if self._residues is not None:
            self._residues.place(0)
        self._sheet = blank_sheet(machine, parts, known, self._arrivals)
        self._slots = 0

    @classmethod
    def of(cls, machine: Machine, parts: Parts) -> RowBatches | None:
        """Return the runner of a machine, None if its updates depend on one another."""
        known = recipes(machine, len(machine.lanes))
        if known is None:
            return None
        if known[0].switch >= 0 and not _read_alike(machine, parts, known):
            return None
        try:
            return cls(machine, parts, known)
        except SequenceError:
            return None

    def ready(self, now: int) -> bool:
        """True if all parts are idle as the machine has taken them up at `now`."""
        machine, n = self._machine, self._parts.bank.n
        drawn = machine.draws.position
        if np.ptp(drawn[:n]) or machine.controls.resetting.any():
            return False
        if self._recipe.switch < 0:
            at = self._sheet.adc_draws[0]
            return bool((drawn[at : at + n] == drawn[:n]).all())
        return (
            not machine.lines.recorders.any()
            and all(
                machine.switches[r.switch].mode == OPEN
                and machine.adcs[r.adc].busy == 0
                and idle(machine.nodes[machine.adcs[r.adc].node])
                for r in self._recipes
            )
            and self._find_residues(now)
        )

    def run(self, job: Job, now: int) -> None:
        """Run a batch that begins at `now`, and leave the machine as it will be at its end."""
        machine, n = self._machine, job.neurons
        sheet = self._sheet._replace(source=self._source(now))
        sheet.state[:] = machine.junctions.state
        for recipe, members in zip(self._recipes, self._members, strict=True):
            sheet.last[members] = machine.controls.last_ap[recipe.mind * n + members]
        sheet.drawn[:] = machine.draws.position[n : 2 * n]
        before = sheet.drawn.astype(np.int64)
        filled = before & ~3
        sheet.sums[:] = 0
        while True:
            missing = RUN(
                sheet, job, machine.ops, machine.lanes, machine.lines, machine.switches,
                machine.bank[0], machine.tally[0], machine.adcs[max(self._recipe.adc * (self._recipe.switch >= 0), 0)], machine.draws, now, 0, job.rows,
                int(machine.draws.position[0]), filled,
            )  # fmt: skip
            if missing == DONE:
                break
            if missing == UNREST:
                sheet = sheet._replace(source=WALKED)
            elif self._slots == MAX_SLOTS:
                sheet = sheet._replace(source=LOOKED_UP)
            else:
                tabulate_gate(sheet, self._parts, missing, self._slots)
                self._slots += 1
        if sheet.forgets:
            self._recall(sheet, job)
        self._settle(sheet, job, now, sheet.drawn.astype(np.int64) - before)

    def _source(self, now: int) -> int:
        """Return where the levels of this batch come from."""
        if self._recipe.switch < 0:
            return TABULATED
        if self._arrivals is None or (self._sheet.flawed and len(self._recipes) > 1):
            return WALKED
        machine = self._machine
        for recipe in self._recipes:
            switch = machine.switches[recipe.switch]
            lines = self._parts.lines[switch.sot], self._parts.lines[switch.gate]
            if not self._arrivals.at_rest(lines, now):
                return WALKED
        return TABULATED

    def _find_residues(self, now: int) -> bool:
        """Look up what is on the converters' nodes; False if there are too many possibilities."""
        machine, residues = self._machine, self._residues
        assert residues is not None
        for lane, recipe in enumerate(self._recipes):
            node = machine.nodes[machine.adcs[recipe.adc].node]
            try:
                place = residues.place(int(settled(node, now + residues.touched)))
            except SequenceError:
                return False
            self._sheet.residue[lane] = place
        if len(residues.levels) > self._sheet.held.shape[1]:
            held, following = residues.tables()
            same = [(table == table[:, :1]).all() for table in (held, following)]
            self._sheet = self._sheet._replace(
                held=held, following=following.astype(np.uint32), forgets=all(same)
            )
        return True

    def _recall(self, sheet: Sheet, job: Job) -> None:
        """Find what the last two readings of each lane left on its node, from their states."""
        for lane, members in enumerate(self._members):
            last, *rest = members[::-1]
            if rest:
                sheet.previous[lane] = sheet.following[sheet.state[rest[0]], 0]
            elif job.rows > 1:
                sheet.previous[lane] = sheet.following[sheet.before_last[last], 0]
            else:
                sheet.previous[lane] = sheet.residue[lane]
            sheet.residue[lane] = sheet.following[sheet.state[last], 0]

    # -- what a batch leaves behind --------------------------------------------------------

    def _settle(self, sheet: Sheet, job: Job, now: int, fired: Ints) -> None:
        """Bring states, draws, parts and tally to where they are at the end of a batch."""
        machine, n, recipe = self._machine, job.neurons, self._recipe
        machine.junctions.state[:] = sheet.state
        machine.draws.position[:n] += job.rows
        machine.draws.position[n : 2 * n] = sheet.drawn
        for known, members in zip(self._recipes, self._members, strict=True):
            machine.controls.last_ap[known.mind * n + members] = sheet.last[members]
        tally, sums, updates = machine.tally[0], sheet.sums.tolist(), job.rows * n
        resets = int(fired.sum())
        drive = sums[SQUARES] * recipe.write_width
        drive += resets * self._parts.bank.reset_code**2 * recipe.reset_width
        tally.writes, tally.reads, tally.resets = updates, updates, resets
        tally.drive_low = drive & ((1 << LIMB) - 1)
        tally.drive_middle = (drive >> LIMB) & ((1 << MIDDLE) - 1)
        tally.drive_high = drive >> (LIMB + MIDDLE)
        tally.read_error, tally.adc_saturated = sums[READ_ERRORS], sums[SATURATED]
        tally.line_saturated += sums[CUT]
        if recipe.switch < 0:
            at = sheet.adc_draws[0]
            machine.draws.position[at : at + n] += job.rows
            machine.comparators[recipe.adc].decisions += updates
            return
        for lane in range(len(self._recipes)):
            self._settle_lane(sheet, job, lane, now, int(fired[self._members[lane]].sum()))

    def _settle_lane(self, sheet: Sheet, job: Job, lane: int, now: int, fired: int) -> None:
        """Bring the parts of a lane to where they are after its last update."""
        machine, recipe, members = self._machine, self._recipes[lane], self._members[lane]
        updates, last = job.rows * members.size, int(members[-1])
        index = (job.rows - 1) * job.neurons + last
        begun = now + (updates - 1) * recipe.period
        switch, adc = machine.switches[recipe.switch], machine.adcs[recipe.adc]
        switch.mode, switch.junction = OPEN, last
        switch.closed_at = begun + recipe.open_set + switch.t_on
        if sheet.source != WALKED:
            switch.pulses += updates
            switch.sum_error_uv += sheet.sums[ERROR]
            worst = switch.worst_error_uv
            worst[:] = np.maximum(worst, sheet.sums[[WORST, WORST_GATE]])
            self._write_lines(job, lane, begun, index)
        resets = {AFTER_AP: fired, ALWAYS: updates}.get(recipe.reset, 0)
        spent = {
            RESET: resets * (recipe.reset_end - recipe.reset_set),
            WRITE: updates * (recipe.write_end - recipe.write_set),
            READ: updates * (recipe.open_set - recipe.read_set),
        }
        _book(machine.accounts[switch.account], OPEN, spent, begun + recipe.open_set)
        converted = begun + recipe.start + int(adc.t_sample + adc.t_rest)
        spent = {CONVERTING: updates * int(adc.t_sample + adc.t_rest)}
        _book(machine.accounts[adc.account], IDLE, spent, converted)
        adc.conversions += updates
        adc.data, adc.started = job.results[index], begun + recipe.start
        assert self._residues is not None
        node = machine.nodes[adc.node]
        node.start, node.since = self._residues.levels[sheet.previous[lane]], begun
        node.since += self._residues.touched
        node.target, node.mode, node.closes, node.loaded = 0, NOBODY, NEVER, 0
        self._residues.read_update(node, int(sheet.state[last]), begun)

    def _write_lines(self, job: Job, lane: int, begun: int, index: int) -> None:
        """Let the lines of a lane go through their last update."""
        machine, row, t = self._machine, self._machine.lanes[lane], begun
        for op in machine.ops[row.first_op : row.first_op + row.ops]:
            t += int(op.delay)
            if op.opcode == WRITE_LINE:
                operand = {CODE: job.codes, GATE_CODE: job.gates}.get(int(op.source_a))
                code = op.value_a if operand is None else operand[index]
                line = machine.lines[op.part]
                step(line, line, int(line.levels[code]), t)


def recipes(machine: Machine, lanes: int) -> list[Recipe] | None:
    """Return one recipe per lane, None if one has none, or two are not alike or share a part."""
    found = [recipe_of(machine, lane) for lane in range(lanes)]
    known = [recipe for recipe in found if recipe is not None]
    if len(known) < lanes or not np.array_equal(
        np.sort(machine.members), np.arange(machine.junctions.size)
    ):
        return None
    if len({replace(recipe, mind=0, switch=0, adc=0) for recipe in known}) > 1:
        return None
    if known[0].switch < 0:
        return known if len({(r.switch, r.mind, r.adc) for r in known}) == 1 else None
    if any(recipe.switch < 0 for recipe in known):
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


def _arrivals(machine: Machine, parts: Parts, known: Sequence[Recipe]) -> Arrivals | None:
    """Return the arrivals that all lanes have in common, None if there are none."""
    found = [arrivals(machine, parts, lane, recipe) for lane, recipe in enumerate(known)]
    first = found[0]
    if first is None:
        return None
    for other in found[1:]:
        if other is None or not np.array_equal(other.index, first.index):
            return None
        if not np.array_equal(other.errors, first.errors) or other.rest != first.rest:
            return None
    return first


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


def _book(account: Ints, rest: int, spent: dict[int, int], until: int) -> None:
    """Book the residencies of a batch; what is left of the time was spent in state `rest`."""
    elapsed = until - int(account.since)  # type: ignore[attr-defined]
    residency = account.residency  # type: ignore[attr-defined]
    for state, amount in spent.items():
        residency[state] += amount
    residency[rest] += elapsed - sum(spent.values())
    account.current, account.since = rest, until  # type: ignore[attr-defined]
