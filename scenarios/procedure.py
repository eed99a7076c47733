"""Numbers that a measurement's own procedure sets, in place of those of a card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from emulator import Config, Node, Number


def with_numbers(config: Config, top: str, **values: Any) -> Config:
    """Return `config` in which the card at `top` holds other values.

    A plain value keeps unit and source of the card's own; a `Number` brings its own.
    """
    node = config.nodes[top]
    card = node.card
    for key, value in values.items():
        own = replace(card.numbers[key], value=value, low=None, high=None)
        card = card.with_number(key, value if isinstance(value, Number) else own)
    return replace(config, nodes={**config.nodes, top: Node(card, node.children)})
