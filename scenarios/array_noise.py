"""The noise of an array's nodes and the pace of its passes: what keeps them from teaching."""

from __future__ import annotations

import math

from devices import RecordedNoise, SmtjParams
from devices.noise import telegraph_dwell
from devices.noise_params import TelegraphNoiseParams
from emulator import Config, PassNoise
from emulator.ticks import PS_PER_S

from .reporting.engineering import engineering

TELEGRAPH = "telegraph_noise"  # the model of junctions on the clock
INDEPENDENT = 3.0  # correlation times after which 5 % of a correlation is left


def correlation_time(config: Config) -> float | None:
    """Return tau_c (s) of the configured junctions, None for noise without a time of its own.

    Where barriers spread it is that of the junction of the card.
    """
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


def replay_warnings(noise: PassNoise, interval_ps: int) -> list[str]:
    """Return what keeps a recording from teaching: one sample for all nodes, or for both passes."""
    told: list[str] = []
    if not isinstance(noise, RecordedNoise):
        return told
    name, dt, interval = noise.recording.name, noise.recording.dt, interval_ps / PS_PER_S
    if noise.shared:
        told.append(
            f"all {noise.nodes} nodes of a pass read one sample of {name}: noise that they share "
            "does not tell one node from another, and hardly anything is learned "
            "(noise.t_node=auto gives each node a place of its own)"
        )
    if noise.timed and interval < dt:
        told.append(
            f"passes are {engineering(interval, 's')} apart and {name} has a sample every "
            f"{engineering(dt, 's')}: many passes read the same one "
            f'(board.t_interval="{engineering(dt, "s")}" waits)'
        )
    return told
