"""What follows from a board's parameters, for people to read: margins, limits, bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from devices import AdcParams, SenseNode, acquisition_limit, threshold
from devices.vgsot import WHOLE


@dataclass(frozen=True)
class Figure:
    """A name, its value in words, and what it means."""

    name: str
    value: str
    note: str


def read_figures(adc: AdcParams, sense: SenseNode, middle: int, t_wait: int) -> list[Figure]:
    """Return swing, margin and acquisition of a read that waits `t_wait` ps before sampling."""
    per_lsb = adc.v_ref * 1e6 / (1 << adc.bits)
    p_volts, ap_volts = (sense.params.sense_volts(r) * 1e6 for r in sense.r_by_state)
    p_code, ap_code = (held / per_lsb + adc.offset for held in sense.rehearse(t_wait, adc.t_sample))
    margin = min(p_code - middle, middle - ap_code)
    noise = f", {margin / adc.noise:.0f} sigma of the noise" if adc.noise else ""
    kick = sense.params.c_filter / adc.c_adc / (1 << (adc.bits + 1))
    return [
        Figure(
            "read swing",
            f"{(p_volts - ap_volts) / per_lsb:.1f} LSB",
            "R_P {:.0f} ohm, R_AP {:.0f} ohm at the read voltage".format(*sense.r_by_state),
        ),
        Figure("read margin", f"{margin:.1f} LSB", f"at the end of sampling{noise}"),
        acquisition_figure(adc, sense),
        Figure(
            "filter capacitor",
            f"{kick:.2g} of 2^{adc.bits + 1} C_ADC",
            "below 1 the sampling kick reaches the node and has to recover",
        ),
        disturb_figure(sense, ap_volts * 1e-6),
    ]


def acquisition_figure(adc: AdcParams, sense: SenseNode) -> Figure:
    """Return the largest source resistance that the sampling time admits."""
    limit = acquisition_limit(adc.sampling_cycles, adc.clock / 1000, adc.r_adc, adc.c_adc, adc.bits)
    source = max(sense.params.source_ohm(r) for r in sense.r_by_state)
    return Figure(
        "acquisition limit",
        f"{limit / 1e3:.1f} kohm",
        f"largest source for 1/4 LSB; this one has {source / 1e3:.1f} kohm",
    )


def disturb_figure(sense: SenseNode, ap_volts: float) -> Figure:
    """Return a bound on read disturb: the switching law at the whole read voltage."""
    across = sense.params.v_read - ap_volts
    limit = threshold(sense.mtj.params.switching, across, 0.0)
    return Figure(
        "read disturb",
        f"< {float(limit) / WHOLE:.2g}",
        f"per read, as if all {across * 1e3:.0f} mV over the junction were V_SOT; not modelled",
    )


def retention_figure(t_update: int, t_attempt_s: float = 1e-9, p_loss: float = 1e-6) -> Figure:
    """Return the energy barrier that keeps a state for one update (Neel-Arrhenius)."""
    barrier = math.log(t_update * 1e-12 / t_attempt_s / p_loss) if t_update else 0.0
    return Figure(
        "retention",
        f"> {max(barrier, 0.0):.1f} kT",
        f"barrier that loses a state within one update with P < {p_loss:g}; not modelled",
    )
