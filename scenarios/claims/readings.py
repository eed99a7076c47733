"""Readings of boards: what a fixed amount of work costs, taken once per board and settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from pydantic import Field

from controllers.engines import choose
from devices import VgsotActivation
from emulator import (
    PS_PER_S,
    Bill,
    Config,
    ConfigError,
    Count,
    Drive,
    Line,
    Node,
    Params,
    Ratio,
    Timeline,
    nearest,
)
from emulator.result import UPDATE_GROUPS

from ..catalog import shelf
from ..workbench import Workbench
from .quantity import Quantity, Trusts, normal, weaker

BOARDS = ("lab", "fpga", "asic")
PUBLISHED = "paper"  # the price list that a configuration may replace by one of its own
OWN = ("prices", "junctions")


class ReadingParams(Params):
    """How boards are read: junctions, updates in all, P(AP) of each of them."""

    junctions: Count = Field(ge=1, le=100_000)
    updates: Count = Field(ge=1, le=10**9)
    p_ap: Ratio = Field(gt=0, lt=1)


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


class Readings:
    """Reads boards of one configuration; equal questions are answered from memory."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._asked({})  # what is wrong with a setting is said before anything runs
        self._taken: dict[tuple[str, ...], Reading] = {}

    def take(self, board: str, settings: Sequence[str]) -> Reading:
        """Return `board` after its updates; raises `ConfigError` or `PriceError`.

        `settings` are those of a run (`mtj.reset=none`, `board.mcus=2`), and `prices=NAME` and
        `junctions=N`.
        """
        key = (board, *settings)
        if key not in self._taken:
            self._taken[key] = self._read(board, settings)
        return self._taken[key]

    def configured(self, board: str, settings: Sequence[str]) -> Config:
        """Return the configuration of a board on its own."""
        if board not in BOARDS:
            raise ConfigError(f"board '{board}' is unknown{nearest(board, BOARDS)}")
        nodes: dict[str, Node] = {"board": self._config.nodes[board],
                                  "mtj": self._config.nodes["mtj"]}  # fmt: skip
        return replace(self._config, nodes=nodes).override(settings, shelf())

    def _read(self, board: str, settings: Sequence[str]) -> Reading:
        own, rest = _apart(settings)
        config = self.configured(board, rest)
        if own.get("prices", PUBLISHED) != PUBLISHED:
            config = replace(config, prices=own["prices"])
        params = self._asked(own)
        bench = Workbench.build(config, params.junctions, None)
        choose(bench.board, "auto")
        at_rest = np.zeros((1, params.junctions))
        drive = Drive(VgsotActivation(bench.mtj).receptive(at_rest + params.p_ap, at_rest), at_rest)
        bench.board.update(drive, max(1, params.updates // params.junctions))
        return Reading(bench, config, params.junctions)

    def _asked(self, own: Mapping[str, str]) -> ReadingParams:
        """Return how a board is to be read; raises `ConfigError`."""
        name = self._config.scenario
        words = [f"{name}.{key}={value}" for key, value in own.items() if key != "prices"]
        return ReadingParams.from_card(self._config.override(words, shelf()).node(name).card, name)


def _apart(settings: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the settings of the reading itself by name, and those of a configuration."""
    own = dict(text.split("=", 1) for text in settings if text.split("=", 1)[0] in OWN)
    return own, [text for text in settings if text.split("=", 1)[0] not in OWN]
