"""A board as a machine: its parts laid out as arrays, taken up before a batch and given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from controllers.lane import Lane
from emulator import NEVER, SequenceError

from .layout import (
    ACCOUNT,
    ADC,
    ADC_FIXED,
    BANK,
    BANK_FIXED,
    COMPARATOR,
    CONTROL,
    DRAWS,
    DRIVER,
    JUNCTION,
    LANE,
    LAW_FIXED,
    LINE,
    LOGIC,
    MCU,
    NODE,
    NODE_FIXED,
    PULSE,
    QUEUE,
    SOURCES,
    SWITCH,
    SWITCHING_FIXED,
    TALLY,
    Machine,
    fill,
    records,
)
from .parts import Parts, place
from .program import elaborate_lane


def build(lanes: Sequence[Lane], parts: Parts) -> Machine:
    """Lay out the lanes and every part that they drive.

    Raises `SequenceError` for what has no compiled form.
    """
    programs = [elaborate_lane(lane, parts) for lane in lanes]
    n = parts.bank.n
    return Machine(
        lanes=_lanes(lanes, programs),
        ops=np.concatenate(programs).view(np.recarray),
        members=np.concatenate([np.array(lane.junctions, dtype=np.int64) for lane in lanes]),
        lines=_lines(parts),
        switches=_switches(parts),
        nodes=_nodes(parts),
        adcs=_adcs(parts, len(lanes)),
        accounts=records(ACCOUNT, len(parts.accounts)),
        bank=_bank(parts),
        junctions=_junctions(parts),
        draws=_draws(parts),
        mcus=_mcus(parts),
        logics=_logics(parts),
        controls=records(CONTROL, n * (len(parts.mcus) + len(parts.logics))),
        drivers=_drivers(parts),
        pulses=records(PULSE, n * len(parts.drivers)),
        comparators=_comparators(parts),
        tally=records(TALLY, 1),
        queue=_queue(lanes, parts),
    )


def _lanes(lanes: Sequence[Lane], programs: Sequence[Any]) -> Any:
    rows = records(LANE, len(lanes))
    op = member = 0
    for row, lane, program in zip(rows, lanes, programs, strict=True):
        row.first_op, row.ops = op, len(program)
        row.members_at, row.members = member, len(lane.junctions)
        op, member = op + len(program), member + len(lane.junctions)
    return rows


def _queue(lanes: Sequence[Lane], parts: Parts) -> Any:
    ranks = [lane.rank for lane in lanes] + [adc.rank for adc in parts.adcs]
    if len(ranks) > SOURCES:
        raise SequenceError(f"{len(ranks)} lanes and converters are more than {SOURCES}")
    rows = records(QUEUE, 1)
    row = rows[0]
    row.leaves = leaves = 1 << (len(ranks) - 1).bit_length()
    row["rank"][: len(ranks)] = ranks
    row["due"][:] = NEVER
    row["tree"][:] = -1
    row["tree"][leaves : leaves + len(ranks)] = np.arange(len(ranks))
    return rows


def _lines(parts: Parts) -> Any:
    rows = records(LINE, len(parts.lines))
    channels = zip(rows, parts.lines, parts.line_signals, parts.line_levels, strict=False)
    for row, line, signal, (levels, cut) in channels:
        fill(row, line.law, LAW_FIXED)
        row.signal = signal
        row["levels"][: len(levels)] = levels
        row["cut"][list(cut)] = 1
    return rows


def _switches(parts: Parts) -> Any:
    rows = records(SWITCH, len(parts.switches))
    for row, switch in zip(rows, parts.switches, strict=False):
        if switch.sot not in parts.lines or switch.gate not in parts.lines:
            raise SequenceError(f"no sequence drives the lines that {switch.name} gates")
        row.t_on = switch.params.t_on
        row.sot, row.gate = parts.lines.index(switch.sot), parts.lines.index(switch.gate)
        row.node = place(parts.nodes, switch.node)
        row.account = place(parts.accounts, switch.account)
        row.signal = parts.signal((switch.name, "mode"))
    return rows


def _nodes(parts: Parts) -> Any:
    rows = records(NODE, len(parts.nodes))
    for row, node in zip(rows, parts.nodes, strict=False):
        fill(row, node, NODE_FIXED)
        for k, table in enumerate(node.tables):
            row["tables"][k, : len(table)] = table
    return rows


def _adcs(parts: Parts, lanes: int) -> Any:
    rows = records(ADC, len(parts.adcs))
    for k, (row, adc) in enumerate(zip(rows, parts.adcs, strict=False)):
        fill(row, adc, ADC_FIXED)
        fill(row, adc.bins, ("first", "edges", "guide"))
        row.node, row.account = place(parts.nodes, adc.node), place(parts.accounts, adc.account)
        row.draws, row.source = parts.draws_at(adc.noise), lanes + k
        row.signal = parts.signal((adc.name, "eoc"))
    return rows


def _bank(parts: Parts) -> Any:
    bank, rows = parts.bank, records(BANK, 1)
    row, grid = rows[0], bank.grid
    fill(row, bank.law, SWITCHING_FIXED)
    fill(row, bank, BANK_FIXED)
    fill(row, grid, ("full_scale", "points", "step_v", "sot_ratio"))
    row.signal = parts.bank_signal
    return rows


def _junctions(parts: Parts) -> Any:
    rows = records(JUNCTION, parts.bank.n)
    rows.offset[:] = parts.bank.offsets
    return rows


def _draws(parts: Parts) -> Any:
    """Return one row per stream and device."""
    rows = records(DRAWS, sum(stream.devices for stream in parts.streams))
    at = 0
    for stream in parts.streams:
        some = rows[at : at + stream.devices]
        some.key0[:], some.key1[:] = stream.key
        some.stream[:], some.unit[:] = stream.stream, np.arange(stream.devices)
        some.held_block[:] = -1
        at += stream.devices
    return rows


def _mcus(parts: Parts) -> Any:
    rows = records(MCU, len(parts.mcus))
    for k, (row, mcu) in enumerate(zip(rows, parts.mcus, strict=False)):
        row.controls = k * parts.bank.n
        row.adc, row.switch = place(parts.adcs, mcu.adc), place(parts.switches, mcu.switch)
        row.middle = mcu.middle
    return rows


def _logics(parts: Parts) -> Any:
    rows = records(LOGIC, len(parts.logics))
    for k, (row, logic) in enumerate(zip(rows, parts.logics, strict=False)):
        row.controls = (len(parts.mcus) + k) * parts.bank.n
        row.driver = place(parts.drivers, logic.driver)
        row.comparator = place(parts.comparators, logic.comparator)
    return rows


def _drivers(parts: Parts) -> Any:
    rows = records(DRIVER, len(parts.drivers))
    for row, driver in zip(rows, parts.drivers, strict=False):
        fill(row, driver, ("index",))
        row.signal = parts.signal(*((driver.name, f"{j}.code") for j in range(parts.bank.n)))
    return rows


def _comparators(parts: Parts) -> Any:
    rows = records(COMPARATOR, len(parts.comparators))
    for row, comparator in zip(rows, parts.comparators, strict=False):
        row.limits = comparator.limits
        row.draws = parts.draws_at(comparator.noise)
        row.signal = parts.signal(*((comparator.name, f"{j}.bit") for j in range(parts.bank.n)))
    return rows
