"""How parts lie in memory: rows of arrays whose fields have the names of the parts' attributes.

Laws take rows, never arrays: a row is a bare address in compiled code, an array a counted
reference, and counting costs more than a law.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices.line import PAST
from devices.settling import LONGEST
from emulator.elementary import GUIDE_SHIFT

Ints = NDArray[np.int64]
Codes = NDArray[np.uint16]
CODES = 1 << 16  # of the largest converter
EDGES = 208_064  # of the widest noise that a card can state
BLOCK = 65_536  # trace rows
SOURCES = 1 << 13  # lanes and converters of a board

# What a run changes in a part, and copies back into it.
LINE_STATE = ("start", "target", "since", "recorders", "kept", "seen", "seen_at")
NODE_STATE = ("start", "target", "since", "mode", "loaded", "closes", "closing")
SWITCH_STATE = ("mode", "junction", "closed_at", "sum_error_uv", "pulses", "worst_error_uv")
ADC_STATE = ("busy", "started", "held", "register")
ACCOUNT_STATE = ("current", "since", "residency")
# What it only reads.
LAW_FIXED = (
    "slew", "linear", "snap", "amp_size", "amp_shift", "dac_size", "dac_shift", "amp_table",
    "dac_table",
)  # fmt: skip
NODE_FIXED = ("kick", "targets", "sizes", "shifts")
ADC_FIXED = ("sixteenths", "full_uv", "bias", "codes", "t_sample", "t_rest")
SWITCHING_FIXED = ("form", "a", "b", "c0", "v_c0", "v_g0", "k_v", "k_g")
BANK_FIXED = ("reset_limit", "reset_code", "redraws")
_SHAPES = {
    "amp_table": (LONGEST,), "dac_table": (LONGEST,), "past": (PAST, 3), "tables": (9, LONGEST),
    "targets": (3,), "sizes": (9,), "shifts": (9,), "worst_error_uv": (2,), "residency": (4,),
    "limits": (2,), "levels": (CODES,), "cut": (CODES,), "edges": (EDGES,),
    "guide": (1 << 32 - GUIDE_SHIFT,), "index": (CODES,), "buffer": (4,), "t_ps": (BLOCK,),
    "name": (BLOCK,), "value": (BLOCK,), "due": (SOURCES,), "rank": (SOURCES,),
    "tree": (2 * SOURCES,),
}  # fmt: skip
_KINDS = {"cut": "i1", "name": "i4", "value": "f8", "key0": "u8", "key1": "u8", "stream": "u8",
          "unit": "u8", "step_v": "f8", "sot_ratio": "f8", **dict.fromkeys(SWITCHING_FIXED, "f8"),
          "form": "i8"}  # fmt: skip


def _dtype(*names: str) -> np.dtype[Any]:
    return np.dtype([(n, _KINDS.get(n, "i8"), _SHAPES.get(n, ())) for n in names])


LINE = _dtype(*LINE_STATE, "past", *LAW_FIXED, "levels", "cut", "signal")
NODE = _dtype(*NODE_STATE, *NODE_FIXED, "tables")
SWITCH = _dtype(*SWITCH_STATE, "t_on", "sot", "gate", "node", "account", "signal")
ADC = _dtype(
    *ADC_STATE, *ADC_FIXED, "first", "edges", "guide", "node", "account", "draws", "source",
    "signal", "sampling", "conversions",
)  # fmt: skip
ACCOUNT = _dtype(*ACCOUNT_STATE)
MCU = _dtype("adc", "switch", "middle", "controls")
DRIVER = _dtype("index", "signal")
COMPARATOR = _dtype("limits", "draws", "signal", "decisions")
LOGIC = _dtype("driver", "comparator", "controls")
LANE = _dtype(
    "first_op", "ops", "members_at", "members", "row", "member", "pc", "code", "gate", "junction",
    "index_",
)  # fmt: skip
BANK = _dtype(
    *SWITCHING_FIXED, *BANK_FIXED, "full_scale", "points", "step_v", "sot_ratio", "signal"
)
JUNCTION = _dtype("state", "offset")
CONTROL = _dtype("last_ap", "resetting")  # of one controller over one junction
PULSE = _dtype("sot", "at_gate", "fired")  # of one driver over one junction
DRAWS = _dtype("key0", "key1", "stream", "unit", "position", "held_block", "buffer")
COUNTERS = ("pulse_missed", "adc_start_ignored", "adc_saturated", "line_saturated", "read_error")
DRIVE = ("drive_low", "drive_middle", "drive_high")
TALLY = _dtype(*COUNTERS, "writes", "resets", "reads", *DRIVE)
OP = _dtype(
    "delay", "opcode", "part", "source_a", "value_a", "source_b", "value_b", "source_c", "value_c"
)
QUEUE = _dtype("leaves", "due", "rank", "tree")
RECIPE = _dtype(
    "period", "reset", "reset_set", "reset_end", "reset_width", "write_set", "write_end",
    "write_width", "read_set", "start", "open_set", "mind", "controls", "switch", "adc",
)  # fmt: skip
ENTRY = np.dtype([(n, "i8") for n in ("after", "kind", "signal", "each")] + [("fixed", "f8")])
STRIDE = _dtype("after", "kind", "line", "source", "fixed_code")
ROWS = _dtype("used", "t_ps", "name", "value")


class Machine(NamedTuple):
    """All parts of a board, as arrays of rows (see the dtypes above).

    `ops`: the operations of all lanes, one after the other; `members`: their junctions. `draws`:
    one row per stream and device; the bank's two streams come first. `queue`: when each source
    (lanes, then converters) is due, and who is first.
    """

    lanes: Any
    ops: Any
    members: Ints
    lines: Any
    switches: Any
    nodes: Any
    adcs: Any
    accounts: Any
    bank: Any
    junctions: Any
    draws: Any
    mcus: Any
    logics: Any
    controls: Any
    drivers: Any
    pulses: Any
    comparators: Any
    tally: Any
    queue: Any


class Job(NamedTuple):
    """A batch: codes and gates (rows / draws * junctions,), starts (ps, or empty), its results.

    Of its `rows` each `draws` consecutive ones share their codes.
    """

    codes: NDArray[np.uint16]
    gates: NDArray[np.uint16]
    starts: Ints
    rows: int
    draws: int
    neurons: int
    bits: NDArray[np.int8]
    results: NDArray[np.int32]


def repeated(job: Job) -> Job:
    """Return a batch with the codes of every row."""
    if job.draws == 1:
        return job
    shape, draws = (-1, job.neurons), job.draws
    codes, gates = (
        np.repeat(some.reshape(shape), draws, axis=0).ravel() for some in (job.codes, job.gates)
    )
    return job._replace(codes=codes, gates=gates, draws=1)


def records(dtype: np.dtype[Any], count: int) -> Any:
    """Return `count` rows of zeros (at least one), whose fields are attributes."""
    return np.zeros(max(count, 1), dtype).view(np.recarray)


def fill(row: Any, part: object, names: Iterable[str]) -> None:
    """Copy attributes of a part into a row; a sequence may be shorter than its field."""
    for name in names:
        value = getattr(part, name)
        if name in _SHAPES:
            row[name][: len(value)] = value
        else:
            row[name] = value
