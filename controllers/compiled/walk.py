"""The lines of a lane, walked from update to update: which levels arrive at each pulse.

What a line does depends on the codes alone, not on what a junction answers, so all pulses of a
batch can be delivered before any of them decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from devices.grid import grid_index
from devices.line import PAST, forget, record, step
from devices.switch import WRITE, deliver

from .layout import Codes
from .loop import CODE, CONSTANT, SET_SWITCH, WRITE_LINE


def walk(
    ops: Any, lines: Any, switch: Any, bank: Any, tally: Any, codes: Codes, gates: Codes,
    members: NDArray[np.uint32], neurons: int, period: int, now: int, first: int, count: int,
    sots: NDArray[np.uint32], arrived: NDArray[np.uint32], base: int,
) -> None:  # fmt: skip
    """Deliver the pulses of updates `first` .. `first + count - 1` of a lane that began at `now`.

    `ops` are the lane's operations. The grid indices of SOT and gate line at which update `index`
    of the batch decides go to place `index - base` of `sots` and `arrived`.
    """
    sot, gate = lines[switch.sot], lines[switch.gate]
    scale, points, junctions = bank.full_scale, bank.points, members.size
    for k in range(count):
        update = first + k
        index = update // junctions * neurons + np.int64(members[update % junctions])
        t, writing = now + update * period, False
        for at in range(ops.size):
            op = ops[at]
            t += op.delay
            if op.opcode == WRITE_LINE:
                code = op.value_a
                if op.source_a != CONSTANT:
                    code = np.int64(codes[index] if op.source_a == CODE else gates[index])
                line = lines[op.part]
                if line.kept == PAST:
                    raise OverflowError("a line is written too often within one pulse")
                step(line, line, line.levels[code], t)
                if line.cut[code] != 0:
                    tally.line_saturated += 1
            elif op.opcode == SET_SWITCH:
                if writing:
                    high, at_gate = deliver(switch, sot, sot, gate, gate, t)
                    sots[index - base] = grid_index(scale, points, high)
                    arrived[index - base] = grid_index(scale, points, at_gate)
                    forget(sot)
                    forget(gate)
                writing = op.value_a == WRITE
                if writing:
                    switch.closed_at = t + switch.t_on
                    record(sot)
                    record(gate)
