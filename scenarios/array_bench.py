"""A configured emulator, array and price list: what every scenario on an array starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controllers import ArrayBoard, make_array
from devices.noise import divider_power
from emulator import (
    PS_PER_S,
    Bill,
    Config,
    Emulated,
    Emulator,
    Meter,
    Node,
    PriceList,
    TraceSink,
    load_node,
    load_prices,
    price,
)

from .array_noise import TELEGRAPH
from .catalog import price_file, shelf


@dataclass(frozen=True)
class PhaseCost:
    """What a phase takes each time that it is passed: seconds, and joules of all parts."""

    name: str
    seconds: float
    joules: float


@dataclass(frozen=True)
class PhaseEngine:
    """How the phases of an array are run."""

    name: str
    reason: str


STEPWISE = PhaseEngine("event", "asked for: every phase of every sample is an event")
AT_ONCE = PhaseEngine("compiled", "all phases are static: a batch is booked in one exact step")
DIVIDER = "telegraph"  # the card of a node's divider where the noise is no junction's


@dataclass(frozen=True)
class ArrayBench:
    """One emulator with one array on it. Prices are checked before anything runs."""

    emulator: Emulator
    board: ArrayBoard
    prices: PriceList
    meter: Meter
    engine: PhaseEngine
    mtj: None = None  # its junctions flip by themselves

    @classmethod
    def build(
        cls, config: Config, layers: Sequence[int], inputs: int, trace: TraceSink | None,
        decorrelated: int = 0,
    ) -> ArrayBench:  # fmt: skip
        """Build from a configuration; raises `ConfigError` or `PriceError`.

        R changes after `decorrelated` batches; 0: the network has none.
        """
        emulator = Emulator(config.seed, trace)
        board = make_array(emulator, config.node("board"), layers, inputs, decorrelated)
        board.stepwise = config.engine == "event"
        listed = load_prices(price_file(config.prices)).of(emulator.ledger.accounts)
        prices = listed.with_derived({"divider_power": divider_power(divider_of(config))})
        engine = STEPWISE if board.stepwise else AT_ONCE
        bench = cls(emulator, board, prices, Meter(emulator.ledger, prices), engine)
        bench.bill()
        return bench

    def bill(self) -> Bill:
        """Return what has been booked so far, priced."""
        return price(self.emulator.ledger.entries(self.emulator.now), self.prices)

    def joules(self) -> float:
        """Return the total of `bill()`, at the cost of a sum of integers."""
        return self.meter.total(self.emulator.now)

    def emulated(self) -> Emulated:
        """Return the totals so far."""
        emulator = self.emulator
        return Emulated(emulator.now, emulator.ledger.window_ps, self.board.updates)

    def phases(self, operations: int = 0) -> list[PhaseCost]:
        """Return time and energy of the phases of `board.timeline(operations)`, in its order."""
        return [
            PhaseCost(
                leg.name, leg.duration / PS_PER_S, price(booked, self.prices).total(window=True)
            )
            for leg, booked in self.board.booked(operations)
        ]


def divider_of(config: Config) -> Node:
    """Return the divider in every node: the one that makes the noise, or the shipped one.

    Noise without a junction (a hidden Markov model, coins, a recording) stands for the same board.
    """
    noise = config.nodes.get("noise")
    if noise is not None and noise.card.model == TELEGRAPH:
        return noise
    cards = shelf()
    return load_node(cards.load(DIVIDER, None, "noise"), cards, "noise")
