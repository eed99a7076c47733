"""Noise for learners that compare two noisy passes: the kinds, and what builds them.

Each satisfies `emulator.KnownNoise`. `NOISES` maps the model of a card to its builder.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emulator import PS_PER_S, ConfigError, KnownNoise, Node, Number, nearest
from emulator.card import weakest

from .dwell import DwellTimes
from .noise_counts import Coins, Junctions
from .noise_levels import PASSES, LevelNoise
from .noise_params import (
    BernoulliNoiseParams,
    GaussianNoiseParams,
    HmmNoiseParams,
    RecordedNoiseParams,
    TelegraphNoiseParams,
)
from .noise_recorded import RecordedNoise
from .recording import MHZ, Recording, read_recording
from .smtj import SmtjParams

NAME = "noise"  # of the random streams


def gaussian_noise(
    params: GaussianNoiseParams, nodes: int, seed: int, name: str = NAME
) -> LevelNoise:
    """Return Gaussian noise, independent from node to node and from pass to pass."""
    return LevelNoise(seed, name, nodes, sigma=params.sigma)


def bernoulli_noise(
    params: BernoulliNoiseParams, nodes: int, seed: int, name: str = NAME
) -> LevelNoise:
    """Return alpha times a binomial count, independent from node to node and pass to pass."""
    coins = Coins(seed, name, nodes, params.draws, params.p)
    levels = params.alpha * np.arange(params.draws + 1.0)
    return LevelNoise(seed, name, nodes, source=coins, levels=levels, centred=params.centred)


def hmm_noise(params: HmmNoiseParams, nodes: int, seed: int, name: str = NAME) -> LevelNoise:
    """Return the hidden Markov model: a telegraph chain per node, observed with Gaussian noise.

    States are telegraph noise sampled once per step; the first is drawn from the stationary
    distribution.
    """
    dwell = DwellTimes.of_flips(params.p, params.back, 1.0)
    return LevelNoise(
        seed, name, nodes,
        source=Junctions(seed, name, nodes, 1, dwell, 1.0),
        levels=np.array([params.mu_1, params.mu_2]),
        sigma=params.sigma, order=params.order, centred=params.centred,
    )  # fmt: skip


def telegraph_noise(
    params: TelegraphNoiseParams, junction: SmtjParams, nodes: int, seed: int, name: str = NAME
) -> LevelNoise:
    """Return sMTJs in series per node, sampled on a grid; raises `ConfigError` for a wrong bias."""
    n, dwell = params.junctions, telegraph_dwell(params, junction)
    return LevelNoise(
        seed, name, nodes,
        source=Junctions(seed, name, nodes, n, dwell, params.dt / PS_PER_S),
        levels=telegraph_levels(params, junction),
        sigma=params.sigma, centred=params.centred,
    )  # fmt: skip


def telegraph_dwell(params: TelegraphNoiseParams, junction: SmtjParams) -> DwellTimes:
    """Return the dwell times of one junction under its field and, if `loaded`, its current.

    Raises `ConfigError` for a bias that leaves no barrier.
    """
    current = divider_current(params, junction) if params.loaded else 0.0
    return junction.dwell(params.mu0_h, current)


def telegraph_levels(params: TelegraphNoiseParams, junction: SmtjParams) -> NDArray[np.float64]:
    """Return the levels of 0, 1, .. junctions in AP, shape (junctions + 1,)."""
    in_ap = np.arange(params.junctions + 1)
    low, high = junction.r_p, junction.r_ap
    if params.levels == "plain":
        low, high = params.level_p, params.level_ap
    total = in_ap * high + (params.junctions - in_ap) * low
    if params.levels == "plain":
        return total
    volts: NDArray[np.float64] = params.v_supply * total / (total + params.r_series)
    return volts


def divider_current(params: TelegraphNoiseParams, junction: SmtjParams) -> float:
    """Return the current through the divider in ampere, half of the junctions in AP."""
    ohms = params.junctions * (junction.r_p + junction.r_ap) / 2.0
    return params.v_supply / (params.r_series + ohms)


def divider_power(node: Node, name: str = NAME) -> Number:
    """Return the watts of the divider of a `telegraph_noise` node: v_supply^2 / (r_series + R).

    R is that of half of the junctions in AP; `low` has all of them there, `high` none. Trusted no
    more than any number behind it. Raises `ConfigError` as `make_noise`.
    """
    params, junction = _divider(node, name)
    n, r_p, r_ap = params.junctions, junction.r_p, junction.r_ap
    value = params.v_supply * divider_current(params, junction)
    low, high = (params.v_supply**2 / (params.r_series + n * r) for r in (r_ap, r_p))
    card, part = node.card, node.children["junction"].card
    used = [card.numbers[key] for key in ("v_supply", "r_series", "junctions")]
    used += [part.numbers[key] for key in ("r_p", "tmr")]
    source = (
        f"{params.v_supply:g} V over {params.r_series:g} ohm and {n} x {r_p:g} to {r_ap:g} ohm "
        f"(cards {card.name}, {part.name})"
    )
    trust = weakest("derived", *(number.trust for number in used))
    return Number(value, "W", source, trust, low, high)


def scope(
    params: TelegraphNoiseParams, junction: SmtjParams, rate: int, samples: int, seed: int,
    name: str = "scope",
) -> Recording:  # fmt: skip
    """Return what a scope of `rate` (mHz) sees of one node: the emulator's own recording.

    Raises `ConfigError` if a sample is not a whole number of ps.
    """
    if PS_PER_S * MHZ % rate:
        raise ConfigError(f"rate = {rate / MHZ:g} Hz: a sample is not a whole number of ps")
    sampled = params.model_copy(update={"dt": PS_PER_S * MHZ // rate, "centred": False})
    noise = telegraph_noise(sampled, junction, 1, seed, name)
    passes = noise.passes(-(-samples // PASSES))
    series = passes.transpose(1, 0, 2).reshape(-1)
    return Recording(series[:samples], rate, name)


def recorded_noise(
    params: RecordedNoiseParams, nodes: int, seed: int = 0, name: str = NAME
) -> RecordedNoise:
    """Return a recording, replayed; raises `DataError` for a file that cannot be used."""
    return RecordedNoise(params, read_recording(params.file, params.rate), nodes)


def _gaussian(node: Node, nodes: int, seed: int, name: str) -> KnownNoise:
    return gaussian_noise(GaussianNoiseParams.from_card(node.card, name), nodes, seed, name)


def _bernoulli(node: Node, nodes: int, seed: int, name: str) -> KnownNoise:
    return bernoulli_noise(BernoulliNoiseParams.from_card(node.card, name), nodes, seed, name)


def _hmm(node: Node, nodes: int, seed: int, name: str) -> KnownNoise:
    return hmm_noise(HmmNoiseParams.from_card(node.card, name), nodes, seed, name)


def _telegraph(node: Node, nodes: int, seed: int, name: str) -> KnownNoise:
    params, junction = _divider(node, name)
    return telegraph_noise(params, junction, nodes, seed, name)


def _recorded(node: Node, nodes: int, seed: int, name: str) -> KnownNoise:
    return recorded_noise(RecordedNoiseParams.from_card(node.card, name), nodes, seed, name)


def _divider(node: Node, name: str) -> tuple[TelegraphNoiseParams, SmtjParams]:
    """Return the divider of a `telegraph_noise` node and the kind of junction in it."""
    params = TelegraphNoiseParams.from_card(node.card, name)
    if "junction" not in node.children:
        raise ConfigError(f"{name}: card '{node.card.name}' names no part 'junction'")
    junction = node.children["junction"].card
    return params, SmtjParams.from_card(junction, f"{name}.junction")


NOISES: dict[str, Callable[[Node, int, int, str], KnownNoise]] = {
    "gaussian_noise": _gaussian,
    "bernoulli_noise": _bernoulli,
    "hmm_noise": _hmm,
    "telegraph_noise": _telegraph,
    "recorded_noise": _recorded,
}


def make_noise(node: Node, nodes: int, seed: int, name: str = NAME) -> KnownNoise:
    """Build the noise that a configuration node describes.

    `name` keys the random streams and is the address in messages. Raises `ConfigError`, and
    `DataError` for a recording.
    """
    if node.card.model not in NOISES:
        raise ConfigError(
            f"noise model '{node.card.model}' is unknown{nearest(node.card.model, NOISES)}"
        )
    if nodes < 1:
        raise ConfigError(f"{name}: {nodes} nodes, at least one is needed")
    return NOISES[node.card.model](node, nodes, seed, name)
