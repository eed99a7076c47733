"""Errors that a user can act on."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class SpinboardError(Exception):
    """Base of every error whose message is meant for the user (exit code 2)."""


class ConfigError(SpinboardError):
    """A configuration, card, unit or option that cannot be used."""


class DataError(SpinboardError):
    """A data file that is missing, truncated or corrupt."""


class SequenceError(SpinboardError):
    """A sequence or firmware program that drives its ports in an impossible way."""


class PriceError(SpinboardError):
    """A ledger entry that the price list does not cover."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return `" (did you mean 'x'? known: a, b, x)"` for a name that is not in `known`."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f" ({hint}known: {', '.join(names)})"
