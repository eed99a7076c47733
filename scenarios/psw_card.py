"""The device card that a measurement of P_sw leaves behind."""

from __future__ import annotations

from collections.abc import Mapping

from devices.psw_fit import CURVE, Interval, PswFit
from emulator import Card, DataError
from emulator.card import SCHEMA, Number, number_to_table

from .psw_points import PswPoints
from .toml_text import to_toml

FITTED = {**{name: name for name in CURVE}, "sigma": "d2d_sigma"}  # of the card, of the fit


def fitted_card(card: Card, fit: PswFit, found: Mapping[str, Interval], points: PswPoints) -> str:
    """Return `card` as TOML text in which a, b, c0 and sigma are those of `fit`.

    Every other number stays: a, b and c0 only mean something together with the card's v_c0, v_g0,
    k_v and k_g. Raises `DataError` if the curve falls with V_SOT, which no card can say.
    """
    if found["a"].value <= 0.0:
        raise DataError(
            f"a = {found['a'].value:.4g} is not positive: P_sw falls as V_SOT rises; "
            "is the column p_sw the share of AP?"
        )
    source = (
        f"fitted to {fit.points} points of {points.trials:g} trials on {len(fit.offsets)} devices"
    )
    for name, metric in FITTED.items():
        value, low, high = found[metric]
        number = Number(value, "", source, "derived", low, high)
        card = card.with_number(name, number)
    values = {name: number_to_table(number) for name, number in card.numbers.items()}
    return to_toml({"schema": SCHEMA, "model": card.model, "values": values})
