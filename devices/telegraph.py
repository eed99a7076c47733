"""A bank of superparamagnetic junctions on the clock: exact, and computed when somebody looks.

A junction flips when its integrated hazard, the time spent over the mean dwell time, reaches a
deviate of Exp(1). The deviate of flip k is draw k of the device. Looking is free and changes
nothing; a change of bias rescales the hazard that remains, which is exact, because an exponential
dwell time has no memory.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from emulator import NEVER, PS_PER_S, Emulator
from emulator.deviates import exponential

from .smtj import SmtjParams
from .telegraph_grid import limit_of


class Dwelling(Protocol):
    """What the law keeps of one junction, an object or a row of an array.

    It is in `state` and has a hazard of `left` to spend, counted from `since` (ps), before it
    flips at `flips_at` (ps); `tau_p` and `tau_ap` are its mean dwell times in ps.
    """

    state: int
    left: float
    since: int
    flips_at: int
    tau_p: float
    tau_ap: float


def aim(junction: Dwelling) -> None:
    """Compute when the remaining hazard is spent: whole ps, at least one."""
    tau = junction.tau_ap if junction.state else junction.tau_p
    wait = np.rint(junction.left * tau)
    if wait < NEVER - junction.since:
        junction.flips_at = junction.since + max(int(wait), 1)
    else:
        junction.flips_at = NEVER


def flip(junction: Dwelling, left: float) -> None:
    """Flip at `flips_at`; the next hazard to spend is `left`."""
    junction.state ^= 1
    junction.since, junction.left = junction.flips_at, left
    aim(junction)


def rebias(junction: Dwelling, tau_p: float, tau_ap: float, t: int) -> None:
    """Change the dwell times (ps) at `t`, after the flips up to `t`: what was spent stays spent."""
    tau = junction.tau_ap if junction.state else junction.tau_p
    junction.left = max(junction.left - (t - junction.since) / tau, 0.0)
    junction.since, junction.tau_p, junction.tau_ap = t, tau_p, tau_ap
    aim(junction)


class _Junction:
    """One junction; satisfies `Dwelling`."""

    __slots__ = ("flips_at", "left", "since", "state", "tau_ap", "tau_p")

    def __init__(self, state: int, left: float, tau_p: float, tau_ap: float) -> None:
        self.state, self.left, self.since = state, left, 0
        self.tau_p, self.tau_ap, self.flips_at = tau_p, tau_ap, 0
        aim(self)


class TelegraphBank:
    """A bank of `n` superparamagnetic junctions: port `bias`; the state is P (0) or AP (1).

    Everything else looks: it brings a junction up to the present, which it would have reached in
    any case. At time 0 states are drawn from their stationary occupancy at zero bias. The account
    has one state, `hold`: the current through a junction is paid by the circuit that drives it.
    """

    def __init__(self, emulator: Emulator, name: str, params: SmtjParams, n: int) -> None:
        self.name, self.params, self.n = name, params, n
        self._emulator = emulator
        self.account = emulator.ledger.open(name, "device", ("hold",), bank=n)
        self._stream = emulator.stream(name, 0, n)
        starts = emulator.stream(name, 1, n).firsts()
        self.dwells = [params.dwell()] * n
        in_ap = limit_of(1.0 - self.dwells[0].occupancy_p) >> 32
        tau_p, tau_ap = (tau * PS_PER_S for tau in (self.dwells[0].tau_p, self.dwells[0].tau_ap))
        self._junctions = [
            _Junction(int(start < in_ap), exponential(self._stream.draw(i)), tau_p, tau_ap)
            for i, start in enumerate(starts)
        ]

    def bias(self, junction: int, field: float = 0.0, current: float = 0.0) -> None:
        """Apply `field` (tesla, mu_0 H) and `current` (ampere) to a junction from now on.

        Raises `ConfigError` where the bias leaves no barrier (`SmtjParams.dwell`).
        """
        dwell = self.params.dwell(field, current)
        found = self._present(junction)
        self.dwells[junction] = dwell
        rebias(found, dwell.tau_p * PS_PER_S, dwell.tau_ap * PS_PER_S, self._emulator.now)
        if self._emulator.trace is not None:
            for signal, value in (("field", field), ("current", current)):
                row = self._emulator.now, self.name, f"{junction}.{signal}", value
                self._emulator.trace.row(*row)

    def state(self, junction: int = 0) -> int:
        """Return the state now: P (0) or AP (1). A flip at this very instant has happened."""
        return self._present(junction).state

    def states(self) -> list[int]:
        """Return the state of every junction."""
        return [self.state(junction) for junction in range(self.n)]

    def resistance(self, junction: int = 0) -> float:
        """Return the resistance now in ohm."""
        return self.params.r_ap if self.state(junction) else self.params.r_p

    def flips(self, junction: int = 0) -> int:
        """Return how often a junction has flipped since time 0."""
        self._present(junction)
        return self._stream.drawn(junction) - 1

    def next_flip(self, junction: int = 0) -> int:
        """Return when a junction will flip next if its bias stays (ps, later than now)."""
        return self._present(junction).flips_at

    def _present(self, junction: int) -> _Junction:
        """Return a junction after all flips up to now; one draw each."""
        found, now = self._junctions[junction], self._emulator.now
        while found.flips_at <= now:
            flip(found, exponential(self._stream.draw(junction)))
        return found
