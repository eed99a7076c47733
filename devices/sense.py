"""The read path: divider of junction and precision resistor, filter capacitor, sampling kick.

The functions are the node's automaton in both engines; compiled, they run on rows of an array.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from pydantic import Field

from emulator import NEVER, Emulator, Farad, Ohm, Params, Volt

from .mtj_bank import MtjBank
from .settling import decay, remaining
from .vgsot import resistances

NOBODY = 2  # no junction is connected; 0 and 1 are the state of the one that is
MODES = 3


class Node(Protocol):
    """What the automaton keeps, of a `SenseNode` or of a row of an array.

    The node goes from `start` (uV, at `since`, ps) to `target`. A path that is to close at
    `closes` will connect a junction in state `closing`. Curve k = loaded * 3 + mode settles the
    node, curve 6 + mode the sampling capacitor: `tables[k]` of `sizes[k]` entries, `shifts[k]`.
    """

    start: int
    target: int
    since: int
    mode: int
    loaded: int
    closes: int
    closing: int
    kick: int
    targets: Any
    tables: Any
    sizes: Any
    shifts: Any


def settled(node: Node, t: int) -> int:
    """Return the level at `t` if no path closes before."""
    start, target, dt = node.start, node.target, t - node.since
    if dt <= 0 or start == target:
        return start
    k = node.loaded * MODES + node.mode
    left = remaining(node.tables[k], node.sizes[k], node.shifts[k], abs(target - start), dt)
    return target - left if start < target else target + left


def become(node: Node, t: int, level_uv: int, mode: int, loaded: int) -> None:
    """Start a new exponential at `t` from `level_uv`."""
    node.start, node.since, node.mode, node.loaded = level_uv, t, mode, loaded
    node.target = node.targets[mode]


def level(node: Node, t: int) -> int:
    """Return the level in microvolts at `t`, not before the last operation."""
    closes = node.closes
    if t > closes:
        node.closes = NEVER
        become(node, closes, settled(node, closes), node.closing, node.loaded)
    return settled(node, t)


def connect(node: Node, state: int, t: int) -> None:
    """Close the read path through a junction in `state` at `t`, now or later."""
    node.closes, node.closing = t, state


def disconnect(node: Node, t: int) -> None:
    """Open the read path; one that has not closed yet stays open."""
    become(node, t, level(node, t), NOBODY, node.loaded)
    node.closes = NEVER


def load(node: Node, t: int) -> None:
    """Connect the converter's empty sampling capacitor."""
    become(node, t, level(node, t) * node.kick >> 30, node.mode, 1)


def acquire(node: Node, t_start: int, t: int) -> int:
    """Return what the sampling capacitor holds at `t`, and disconnect it."""
    here = level(node, t)
    k = 2 * MODES + node.mode
    held = here - remaining(node.tables[k], node.sizes[k], node.shifts[k], here, t - t_start)
    become(node, t, here, node.mode, 0)
    return held


class DividerParams(Params):
    """The read divider: `v_read` over the junction and `r_s`, sensed over `r_s` and filtered.

    R_s = sqrt(R_P R_AP) maximises the swing between the two states. Noise of the resistors and
    kT/C lie below 0.05 LSB and are not modelled.
    """

    v_read: Volt = Field(gt=0, le=10)
    r_s: Ohm = Field(gt=0)
    c_filter: Farad = Field(ge=0, le=1e-3)

    def sense_volts(self, r_mtj: float) -> float:
        """Return the settled sense voltage over r_s."""
        return self.v_read * self.r_s / (self.r_s + r_mtj)

    def source_ohm(self, r_mtj: float) -> float:
        """Return the source resistance that the filter and the converter see."""
        return self.r_s * r_mtj / (self.r_s + r_mtj)


class SenseNode:
    """The node at the converter's input; exact between operations, in integer microvolts.

    While a junction is connected the node settles with tau = (R_s || R_MTJ) C_F towards the
    divider's level; otherwise it decays with R_s C_F. A converter that starts to sample takes
    charge C_ADC / (C_F + C_ADC) of the level (the kick), which recovers with the loaded tau. The
    kick is taken as instantaneous; against the exact two-capacitor circuit that is 0.02 LSB at 56
    sampling cycles, 0.2 at 28, 0.6 at 15 and 1.4 at 3.
    """

    level, disconnect, load, acquire = level, disconnect, load, acquire

    def __init__(
        self,
        emulator: Emulator,
        params: DividerParams,
        mtj: MtjBank,
        c_adc: float,
        r_adc: float,
    ) -> None:
        self.params, self.mtj = params, mtj
        r_by_state = resistances(mtj.params, params.v_read, params.r_s)
        self.r_by_state = r_by_state
        self.targets = [*(round(params.sense_volts(r) * 1e6) for r in r_by_state), 0]
        sources = [*(params.source_ohm(r) for r in r_by_state), params.r_s]
        c_f = params.c_filter
        share = c_f / (c_f + c_adc) if c_f > 0 else 1.0
        self.kick = round(share * (1 << 30))
        loads = (c_f, c_f + c_adc if c_f > 0 else 0.0)
        left = 1.0 - share if c_f > 0 else 1.0
        self._curves = [
            *(decay(round(r * c * 1e12)) for c in loads for r in sources),
            *(decay(round((r_adc + r * left) * c_adc * 1e12)) for r in sources),
        ]
        self.tables = [curve.table for curve in self._curves]
        self.sizes = [len(table) for table in self.tables]
        self.shifts = [curve.shift for curve in self._curves]
        self.mode, self.loaded = NOBODY, 0
        self.start = self.since = self.target = 0
        self.closes, self.closing = NEVER, NOBODY

    def connect(self, junction: int, t: int) -> None:
        """Close the read path through a junction at `t`, now or later."""
        connect(self, self.mtj.read(junction), t)

    def rehearse(self, wait: int, t_sample: int) -> list[int]:
        """Return what a converter would hold for P and AP, `wait` ps after the path has closed."""
        held = []
        for mode, target in enumerate(self.targets[:NOBODY]):
            closed, loaded, inside = self._curves[mode::MODES]
            here = target - closed.of(target, wait)
            kicked = here * self.kick >> 30
            here = target - loaded.of(target - kicked, t_sample)
            held.append(here - inside.of(here, t_sample))
        return held


def acquisition_limit(cycles: int, f_adc_hz: float, r_adc: float, c_adc: float, bits: int) -> float:
    """Return the largest source resistance (ohm) that is acquired to 1/4 LSB.

    R_AIN = (k - 0.5) / (f_ADC C_ADC ln 2^(N+2)) - R_ADC, k the sampling cycles (ST's ADC
    application formula); negative: never.
    """
    return (cycles - 0.5) / (f_adc_hz * c_adc * math.log(2.0 ** (bits + 2))) - r_adc
