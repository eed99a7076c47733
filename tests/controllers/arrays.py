"""Analogue arrays as a configuration makes them, small enough to count by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emulator import Config, TraceSink, load_node
from scenarios.array_bench import ArrayBench
from scenarios.catalog import shelf

ROUND_TIMES = ("board.node.t_settle=1 us", "board.dac.channels=1", "board.adc.channels=2")
NS, US = 1_000, 1_000_000
# 2-2-1: two inputs through one DAC of 50 ns, two layers of 1 us, three nodes through two
# converters of 0.5 us, ten operations of the loss within one clock of 2 ns.
LOAD, SETTLE, CONVERT, LOSS = 100 * NS, 1 * US, 2 * 500 * NS, 2 * NS
PASS = LOAD + 2 * SETTLE + CONVERT + LOSS
WRITE = 100 * NS  # six weights in one round of 512


def configured(*settings: str, prices: str = "paper", engine: str = "auto") -> Config:
    """Return a configuration with an array alone."""
    cards = shelf()
    node = load_node(cards.load("anp_array", None, "board"), cards, "board")
    config = Config("array", {"board": node}, prices=prices).override(settings, cards)
    return replace(config, engine=engine)


def bench(
    *settings: str, layers: Sequence[int] = (2, 1), inputs: int = 2, engine: str = "auto",
    prices: str = "paper", trace: TraceSink | None = None, decorrelated: int = 0,
) -> ArrayBench:  # fmt: skip
    """Return a 2-2-1 network, or another, on an emulator of its own."""
    return ArrayBench.build(
        configured(*settings, prices=prices, engine=engine), layers, inputs, trace, decorrelated
    )


def books(made: ArrayBench) -> dict[tuple[str, str], tuple[int, int]]:
    """Return (amount, amount inside update windows) by (part, state or action)."""
    entries = made.emulator.ledger.entries(made.emulator.now)
    return {(e.part.removeprefix("anp_array."), e.name): (e.amount, e.window_amount)
            for e in entries}  # fmt: skip
