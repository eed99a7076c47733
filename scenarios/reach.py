"""The volts that a board brings to its junctions: converted, amplified, settled, divided."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from controllers import Board

Codes = NDArray[np.integer]
Floats = NDArray[np.float64]
Range = tuple[float, float]


def delivered_volts(board: Board, codes: Codes, gates: Codes) -> tuple[Floats, Floats]:
    """Return (V_SOT, V_gate) that arrive for converter codes, each update starting from rest.

    Arrays have the shape of the codes. A probe: no time passes.
    """
    sot, gate = (index.astype(np.int64) for index in board.delivered(codes, gates))
    return board.mtj.grid.sot_volts(sot), board.mtj.grid.gate_volts(gate)


def reach(board: Board) -> tuple[Range, Range]:
    """Return the lowest and the highest V_SOT, and V_gate, that arrive at a junction."""
    ends = np.array([0, int(board.dac_params.top)])
    v_sot, v_gate = delivered_volts(board, ends, ends)
    return (float(v_sot.min()), float(v_sot.max())), (float(v_gate.min()), float(v_gate.max()))
