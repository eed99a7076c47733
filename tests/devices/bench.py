"""Shipped cards with some numbers replaced, and the parts of a read and a write path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from devices import (
    CARDS,
    Adc,
    AdcParams,
    AnalogSwitch,
    Dac,
    DacParams,
    DeliveredGrid,
    DividerParams,
    Follower,
    MtjBank,
    OpampParams,
    SenseNode,
    SmtjParams,
    SwitchParams,
    VgsotParams,
)
from emulator import Emulator, Params, TraceSink, load_card
from emulator.params import number_from_text

P = TypeVar("P", bound=Params)
CARD_OF: dict[type[Params], str] = {
    AdcParams: "stm32f767_adc",
    DacParams: "stm32f767_dac",
    DividerParams: "read_divider",
    OpampParams: "lm324",
    SmtjParams: "smtj",
    SwitchParams: "analog_switch",
    VgsotParams: "vgsot",
}


def params(kind: type[P], card: str | None = None, **settings: object) -> P:
    """The shipped card of a model, with `name="value unit"` settings applied."""
    found = _params(kind, card, tuple(sorted((key, str(text)) for key, text in settings.items())))
    assert isinstance(found, kind)
    return found


@cache
def _params(kind: type[Params], card: str | None, settings: tuple[tuple[str, str], ...]) -> Params:
    shipped = load_card(CARDS / f"{card or CARD_OF[kind]}.toml")
    for key, text in settings:
        number = number_from_text(text, shipped.numbers[key])
        shipped = shipped.with_number(key, number)
    return kind.from_card(shipped, shipped.name)


def grid(mtj: VgsotParams, dac: DacParams | None = None, r_series: float = 40.0) -> DeliveredGrid:
    """The grid of a converter (default: the laboratory board's) behind `r_series` ohm."""
    dac = dac or params(DacParams)
    ratio = mtj.r_sot / (mtj.r_sot + r_series)
    return DeliveredGrid(dac.full_scale, dac.bits, ratio, mtj.v_reset)


def bank(emulator: Emulator, n: int = 1, **settings: object) -> MtjBank:
    """A bank of junctions of the shipped card."""
    mtj = params(VgsotParams, **settings)
    return MtjBank(emulator, "mtj", mtj, n, grid(mtj))


@dataclass
class Bench:
    """One write path (two lines) and one read path with a switch between them."""

    emulator: Emulator
    mtj: MtjBank
    opamp: Follower
    dac: Dac
    node: SenseNode
    switch: AnalogSwitch
    adc: Adc

    def at(self, t: int) -> None:
        """Let the time be `t`."""
        self.emulator.advance(t)


def bench(
    *,
    seed: int = 0,
    n: int = 1,
    trace: TraceSink | None = None,
    mtj: dict[str, object] | None = None,
    dac: dict[str, object] | None = None,
    opamp: dict[str, object] | None = None,
    adc: dict[str, object] | None = None,
    divider: dict[str, object] | None = None,
    switch: dict[str, object] | None = None,
) -> Bench:
    """Wire the shipped parts; offsets, noise and spread are off unless they are asked for."""
    emulator = Emulator(seed, trace)
    junctions = params(VgsotParams, **{"sigma": 0, **(mtj or {})})
    converter = params(DacParams, **(dac or {}))
    amplifier = params(OpampParams, **{"offset": "0 mV", **(opamp or {})})
    adc_params = params(AdcParams, **{"noise": 0, **(adc or {})})
    switch_params = params(SwitchParams, **(switch or {}))
    g = grid(junctions, converter, switch_params.r_on)
    mtj_bank = MtjBank(emulator, "mtj", junctions, n, g)
    law = amplifier.law(converter.tau, max(1, round(g.step_uv)))
    follower = Follower(emulator, "opamp", amplifier, law, 2)
    node = SenseNode(
        emulator,
        params(DividerParams, **(divider or {})),
        mtj_bank,
        adc_params.c_adc,
        adc_params.r_adc,
    )
    lines = follower.lines[0], follower.lines[1]
    return Bench(
        emulator,
        mtj_bank,
        follower,
        Dac(emulator, "dac", converter, follower.lines),
        node,
        AnalogSwitch(emulator, "switch", switch_params, lines, mtj_bank, node),
        Adc(emulator, "adc", adc_params, node),
    )
