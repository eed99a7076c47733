"""Published claims as executable checks: data (a small file per source) and their judge."""

from .claim import Chapter, Claim
from .claim_file import load_chapters
from .printed import Printed
from .quantity import Quantity
from .suite import Suite, configure_claims
from .verdict import Findings, Judgement, judge

__all__ = [
    "Chapter",
    "Claim",
    "Findings",
    "Judgement",
    "Printed",
    "Quantity",
    "Suite",
    "configure_claims",
    "judge",
    "load_chapters",
]
