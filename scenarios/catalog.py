"""How a configuration is put together: the cards of a scenario, a user's settings, a stored run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import controllers
import devices
import learning
from emulator import (
    Config,
    ConfigError,
    Node,
    Number,
    Shelf,
    SpinboardError,
    __version__,
    load_node,
    nearest,
)
from emulator.card import card_from_table, check_schema, read_toml
from emulator.streams import check_seed

from .scenario import find

CARDS = Path(__file__).parent / "cards"
ENGINES = ("auto", "event", "compiled")
USER_FILES = ("weights", "csv", "font", "file", "recording")  # keys of cards that name files
HEAD = ("seed", "engine", "prices", "data")  # entries of a configuration beside its cards


def shelf() -> Shelf:
    """Return all shipped cards."""
    return Shelf((controllers.CARDS, devices.CARDS, learning.CARDS, CARDS))


def configure(name: str, settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration of a scenario with settings such as `board=fpga` applied.

    `head` sets `seed`, `engine`, `prices` and `data`. Raises `ConfigError`.
    """
    scenario, cards = find(name), shelf()
    nodes = {
        top: load_node(cards.load(card, None, top), cards, top)
        for top, card in scenario.tops.items()
    }
    config = Config(name, nodes).override(map(scenario.spelled, settings), cards)
    return check_head(replace(config, **head))


def reread(path: Path, settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration that a run left in `config.toml`, settings applied on top.

    Raises `ConfigError` if the file was written by another version of the program or format.
    """
    table = read_toml(path)
    check_schema(table, path)
    if "model" in table and "scenario" not in table:
        raise ConfigError(
            f"{path} is a card of model '{table['model']}', expected the config.toml of a run; a "
            f"card is chosen by the part that it describes: PART={path}"
        )
    if table.get("version") != __version__:
        raise ConfigError(
            f"{path}: written by version {table.get('version', 'unknown')}, this is {__version__}"
        )
    _check_shape(table, path)
    name, tables = table["scenario"], table["cards"]
    nodes = {top: _node(top, tables, path) for top in find(name).tops}
    kept = {key: table[key] for key in HEAD if key in table}
    config = Config(name, nodes, **kept)
    unused = set(tables) - set(config.cards())
    if unused:
        raise ConfigError(f"{path}: card '{min(unused)}' belongs to no part")
    settings = [find(name).spelled(text) for text in settings]
    final = check_head(replace(config.override(settings, shelf()), **head))
    asked = {*head, *(text.partition("=")[0].strip().rpartition(".")[2] for text in settings)}
    for address, digest in table.get("inputs", {}).items():
        if address not in asked and final.inputs.get(address) != digest:
            raise ConfigError(f"{path}: the file of {address} is missing or has changed since")
    return final


def _check_shape(table: Mapping[str, Any], path: Path) -> None:
    """Raise `ConfigError` unless `table` has the entries of a configuration and no others."""
    known = ("schema", "version", "scenario", *HEAD, "inputs", "cards")
    for key in known:
        if key not in table and key not in ("data", "inputs"):
            raise ConfigError(f"{path}: '{key}' is missing")
    for key in table:
        if key not in known:
            raise ConfigError(f"{path}: unknown entry '{key}'{nearest(key, known)}")
    for key in ("scenario", "engine", "prices", "data"):
        if not isinstance(table.get(key, ""), str):
            raise ConfigError(f"{path}: {key} = {table[key]} is not a word")
    for key in ("cards", "inputs"):
        if not isinstance(table.get(key, {}), Mapping):
            raise ConfigError(f"{path}: '{key}' is not a table")


def _node(address: str, tables: Mapping[str, Any], path: Path) -> Node:
    if address not in tables:
        raise ConfigError(f"{path}: card '{address}' is missing")
    if not isinstance(tables[address], Mapping):
        raise ConfigError(f"{path}: card '{address}' is not a table")
    card = card_from_table(tables[address], address, f"{path}: {address}")
    return Node(card, {part: _node(f"{address}.{part}", tables, path) for part in card.parts})


def check_head(config: Config) -> Config:
    """Return `config` with the digests of its inputs.

    Raises `ConfigError` for a seed, engine or price list that cannot be.
    """
    check_seed(config.seed)
    config = _with_full_paths(config)
    if config.engine not in ENGINES:
        raise ConfigError(f"engine '{config.engine}' is unknown{nearest(config.engine, ENGINES)}")
    files = {"prices": price_file(config.prices)} if config.prices.endswith(".toml") else {}
    price_file(config.prices)
    files |= {key: Path(str(number.value)) for _, key, number in _user_files(config)}
    files |= _data_files(config)
    return replace(config, inputs={name: content_digest(p) for name, p in files.items()})


def _data_files(config: Config) -> dict[str, Path]:
    """Return the files of the data set that a configuration reads, none if it is not there."""
    chosen = config.node(config.scenario).card.numbers.get("data_set")
    name = chosen.value if chosen else ""
    try:
        files = learning.find_files(str(name), Path(config.data) if config.data else None)
    except SpinboardError:
        return {}
    return {f"data.{file}": path for file, path in files.items()}


def _user_files(config: Config) -> list[tuple[str, str, Number]]:
    """Return (top, key, number) of every number that names a file of the user's."""
    return [
        (top, key, number)
        for top, node in config.nodes.items()
        for key, number in node.card.numbers.items()
        if key in USER_FILES and number.value
    ]


def _with_full_paths(config: Config) -> Config:
    """Return `config` with the user's files named in full, so that it repeats from anywhere."""
    nodes = dict(config.nodes)
    for top, key, file in _user_files(config):
        named = replace(file, value=os.path.abspath(str(file.value)))
        nodes[top] = replace(nodes[top], card=nodes[top].card.with_number(key, named))
    return replace(
        config,
        nodes=nodes,
        prices=os.path.abspath(config.prices) if config.prices.endswith(".toml") else config.prices,
        data=os.path.abspath(config.data) if config.data else None,
    )


def content_digest(path: Path) -> str:
    """Return a digest of a file's contents, "missing" if it cannot be read."""
    try:
        return hashlib.blake2s(path.read_bytes(), digest_size=12).hexdigest()
    except OSError:
        return "missing"


def price_file(name: str) -> Path:
    """Return the file of a price list, shipped or the user's own; raises `ConfigError`."""
    if name.endswith(".toml"):
        return Path(name)
    known = {path.stem: path for path in sorted(controllers.PRICES.glob("*.toml"))}
    if name not in known:
        raise ConfigError(f"price list '{name}' is unknown{nearest(name, known)}")
    return known[name]
