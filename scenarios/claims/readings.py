"""Readings of boards: what a fixed amount of work costs, taken once per board and settings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from pydantic import Field

from controllers.engines import choose
from devices import VgsotActivation
from emulator import (
    Config,
    ConfigError,
    Count,
    Drive,
    Node,
    Params,
    PriceError,
    Ratio,
    nearest,
)

from ..catalog import shelf
from ..reporting.engineering import percent
from ..warnings import outside_ranges, warnings_of
from ..workbench import Workbench
from .printed import SIGMAS
from .reading import Reading
from .stopping import StopWatch

BOARDS = ("lab", "fpga", "asic")
PUBLISHED = "paper"  # the price list that a configuration may replace by one of its own
OWN = ("prices", "junctions")
PIECE = 100_000  # updates after which somebody may stop a reading


class ReadingParams(Params):
    """How boards are read: junctions, updates in all, P(AP) of each of them."""

    junctions: Count = Field(ge=1, le=1000)
    updates: Count = Field(ge=1, le=10**9)
    p_ap: Ratio = Field(gt=0, lt=1)


class Readings:
    """Reads boards of one configuration; equal questions are answered from memory.

    `warnings` are what the boards that were read have to say.
    """

    def __init__(self, config: Config, watch: StopWatch | None = None) -> None:
        self._config, self._watch = config, watch or StopWatch()
        self._taken: dict[tuple[str, ...], Reading] = {}
        self._told: dict[str, str] = {}
        self._asked({})  # what is wrong with a setting is said before anything runs

    @property
    def warnings(self) -> list[str]:
        """One sentence per thing that went less than perfectly, of any board that was read."""
        return list(self._told.values())

    def serves(self, config: Config) -> bool:
        """Whether another configuration reads the same boards in the same way."""
        tops, mine = (*BOARDS, "mtj", config.scenario), self._config
        same = (config.prices, config.seed) == (mine.prices, mine.seed)
        return same and all(config.nodes[top] == mine.nodes[top] for top in tops)

    def take(self, board: str, settings: Sequence[str]) -> Reading:
        """Return `board` after its updates; raises `ConfigError`, `PriceError` or `StoppedError`.

        `settings` are those of a run (`mtj.reset=none`, `board.mcus=2`), and `prices=NAME` and
        `junctions=N`.
        """
        key = (board, *settings)
        if key not in self._taken:
            self._taken[key] = self._read(board, settings)
        return self._taken[key]

    def check(self) -> None:
        """Build every board and price it; raises `ConfigError` or `PriceError`."""
        for board in BOARDS:
            with named(board):
                Workbench.build(self.configured(board, ()), self._asked({}).junctions, None)

    def configured(self, board: str, settings: Sequence[str]) -> Config:
        """Return the configuration of a board on its own.

        What a claim sets is not the user's: it is `derived` from what the claim says.
        """
        if board not in BOARDS:
            raise ConfigError(f"board '{board}' is unknown{nearest(board, BOARDS)}")
        nodes: dict[str, Node] = {"board": self._config.nodes[board],
                                  "mtj": self._config.nodes["mtj"]}  # fmt: skip
        config = replace(self._config, nodes=nodes).override(settings, shelf())
        ours = {top: _set_by_claim(node, nodes[top]) for top, node in config.nodes.items()}
        return replace(config, nodes=ours)

    def _read(self, board: str, settings: Sequence[str]) -> Reading:
        own, rest = _apart(settings)
        config = self.configured(board, rest)
        if own.get("prices", PUBLISHED) != PUBLISHED:
            config = replace(config, prices=own["prices"])
        params = self._asked(own)
        with named(board):
            bench = Workbench.build(config, params.junctions, None)
            choose(bench.board, "auto")
            self._update(board, bench, params)
        known = {*outside_ranges(config), *bench.board.cautions()}  # told once; for learners
        for text in (text for text in warnings_of(config, bench.board, None) if text not in known):
            self._tell(board, text)
        return Reading(bench, config, params.junctions)

    def _update(self, board: str, bench: Workbench, params: ReadingParams) -> None:
        """Update every junction again and again at the drive that gives `p_ap`, in pieces."""
        at_rest = np.zeros((1, params.junctions))
        drive = Drive(VgsotActivation(bench.mtj).receptive(at_rest + params.p_ap, at_rest), at_rest)
        left = max(1, params.updates // params.junctions)
        most = max(1, PIECE // params.junctions)
        while left > 0:
            self._watch.check()
            bench.board.update(drive, min(left, most))
            left -= most
        found = float(bench.board.probability(drive).mean())
        if abs(found - params.p_ap) > _spread(bench, params):
            self._tell(board, f"the drive that arrives gives P(AP) = {percent(found)}, where "
                              f"{self._config.scenario}.p_ap asks for {percent(params.p_ap)}"
                      )  # fmt: skip

    def _tell(self, board: str, text: str) -> None:
        """Keep a warning, once per board: another reading has but other figures in it."""
        self._told.setdefault(f"{board}: {re.sub(r'[0-9.]+', '#', text)}",
                              f"{board}: {_addressed(text, board)}")  # fmt: skip

    def _asked(self, own: Mapping[str, str]) -> ReadingParams:
        """Return how a board is to be read; raises `ConfigError`."""
        name = self._config.scenario
        words = [f"{name}.{key}={value}" for key, value in own.items() if key != "prices"]
        return ReadingParams.from_card(self._config.override(words, shelf()).node(name).card, name)


@contextmanager
def named(board: str) -> Iterator[None]:
    """Let errors name a board as it is addressed here, `lab.t_pulse` instead of `board.t_pulse`."""
    try:
        yield
    except (ConfigError, PriceError) as error:
        raise type(error)(_addressed(str(error), board)) from None


def _addressed(text: str, board: str) -> str:
    return re.sub(r"\bboard\.(?=[a-z])", f"{board}.", text)


def _set_by_claim(node: Node, before: Node) -> Node:
    """Return `node` in which numbers that are not those of `before` are known as the claim's."""
    old = before.card.numbers
    numbers = {
        key: number if number is old.get(key) or number.trust != "user"
        else replace(number, source="set by the claim", trust="derived")
        for key, number in node.card.numbers.items()
    }  # fmt: skip
    children = {
        name: _set_by_claim(child, before.children.get(name, child))
        for name, child in node.children.items()
    }
    return Node(replace(node.card, numbers=numbers), children)


def _spread(bench: Workbench, params: ReadingParams) -> float:
    """Return by how much a share of AP may be off: devices vary, and converters have steps."""
    mtj, p = bench.mtj, params.p_ap
    lsb = float(bench.board.dac_params.lsb)
    steps = (abs(mtj.a) / mtj.k_v + abs(mtj.b) / mtj.k_g) * lsb * p * (1 - p)
    return float(SIGMAS * mtj.sigma / np.sqrt(params.junctions) + steps)


def _apart(settings: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the settings of the reading itself by name, and those of a configuration."""
    own, rest = {}, []
    for text in settings:
        name, equals, value = text.partition("=")
        if name in OWN and not equals:
            raise ConfigError(f"'{text}' is not {name}=VALUE")
        if name in OWN:
            own[name] = value
        else:
            rest.append(text)
    return own, rest
