"""Cards of what a recording told: the noise for a learner, and the junction itself."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from decimal import Decimal

from emulator import PS_PER_S, Card, ConfigError, DataError
from emulator.card import SCHEMA, Number, number_to_table

from .smtj import SmtjParams
from .telegraph_fit import Estimate, TelegraphFit

NORMAL = 1.959964  # 95 % of a normal distribution lie within +- this


def hmm_card(card: Card, fit: TelegraphFit) -> Card:
    """Return `card` (of the model `hmm_noise`) with levels, sigma and probabilities of `fit`.

    State 1 is the low level; a step of the chain is one sample of the recording.
    """
    found = {"p": fit.up, "p_back": fit.down, "mu_1": fit.low, "mu_2": fit.high, "sigma": fit.sigma}
    for key, estimate in found.items():
        card = card.with_number(key, _number(estimate, "", fit))
    return replace(card, name="recorded_hmm")


def smtj_card(card: Card, fit: TelegraphFit, v_supply: float, r_series: float) -> Card:
    """Return `card` (of the model `smtj`) with resistances, barrier and stray field of `fit`.

    The recording is the voltage over one junction, fed from `v_supply` (V) through `r_series`
    (ohm). The current of the divider counts as part of the bias that was found: delta and mu0_h_0
    are those at which the junction, without field or current, has the dwell times that were seen.
    Its tau_0 and mu0_h_t stay. Raises `DataError` if a level is no voltage of such a divider or a
    dwell time is below tau_0.
    """
    params = SmtjParams.from_card(card, card.name)
    if not (v_supply > 0.0 and r_series > 0.0):
        raise ConfigError(f"divider: v_supply = {v_supply} V and r_series = {r_series} ohm")
    levels = fit.low, fit.high
    if not (0.0 < fit.low.value < fit.high.value < v_supply):
        raise DataError(
            f"{fit.name}: levels {fit.low.value:g} and {fit.high.value:g} V are not between 0 and "
            f"the supply of {v_supply:g} V"
        )
    r_p, r_ap = (r_series * level.value / (v_supply - level.value) for level in levels)
    slopes = [r_series * v_supply / (v_supply - level.value) ** 2 for level in levels]
    errors = [slope * level.error for slope, level in zip(slopes, levels, strict=True)]
    tmr = Estimate(r_ap / r_p - 1.0, r_ap / r_p * math.hypot(errors[0] / r_p, errors[1] / r_ap))
    delta, h = _barrier(fit, params.tau_0 / PS_PER_S)
    h_k = 4.0 * delta.value * params.mu0_h_t
    values = {
        "r_p": _number(Estimate(r_p, errors[0]), "ohm", fit),
        "tmr": _number(tmr, "", fit),
        "delta": _number(delta, "", fit),
        "mu0_h_0": _number(Estimate(-h.value * h_k, h.error * h_k), "T", fit),
        "t_ref": replace(card.numbers["temperature"]),
    }
    for key, number in values.items():
        card = card.with_number(key, number)
    return replace(card, name="recorded_smtj")


def card_text(card: Card) -> str:
    """Return a card as TOML text that `emulator.load_card` reads back."""
    head: dict[str, object] = {"schema": SCHEMA, "model": card.model}
    if card.family:
        head["family"] = card.family
    lines = [f"{key} = {_toml(value)}" for key, value in head.items()]
    lines += ["", "[values]"]
    for key, number in card.numbers.items():
        pairs = ", ".join(f"{k} = {_toml(v)}" for k, v in number_to_table(number).items())
        lines.append(f"{key} = {{ {pairs} }}")
    if card.parts:
        lines += ["", "[parts]", *(f"{key} = {_toml(name)}" for key, name in card.parts.items())]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _number(estimate: Estimate, unit: str, fit: TelegraphFit) -> Number:
    half = NORMAL * estimate.error
    source = f"fitted to {fit.states.size} samples at {1.0 / fit.dt:g} Hz of {fit.name}"
    value = float(estimate.value)
    return Number(value, unit, source, "derived", value - half, value + half)


def _barrier(fit: TelegraphFit, tau_0: float) -> tuple[Estimate, Estimate]:
    """Return delta and h from tau_P,AP = tau_0 exp[delta (1 +- h)^2], the exact inverse."""
    ratios = [tau.value / tau_0 for tau in (fit.tau_low, fit.tau_high)]
    if min(ratios) <= 1.0:
        raise DataError(f"{fit.name}: a dwell time is below tau_0 = {tau_0:g} s: no barrier")
    p, ap = (math.sqrt(math.log(ratio)) for ratio in ratios)
    relative = [tau.error / tau.value for tau in (fit.tau_low, fit.tau_high)]
    e_p, e_ap = relative[0] / (2.0 * p), relative[1] / (2.0 * ap)
    total = p + ap
    delta = Estimate((total / 2.0) ** 2, total / 2.0 * math.hypot(e_p, e_ap))
    h = Estimate((p - ap) / total, 2.0 * math.hypot(ap * e_p, p * e_ap) / total**2)
    return delta, h
