"""The scenarios that exist, and how a configuration is put together from shipped cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import controllers
import devices
import learning
from emulator import Config, ConfigError, Node, Shelf, __version__, load_node, nearest
from emulator.card import card_from_table, check_schema, read_toml
from emulator.streams import check_seed

CARDS = Path(__file__).parent / "cards"
ENGINES = ("auto", "event", "compiled")


@dataclass(frozen=True)
class Scenario:
    """A study: one line for `spinboard list`, and the card that stands at each top."""

    name: str
    summary: str
    tops: Mapping[str, str]


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "sinn-digits",
            "Ten infomorphic neurons learn 8x8 digits on an emulated board (no download).",
            {"board": "lab", "mtj": "vgsot", "learner": "pid_digits", "sinn-digits": "sinn_digits"},
        ),
        Scenario(
            "sinn-mnist",
            "The published task: ten infomorphic neurons learn MNIST on an emulated board.",
            {"board": "lab", "mtj": "vgsot", "learner": "pid_mnist", "sinn-mnist": "sinn_mnist"},
        ),
    )
}


def shelf() -> Shelf:
    """Return all shipped cards."""
    return Shelf((controllers.CARDS, devices.CARDS, learning.CARDS, CARDS))


def find(name: str) -> Scenario:
    """Return a scenario by name; raises `ConfigError` with the nearest name."""
    if name not in SCENARIOS:
        raise ConfigError(f"scenario '{name}' is unknown{nearest(name, SCENARIOS)}")
    return SCENARIOS[name]


def configure(name: str, settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration of a scenario with settings such as `board=fpga` applied.

    `head` sets `seed`, `engine`, `prices` and `data`. Raises `ConfigError`.
    """
    scenario, cards = find(name), shelf()
    nodes = {
        top: load_node(cards.load(card, None, top), cards, top)
        for top, card in scenario.tops.items()
    }
    config = Config(name, nodes).override(settings, cards)
    return check_head(replace(config, **head))


def reread(path: Path, settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration that a run left in `config.toml`, settings applied on top.

    Raises `ConfigError` if the file was written by another version of the program or format.
    """
    table = read_toml(path)
    check_schema(table, path)
    if table.get("version") != __version__:
        raise ConfigError(
            f"{path}: written by version {table.get('version', 'unknown')}, this is {__version__}"
        )
    try:
        name, tables = table["scenario"], table["cards"]
        kept = {key: table[key] for key in ("seed", "engine", "prices")}
        nodes = {top: _node(top, tables, str(path)) for top in tables if "." not in top}
    except KeyError as error:
        raise ConfigError(f"{path}: '{error.args[0]}' is missing") from None
    find(name)
    data = table.get("data")
    config = Config(name, nodes, data=data, **kept).override(settings, shelf())
    return check_head(replace(config, **head))


def _node(path: str, tables: Mapping[str, Any], where: str) -> Node:
    card = card_from_table(tables[path], path, f"{where}: {path}")
    children = {part: _node(f"{path}.{part}", tables, where) for part in card.parts}
    return Node(card, children)


def check_head(config: Config) -> Config:
    """Return `config`; raises `ConfigError` for a seed, engine or price list that cannot be."""
    check_seed(_plain(config.seed))
    if config.engine not in ENGINES:
        raise ConfigError(f"engine '{config.engine}' is unknown{nearest(config.engine, ENGINES)}")
    price_file(config.prices)
    return config


def price_file(name: str) -> Path:
    """Return the file of a price list, shipped or the user's own; raises `ConfigError`."""
    if name.endswith(".toml"):
        return Path(name)
    known = {path.stem: path for path in sorted(controllers.PRICES.glob("*.toml"))}
    if name not in known:
        raise ConfigError(f"price list '{name}' is unknown{nearest(name, known)}")
    return known[name]


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, Decimal) and value == int(value) else value
