"""The lines of a lane, walked from update to update: which levels arrive at each pulse.

What a line does depends on the codes alone, not on what a junction answers, so all pulses of a
batch can be delivered before any of them decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.grid import grid_index
from devices.line import PAST, forget, make_room, record, step
from devices.switch import WRITE, deliver

from .layout import STRIDE, Codes, Machine
from .loop import CODE, CONSTANT, SET_SWITCH, WRITE_LINE

STEP, CLOSE, OPEN = range(3)  # a line is written; a write pulse is to begin; it ends


def strides(machine: Machine, lane: int) -> Any:
    """Return what a lane's update does to its lines, in order, as rows of `STRIDE`."""
    row, t, writing = machine.lanes[lane], 0, False
    found: list[tuple[int, ...]] = []
    for op in machine.ops[row.first_op : row.first_op + row.ops]:
        t += int(op.delay)
        if op.opcode == WRITE_LINE:
            found.append((t, STEP, int(op.part), int(op.source_a), int(op.value_a)))
        elif op.opcode == SET_SWITCH:
            if writing:
                found.append((t, OPEN, 0, 0, 0))
            writing = bool(op.value_a == WRITE)
            if writing:
                found.append((t, CLOSE, 0, 0, 0))
    return np.array(found, dtype=STRIDE).view(np.recarray)


def written_code(stride: Any, code: int, gate_code: int) -> int:
    """Return the code that a stride of kind STEP writes, of an update with these two."""
    if stride.source == CONSTANT:
        return stride.fixed_code  # type: ignore[no-any-return]
    return code if stride.source == CODE else gate_code


def walk(
    strides: Any, lines: Any, switch: Any, bank: Any, tally: Any, codes: Codes, gates: Codes,
    members: NDArray[np.uint32], neurons: int, period: int, begun: int, row: int, rows: int,
    sots: NDArray[np.uint32], arrived: NDArray[np.uint32],
) -> None:  # fmt: skip
    """Deliver the pulses of `rows` rows of a lane, from row `row` on, which begins at `begun`.

    The grid indices of SOT and gate line at which each update decides go to its place, counted
    from the first one, of `sots` and `arrived`.
    """
    sot, gate = lines[switch.sot], lines[switch.gate]
    scale, points, cut = bank.full_scale, bank.points, 0
    for i in range(rows):
        for k in range(members.size):
            here = np.uint64(i * neurons) + members[k]
            index = here + np.uint64(row * neurons)
            code, gate_code = np.int64(codes[index]), np.int64(gates[index])
            for at in range(strides.size):
                stride = strides[at]
                t = begun + stride.after
                if stride.kind == STEP:
                    value = written_code(stride, code, gate_code)
                    line = lines[stride.line]
                    if line.kept == PAST:  # to call it in vain slows a walk down by 6 %
                        make_room(line)
                    step(line, line, line.levels[value], t)
                    cut += line.cut[value]
                elif stride.kind == CLOSE:
                    switch.closed_at = t + switch.t_on
                    record(sot)
                    record(gate)
                else:
                    high, at_gate = deliver(switch, sot, sot, gate, gate, t)
                    sots[here] = grid_index(scale, points, high)
                    arrived[here] = grid_index(scale, points, at_gate)
                    forget(sot)
                    forget(gate)
            begun += period
    tally.line_saturated += cut
