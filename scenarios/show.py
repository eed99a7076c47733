"""`spinboard show BOARD`: what it is made of, how long it takes, where its numbers are from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controllers import NETWORKS
from emulator import Card, Config, Line, Params, load_card, load_node
from emulator.params import bounds, dimension_of

from .array_bench import ArrayBench
from .catalog import configure, price_file, shelf
from .reporting.engineering import engineering
from .reporting.tables import show_timeline
from .workbench import Workbench

NEURONS = 10
SCENARIO = "sinn-digits"
INPUTS, LAYERS = 784, (500, 500, 500, 10)  # the network of S1 on MNIST
OPERATIONS = 10**6  # of an update, for the eye


def show_board(board: str, settings: tuple[str, ...], prices: str) -> None:
    """Print parts, phases, figures that follow, parameters and prices; raises `ConfigError`."""
    config, bench = built(board, settings, prices)
    console = Console()
    console.print(parts_table(config))
    show_timeline(bench.board.timeline(), console)
    if isinstance(bench, ArrayBench):
        console.print(costs_table(bench))
    console.print(figures_table(bench))
    for address, card in config.cards().items():
        if address.split(".")[0] in ("board", "mtj"):
            console.print(numbers_table(address, card))
    console.print(prices_table(prices, bench.bill().lines))


def built(
    board: str, settings: tuple[str, ...], prices: str
) -> tuple[Config, Workbench | ArrayBench]:
    """Return a board with its configuration: ten neurons, or the network of S1 on MNIST."""
    if not is_network(board):
        config = configure(SCENARIO, (f"board={board}", *settings), prices=prices)
        return config, Workbench.build(config, NEURONS, None)
    price_file(prices)
    cards = shelf()
    node = load_node(cards.load(board, None, "board"), cards, "board")
    config = Config("show", {"board": node}, prices=prices).override(settings, cards)
    return config, ArrayBench.build(config, LAYERS, INPUTS, None, decorrelated=1)


def is_network(board: str) -> bool:
    """Return True for the card of a whole network, False for any other name."""
    path = Path(board) if board.endswith(".toml") else shelf().names().get(board)
    return path is not None and load_card(path).model in NETWORKS


def costs_table(bench: ArrayBench) -> Table:
    """Return seconds and joules of the phases of a sample, and of an update of `OPERATIONS`."""
    title = f"What a phase takes, with an update of {OPERATIONS:,} operations after a batch"
    table = _table(title, "phase", "time", "energy")
    for cost in bench.phases(OPERATIONS):
        time, energy = engineering(cost.seconds, "s"), engineering(cost.joules, "J")
        table.add_row(cost.name, time, energy)
    return table


def parts_table(config: Config) -> Table:
    """Return the tree of parts with the card of each."""
    table = _table("Parts", "address", "card", "model")
    for address, card in config.cards().items():
        if address.split(".")[0] in ("board", "mtj"):
            table.add_row(address, escape(card.name), escape(card.model))
    return table


def figures_table(bench: Workbench | ArrayBench) -> Table:
    """Return what follows from the parameters: settling, swing, acquisition, bounds."""
    table = _table("What follows from the parameters", "figure", "value", "from")
    for figure in bench.board.figures():
        table.add_row(figure.name, figure.value, figure.note)
    return table


def numbers_table(address: str, card: Card, own: type[Params] | None = None) -> Table:
    """Return every number of a card with unit, range, trust and source.

    `own` is the model of a scenario's own keys: these need no address, and it is shown what the
    model allows, beyond which a value is refused.
    """
    heads = ("value", *(("allowed",) if own else ()), "range", "trust", "source")
    table = _table(escape(f"{address} ({card.name})"), "parameter", *heads)
    table.columns[0].no_wrap = True  # an address is copied as it stands
    for key, number in card.numbers.items():
        limits = "" if number.low is None and number.high is None else (
            f"{_or_dash(number.low)} .. {_or_dash(number.high)}"
        )  # fmt: skip
        value = str(number).lower() if isinstance(number.value, bool) else str(number)
        within = (allowed(own.model_fields[key]),) if own else ()
        shown = value, *within, limits, number.trust, number.source
        table.add_row(key if own else f"{address}.{key}", *map(escape, shown))
    return table


def allowed(info: FieldInfo) -> str:
    """Return what a field takes: its interval in SI units, or its words; "" for any text."""
    if info.annotation is bool:
        return "true, false"
    if get_origin(info.annotation) is Literal:
        return ", ".join(get_args(info.annotation))
    low, high, open_low, open_high = bounds(info)
    if low is None and high is None:
        return ""
    left = "(-inf" if low is None else f"{'(' if open_low else '['}{low}"
    right = "inf)" if high is None else f"{high}{')' if open_high else ']'}"
    dimension = dimension_of(info)
    return f"{left}, {right} {dimension.unit if dimension else ''}".strip()


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
