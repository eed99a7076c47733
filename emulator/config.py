"""Configurations: a tree of cards, addressed by name, with a canonical digest.

`node=NAME|FILE` selects a card for a node, `node.leaf=value` sets one number. Selections apply
first, in any order. Which nodes exist is decided by the scenario (its tops) and by the `[parts]`
table of each board card (its children).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from .card import SCHEMA, Card, Number, load_card, number_to_table
from .errors import ConfigError, nearest
from .params import number_from_text


@dataclass(frozen=True)
class Shelf:
    """The cards that ship with the packages: model or node name -> folder of TOML files."""

    folders: tuple[Path, ...]

    def names(self) -> dict[str, Path]:
        """Return every card by its file name without suffix."""
        return {
            path.stem: path for folder in self.folders for path in sorted(folder.glob("*.toml"))
        }

    def load(self, name: str, models: Collection[str] | None, where: str) -> Card:
        """Load a card by name, or by path if it ends in `.toml`.

        `models` are the kinds that fit there, None for any. Raises `ConfigError`.
        """
        if name.endswith(".toml"):
            card = load_card(Path(name))
        else:
            known, suffix = self.names(), Path(name).suffix
            if name not in known and suffix:
                raise ConfigError(
                    f"{where}={name} is a file of kind '{suffix}', expected a card: FILE.toml or a "
                    f"name (known: {', '.join(sorted(self._fitting(models)))})"
                )
            if name not in known:
                raise ConfigError(
                    f"{where}={name} is unknown{nearest(name, self._fitting(models))}"
                )
            card = load_card(known[name])
        if models is not None and card.model not in models:
            raise ConfigError(
                f"{where}={name} is a card of model '{card.model}', expected "
                f"'{' or '.join(sorted(models))}'{nearest(name, self._fitting(models))}"
            )
        return card

    def _fitting(self, models: Collection[str] | None) -> list[str]:
        return [
            n for n, p in self.names().items() if models is None or load_card(p).model in models
        ]

    def exchangeable(self, card: Card) -> set[str]:
        """Return the models that may take the place of `card`: those of its family, or its own."""
        if not card.family:
            return {card.model}
        shipped = (load_card(path) for path in self.names().values())
        return {card.model} | {other.model for other in shipped if other.family == card.family}


@dataclass(frozen=True)
class Node:
    """A card in the tree, with the nodes of its parts."""

    card: Card
    children: Mapping[str, Node] = field(default_factory=dict)

    def walk(self, path: str) -> Iterable[tuple[str, Card]]:
        """Yield (address, card) of this node and everything below it."""
        yield path, self.card
        for name, child in self.children.items():
            yield from child.walk(f"{path}.{name}")


@dataclass(frozen=True)
class Config:
    """A resolved configuration: what to run, with every number in it.

    `inputs` maps the address of a file of the user's (a price list, weights) to the digest of its
    contents: such a file decides the result as much as a number does.
    """

    scenario: str
    nodes: Mapping[str, Node]
    seed: int = 0
    engine: str = "auto"
    prices: str = "paper"
    data: str | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)

    def node(self, address: str) -> Node:
        """Return the node at `board.adc`; raises `ConfigError` with the nearest name."""
        level, found = self.nodes, None
        for name in address.split("."):
            if name not in level:
                raise ConfigError(f"'{address}' is unknown{nearest(name, level)}")
            found = level[name]
            level = found.children
        assert found is not None
        return found

    def cards(self) -> dict[str, Card]:
        """Return every card by its address."""
        return {path: card for top, node in self.nodes.items() for path, card in node.walk(top)}

    def to_table(self, version: str) -> dict[str, Any]:
        """Return the tables of `config.toml`, which `--config` reads back."""
        head = {name: getattr(self, name) for name in ("scenario", "seed", "engine", "prices")}
        table: dict[str, Any] = {"schema": SCHEMA, "version": version, **head}
        if self.data is not None:
            table["data"] = self.data
        if self.inputs:
            table["inputs"] = dict(self.inputs)
        table["cards"] = {
            path: {
                "name": card.name,
                "model": card.model,
                **({"family": card.family} if card.family else {}),
                "parts": dict(card.parts),
                "values": {key: number_to_table(n) for key, n in card.numbers.items()},
            }
            for path, card in self.cards().items()
        }
        return table

    def digest(self, version: str) -> str:
        """Return a digest of everything that decides the result (not where the data lie)."""
        table = self.to_table(version)
        table.pop("data", None)
        text = json.dumps(table, sort_keys=True, default=str, separators=(",", ":"))
        return hashlib.blake2s(text.encode(), digest_size=12).hexdigest()

    def override(self, settings: Iterable[str], shelf: Shelf) -> Config:
        """Apply `node=CARD` selections, then `node.leaf=value` settings; raises `ConfigError`."""
        pairs = [_split(text) for text in settings]
        config, values = self, []
        for address, value in sorted(pairs, key=lambda pair: pair[0].count(".")):
            if config._is_node(address):
                config = config._select(address, value, shelf)
            else:
                values.append((address, value))
        for address, value in values:
            config = config._set(address, value)
        return config

    def _is_node(self, address: str) -> bool:
        try:
            self.node(address)
        except ConfigError:
            return False
        return True

    def _select(self, address: str, name: str, shelf: Shelf) -> Config:
        models = shelf.exchangeable(self.node(address).card)
        if not name:
            raise ConfigError(
                f"{address}= has no value: expected a card, FILE.toml or a name such as "
                f"{address}={self.node(address).card.name}"
            )
        chosen = shelf.load(name, models, address)
        return self._replace(address.split("."), load_node(chosen, shelf, address))

    def _set(self, address: str, value: str) -> Config:
        path, _, leaf = address.rpartition(".")
        if not path:
            path, leaf = (self.scenario, address) if self.scenario in self.nodes else ("", address)
        if not path or not self._is_node(path):
            top = address.split(".", maxsplit=1)[0]
            raise ConfigError(f"'{address}' is unknown{nearest(top, self._addresses())}")
        node = self.node(path)
        if leaf not in node.card.numbers:
            known = [*node.card.numbers, *node.children]
            if path == self.scenario:
                known += [name for name in self.nodes if name != self.scenario]
            raise ConfigError(f"'{address}' is unknown{nearest(leaf, known)}")
        template = node.card.numbers[leaf]
        if not value:
            raise ConfigError(f"{address}= has no value: expected {_expected(template)}")
        try:
            number = number_from_text(value, template)
        except ConfigError as error:
            raise ConfigError(f"{address}={value}: {error}") from None
        card = node.card.with_number(leaf, number)
        return self._replace(path.split("."), replace(node, card=card))

    def _addresses(self) -> list[str]:
        return [name for name in self.cards() if name != self.scenario]

    def _replace(self, path: list[str], node: Node) -> Config:
        def put(level: Mapping[str, Node], names: list[str]) -> dict[str, Node]:
            name, *rest = names
            new = node if not rest else replace(
                level[name], children=put(level[name].children, rest)
            )  # fmt: skip
            return {**level, name: new}

        return replace(self, nodes=put(self.nodes, path))


def load_node(card: Card, shelf: Shelf, where: str) -> Node:
    """Load the cards of a card's parts, recursively."""
    children = {
        name: load_node(shelf.load(part, None, f"{where}.{name}"), shelf, f"{where}.{name}")
        for name, part in card.parts.items()
    }
    return Node(card, children)


def plain(value: object) -> object:
    """Return a value as JSON and TOML writers take it (Decimal becomes float)."""
    return float(value) if isinstance(value, Decimal) else value


def _split(text: str) -> tuple[str, str]:
    address, equals, value = text.partition("=")
    if not equals or not address.strip():
        raise ConfigError(f"'{text}' is not KEY=VALUE (e.g. board=fpga, mtj.sigma=0.1)")
    return address.strip(), value.strip()


def _expected(template: Number) -> str:
    """Return what may stand in place of a number, a word or a flag."""
    if isinstance(template.value, bool):
        return "true or false"
    if isinstance(template.value, str):
        return f"text such as {template.value}" if template.value else "text"
    return f"a number such as {template}"
