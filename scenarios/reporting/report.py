"""The report of a run: one HTML file that needs nothing else, online or off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulator import PS_PER_S, Card, Config, Line, Number, Result

from .engineering import duration, percent
from .figures import STUDIES
from .headlines import (
    GROUP_NAMES,
    TRUST_MEANING,
    headlines,
    shares,
    split,
    spread,
    timeline_sentence,
    trust_sentence,
)
from .page import data_uri, templates
from .style import TRUST_COLORS
from .tables import fidelity

FIGURE_TITLES = {
    "learning": "Accuracy against time and energy",
    "timeline": "One update",
    "energy": "Where the energy goes",
}


def render(result: Result, images: Mapping[str, bytes]) -> str:
    """Return the report as HTML; `images` are PNGs by the names of `figures.draw_all`."""
    return templates().get_template("report.html").render(_facts(result, images))


def _facts(result: Result, images: Mapping[str, bytes]) -> dict[str, Any]:
    """Return everything the template shows."""
    bill = result.bill
    return {
        "result": result,
        "headlines": headlines(result),
        "fidelity": fidelity(result),
        "figures": {name: data_uri(image) for name, image in images.items()},
        "figure_titles": FIGURE_TITLES,
        "studies": {name: title for name, (title, _) in STUDIES.items() if name in images},
        "timeline_sentence": timeline_sentence(result.timeline),
        "split": split(result),
        "lines": [_line(line) for line in bill.lines],
        "low_high": spread(bill.total("low"), bill.total("high")),
        "trusts": shares(bill, "trust"),
        "trust_sentence": trust_sentence(bill).replace("`", ""),
        "trust_meaning": TRUST_MEANING,
        "trust_colors": TRUST_COLORS,
        "cards": [_settings(address, card) for address, card in result.config.cards().items()],
        "config_trusts": config_trusts(result.config),
        "digest": result.config.digest(result.version),
        "computed_in": duration(result.wall_s),
        "accuracy": percent(result.metrics.get("accuracy")),
    }


@dataclass(frozen=True)
class EnergyLine:
    """One row of the energy table."""

    part: str
    group: str
    name: str
    bank: int
    amount: str
    price: Number
    price_range: str
    joules: float
    range: str


def _line(line: Line) -> EnergyLine:
    entry, each = line.entry, line.price
    amount = duration(entry.amount / PS_PER_S) if entry.kind == "state" else f"{entry.amount:,}"
    bounds = spread(float(line.joules("low")), float(line.joules("high")))
    return EnergyLine(entry.part, GROUP_NAMES[entry.group], entry.name, entry.bank, amount, each,
                      _range(each), float(line.joules()), bounds)  # fmt: skip


def _range(number: Number) -> str:
    """Return `"0.8 to 1.2"` in the number's own unit; an open side is left open."""
    if number.low is None and number.high is None:
        return ""
    if number.low is None or number.high is None:
        side = "up to" if number.low is None else "from"
        return f"{side} {number.high if number.low is None else number.low}"
    return f"{number.low} to {number.high}"


@dataclass(frozen=True)
class Setting:
    """One number of the configuration."""

    key: str
    text: str
    range: str
    trust: str
    source: str


@dataclass(frozen=True)
class Settings:
    """The numbers of one card, those set by the user first."""

    address: str
    card: str
    numbers: list[Setting]
    by_user: int


def _settings(address: str, card: Card) -> Settings:
    numbers = [Setting(key, _text(number), _range(number), number.trust, number.source)
               for key, number in card.numbers.items()]  # fmt: skip
    numbers.sort(key=lambda setting: setting.trust != "user")
    return Settings(address, card.name, numbers, sum(n.trust == "user" for n in numbers))


def _text(number: Number) -> str:
    if isinstance(number.value, bool):
        return "true" if number.value else "false"
    return str(number)


def config_trusts(config: Config) -> dict[str, int]:
    """Return how many numbers of a configuration have each trust, in the order of trusts."""
    found: Counter[str] = Counter(
        n.trust for card in config.cards().values() for n in card.numbers.values()
    )
    return {trust: found[trust] for trust in TRUST_COLORS if found[trust]}
