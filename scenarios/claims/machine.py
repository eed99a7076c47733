"""One neuron's activation on the machine at hand: its time, and its energy by the user's TDP.

What S0 note 4 measured on its own processor: A(r, c), the sigmoid, one Bernoulli draw, in Python.
"""

from __future__ import annotations

import math
import platform
import random
import statistics
import timeit
from functools import cached_property

import psutil

from devices import VgsotParams
from emulator import Config, ConfigError, nearest

from .quantity import MEASURED, Quantity

REPETITIONS = 200  # S0 note 4
LOOPS = 2_000  # activations per repetition: one alone is shorter than a clock tick
WHAT = ("time", "utilisation", "energy")


class Machine:
    """Measures once, when first asked. Every figure is this machine's, of this moment."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def measured(self, what: str) -> Quantity:
        """Return `time` (s), `utilisation` (a share) or `energy` (J) of one activation.

        The energy is TDP * utilisation * time, with `cpu.tdp` of the configuration. Raises
        `ConfigError` for another word.
        """
        time_s, share = self._found
        here = {MEASURED: 1.0}
        match what:
            case "time":
                return Quantity.of(time_s, "s", here)
            case "utilisation":
                return Quantity.of(share, "", here)
            case "energy":
                tdp = self._config.node("cpu").card.numbers["tdp"]
                watts = Quantity.from_number(tdp, "cpu.tdp")
                return watts * Quantity.of(share, "", here) * Quantity.of(time_s, "s", here)
        raise ConfigError(f"measured('{what}') is unknown{nearest(what, WHAT)}")

    def story(self) -> str:
        """Return in words what was measured, and where."""
        _, share = self._found
        tdp = self._config.node("cpu").card.numbers["tdp"]
        machine = platform.processor() or platform.machine()
        return (
            f"median of {REPETITIONS} repetitions on this machine ({machine}, "
            f"{psutil.cpu_count()} logical processors, {100 * share:.0f} % utilised by psutil, "
            f"cpu.tdp = {tdp})"
        )

    @cached_property
    def _found(self) -> tuple[float, float]:
        """Seconds of one activation, and the share of all processors that was busy meanwhile."""
        activate = Activation(VgsotParams.from_card(self._config.node("mtj").card, "mtj"))
        psutil.cpu_percent()
        taken = timeit.repeat(activate, number=LOOPS, repeat=REPETITIONS)
        return statistics.median(taken) / LOOPS, psutil.cpu_percent() / 100


class Activation:
    """The state of one neuron whose activation is timed."""

    def __init__(self, mtj: VgsotParams) -> None:
        self._mtj, self._draw = mtj, random.Random(0).random
        self.r, self.c, self.y = -0.8, 0.0, -1

    def __call__(self) -> None:
        """Update the output: A = a r + b c + c0, P = sigmoid(A), y = +1 with probability P."""
        mtj = self._mtj
        surface = mtj.a * self.r + mtj.b * self.c + mtj.c0
        p = 0.5 + 0.5 * math.tanh(0.5 * surface)  # the sigmoid, which so never overflows
        self.y = 1 if self._draw() < p else -1
