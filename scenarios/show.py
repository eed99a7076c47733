"""`spinboard show BOARD`: what it is made of, how long it takes, where its numbers are from."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from emulator import Card, Config, Line

from .catalog import configure
from .reporting.tables import show_timeline
from .workbench import Workbench

NEURONS = 10
SCENARIO = "sinn-digits"


def show_board(board: str, settings: tuple[str, ...], prices: str) -> None:
    """Print parts, phases, figures that follow, parameters and prices; raises `ConfigError`."""
    config = configure(SCENARIO, (f"board={board}", *settings), prices=prices)
    bench = Workbench.build(config, NEURONS, None)
    console = Console()
    console.print(parts_table(config))
    show_timeline(bench.board.timeline(), console)
    console.print(figures_table(bench))
    for address, card in config.cards().items():
        if address.split(".")[0] in ("board", "mtj"):
            console.print(numbers_table(address, card))
    console.print(prices_table(prices, bench.bill().lines))


def parts_table(config: Config) -> Table:
    """Return the tree of parts with the card of each."""
    table = _table("Parts", "address", "card", "model")
    for address, card in config.cards().items():
        if address.split(".")[0] in ("board", "mtj"):
            table.add_row(address, escape(card.name), escape(card.model))
    return table


def figures_table(bench: Workbench) -> Table:
    """Return what follows from the parameters: settling, swing, acquisition, bounds."""
    table = _table("What follows from the parameters", "figure", "value", "from")
    for figure in bench.board.figures():
        table.add_row(figure.name, figure.value, figure.note)
    return table


def numbers_table(address: str, card: Card) -> Table:
    """Return every number of a card with unit, range, trust and source."""
    table = _table(
        escape(f"{address} ({card.name})"), "parameter", "value", "range", "trust", "source"
    )
    for key, number in card.numbers.items():
        limits = "" if number.low is None and number.high is None else (
            f"{_or_dash(number.low)} .. {_or_dash(number.high)}"
        )  # fmt: skip
        shown = str(number), limits, number.trust, number.source
        table.add_row(f"{address}.{key}", *map(escape, shown))
    return table


def prices_table(name: str, lines: Iterable[Line]) -> Table:
    """Return the price of every state and action."""
    table = _table(f"Prices ({name})", "part", "state or action", "price", "trust", "source")
    for line in lines:
        price = line.price
        shown = price.value if isinstance(price.value, int | str) else f"{float(price.value):.4g}"
        cells = line.entry.part, line.entry.name, f"{shown} {price.unit}", price.trust, price.source
        table.add_row(*map(escape, cells))
    return table


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
