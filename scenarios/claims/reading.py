"""A board that was read: its books, how long its updates took, one update by phases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from emulator import PS_PER_S, Bill, Config, ConfigError, Line, Timeline, nearest
from emulator.result import UPDATE_GROUPS

from ..workbench import Workbench
from .quantity import Quantity, Trusts, normal, weaker


@dataclass(frozen=True)
class Reading:
    """A board after `updates` updates: its books, how long they took, one update by phases."""

    bench: Workbench
    config: Config
    junctions: int

    @property
    def updates(self) -> int:
        """How many updates were run."""
        return self.bench.board.updates

    @cached_property
    def bill(self) -> Bill:
        """Everything booked, priced."""
        return self.bench.bill()

    @cached_property
    def timeline(self) -> Timeline:
        """One update, phase by phase."""
        return self.bench.board.timeline()

    @property
    def window_ps(self) -> int:
        """How long the updates took together."""
        return self.bench.emulator.ledger.window_ps

    @cached_property
    def times(self) -> Trusts:
        """What part of the time per update rests on which trust.

        Where updates interleave at the pace of a clock that is the clock, else the phases.
        """
        pace, spent = self.timeline.issue_ps, self.window_ps / self.updates
        numbers = self.config.node("board").card.numbers
        if pace is not None and abs(spent - pace) < 0.01 * pace:
            return weaker({numbers["clock"].trust: 1.0}, {numbers["issue_cycles"].trust: 1.0})
        weights: dict[str, float] = {}
        for phase in self.timeline.phases:
            weights[phase.trust] = weights.get(phase.trust, 0.0) + phase.duration_ps
        return normal(weights)

    def story(self, settings: Sequence[str]) -> str:
        """Return in words what was run."""
        asked = f" ({', '.join(settings)})" if settings else ""
        return f"{self.updates:,} updates of {self.junctions} junctions{asked}"

    def energy(self, what: str) -> Quantity:
        """Return the joules per update of `what`, inside update windows.

        `what` joins groups (`device`, `front_end`, `controller`), parts (`lab.dac`) and entries
        (`mtj.write`) by `+`; `update` is all three groups. Raises `ConfigError`.
        """
        return self._sum(what, "J", self.updates, self.times)

    def power(self, what: str) -> Quantity:
        """Return the mean watts of `what` inside update windows; no duration has a part in it."""
        return self._sum(what, "W", self.window_ps / PS_PER_S, {})

    def rate(self) -> Quantity:
        """Return the updates per second of the board."""
        return Quantity.of(self.updates * PS_PER_S / self.window_ps, "Hz", self.times)

    def phase(self, name: str) -> Quantity:
        """Return how long one phase of an update lasts; raises `ConfigError` with the names."""
        found = [phase for phase in self.timeline.phases if phase.name == name]
        if not found:
            names = (phase.name for phase in self.timeline.phases)
            raise ConfigError(f"phase '{name}' is unknown{nearest(name, names)}")
        phase = found[0]
        return Quantity.of(phase.duration_ps / PS_PER_S, "s", {phase.trust: 1.0})

    def _sum(self, what: str, unit: str, per: float, times: Trusts) -> Quantity:
        """Return the joules inside update windows over `per`; prices of states rest on `times`."""
        total = Quantity.of(0.0, unit)
        for line in self._chosen(what):
            trusts: Trusts = {line.price.trust: 1.0}
            if line.entry.kind == "state":
                trusts = weaker(trusts, times)
            total += Quantity.of(float(line.joules(window=True)) / per, unit, trusts)
        return total

    def _chosen(self, what: str) -> list[Line]:
        """Return the lines of the bill that `what` names, each once."""
        chosen: list[Line] = []
        for word in (word.strip() for word in what.split("+")):
            groups = UPDATE_GROUPS if word == "update" else (word,)
            found = [line for line in self.bill.lines if word in _names(line)
                     or line.entry.group in groups]  # fmt: skip
            if not found:
                known = {name for line in self.bill.lines for name in _names(line)}
                hint = nearest(word, known | {*UPDATE_GROUPS, "update"})
                raise ConfigError(f"'{word}' is not on the bill{hint}")
            chosen += [line for line in found if line not in chosen]
        return chosen


def _names(line: Line) -> tuple[str, str]:
    return line.entry.part, f"{line.entry.part}.{line.entry.name}"
