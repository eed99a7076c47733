"""The noise of an array's junctions on the array's own clock."""

from __future__ import annotations

import math
from dataclasses import replace

from devices import SmtjParams
from devices.noise import telegraph_dwell
from devices.noise_params import TelegraphNoiseParams
from emulator import Config, Node, Number
from emulator.ticks import PS_PER_S

from .reporting.engineering import engineering

TELEGRAPH = "telegraph_noise"  # the model of noise that has a time of its own
INDEPENDENT = 3.0  # correlation times after which 5 % of a correlation is left


def on_the_clock(node: Node, interval_ps: int) -> Node:
    """Return a noise node that is sampled whenever the board runs a pass.

    Junctions flip in the board's time; other noise has no time of its own and stays as it is.
    """
    if node.card.model != TELEGRAPH:
        return node
    dt = Number(interval_ps, "ps", "the board's own passes", "derived")
    return replace(node, card=node.card.with_number("dt", dt))


def correlation_time(config: Config) -> float | None:
    """Return tau_c (s) of the configured junctions, None for noise without a time of its own."""
    node = config.node("noise")
    if node.card.model != TELEGRAPH:
        return None
    params = TelegraphNoiseParams.from_card(node.card, "noise")
    junction = SmtjParams.from_card(node.children["junction"].card, "noise.junction")
    return telegraph_dwell(params, junction).tau_c


def pace_warnings(config: Config, interval_ps: int) -> list[str]:
    """Return a sentence if passes follow each other before the junctions have forgotten."""
    tau_c, interval = correlation_time(config), interval_ps / PS_PER_S
    if tau_c is None or interval >= INDEPENDENT * tau_c:
        return []
    left = math.exp(-interval / tau_c)
    return [
        f"passes are {engineering(interval, 's')} apart and the junctions' correlation time is "
        f"{engineering(tau_c, 's')}: the passes of a sample correlate by {left:.2f}, and learning "
        f'slows down (board.t_interval="{engineering(INDEPENDENT * tau_c, "s")}" waits)'
    ]
