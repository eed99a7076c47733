"""The sheet of a machine's row batches: its tables and its working room."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .layout import Ints

Members = NDArray[np.uint32]
Marks = NDArray[np.uint8]  # what updates leave behind, see `decide`
Heard = NDArray[np.uint32]  # what readers hear: the bin of a converter's noise, or a word
Limits = NDArray[np.uint32]  # thresholds: a word below switches
UNKNOWN = (1 << 32) - 1  # the slot of a gate code that is not tabulated
VARIOUS = -1  # the slot of a batch with more than one gate code
FIRED, CLEARED, STATE, BIT = 1, 2, 4, 8  # the marks of an update; CLEARED: AP after the reset
TABULATED, LOOKED_UP, WALKED = range(3)  # where the levels of a pulse come from
MEMO = 1 << 17  # thresholds that are kept by their two levels
SQUARES, SATURATED, READ_ERRORS, ERROR, CUT, WORST, WORST_GATE = range(7)  # sums of a batch


class Sheet(NamedTuple):
    """What all updates of a batch share. Shapes: n junctions, m lanes, k rows of a stretch.

    `source`: TABULATED (`limits` by `slots[gate] + code`; `slot` if all gate codes are the same),
    LOOKED_UP (`sot_index`, `gate_index` by code) or WALKED. `compares`: a comparator reads, else a
    converter: `held`, `following` (2, residues) are those of `Residues`, `residue` and `previous`
    (m,) where each lane is and was, `edges` and `guide` its noise, codes below `middle` are AP. If
    it `forgets`, `held` and `following` do not depend on the residue, and what is heard below
    `borders[state]` reads as AP, as with a comparator. `errors`, `cuts` (2, codes): error (uV) and
    saturation by code of SOT and gate line; `met` (2, codes): how often each was met. Lane l has
    the members `members[member_at[l] : member_at[l + 1]]`; `in_order`: one lane has all, in order.
    `left` (k + 1, n): the marks of updates, behind those of the last row before the stretch. Of
    reset words each junction has `drawn` some, those before `checked` are known to work.
    """

    source: int
    reset: int
    compares: bool
    redraws: bool
    flawed: bool
    traced: bool
    forgets: bool
    in_order: bool
    slot: int
    reset_limit: int
    period: int
    stretch: int
    middle: int
    highest: int
    highest_gate: int
    touched: int
    # tables
    slots: NDArray[np.uint32]
    limits: Limits
    squares: NDArray[np.uint32]
    sot_index: NDArray[np.uint32]
    gate_index: NDArray[np.uint32]
    errors: Ints
    cuts: NDArray[np.int8]
    edges: Ints
    guide: NDArray[np.uint16]
    held: Ints
    following: NDArray[np.uint32]
    borders: Ints
    residues_uv: Ints
    recipes: Any
    entries: Any
    strides: Any
    members: Members
    member_at: Ints
    adc_draws: Ints
    offsets: Ints
    memo_keys: Ints
    memo_limits: Limits
    tile_blocks: NDArray[np.uint64]
    tile_devices: NDArray[np.uint64]
    run_blocks: NDArray[np.uint64]
    run_devices: NDArray[np.uint64]
    # from stretch to stretch
    residue: NDArray[np.uint32]
    previous: NDArray[np.uint32]
    begun: NDArray[np.uint32]
    left: Marks
    before_last: Marks
    drawn: NDArray[np.uint64]
    before: NDArray[np.uint64]
    used: NDArray[np.uint32]
    checked: Ints
    suspects: NDArray[np.uint8]
    sums: Ints
    met: Ints
    # of a stretch
    switching: NDArray[np.uint32]
    reading: NDArray[np.uint32]
    many: NDArray[np.uint32]
    blocks: NDArray[np.uint64]
    devices: NDArray[np.uint64]
    run: Heard
    heard: Heard
    given: Limits
    sots: NDArray[np.uint32]
    arrived: NDArray[np.uint32]
