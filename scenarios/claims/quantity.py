"""A number with its unit, and what part of it rests on how well a figure is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emulator import ConfigError, Number
from emulator.card import TRUSTS
from emulator.units import base_units

PLAIN = (0, 0, 0, 0, 0)
RUN, MEASURED = "run", "measured"  # all that took part in a whole run; this very machine
RESTS = (*TRUSTS, RUN, MEASURED)  # the best known first
Trusts = Mapping[str, float]


@dataclass(frozen=True)
class Quantity:
    """A value in SI base units, `powers` of (kg, m, s, A, byte), and shares by trust.

    `trusts` maps one of `RESTS` to the share of the value that rests on numbers known so or better;
    the shares of a figure add up to 1, those of a constant (or a count) are empty. Sums weigh the
    shares of their terms by size; a product rests on the weaker of its factors, part by part.
    Raises `ConfigError` for a value that is not finite.
    """

    value: float
    powers: tuple[int, ...] = PLAIN
    trusts: Trusts = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ConfigError("a figure is too large, or no number")

    @classmethod
    def of(cls, value: float, unit: str = "", trusts: Trusts | None = None) -> Quantity:
        """Return `value` `unit`; raises `ConfigError` for a unit that is not known."""
        factor, powers = base_units(unit)
        return cls(float(value) * float(factor), powers, trusts or {})

    @classmethod
    def from_number(cls, number: Number, where: str) -> Quantity:
        """Return a card's number at the trust that it states; raises `ConfigError`."""
        if isinstance(number.value, str | bool):
            raise ConfigError(f"{where} = {number} is not a number")
        return cls.of(float(number.value), number.unit, {number.trust: 1.0})

    def to(self, unit: str) -> float:
        """Return the value in `unit`; raises `ConfigError` if that is another dimension."""
        factor, powers = base_units(unit)
        if powers != self.powers:
            wanted = unit or "a plain number"
            raise ConfigError(f"a figure is not in {wanted}: its dimensions differ")
        found = self.value / float(factor)
        if not math.isfinite(found):
            raise ConfigError(f"a figure is too large for {unit}")
        return found

    def __add__(self, other: Quantity) -> Quantity:
        self._match(other)
        return Quantity(self.value + other.value, self.powers, self._weighed(other))

    def __sub__(self, other: Quantity) -> Quantity:
        self._match(other)
        return Quantity(self.value - other.value, self.powers, self._weighed(other))

    def __mul__(self, other: Quantity) -> Quantity:
        powers = tuple(a + b for a, b in zip(self.powers, other.powers, strict=True))
        return Quantity(self.value * other.value, powers, weaker(self.trusts, other.trusts))

    def __truediv__(self, other: Quantity) -> Quantity:
        if not other.value:
            raise ConfigError("a formula divides by zero")
        powers = tuple(a - b for a, b in zip(self.powers, other.powers, strict=True))
        return Quantity(self.value / other.value, powers, weaker(self.trusts, other.trusts))

    def __neg__(self) -> Quantity:
        return Quantity(-self.value, self.powers, self.trusts)

    def plain(self, law: Callable[[float], float]) -> Quantity:
        """Return a function of a plain number; raises `ConfigError` for anything else."""
        try:
            return Quantity(law(self.to("")), PLAIN, self.trusts)
        except (ValueError, OverflowError) as error:
            raise ConfigError(f"a formula asks for {law.__name__}({self.value:g})") from error

    def _match(self, other: Quantity) -> None:
        if self.powers != other.powers:
            raise ConfigError("a formula adds figures of different dimensions")

    def _weighed(self, other: Quantity) -> Trusts:
        mine, theirs = abs(self.value), abs(other.value)
        found: dict[str, float] = {}
        for trusts, weight in ((self.trusts, mine), (other.trusts, theirs)):
            for trust, share in trusts.items():
                found[trust] = found.get(trust, 0.0) + share * weight
        return normal(found)


def weaker(one: Trusts, other: Trusts) -> Trusts:
    """Return the shares of a product: each pair of parts rests on its weaker trust."""
    if not one or not other:
        return one or other
    found: dict[str, float] = {}
    for a, share_a in one.items():
        for b, share_b in other.items():
            trust = max(a, b, key=RESTS.index)
            found[trust] = found.get(trust, 0.0) + share_a * share_b
    return normal(found)


def normal(weights: Mapping[str, float]) -> Trusts:
    """Return weights as shares of one, in the order of `RESTS`; nothing if they sum to nothing."""
    total = math.fsum(weights.values())
    return {t: weights[t] / total for t in RESTS if weights.get(t)} if total else {}
