"""A figure as a source prints it, and what counts as the same figure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from emulator import ConfigError
from emulator.units import base_units, parse_number, to_fraction

from .quantity import Quantity

ABOUT = 0.15  # what "~" admits, relative
BOUND = 1e-3  # by what ">=" and "<=" may be missed, relative: how long a pipeline takes to fill
SIGMAS = 4.5
_PREFIX = re.compile(r"^(~|>=|<=|>|<)?\s*(.*)$")


@dataclass(frozen=True)
class Printed:
    """A figure as it was printed: `"~1.2 uJ"`, `"15.86 pJ"`, `">=2 GHz"`.

    `relation` is `=`, `~`, `>=`, `<=`, `>` or `<`; `half_unit` is half a unit of the last digit
    printed, in `unit`.
    """

    text: str
    relation: str
    value: float
    unit: str
    half_unit: float

    @classmethod
    def parse(cls, text: str) -> Printed:
        """Read a figure; raises `ConfigError` for what is not one, or has an unknown unit."""
        match = _PREFIX.match(text)
        assert match is not None  # the pattern admits anything
        relation = match[1] or "="
        number, unit = parse_number(match[2])
        unit = "percent" if unit == "%" else unit
        base_units(unit)
        if relation == "~" and not number:
            raise ConfigError(f"'{text}': a share of 0 is 0, so nothing is about 0")
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)  # the pattern admits only numbers
        half = Decimal(5).scaleb(exponent - 1)
        return cls(text, relation, float(to_fraction(number)), unit, float(half))

    @property
    def quantity(self) -> Quantity:
        """The figure, known as the source gives it."""
        return Quantity.of(self.value, self.unit, {"given": 1.0})

    def slack(self, within: float | None = None, error: float = 0.0) -> float:
        """Return how far off, in `unit`, a figure is still the printed one.

        Half a unit of its last digit; after `~` 15 % instead, after `>=` and `<=` a thousandth,
        after `>` and `<` nothing. `within` takes the place of all of these, relative, and 0
        stands for the half unit. A figure with a standard `error` may be 4.5 of them further off.
        """
        usual = {"~": ABOUT, ">=": BOUND, "<=": BOUND, "=": 0.0}
        if within is None and self.relation not in usual:
            return SIGMAS * error
        relative = usual[self.relation] if within is None else within
        return (relative * abs(self.value) if relative else self.half_unit) + SIGMAS * error

    def admits(self, value: float, within: float | None = None, error: float = 0.0) -> bool:
        """Whether a figure in the same unit is what was printed, to within `slack`.

        After a relation it is wherever that holds.
        """
        off = value - self.value
        slack = self.slack(within, error) * (1 + 1e-9)
        match self.relation:
            case ">=":
                return off >= -slack
            case ">":
                return off > -slack
            case "<=":
                return off <= slack
            case "<":
                return off < slack
        return abs(off) <= slack
