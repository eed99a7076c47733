"""The parts that a board's lanes drive, each with its place in a machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

from controllers.mcu import Mcu
from controllers.pipeline import Logic
from devices import Adc, AnalogSwitch, Comparator, Dac, Line, MtjBank, PulseDriver, SenseNode
from emulator import SequenceError
from emulator.ledger import Account
from emulator.streams import Stream

P = TypeVar("P")


# Rows of arrays stand for these, and for nothing that behaves otherwise.
COMPILED = (
    Account, Adc, AnalogSwitch, Comparator, Dac, Line, Logic, Mcu, MtjBank, PulseDriver, SenseNode,
    Stream,
)  # fmt: skip


def place(parts: list[P], part: P) -> int:
    """Return the place of `part` in a list, giving it the next one if it is new."""
    for i, known in enumerate(parts):
        if known is part:
            return i
    parts.append(exactly(part))
    return len(parts) - 1


def exactly(part: P) -> P:
    """Return `part`; raises `SequenceError` for one with methods of its own."""
    if type(part) not in COMPILED:
        raise SequenceError(f"{type(part).__name__}, a part of its own kind, has no compiled form")
    return part


@dataclass
class Parts:
    """What lanes drive, in the order in which it was met. `signals` are the traced ones."""

    bank: MtjBank
    lines: list[Line] = field(default_factory=list)
    switches: list[AnalogSwitch] = field(default_factory=list)
    nodes: list[SenseNode] = field(default_factory=list)
    adcs: list[Adc] = field(default_factory=list)
    mcus: list[Mcu] = field(default_factory=list)
    logics: list[Logic] = field(default_factory=list)
    drivers: list[PulseDriver] = field(default_factory=list)
    comparators: list[Comparator] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    signals: list[tuple[str, str]] = field(default_factory=list)
    line_signals: list[int] = field(default_factory=list)
    line_levels: list[tuple[list[int], set[int]]] = field(default_factory=list)
    bank_signal: int = 0

    def __post_init__(self) -> None:
        bank = exactly(self.bank)
        self.streams += [bank.switching, bank.resetting]
        kinds = ("v_sot", "v_gate", "state")
        self.bank_signal = self.signal(
            *((bank.name, f"{j}.{k}") for j in range(bank.n) for k in kinds)
        )

    def draws_at(self, stream: Stream) -> int:
        """Return how many devices draw from the streams before this one."""
        return sum(s.devices for s in self.streams[: place(self.streams, stream)])

    def signal(self, *names: tuple[str, str]) -> int:
        """Give traced signals their numbers; return the first."""
        self.signals += names
        return len(self.signals) - len(names)

    def line(self, dac: Dac, channel: int) -> int:
        """Return the place of the line behind a converter channel."""
        k = place(self.lines, exactly(dac).lines[channel])
        if k == len(self.line_signals):
            self.line_signals.append(self.signal((dac.name, f"{channel}.code")))
            self.line_levels.append((dac.levels[channel], dac.cut[channel]))
        return k

    def switch(self, switch: AnalogSwitch) -> int:
        """Return the place of a switch; its node and account get theirs."""
        place(self.nodes, switch.node)
        place(self.accounts, switch.account)
        return place(self.switches, switch)

    def adc(self, adc: Adc) -> int:
        """Return the place of a converter; its node, account and stream get theirs."""
        place(self.nodes, adc.node)
        place(self.accounts, adc.account)
        place(self.streams, adc.noise)
        return place(self.adcs, adc)

    def mcu(self, mcu: Mcu) -> int:
        """Return the place of a microcontroller."""
        self.adc(mcu.adc)
        self.switch(mcu.switch)
        return place(self.mcus, mcu)

    def logic(self, logic: Logic) -> int:
        """Return the place of a piece of logic."""
        self.driver(logic.driver)
        place(self.comparators, logic.comparator)
        place(self.streams, logic.comparator.noise)
        return place(self.logics, logic)

    def driver(self, driver: PulseDriver) -> int:
        """Return the place of a pulse driver."""
        return place(self.drivers, driver)
