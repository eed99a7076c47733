"""The sheet of a machine's row batches: its tables and its working room."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .layout import Ints

Words = NDArray[np.uint32]
Members = NDArray[np.uint32]
UNKNOWN = (1 << 32) - 1  # the slot of a gate code that is not tabulated
TABULATED, LOOKED_UP, WALKED = range(3)  # where the levels of a pulse come from
MEMO = 1 << 17  # thresholds that are kept by their two levels
SQUARES, SATURATED, READ_ERRORS, ERROR, CUT, WORST, WORST_GATE = range(7)  # sums of a batch


class Sheet(NamedTuple):
    """What all updates of a batch share. Shapes: n junctions, m lanes, k rows of a stretch.

    `source`: TABULATED (`limits` by `slots[gate] + code`), LOOKED_UP (`sot_index`, `gate_index` by
    code) or WALKED. `compares`: a comparator reads (`compare`), else a converter: `held`,
    `following` (2, residues) are those of `Residues`, `residue` and `previous` (m,) where each
    lane is and was, `edges` and `guide` its noise, codes below `middle` are AP. If it `forgets`,
    `held` and `following` do not depend on the residue. `errors`, `cuts` (2, codes): error (uV)
    and saturation by code of SOT and gate line, if `flawed`. Lane l has the members
    `members[member_at[l] : member_at[l + 1]]`. What is left of an update if `traced`: `left`.
    """

    source: int
    reset: int
    compares: bool
    redraws: bool
    flawed: bool
    traced: bool
    forgets: bool
    reset_limit: int
    period: int
    stretch: int
    slots: NDArray[np.uint32]
    limits: Ints
    squares: NDArray[np.uint32]
    sot_index: NDArray[np.uint32]
    gate_index: NDArray[np.uint32]
    errors: Ints
    cuts: NDArray[np.int8]
    edges: Ints
    guide: Ints
    held: Ints
    following: NDArray[np.uint32]
    residue: NDArray[np.uint32]
    previous: NDArray[np.uint32]
    residues_uv: Ints
    touched: int
    recipes: Any
    before: NDArray[np.uint64]
    filled: Ints
    middle: int
    highest: int
    highest_gate: int
    compare: Ints
    members: NDArray[np.uint32]
    member_at: Ints
    adc_draws: Ints
    memo_keys: Ints
    memo_limits: Ints
    state: NDArray[np.uint8]
    last: NDArray[np.uint8]
    offsets: Ints
    drawn: NDArray[np.uint64]
    switching: Words
    reading: Words
    resetting: Words
    run: Words
    many: Words
    blocks: NDArray[np.uint64]
    devices: NDArray[np.uint64]
    limits_given: Ints
    sots: NDArray[np.uint32]
    arrived: NDArray[np.uint32]
    left: NDArray[np.uint8]
    entries: Any
    strides: Any
    noise: NDArray[np.uint16]
    before_last: NDArray[np.uint8]
    sums: Ints
