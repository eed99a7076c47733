"""What tests of noise share: shipped cards with some numbers replaced, and passes to read it in."""

from __future__ import annotations

import numpy as np

from devices import CARDS, make_noise
from emulator import PS_PER_S, KnownNoise, Node, PassGrid, Shelf, load_card, load_node
from emulator.params import number_from_text

SIGMAS = 4.5
SHELF = Shelf((CARDS,))
KINDS = ("gaussian", "bernoulli", "hmm", "telegraph")
MS = PS_PER_S // 1000


def node(kind: str, **settings: object) -> Node:
    card = load_card(CARDS / f"{kind}.toml")
    for key, text in settings.items():
        card = card.with_number(key, number_from_text(str(text), card.numbers[key]))
    return load_node(card, SHELF, "noise")


def noise(kind: str, nodes: int = 50, seed: int = 1, **settings: object) -> KnownNoise:
    return make_noise(node(kind, **settings), nodes, seed)


def both(samples: int, first: int = 0, interval_ps: int = MS) -> PassGrid:
    """Both passes of samples `first` .. of a run that began at 0."""
    return PassGrid(2 * first * interval_ps, interval_ps, 2 * samples, 2)


def in_time(passes: np.ndarray) -> np.ndarray:
    """Passes (2, samples, nodes) as steps of the order `time`, (2 samples, nodes)."""
    return passes.transpose(1, 0, 2).reshape(-1, passes.shape[2])


def within(found: float, expected: float, error: float) -> bool:
    return abs(found - expected) < SIGMAS * error
