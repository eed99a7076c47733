"""Between a board's parts and its machine: states are taken up before a batch and given back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controllers.mcu import Mcu
from controllers.pipeline import Logic
from devices import Adc, Comparator
from emulator import Emulator

from .layout import (
    ACCOUNT_STATE,
    ADC_STATE,
    CONTROL,
    COUNTERS,
    LINE_STATE,
    NODE_STATE,
    SWITCH_STATE,
    TALLY,
    Machine,
)
from .parts import Parts
from .ports import LIMB, MIDDLE


class Exchange:
    """Takes the state of all parts into a machine before a batch, and gives it back after.

    Views of the single fields are made once: looking up a field of a row is slow in Python.
    """

    def __init__(self, machine: Machine, parts: Parts, emulator: Emulator) -> None:
        self._parts, self._emulator = parts, emulator
        self._past = [(line, _one(machine.lines, "past", i)) for i, line in enumerate(parts.lines)]
        self._links = [
            (part, name, _one(rows, name, i))
            for some, rows, names in _stateful(machine, parts)
            for i, part in enumerate(some)
            for name in names
        ]
        n = parts.bank.n
        self._state = _field(machine.junctions, "state")
        self._position = _field(machine.draws, "position")
        last_ap, resetting = (_field(machine.controls, name) for name in CONTROL.names or ())
        minds: tuple[Mcu | Logic, ...] = (*parts.mcus, *parts.logics)
        self._last_ap = [(m.last_ap, last_ap[i * n : (i + 1) * n]) for i, m in enumerate(minds)]
        self._resetting = [
            (logic.resetting, resetting[i * n : (i + 1) * n])
            for i, logic in enumerate(parts.logics)
        ]
        self._pulses = [
            (driver, machine.pulses.view(np.ndarray)[i * n : (i + 1) * n])
            for i, driver in enumerate(parts.drivers)
        ]
        self._tally = {name: _field(machine.tally, name) for name in TALLY.names or ()}
        counted: tuple[tuple[Sequence[Adc | Comparator], Any, str], ...] = (
            (parts.adcs, machine.adcs, "conversions"),
            (parts.comparators, machine.comparators, "decisions"),
        )
        self._counted = [
            (part.account, _one(rows, name, i))
            for some, rows, name in counted
            for i, part in enumerate(some)
        ]

    def take_up(self) -> None:
        """Copy the state of all parts into the machine; what it counts starts from zero."""
        for part, name, field in self._links:
            value = getattr(part, name)
            if field.ndim:
                field[: len(value)] = value
            else:
                field[()] = value
        for line, past in self._past:
            if line.kept:
                past[: line.kept] = line.past[: line.kept]
        self._state[:] = _bits(self._parts.bank.state)
        self._position[:] = np.concatenate([s.positions() for s in self._parts.streams])
        for kept, field in (*self._last_ap, *self._resetting):
            field[:] = _bits(kept)
        for driver, rows in self._pulses:
            rows[:] = driver.pulses
        for field in self._tally.values():
            field[0] = 0
        for _, field in self._counted:
            field[...] = 0

    def hand_over(self) -> None:
        """Copy the state back into the parts, and book what was counted."""
        for part, name, field in self._links:
            if field.ndim:
                kept = getattr(part, name)
                kept[:] = field[: len(kept)].tolist()
            else:
                setattr(part, name, field.item())
        for line, past in self._past:
            if line.kept:
                line.past[:] = past[: line.kept].tolist()
        self._parts.bank.state[:] = self._state.tolist()
        at = 0
        for stream in self._parts.streams:
            stream.seek(self._position[at : at + stream.devices])
            at += stream.devices
        for kept, field in (*self._last_ap, *self._resetting):
            kept[:] = field.tolist()
        for driver, rows in self._pulses:
            driver.pulses[:] = rows.tolist()
        self._book()

    def _book(self) -> None:
        """Enter what was counted into the books."""
        tally = {name: field.item() for name, field in self._tally.items()}
        drive = tally["drive_low"] + (tally["drive_middle"] << LIMB)
        drive += tally["drive_high"] << (LIMB + MIDDLE)
        booked = tally["writes"], tally["resets"], tally["reads"], drive
        for action, amount in enumerate(booked):  # in the order of the bank's actions
            self._parts.bank.account.count(action, amount)
        for account, field in self._counted:
            account.count(0, field.item())
        for name in COUNTERS:
            if tally[name]:
                self._emulator.counters[name] += tally[name]


def _bits(kept: list[int]) -> NDArray[np.uint8]:
    """Return a list of 0 and 1 as an array, by way of bytes: five times as fast."""
    return np.frombuffer(bytes(kept), dtype=np.uint8)


def _field(rows: Any, name: str) -> Any:
    """Return one field of all rows, as an array that shares their memory."""
    return rows.view(np.ndarray)[name]


def _one(rows: Any, name: str, place: int) -> Any:
    """Return one field of one row, as an array that shares its memory."""
    field = _field(rows, name)
    return field[place : place + 1].reshape(field.shape[1:])


def _stateful(machine: Machine, parts: Parts) -> tuple[tuple[Sequence[Any], Any, Any], ...]:
    return (
        (parts.lines, machine.lines, LINE_STATE),
        (parts.nodes, machine.nodes, NODE_STATE),
        (parts.switches, machine.switches, SWITCH_STATE),
        (parts.adcs, machine.adcs, ADC_STATE),
        (parts.accounts, machine.accounts, ACCOUNT_STATE),
    )
