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
    n = parts.bank.n
    rows = min(max(32, STRETCH // n // 4 * 4), 4096)
    longest = max(len(members_of(machine, lane)) for lane in range(len(known)))
    index, errors, cuts = _levels(machine, parts, known[0], arrived)
    return Sheet(
        **_rules(machine, parts, known),
        **_tables(machine, parts, known),
        **_kept(n, len(known), rows),
        **_room(n, rows, longest),
        flawed=bool(errors.any() or cuts.any()),
        stretch=rows,
        highest=arrived.highest[0] if arrived else index.shape[1] - 1,
        highest_gate=arrived.highest[1] if arrived else index.shape[1] - 1,
        slots=np.full(index.shape[1], UNKNOWN, np.uint32),
        limits=np.zeros(MAX_SLOTS * index.shape[1], np.uint32),
        squares=((index[SOT].astype(np.int64) >> 4) ** 2).astype(np.uint32),
        sot_index=index[SOT].astype(np.uint32),
        gate_index=index[1 - SOT].astype(np.uint32),
        errors=errors,
        cuts=cuts,
        met=np.zeros(index.shape, np.int64),
    )


def _rules(machine: Machine, parts: Parts, known: Sequence[Recipe]) -> dict[str, Any]:
    """Return what all updates have in common."""
    first, members = known[0], members_of(machine, 0)
    return {
        "source": TABULATED,
        "reset": first.reset,
        "compares": first.switch < 0,
        "redraws": parts.bank.redraws,
        "traced": False,
        "forgets": False,
        "in_order": len(known) == 1 and np.array_equal(members, np.arange(parts.bank.n)),
        "slot": VARIOUS,
        "reset_limit": parts.bank.reset_limit,
        "period": first.period,
        "middle": parts.mcus[first.mind].middle if first.switch >= 0 else 0,
        "touched": 0,
    }


def _tables(machine: Machine, parts: Parts, known: Sequence[Recipe]) -> dict[str, Any]:
    """Return what is looked up, and who does what; nodes and traces are told later."""
    first, members = known[0], [members_of(machine, lane) for lane in range(len(known))]
    bins = parts.adcs[first.adc].bins if first.switch >= 0 else None
    guided = bins is not None and len(bins.edges) <= WIDE
    return {
        "edges": np.array(bins.edges if bins else [0], dtype=np.int64),
        "guide": np.array(bins.guide if bins and guided else [0], dtype=np.uint16),
        "held": np.zeros((2, 0), np.int64),
        "following": np.zeros((2, 0), np.uint32),
        "borders": _compare(parts, first),
        "residues_uv": np.zeros(0, np.int64),
        "recipes": _recipes(known),
        "entries": records(ENTRY, 0),
        "strides": _strides(machine, known),
        "members": np.concatenate(members).astype(np.uint32),
        "member_at": np.cumsum([0, *map(len, members)]).astype(np.int64),
        "adc_draws": np.array([_draws_at(machine, r) for r in known], dtype=np.int64),
        "offsets": np.array(parts.bank.offsets, dtype=np.int64),
        "memo_keys": np.full(MEMO, -1, np.int64),
        "memo_limits": np.zeros(MEMO, np.uint32),
    }


def _kept(n: int, lanes: int, rows: int) -> dict[str, Any]:
    """Return what is handed on from stretch to stretch."""
    return {
        "residue": np.zeros(lanes, np.uint32),
        "previous": np.zeros(lanes, np.uint32),
        "begun": np.zeros((2, lanes), np.uint32),
        "left": np.zeros((rows + 1) * n, np.uint8),
        "before_last": np.zeros(n, np.uint8),
        "drawn": np.zeros(n, np.uint64),
        "before": np.zeros(n, np.uint64),
        "used": np.zeros(n, np.uint32),
        "checked": np.zeros(n, np.int64),
        "suspects": np.zeros(n, np.uint8),
        "sums": np.zeros(7, np.int64),
    }


def _room(n: int, rows: int, longest: int) -> dict[str, Any]:
    """Return the room that a stretch works in; the longest lane has so many junctions."""
    tile, run = (rows // 4 + 1) * n, rows // 4 * longest + 2  # blocks of words
    return {
        "tile_blocks": np.arange(tile, dtype=np.uint64) // np.uint64(n),
        "tile_devices": np.arange(tile, dtype=np.uint64) % np.uint64(n),
        "run_blocks": np.arange(run, dtype=np.uint64),
        "run_devices": np.zeros(run, np.uint64),
        "switching": np.zeros((4, tile), np.uint32),
        "reading": np.zeros((4, max(tile, run)), np.uint32),
        "many": np.zeros((4, DEALT), np.uint32),
        "blocks": np.zeros(DEALT, np.uint64),
        "devices": np.zeros(DEALT, np.uint64),
        "run": np.zeros(4 * run, np.uint32),
        "heard": np.zeros(max(rows * n, 4 * run), np.uint32),
        "given": np.zeros(rows * n, np.uint32),
        "sots": np.zeros(rows * n, np.uint32),
        "arrived": np.zeros(rows * n, np.uint32),
    }


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
