"""The claims as one object for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator import __version__

from .suite import Suite
from .verdict import Judgement


def summary(suite: Suite, found: Sequence[Judgement], error: str | None = None) -> dict[str, Any]:
    """Return the object that `--json` prints.

    `status` is `interrupted` if anything was left unjudged, because somebody asked to stop or for
    the `error` given.
    """
    return {
        "schema": 1,
        "version": __version__,
        "status": "complete" if len(found) == suite.asked and error is None else "interrupted",
        "error": error,
        "prices": suite.config.prices,
        "seed": suite.config.seed,
        "settings": suite.settings,
        "warnings": suite.warnings,
        "claims": [entry(judgement) for judgement in found],
        "changed": [judgement.claim.id for judgement in found if judgement.changed],
    }


def entry(judgement: Judgement) -> dict[str, Any]:
    """Return one claim as JSON; figures are in `unit`, `trusts` are shares of `emulated`.

    `published` is what the source prints, as `printed`; a `criterion` is ours, as `required`.
    """
    claim = judgement.claim
    printed, criterion = claim.published, claim.criterion
    return {
        "id": claim.id,
        "source": claim.source,
        "place": claim.place,
        "statement": claim.statement,
        "quote": claim.quote,
        "kind": claim.kind,
        "fed": list(claim.fed),
        "published": printed.value if printed else None,
        "printed": printed.text if printed else None,
        "criterion": criterion.value if criterion else None,
        "required": criterion.text if criterion else None,
        "emulated": judgement.emulated,
        "error": judgement.error,
        "slack": judgement.slack,
        "implied": judgement.implied,
        "unit": claim.unit,
        "difference": judgement.difference,
        "verdict": judgement.verdict,
        "expected": claim.expected,
        "how": judgement.how,
        "reason": judgement.reason,
        "trusts": judgement.trusts,
    }
