"""What a study of telegraph noise leaves for others: recordings, and cards of what it told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from devices import Recording, card_text, hmm_card, smtj_card
from devices.recording import KINDS
from devices.telegraph_card import NORMAL
from emulator import Card, Config, DataError, Node

from .catalog import shelf
from .smtj_bench import watched
from .smtj_bias import Bias
from .smtj_doubts import SURE

KEPT = 4_000_000  # samples of all recordings in a run directory: 100 s at 40 kHz, about 30 MB
TEXT = 1_000_000  # samples of a recording in CSV: 25 s at 40 kHz, about 30 MB
DIVIDER = ("v_supply", "r_series")


def cards(config: Config, bias: Bias) -> tuple[dict[str, str], list[str]]:
    """Return `hmm.toml` and `smtj.toml` by file name, and what casts doubt on the latter.

    It is missing if the levels are no voltages over a junction in a known divider: of a recording
    only its owner knows it, so both values must be the user's, whatever the card says.
    """
    hmm = hmm_card(shelf().load("hmm", None, "noise"), bias.fit)
    found, (noise, _) = {"hmm.toml": card_text(hmm)}, watched(config)
    node = config.node("noise")
    unknown = _unknown_divider(node, bias)
    if unknown:
        return found, [f"no smtj.toml: {unknown}"]
    card = node.children["junction"].card
    try:
        junction = smtj_card(card, bias.fit, noise.v_supply, noise.r_series)
    except DataError as error:
        return found, [f"no smtj.toml: {error}; noise.v_supply and noise.r_series are the divider"]
    told = _unusual(card, junction) if bias.field_mt is None else []
    return found | {"smtj.toml": card_text(junction)}, told


def _unknown_divider(noise: Node, bias: Bias) -> str:
    """Return why levels are no voltages of the configured divider; nothing if they are."""
    numbers = noise.card.numbers
    if bias.field_mt is not None:
        plain = numbers["levels"].value == "plain"
        return "noise.levels = plain are no voltages of a divider" if plain else ""
    missing = [f"noise.{key}" for key in DIVIDER if numbers[key].trust != "user"]
    if not missing:
        return ""
    return (
        f"{bias.name} does not say which divider it was measured in: set {' and '.join(missing)} "
        f'(such as noise.v_supply="{numbers["v_supply"]}" noise.r_series="{numbers["r_series"]}")'
    )


def _unusual(stated: Card, found: Card) -> list[str]:
    """Return a sentence for each resistance that is surely outside the range that a card states."""
    told = []
    for key, unit in (("r_p", "ohm"), ("tmr", "")):
        number, bounds = found.numbers[key], stated.numbers[key]
        low, high = bounds.si(unit, "low"), bounds.si(unit, "high")
        margin = SURE / NORMAL * (number.high - number.value)
        below = low is not None and number.value + margin < low
        if below or (high is not None and number.value - margin > high):
            told.append(
                f"smtj.toml: {key} = {number.value:.4g} {unit} lies outside the range that card "
                f"{stated.name} states ({bounds.low} .. {bounds.high} {bounds.unit}): are the "
                "levels those over the junction, not amplified, and is the divider theirs?"
            )
    return [text.replace("  ", " ").replace(" )", ")") for text in told]


def recordings(seen: Sequence[Bias], every: bool) -> tuple[dict[str, bytes], list[str]]:
    """Return what was kept of each series, in Parquet and CSV, and what was cut off.

    With `every` field kept, each file name says its own.
    """
    found, told = {}, []
    for bias in seen:
        for kind, most in zip(KINDS, (bias.kept, TEXT), strict=True):
            if not bias.kept:
                continue
            kept = Recording(bias.beginning(most), bias.rate, bias.name)
            file = f"{_name(bias) if every else 'recording'}.{kind}"
            found[file] = kept.encoded(kind)
            if len(kept) < bias.samples:
                told.append(
                    f"{file} holds the first {len(kept) * kept.dt:g} s ({len(kept):,} samples, the "
                    f"limit) of the {bias.samples * kept.dt:g} s at {bias.field_mt:g} mT"
                )
    return found, told


def _name(bias: Bias) -> str:
    """Return the name of a recording that says its field in full."""
    assert bias.field_mt is not None
    return f"recording_{np.format_float_positional(bias.field_mt, trim='-')}mT"
