"""How the sheet of a machine's row batches is made."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.pulse_driver import compared
from devices.vgsot import WHOLE, threshold

from .layout import ENTRY, RECIPE, STRIDE, Ints, Machine, fill, records
from .parts import Parts
from .recipe import Recipe
from .sheet import MEMO, TABULATED, UNKNOWN, VARIOUS, Sheet
from .tables import SOT, Arrivals
from .walk import strides

MAX_SLOTS = 64  # gate codes whose thresholds are tabulated
STRETCH = 16_384  # updates of a stretch of rows, so that they stay in the caches
WIDE = 20_000  # bins of a noise that is not worth a table
DEALT = 4096  # blocks of reset words that are computed together


def members_of(machine: Machine, lane: int) -> Ints:
    """Return the junctions of a lane."""
    row = machine.lanes[lane]
    members: Ints = machine.members[row.members_at : row.members_at + row.members]
    return members


def blank_sheet(
    machine: Machine,
    parts: Parts,
    known: Sequence[Recipe],
    arrived: Arrivals | None,
) -> Sheet:
    """Return the sheet of a machine; its state and sums are filled in for every batch."""
    n, first = parts.bank.n, known[0]
    rows = min(max(32, STRETCH // n // 4 * 4), 4096)
    members = [members_of(machine, lane) for lane in range(len(known))]
    index, errors, cuts = _levels(machine, parts, first, arrived)
    codes = index.shape[1]
    bins = parts.adcs[first.adc].bins if first.switch >= 0 else None
    tile, run = (rows // 4 + 1) * n, rows // 4 * max(map(len, members)) + 2  # blocks of words
    u32, i64, u64 = np.uint32, np.int64, np.uint64
    return Sheet(
        source=TABULATED,
        reset=first.reset,
        compares=first.switch < 0,
        redraws=parts.bank.redraws,
        flawed=bool(errors.any() or cuts.any()),
        traced=False,
        forgets=False,
        in_order=len(known) == 1 and np.array_equal(members[0], np.arange(n)),
        slot=VARIOUS,
        reset_limit=parts.bank.reset_limit,
        period=first.period,
        stretch=rows,
        middle=parts.mcus[first.mind].middle if bins else 0,
        highest=arrived.highest[0] if arrived else codes - 1,
        highest_gate=arrived.highest[1] if arrived else codes - 1,
        touched=0,
        slots=np.full(codes, UNKNOWN, u32),
        limits=np.zeros(MAX_SLOTS * codes, u32),
        squares=((index[SOT].astype(i64) >> 4) ** 2).astype(u32),
        sot_index=index[SOT].astype(u32),
        gate_index=index[1 - SOT].astype(u32),
        errors=errors,
        cuts=cuts,
        edges=np.array(bins.edges if bins else [0], dtype=i64),
        guide=np.array(bins.guide if bins and len(bins.edges) <= WIDE else [0], dtype=np.uint16),
        held=np.zeros((2, 0), i64),
        following=np.zeros((2, 0), u32),
        borders=_compare(parts, first),
        residues_uv=np.zeros(0, i64),
        recipes=_recipes(known),
        entries=records(ENTRY, 0),
        strides=_strides(machine, known),
        members=np.concatenate(members).astype(u32),
        member_at=np.cumsum([0, *map(len, members)]).astype(i64),
        adc_draws=np.array([_draws_at(machine, r) for r in known], dtype=i64),
        offsets=np.array(parts.bank.offsets, dtype=i64),
        memo_keys=np.full(MEMO, -1, i64),
        memo_limits=np.zeros(MEMO, u32),
        tile_blocks=np.arange(tile, dtype=u64) // u64(n),
        tile_devices=np.arange(tile, dtype=u64) % u64(n),
        run_blocks=np.arange(run, dtype=u64),
        run_devices=np.zeros(run, u64),
        residue=np.zeros(len(known), u32),
        previous=np.zeros(len(known), u32),
        begun=np.zeros((2, len(known)), u32),
        left=np.zeros((rows + 1) * n, np.uint8),
        before_last=np.zeros(n, np.uint8),
        drawn=np.zeros(n, u64),
        before=np.zeros(n, u64),
        used=np.zeros(n, u32),
        checked=np.zeros(n, i64),
        suspects=np.zeros(n, np.uint8),
        sums=np.zeros(7, i64),
        met=np.zeros((2, codes), i64),
        switching=np.zeros((4, tile), u32),
        reading=np.zeros((4, max(tile, run)), u32),
        many=np.zeros((4, DEALT), u32),
        blocks=np.zeros(DEALT, u64),
        devices=np.zeros(DEALT, u64),
        run=np.zeros(4 * run, u32),
        heard=np.zeros(max(rows * n, 4 * run), u32),
        given=np.zeros(rows * n, u32),
        sots=np.zeros(rows * n, u32),
        arrived=np.zeros(rows * n, u32),
    )


def tabulate_gate(sheet: Sheet, parts: Parts, gate: int, slot: int) -> None:
    """Write the thresholds of all codes at one gate code into a slot."""
    grid, codes = parts.bank.grid, sheet.slots.size
    v_sot = grid.sot_volts(sheet.sot_index.astype(np.int64))
    v_gate = np.full(codes, grid.gate_volts(int(sheet.gate_index[gate])))
    sheet.limits[slot * codes : (slot + 1) * codes] = threshold(parts.bank.law, v_sot, v_gate)
    sheet.slots[gate] = slot * codes


def _levels(
    machine: Machine, parts: Parts, first: Recipe, arrived: Arrivals | None
) -> tuple[NDArray[np.int32], Ints, NDArray[np.int8]]:
    """Return index, errors and cuts by code, for SOT and gate."""
    if arrived is not None:
        return arrived.index, arrived.errors, arrived.cuts
    if first.switch < 0:
        row = parts.drivers[machine.logics[first.mind].driver].index
        index = np.array([row, row], dtype=np.int32)
    else:
        index = np.zeros((2, 1), dtype=np.int32)  # levels are carried: nothing to tabulate
    return index, np.zeros(index.shape, np.int64), np.zeros(index.shape, np.int8)


def _recipes(known: Sequence[Recipe]) -> Any:
    rows = records(RECIPE, len(known))
    for row, recipe in zip(rows, known, strict=True):
        fill(row, recipe, RECIPE.names or ())
    return rows


def _strides(machine: Machine, known: Sequence[Recipe]) -> Any:
    """Return what all lanes do to their lines, one lane after the other."""
    if known[0].switch < 0:
        return records(STRIDE, 0)
    lanes = [strides(machine, lane) for lane in range(len(known))]
    return np.concatenate(lanes).view(np.recarray)


def _compare(parts: Parts, first: Recipe) -> Ints:
    """Return per state how many words a comparator answers with AP to: they are the lowest ones."""
    limits = parts.comparators[first.adc].limits if first.switch < 0 else (0, 0)
    found = [bisect_left(range(WHOLE), 1, key=lambda w: 1 - compared(w, k)) for k in limits]
    return np.array(found, dtype=np.int64)


def _draws_at(machine: Machine, recipe: Recipe) -> int:
    reader = machine.comparators if recipe.switch < 0 else machine.adcs
    return int(reader[recipe.adc].draws)
