"""Trace rows of a lane that runs by whole rows: a template per update, filled in afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from devices.grid import gate_volts, sot_volts
from devices.switch import OPEN, READ, RESET, WRITE

from .layout import ENTRY, Codes, Machine
from .loop import CODE, CONSTANT, MCU_RESET, SET_SWITCH, WRITE_LINE
from .recipe import Recipe

# What the value of a row is; those of a reset come only with the pulse.
FIXED, SOT_CODE, GATE_CODE, V_SOT, V_GATE, STATE, RESULT, RESET_MODE, RESET_STATE = range(9)


def template(machine: Machine, recipe: Recipe) -> Any:
    """Return the rows that an update of lane 0 leaves, in order, as rows of `ENTRY`.

    `after` is the time from the beginning of the update, `each` what the number of the junction
    is multiplied with in the name of the signal.
    """
    row, bank, adc = machine.lanes[0], machine.bank[0], machine.adcs[recipe.adc]
    switch, queue = machine.switches[recipe.switch], machine.queue[0]
    first = bool(queue.rank[adc.source] < queue.rank[0])
    converted = recipe.start + int(adc.t_sample + adc.t_rest)
    rows: list[tuple[int, int, int, int, float]] = []
    t, mode = 0, OPEN
    for op in machine.ops[row.first_op : row.first_op + row.ops]:
        t += int(op.delay)
        if converted >= 0 and (converted < t or (converted == t and first)):
            rows.append((converted, RESULT, int(adc.signal), 0, 0.0))
            converted = -1
        if op.opcode == WRITE_LINE:
            kind = {CONSTANT: FIXED, CODE: SOT_CODE}.get(int(op.source_a), GATE_CODE)
            rows.append((t, kind, int(machine.lines[op.part].signal), 0, float(op.value_a)))
        elif op.opcode in (SET_SWITCH, MCU_RESET):
            conditional = op.opcode == MCU_RESET
            after = RESET if conditional else int(op.value_a)
            rows += [(t, kind, int(bank.signal) + k, 3, 0.0) for kind, k in _LEFT.get(mode, ())]
            rows.append((t, RESET_MODE if conditional else FIXED, int(switch.signal), 0, after))
            mode = after
    return np.array(rows, dtype=ENTRY).view(np.recarray)


# The rows of the bank that a switch leaves behind when it leaves a mode: kind, signal.
_LEFT = {
    RESET: ((RESET_STATE, 2),),
    WRITE: ((V_SOT, 0), (V_GATE, 1), (STATE, 2)),
    READ: (),
}


def note_rows(
    rows: Any, entries: Any, codes: Codes, gates: Codes, results: Any, left: Any, sots: Any,
    arrived: Any, members: Any, bank: Any, n: int, row: int, count: int, begun: int, period: int,
) -> None:  # fmt: skip
    """Write the trace rows of `count` rows of a batch, whose first update begins at `begun`.

    `left` has the marks of the updates, `sots` and `arrived` at which
    grid indices they decided.
    """
    t_ps, name, value, used, t = rows.t_ps, rows.name, rows.value, rows.used, begun
    for i in range(count):
        for k in range(members.size):
            j = np.int64(members[k])
            here, at = i * n + j, (row + i) * n + j
            marks = left[n + here]
            for e in range(entries.size):
                entry = entries[e]
                kind, x = entry.kind, entry.fixed
                if kind >= RESET_MODE and (marks & 1) == 0:
                    continue
                if kind == SOT_CODE:
                    x = np.float64(codes[at])
                elif kind == GATE_CODE:
                    x = np.float64(gates[at])
                elif kind == V_SOT:
                    x = sot_volts(bank, np.int64(sots[here]))
                elif kind == V_GATE:
                    x = gate_volts(bank, np.int64(arrived[here]))
                elif kind == STATE:
                    x = np.float64(marks >> 2 & 1)
                elif kind == RESULT:
                    x = np.float64(results[at])
                elif kind == RESET_STATE:
                    x = np.float64(marks >> 1 & 1)
                t_ps[used], value[used] = t + entry.after, x
                name[used] = entry.signal + entry.each * j
                used += 1
            t += period
    rows.used = used
