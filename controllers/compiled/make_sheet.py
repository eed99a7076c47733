"""How the sheet of a machine's row batches is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.vgsot import threshold

from .layout import ENTRY, RECIPE, STRIDE, Ints, Machine, fill, records
from .parts import Parts
from .recipe import Recipe
from .sheet import MEMO, TABULATED, UNKNOWN, Sheet
from .tables import SOT, Arrivals
from .walk import strides

MAX_SLOTS = 64  # gate codes whose thresholds are tabulated
STRETCH = 8192  # updates of a stretch of rows, so that they stay in the caches
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
    rows = min(max(4, STRETCH // n // 4 * 4), 4096)
    members = [members_of(machine, lane) for lane in range(len(known))]
    index, errors, cuts = _levels(machine, parts, first, arrived)
    codes = index.shape[1]
    bins = parts.adcs[first.adc].bins if first.switch >= 0 else None
    ring = 1 << (2 * rows + 16).bit_length()
    u32, i64 = np.uint32, np.int64
    return Sheet(
        source=TABULATED,
        reset=first.reset,
        compares=first.switch < 0,
        redraws=parts.bank.redraws,
        flawed=bool(errors.any() or cuts.any()),
        traced=False,
        forgets=False,
        reset_limit=parts.bank.reset_limit,
        period=first.period,
        stretch=rows,
        slots=np.full(codes, UNKNOWN, u32),
        limits=np.zeros(MAX_SLOTS * codes, i64),
        squares=((index[SOT].astype(i64) >> 4) ** 2).astype(u32),
        sot_index=index[SOT].astype(u32),
        gate_index=index[1 - SOT].astype(u32),
        errors=errors,
        cuts=cuts,
        edges=np.array(bins.edges if bins else [0], dtype=i64),
        guide=np.array(bins.guide if bins else [0], dtype=i64),
        held=np.zeros((2, int(first.switch < 0)), i64),
        following=np.zeros((2, 0), u32),
        residue=np.zeros(len(known), u32),
        residues_uv=np.zeros(0, i64),
        touched=0,
        recipes=_recipes(known),
        before=np.zeros(n, np.uint64),
        filled=np.zeros(n, i64),
        previous=np.zeros(len(known), u32),
        middle=parts.mcus[first.mind].middle if bins else 0,
        highest=arrived.highest[0] if arrived else codes - 1,
        highest_gate=arrived.highest[1] if arrived else codes - 1,
        compare=_compare(parts, first),
        members=np.concatenate(members).astype(u32),
        member_at=np.cumsum([0, *map(len, members)]).astype(i64),
        adc_draws=np.array([_draws_at(machine, r) for r in known], dtype=i64),
        memo_keys=np.full(MEMO, -1, i64),
        memo_limits=np.zeros(MEMO, i64),
        state=np.zeros(n, np.uint8),
        last=np.zeros(n, np.uint8),
        offsets=np.array(parts.bank.offsets, dtype=i64),
        drawn=np.zeros(n, np.uint64),
        switching=np.zeros((rows + 8) * n, u32),
        reading=np.zeros((rows + 8) * n, u32),
        resetting=np.zeros((ring, n), u32),
        run=np.zeros(rows * max(map(len, members)) + 16, u32),
        many=np.zeros((4, DEALT), u32),
        blocks=np.zeros(DEALT, np.uint64),
        devices=np.zeros(DEALT, np.uint64),
        limits_given=np.zeros(rows * n, i64),
        sots=np.zeros(rows * n, u32),
        arrived=np.zeros(rows * n, u32),
        entries=records(ENTRY, 0),
        strides=_strides(machine, known),
        before_last=np.zeros(n, np.uint8),
        noise=np.zeros(rows * n, np.uint16),
        left=np.zeros(rows * n, np.uint8),
        sums=np.zeros(7, i64),
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
    limits = parts.comparators[first.adc].limits if first.switch < 0 else (0, 0)
    return np.array(limits, dtype=np.int64)


def _draws_at(machine: Machine, recipe: Recipe) -> int:
    reader = machine.comparators if recipe.switch < 0 else machine.adcs
    return int(reader[recipe.adc].draws)
