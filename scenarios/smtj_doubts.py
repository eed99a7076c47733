"""What casts doubt on a measurement of telegraph noise."""

from __future__ import annotations

import math
from collections.abc import Sequence

from emulator import Config

from .smtj_bias import Bias

SURE = 4.5  # standard errors
COARSE = 2.0  # samples per mean dwell: below, most flips come and go between two samples


def doubts(config: Config, seen: Sequence[Bias]) -> list[str]:
    """Return a sentence for everything that a reader of the estimates should know."""
    told = _without_effect(config)
    if any(bias.chain for bias in seen):
        junctions = config.node("noise").card.numbers["junctions"]
        told.append(
            f"noise.junctions = {junctions}: flips of a sum tell no dwell of one junction, so "
            "dwell times, levels and the cards made of them are left out"
        )
    for bias in seen:
        if bias.chain:
            continue
        told += [f"{bias.name}: {text}" for text in (*_dispersions(bias), *_sampling(bias))]
    return told


def _dispersions(bias: Bias) -> list[str]:
    fit = bias.fit
    return [
        f"complete dwells in {state} spread {value:.3f} +- {error:.3f} times as exponential ones "
        "would: levels overlap, the noise drifts, or there is more than one barrier"
        for state, (value, error) in (("P", fit.dispersion_low), ("AP", fit.dispersion_high))
        if math.isfinite(value) and abs(value - 1.0) > SURE * error
    ]


def _sampling(bias: Bias) -> list[str]:
    shortest = min(bias.fit.tau_low.value, bias.fit.tau_high.value) / bias.dt
    if shortest >= COARSE:
        return []
    return [
        f"a mean dwell is {shortest:.2g} samples: most flips come and go unseen, and the dwell "
        "times rest on the law more than on what was seen; sample faster"
    ]


def _without_effect(config: Config) -> list[str]:
    """Return a sentence for each setting of the user's that does nothing here."""
    own, noise = config.node(config.scenario).card.numbers, config.node("noise").card.numbers
    fields = f"the field follows {config.scenario}.fields = {own['fields'].value}"
    told = []
    if own["recording"].value:
        told += [f"{key} = {own[key].value} has no effect: a recording is analysed"
                 for key in ("fields", "seconds", "keep") if own[key].trust == "user"]  # fmt: skip
    elif noise["mu0_h"].trust == "user":
        told.append(f"noise.mu0_h = {noise['mu0_h']} has no effect: {fields}")
    if noise["dt"].trust == "user":
        told.append(f"noise.dt = {noise['dt']} has no effect: the scope has a rate of its own")
    return told
