"""A configured emulator, board and price list: what every scenario on a board starts from."""

from __future__ import annotations

from dataclasses import dataclass

from controllers import Board, make_board
from devices import VgsotParams
from emulator import (
    Bill,
    Config,
    Emulated,
    Emulator,
    Meter,
    PriceList,
    TraceSink,
    load_prices,
    price,
)

from .catalog import price_file


@dataclass(frozen=True)
class Workbench:
    """One emulator with one board on it. Prices are checked before anything runs."""

    emulator: Emulator
    board: Board
    mtj: VgsotParams
    prices: PriceList
    meter: Meter

    @classmethod
    def build(cls, config: Config, neurons: int, trace: TraceSink | None) -> Workbench:
        """Build from a configuration; raises `ConfigError` or `PriceError`."""
        emulator = Emulator(config.seed, trace)
        mtj = VgsotParams.from_card(config.node("mtj").card, "mtj")
        board = make_board(emulator, config.node("board"), mtj, neurons)
        listed = load_prices(price_file(config.prices)).of(emulator.ledger.accounts)
        prices = listed.with_derived(board.formulas())
        bench = cls(emulator, board, mtj, prices, Meter(emulator.ledger, prices))
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
