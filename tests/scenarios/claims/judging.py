"""The shipped claims, judged: for tests."""

from __future__ import annotations

from functools import cache

from scenarios.claims import Suite, configure_claims
from scenarios.claims.claim_file import FOLDER

QUICK = ("table1", "table2", "table3", "note3", "fig6", "note4", "note5", "note6")  # no runs


def judged(*settings, only=QUICK, folder=FOLDER, **head):
    suite = Suite(configure_claims(settings, **head), folder)
    suite.select(only)
    return {judgement.claim.id: judgement for judgement in suite.judgements()}


@cache
def shipped():
    return judged()
