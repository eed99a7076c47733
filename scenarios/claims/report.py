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
from ..reporting.style import GREEN, GREY, INK, ORANGE, PURPLE, TRUST_COLORS, micro, png
from .bit_energy_figure import CLAIM, bit_energy_figure
from .claim import KINDS, VERDICTS, Chapter
from .printed import ABOUT
from .quantity import MEASURED, RUN
from .report_row import Row
from .suite import Suite
from .verdict import Judgement

TEMPLATES = Path(__file__).parent / "templates"
SOURCES = {
    "S0": "Supplementary notes to a paper on spintronic infomorphic neural networks (SINN) of "
    "voltage-gated spin-orbit-torque magnetic tunnel junctions. The text at hand names neither "
    "title nor authors.",
    "S1": "K. Koenders, L. Schnitzpan, F. Kammerbauer, S. Shu, G. Jakob, M. Kl\u00e4ui, J. H. "
    "Mentink, N. Ahmad and M. van Gerven: Noise-based Local Learning using Stochastic Magnetic "
    "Tunnel Junctions.",
}
COLORS = dict(zip(VERDICTS, (GREEN, ORANGE, PURPLE, GREY), strict=True))
SIGNS = dict(zip(VERDICTS, ("\u2713", "\u2260", "!", "?"), strict=True))
MEANINGS = {
    "agrees": "The emulator finds the published figure: one that rounds to it, or is as close as "
    f"the claim says (after \u201c~\u201d within {percent(ABOUT, 0)}). Often because it was told "
    "to: see the kinds.",
    "differs": "The emulator finds another figure; the reason stands with the claim.",
    "inconsistent": "The published figure does not follow from the source's own other figures, as "
    "they are printed.",
    "not checkable": "There is nothing to compare: the source's figure is lost or was never "
    "stated, or nothing here can find it.",
}
KIND_MEANINGS = {
    "stated": "The source states it, and the emulator was not made to say so.",
    "reading": "Our reading of the source: of its words, or of figures that it prints beside it.",
    "what-if": "No source states it: a question of ours, its answer beside the source's figure.",
    "fitted": "A number that the source leaves out was chosen so that the emulator lands there: it "
    "shows that the figure can be reached, not that it is right.",
    "echo": "The emulator is fed this very number, so that it can only agree while nobody changes "
    "it: a check of the books, not of the source.",
    "arithmetic": "A figure of the source beside its own other figures; nothing is emulated.",
}
USER = "set for this check by its user"
OWN_MEANING = {
    RUN: "a whole run: everything that took part in it",
    MEASURED: "measured on this machine, at this moment",
}
OWN_COLORS = {RUN: INK, MEASURED: GREY}
GLOSSARY = {
    "AP, P": "antiparallel and parallel: the two states of a junction, of high and low resistance",
    "ANP, DANP": "activity-based node perturbation: a network learns from how noise in its nodes "
    "changes its error; D where the inputs of every layer are decorrelated",
    "DCIM": "digital compute-in-memory: a processor that multiplies where the numbers are stored",
    "divider": "two resistances in series; the voltage between them tells the state of a junction",
    "hidden Markov model": "a source of noise that jumps between states, seen through more noise",
    "INPA": "infomorphic nonlinear probabilistic activation: a neuron's inputs set the probability "
    "with which a junction switches, and whether it did is the neuron's answer",
    "MAC": "multiply-accumulate: a product that is added to a sum, the work per weight",
    "PID": "partial information decomposition: what a neuron's answer owes to either input alone, "
    "to both alike, and to both together; its goal of learning is made of these shares",
    "update": "one activation of one junction: a write and a read",
}
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
        "glossary": GLOSSARY,
        "trust_meaning": {**TRUST_MEANING, "user": USER, **OWN_MEANING},
        "trust_colors": {**TRUST_COLORS, **OWN_COLORS},
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
