"""Rows as a table wants them: column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from emulator import Table


def columns_of(kind: type[Any], rows: Sequence[Any]) -> Table:
    """Return rows of the dataclass `kind` as one column per field; without rows, empty columns."""
    return {field.name: [getattr(row, field.name) for row in rows] for field in fields(kind)}
