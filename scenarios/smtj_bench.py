"""Junctions in a divider under an oscilloscope: the bench that measures telegraph noise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Field

from controllers import Host
from controllers.host import HostParams
from devices import SmtjParams, TelegraphNoiseParams
from devices.noise import divider_power
from emulator import (
    Bill,
    Config,
    ConfigError,
    Emulated,
    Emulator,
    Meter,
    Params,
    PriceList,
    Timeline,
    TraceSink,
    load_prices,
    price,
)
from emulator.params import Dimension

from .catalog import price_file

Watt = Annotated[float, Dimension("W")]
MODEL = "telegraph_noise"


class ScopeParams(Params):
    """What the instrument takes while it is on."""

    power: Watt = Field(ge=0)


class Scope:
    """The instrument: it waits while it samples. The host keeps the samples and computes later."""

    name = "scope"

    def __init__(self, emulator: Emulator, host: HostParams) -> None:
        self._emulator = emulator
        emulator.ledger.open("divider", "device")
        emulator.ledger.open("scope", "host")
        self.host = Host(emulator, "host", host)

    def watch(self, ps: int) -> None:
        """Let `ps` of measuring time pass."""
        self._emulator.advance(self._emulator.now + ps)

    def timeline(self) -> Timeline:
        """Return no phases: nothing is updated."""
        return Timeline([])

    def fidelity(self) -> dict[str, float | int | None]:
        """Return nothing: no pulse is sent."""
        return {}

    def cautions(self) -> list[str]:
        """Return nothing to say."""
        return []


@dataclass(frozen=True)
class ScopeEngine:
    """How the samples are made."""

    name: str
    reason: str = "a sampling grid has one exact step from sample to sample, in either engine"

    @classmethod
    def of(cls, config: Config) -> ScopeEngine:
        """Return the engine that was asked for; both make the same samples."""
        return cls("compiled" if config.engine == "auto" else config.engine)


@dataclass(frozen=True)
class ScopeBench:
    """One emulator with a divider and a scope on it. Prices are checked before anything runs."""

    emulator: Emulator
    board: Scope
    prices: PriceList
    meter: Meter
    noise: TelegraphNoiseParams
    junction: SmtjParams
    mtj: None = None  # its junction flips by itself

    @classmethod
    def build(cls, config: Config, trace: TraceSink | None) -> ScopeBench:
        """Build from a configuration; raises `ConfigError` or `PriceError`."""
        emulator = Emulator(config.seed, trace)
        noise, junction = watched(config)
        node = config.node("board")
        host = HostParams.from_card(node.children["host"].card, "board.host")
        ScopeParams.from_card(node.card, "board")
        board = Scope(emulator, host)
        own = {
            "divider": {"on": divider_power(config.node("noise"))},
            "scope": {"on": node.card.numbers["power"]},
        }
        listed = load_prices(price_file(config.prices)).of(emulator.ledger.accounts)
        prices = replace(listed, prices={**own, **listed.prices})
        bench = cls(emulator, board, prices, Meter(emulator.ledger, prices), noise, junction)
        bench.bill()
        return bench

    def bill(self) -> Bill:
        """Return what has been booked so far, priced."""
        return price(self.emulator.ledger.entries(self.emulator.now), self.prices)

    def joules(self) -> float:
        """Return the total of `bill()`, at the cost of a sum of integers."""
        return self.meter.total(self.emulator.now)

    def emulated(self) -> Emulated:
        """Return the measuring time so far; there are no updates."""
        return Emulated(self.emulator.now, 0, 0)


def watched(config: Config) -> tuple[TelegraphNoiseParams, SmtjParams]:
    """Return divider and junction of `noise`; raises `ConfigError` unless it is such noise."""
    node = config.node("noise")
    if node.card.model != MODEL:
        raise ConfigError(
            f"noise={node.card.name} is no junction in a divider: {config.scenario} needs "
            "noise=telegraph or a card of its model"
        )
    noise = TelegraphNoiseParams.from_card(node.card, "noise")
    if noise.sigma == 0.0:
        raise ConfigError(
            f"noise.sigma = 0: {config.scenario} estimates the noise of the scope along with the "
            "levels and needs some, e.g. noise.sigma=1e-6"
        )
    return noise, SmtjParams.from_card(node.children["junction"].card, "noise.junction")
