"""`spinboard list SCENARIO`: what a scenario can be told, and which cards it takes by default."""

from __future__ import annotations

from importlib import import_module

from rich.console import Console

from emulator import Params

from .catalog import configure
from .scenario import Scenario, find
from .show import numbers_table


def show_keys(name: str) -> None:
    """Print a scenario's own keys, its default cards and their keys; raises `ConfigError`.

    Those of board and junction are left to `spinboard show`.
    """
    scenario, console = find(name), Console()
    config = configure(name)
    cards = [f"{top}={card}" for top, card in scenario.tops.items() if top != name]
    console.print(f"{name}: {scenario.summary}", highlight=False)
    console.print(f"default cards: {' '.join(cards)}\n", highlight=False)
    console.print(numbers_table(name, config.node(name).card, model_of(scenario)))
    for address, card in config.cards().items():
        if address != name and address.split(".")[0] not in ("board", "mtj"):
            console.print(numbers_table(address, card))
    console.print(
        "A value outside `allowed` is refused, one outside `range` runs with a warning. Keys of "
        f"board and mtj: spinboard show {scenario.tops['board']}",
        highlight=False,
    )


def model_of(scenario: Scenario) -> type[Params]:
    """Return the model of a scenario's own keys: the one that its module defines."""
    module = import_module(f".{scenario.module}", __package__)
    known = (each for each in vars(module).values() if isinstance(each, type))
    models = (each for each in known if issubclass(each, Params))
    (own,) = (each for each in models if each.__module__ == module.__name__)
    return own
