"""Every claim quotes its source: words that stand in a table of passages, at the place named."""

from __future__ import annotations

import tomllib
from pathlib import Path

from scenarios.claims import load_chapters

TABLES = Path(__file__).parent / "passages.toml", Path(__file__).parents[2] / "quotations.toml"


def passages():
    """The texts of both tables by document and place."""
    found = {}
    for path in TABLES:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for entry in table.get("passage", []) + table.get("quotation", []):
            found.setdefault((entry["document"], entry["place"]), []).append(entry["text"])
    return found


def test_every_claim_quotes_its_source_at_the_place_it_names():
    known = passages()
    for claim in (claim for chapter in load_chapters() for claim in chapter.claims):
        texts = known.get((claim.document, claim.place), [])
        assert claim.quote, claim.id
        assert any(claim.quote in text for text in texts), claim.id


def test_every_passage_is_quoted():
    table = tomllib.loads(TABLES[0].read_text(encoding="utf-8"))
    claims = [claim for chapter in load_chapters() for claim in chapter.claims]
    for entry in table["passage"]:
        at = entry["document"], entry["place"]
        quotes = [c.quote for c in claims if (c.document, c.place) == at]
        assert any(quote in entry["text"] for quote in quotes), entry["text"]
