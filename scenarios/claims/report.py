"""The report of the claims: one HTML file that needs nothing else, online or off."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator import __version__

from ..reporting.engineering import percent
from ..reporting.headlines import TRUST_MEANING
from ..reporting.page import data_uri, templates
from ..reporting.style import GREEN, GREY, ORANGE, PURPLE, TRUST_COLORS, micro, png
from .bit_energy_figure import CLAIM, bit_energy_figure
from .claim import KINDS, VERDICTS, Chapter
from .printed import ABOUT
from .report_row import Row
from .suite import Suite
from .verdict import Judgement

TEMPLATES = Path(__file__).parent / "templates"
SOURCES = {
    "S0": "the supplementary notes of the spintronic infomorphic neural network (SINN)",
    "S1": "the paper on noise-based local learning with stochastic magnetic tunnel junctions",
}
COLORS = dict(zip(VERDICTS, (GREEN, ORANGE, PURPLE, GREY), strict=True))
SIGNS = dict(zip(VERDICTS, ("\u2713", "\u2260", "!", "?"), strict=True))
MEANINGS = {
    "agrees": "The emulator finds the published figure: one that rounds to it, or is as close as "
    f"the claim says (after \u201c~\u201d within {percent(ABOUT, 0)}).",
    "differs": "The emulator finds another figure; the reason stands with the claim.",
    "inconsistent": "The published figure does not follow from the source's own other figures, as "
    "they are printed.",
    "not checkable": "There is nothing to compare: the source's figure is lost or was never "
    "stated, or nothing here can find it.",
}
KIND_MEANINGS = {
    "stated": "The source states it.",
    "reading": "Our reading of the source: of its words, or of figures that it prints beside it.",
    "what-if": "No source states it: a hypothesis of ours, beside the source's figure.",
    "echo": "The emulator is fed this very number, so that it can only agree while nobody changes "
    "it: a check of the books, not of the source.",
}
USER = "set for this check by its user"
_CODE = re.compile(r"`([^`]+)`")  # splits a sentence: every second piece is code


@dataclass(frozen=True)
class Section:
    """The rows of one chapter, and its figure as a data URI, empty without one."""

    chapter: Chapter
    rows: list[Row]
    figure: str


def render(suite: Suite, found: Sequence[Judgement]) -> str:
    """Return the report as HTML in plain ASCII; what was not judged is counted, not shown.

    Raises `ConfigError` if a figure cannot be computed.
    """
    environment = templates(TEMPLATES)
    environment.filters.update(pieces=_CODE.split)
    html = environment.get_template("claims.html").render(_facts(suite, found))
    return html.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _facts(suite: Suite, found: Sequence[Judgement]) -> dict[str, Any]:
    """Return everything the template shows."""
    sections = list(_sections(suite, found))
    counts = Counter(judgement.verdict for judgement in found)
    named = {section.chapter.source.partition(" ")[0] for section in sections}
    return {
        "sections": sections,
        "changed": [row for section in sections for row in section.rows if row.changed],
        "counts": {verdict: counts[verdict] for verdict in VERDICTS},
        "judged": len(found),
        "asked": suite.asked,
        "sources": {name: what for name, what in SOURCES.items() if name in named},
        "own": list(map(micro, suite.settings)),
        "warnings": list(map(micro, suite.warnings)),
        "kinds": {
            kind: Counter(each.verdict for each in found if each.claim.kind == kind)
            for kind in KINDS
        },
        "config": suite.config,
        "version": __version__,
        "meanings": MEANINGS,
        "kind_meanings": KIND_MEANINGS,
        "signs": SIGNS,
        "colors": COLORS,
        "trust_meaning": {**TRUST_MEANING, "user": USER},
        "trust_colors": TRUST_COLORS,
    }


def _sections(suite: Suite, found: Sequence[Judgement]) -> Iterator[Section]:
    """Yield the chapters of which something was judged."""
    by_id = {judgement.claim.id: judgement for judgement in found}
    for chapter in suite.chapters:
        known = [by_id[claim.id] for claim in chapter.claims if claim.id in by_id]
        drawn = [_figure(suite, judgement) for judgement in known if judgement.claim.id == CLAIM]
        if known:
            yield Section(chapter, [Row.of(each) for each in known], "".join(drawn))


def _figure(suite: Suite, judgement: Judgement) -> str:
    figure = bit_energy_figure(suite, judgement)
    return "" if figure is None else data_uri(png(figure))
