"""Price lists turn the ledger's integers into joules.

A price list is a TOML file with one table per part::

    ["lab.mcu"]
    active = { value = 102, unit = "mW", source = "S0 note 3", trust = "given" }

States are priced in watts, actions in joules. All sums are exact fractions, so a total does not
depend on the order of its terms and a stored run can be priced again without running it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Literal

from .card import Number, check_schema, number_from_table, read_toml, weakest
from .errors import ConfigError, PriceError, nearest
from .ledger import Entry, Ledger
from .ticks import PS_PER_S

Which = Literal["value", "low", "high"]


@dataclass(frozen=True)
class PriceList:
    """Prices by part and by state or action.

    Raises `PriceError` for an entry that it does not cover: nothing is free by omission.
    """

    name: str
    prices: Mapping[str, Mapping[str, Number]]

    def price(self, part: str, name: str) -> Number:
        """Return the price of a state or action; raises `PriceError` that names it."""
        try:
            return self.prices[part][name]
        except KeyError:
            raise PriceError(
                f"price list '{self.name}' has no price for {part}.{name}; a price of 0 is legal "
                "if it carries a source"
            ) from None

    def of(self, parts: Collection[str]) -> PriceList:
        """Return the prices of `parts` alone: one list serves many boards."""
        return replace(self, prices={p: names for p, names in self.prices.items() if p in parts})

    def with_derived(self, formulas: Mapping[str, Number]) -> PriceList:
        """Replace prices whose value is the name of a formula by the board's own figure.

        Both sources are kept, and the weaker of both trusts. Raises `ConfigError` for a formula
        that is not among `formulas`.
        """

        def resolve(where: str, number: Number) -> Number:
            if not isinstance(number.value, str):
                return number
            if number.value not in formulas:
                raise ConfigError(
                    f"price {where} = '{number.value}' is not a formula of this board"
                    f"{nearest(number.value, formulas)}"
                )
            derived = formulas[number.value]
            source = f"{number.source}; {derived.source}"
            return replace(derived, source=source, trust=weakest(number.trust, derived.trust))

        return replace(
            self,
            prices={
                part: {name: resolve(f"{part}.{name}", n) for name, n in names.items()}
                for part, names in self.prices.items()
            },
        )


def load_prices(path: Path) -> PriceList:
    """Read a price list; raises `ConfigError` that names file, part and entry."""
    table = read_toml(path)
    check_schema(table, path)
    prices: dict[str, dict[str, Number]] = {}
    for part, names in table.items():
        if part == "schema":
            continue
        if not isinstance(names, dict):
            raise ConfigError(f"{path}: '{part}' is not a table of prices")
        prices[part] = {
            name: _check(number_from_table(entry, f"{path}: {part}.{name}"), path, part, name)
            for name, entry in names.items()
        }
    return PriceList(path.stem, prices)


def _check(number: Number, path: Path, part: str, name: str) -> Number:
    """Refuse a negative price, a bound that is no number, a unit of neither power nor energy."""
    if isinstance(number.value, str):
        return number
    where = f"{path}: {part}.{name} = {number}"
    try:
        unit = price_unit(number)
        value, _, _ = (number.si(unit, which) for which in ("value", "low", "high"))
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    assert value is not None
    if value < 0:
        raise ConfigError(f"{where} is outside [0, inf) {unit}")
    return number


def price_unit(number: Number) -> str:
    """Return "W" or "J"; raises `ConfigError` for any other dimension."""
    try:
        number.si("W")
    except ConfigError:
        number.si("J")
        return "J"
    return "W"


@dataclass(frozen=True)
class Line:
    """A ledger entry with its price."""

    entry: Entry
    price: Number

    def joules(self, which: Which = "value", *, window: bool = False) -> Fraction:
        """Return the exact energy; a bound that is not known is the value itself."""
        unit = "W" if self.entry.kind == "state" else "J"
        try:
            each = self.price.si(unit, which)
        except ConfigError as error:
            where = f"{self.entry.part}.{self.entry.name} = {self.price}"
            raise PriceError(f"price {where}: {error}") from None
        if each is None:
            each = self.price.si(unit)
        assert each is not None
        amount = self.entry.window_amount if window else self.entry.amount
        scale = PS_PER_S if self.entry.kind == "state" else 1
        return each * amount * self.entry.bank / scale


@dataclass(frozen=True)
class Bill:
    """All priced lines of a run."""

    prices: str
    lines: tuple[Line, ...]

    def total(
        self,
        which: Which = "value",
        *,
        window: bool = False,
        where: Callable[[Line], bool] = lambda line: True,
    ) -> float:
        """Return the energy of the lines that satisfy `where`, in joules."""
        chosen = (line.joules(which, window=window) for line in self.lines if where(line))
        return float(sum(chosen, Fraction(0)))

    def by(self, key: Callable[[Line], str], *, window: bool = False) -> dict[str, float]:
        """Return the energy in joules by part, group or trust, in order of appearance."""
        totals: dict[str, Fraction] = {}
        for line in self.lines:
            name = key(line)
            totals[name] = totals.get(name, Fraction(0)) + line.joules(window=window)
        return {name: float(total) for name, total in totals.items()}


def price(entries: Iterable[Entry], prices: PriceList) -> Bill:
    """Apply a price list to the books; raises `PriceError` for what it does not cover."""
    lines = tuple(Line(entry, prices.price(entry.part, entry.name)) for entry in entries)
    for line in lines:
        line.joules()  # a wrong unit is found here, before anything runs
    return Bill(prices.name, lines)


class Meter:
    """The total of a ledger at a price list, for whoever wants it often.

    Every price is turned once into a whole number of a common fraction of a joule, so that a
    reading is a sum of integers; it equals `Bill.total()` to the last bit.
    """

    def __init__(self, ledger: Ledger, prices: PriceList) -> None:
        self._ledger, self._prices = ledger, prices
        self._weights: list[int] = []
        self._per_joule = 1

    def total(self, t_ps: int) -> float:
        """Return the energy booked up to `t_ps`, in joules; raises `PriceError`."""
        amounts = self._ledger.amounts(t_ps)
        if len(amounts) != len(self._weights):  # the first reading, or accounts were opened
            self._weigh(t_ps)
        whole = sum(n * each for n, each in zip(amounts, self._weights, strict=True))
        return whole / self._per_joule

    def _weigh(self, t_ps: int) -> None:
        single = (replace(entry, amount=1) for entry in self._ledger.entries(t_ps))
        joules = [line.joules() for line in price(single, self._prices).lines]
        self._per_joule = math.lcm(*(each.denominator for each in joules))
        self._weights = [int(each * self._per_joule) for each in joules]
