"""Parameter models: types, dimensions and bounds; the numbers themselves live in cards.

A model is a frozen pydantic class whose fields are annotated with the kinds below::

    class AdcParams(Params):
        bits: Count = Field(ge=1, le=16)
        t_settle: Time = Field(ge=0)

`Time` fields are integer picoseconds, `Frequency` fields integer millihertz, everything else SI
floats. A field without a number in the card is an error; defaults live in cards, not in code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from .card import Card, Number
from .errors import ConfigError, nearest
from .ticks import PS_PER_S, whole_ps
from .units import factor, parse_number, to_fraction

AUTO = "auto"  # stands for a number that follows from others, where a model allows it


@dataclass(frozen=True)
class Dimension:
    """The SI unit of a field, and whether it is stored as an integer of a smaller unit."""

    unit: str
    per_unit: int | None = None  # integers per SI unit (10^12 for ps); None: an SI float


Time = Annotated[int, Dimension("s", PS_PER_S)]
Frequency = Annotated[int, Dimension("Hz", 1000)]
Count = Annotated[int, Dimension("", 1)]
Ratio = Annotated[float, Dimension("")]
Volt = Annotated[float, Dimension("V")]
Ohm = Annotated[float, Dimension("ohm")]
Farad = Annotated[float, Dimension("F")]
SlewRate = Annotated[float, Dimension("V/s")]
DataRate = Annotated[float, Dimension("byte/s")]
Rate = Annotated[float, Dimension("1/s")]


class Params(BaseModel):
    """Base of every parameter model."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def from_card(cls, card: Card, where: str) -> Self:
        """Validate the numbers of `card`; `where` is the address used in messages.

        Raises `ConfigError` for an unknown or missing field, a wrong unit or a value out of range.
        """
        for key in card.numbers:
            if key not in cls.model_fields:
                raise ConfigError(f"{where}.{key} is unknown{nearest(key, cls.model_fields)}")
        plain: dict[str, Any] = {}
        for key, info in cls.model_fields.items():
            if key not in card.numbers:
                raise ConfigError(f"{where}.{key} has no value in card '{card.name}'")
            plain[key] = _plain(card.numbers[key], info, f"{where}.{key}")
        try:
            return cls(**plain)
        except ValidationError as error:
            raise ConfigError(_explain(cls, card, error, where)) from None


def dimension_of(info: FieldInfo) -> Dimension | None:
    """Return the dimension a field was annotated with, None for words and flags."""
    for item in info.metadata:
        if isinstance(item, Dimension):
            return item
    return None


def _plain(number: Number, info: FieldInfo, where: str) -> object:
    """Return the number as the model stores it: integer ticks, an SI float, a word or a flag."""
    dimension = dimension_of(info)
    if dimension is None:
        if number.unit:
            raise ConfigError(f"{where} = {number} takes no unit")
        return number.value
    if number.value == AUTO and _optional(info):
        return None
    try:
        if isinstance(number.value, str) and not number.unit:
            number = number_from_text(number.value, None)
        exact = number.si(dimension.unit)
        assert exact is not None
        if dimension.per_unit is None:
            return float(exact)
        if dimension.per_unit == PS_PER_S:
            return whole_ps(exact)
        scaled = exact * dimension.per_unit
        if scaled.denominator != 1:
            raise ConfigError(f"{float(scaled)} is not a whole number")
        return scaled.numerator
    except (ConfigError, ValueError) as error:
        raise ConfigError(f"{where} = {number}: {error}") from None


def _optional(info: FieldInfo) -> bool:
    return type(None) in get_args(info.annotation)


def _explain(cls: type[Params], card: Card, error: ValidationError, where: str) -> str:
    """Return one line for the first thing that is wrong."""
    first = error.errors()[0]
    if not first["loc"]:
        return f"{where}: {str(first['msg']).removeprefix('Value error, ')}"
    key = str(first["loc"][0])
    info = cls.model_fields[key]
    low, high, open_low, open_high = bounds(info)
    number = card.numbers[key]
    if first["type"] == "literal_error":
        word = str(number.value)
        return f"{where}.{key} = {number} is unknown{nearest(word, _words(info))}"
    if info.annotation is bool:
        return f"{where}.{key} = {number} is neither true nor false"
    if low is None and high is None:
        return f"{where}.{key} = {number}: {first['msg']}"
    left = "(-inf" if low is None else f"{'(' if open_low else '['}{low}"
    right = "inf)" if high is None else f"{high}{')' if open_high else ']'}"
    dimension = dimension_of(info)
    unit = f" {dimension.unit}" if dimension and dimension.unit else ""
    return f"{where}.{key} = {number} is outside {left}, {right}{unit}"


def _words(info: FieldInfo) -> list[str]:
    return [str(word) for word in get_args(info.annotation)]


def bounds(info: FieldInfo) -> tuple[str | None, str | None, bool, bool]:
    """Return (low, high, low is open, high is open) in the field's SI unit."""
    dimension = dimension_of(info)
    per_unit = Decimal((dimension.per_unit if dimension else None) or 1)
    low = high = None
    open_low = open_high = False
    for item in info.metadata:
        for name in ("ge", "gt", "le", "lt"):
            bound = getattr(item, name, None)
            if bound is None:
                continue
            text = f"{Decimal(str(bound)) / per_unit:g}"
            if name[0] == "g":
                low, open_low = text, name == "gt"
            else:
                high, open_high = text, name == "lt"
    return low, high, open_low, open_high


def number_from_text(text: str, template: Number | None) -> Number:
    """Turn the right-hand side of `node.leaf=value` into a number with `trust = "user"`.

    A bare numeral takes the template's unit. Words and flags are kept as they are: in place of a
    word everything is one (a path may begin with a digit), and so is "auto" in place of a number.
    """
    source = "set by the user"
    if text == AUTO or (template is not None and isinstance(template.value, str)):
        return Number(text, "", source, "user")
    if text.lower() in ("true", "false"):
        return Number(text.lower() == "true", "", source, "user")
    if text.strip().lower().lstrip("+-") in ("nan", "inf", "infinity"):
        raise ConfigError(f"'{text}' is not a finite number")
    try:
        value, unit = parse_number(text)
    except ConfigError:
        if template is not None and isinstance(template.value, bool):
            raise ConfigError(f"'{text}' is neither true nor false") from None
        raise
    exact = to_fraction(value)
    plain = exact.numerator if exact.denominator == 1 and abs(exact) < 2**63 else value
    number = Number(plain, unit or (template.unit if template else ""), source, "user")
    return number if template is None else _within(number, template)


def _within(number: Number, template: Number) -> Number:
    """Return `number` with the range of `template`, in its own unit."""
    if template.low is None and template.high is None:
        return number
    try:
        scale = factor(template.unit, number.unit)
    except ConfigError:
        return number  # a wrong unit is told when the model is built

    def scaled(bound: Any) -> Any:
        if bound is None or scale == 1:
            return bound
        exact = to_fraction(bound) * scale
        return Decimal(exact.numerator) / Decimal(exact.denominator)

    return replace(number, low=scaled(template.low), high=scaled(template.high))
