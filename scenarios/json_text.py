"""JSON that every reader takes: null where a number is not finite, never NaN."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real


def to_json(value: object, indent: int | None = None) -> str:
    """Return `value` as JSON text; raises `TypeError` for what JSON cannot hold."""
    return json.dumps(plain(value), indent=indent, ensure_ascii=False, allow_nan=False)


def plain(value: object) -> object:
    """Return `value` made of dict, list, str, int, float, bool and None only."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real | Decimal | Fraction):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    if hasattr(value, "tolist"):  # a NumPy array, or a scalar that is no Python number (bool)
        return plain(value.tolist())
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
