import json
import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from scenarios.json_text import to_json


def test_null_stands_for_what_is_not_finite() -> None:
    value = {"a": math.nan, "b": [math.inf, -math.inf], "c": np.float64("nan"), "d": Decimal("NaN")}
    assert json.loads(to_json(value)) == {"a": None, "b": [None, None], "c": None, "d": None}


def test_numpy_and_exact_numbers_are_plain_numbers() -> None:
    value = [
        np.int64(3),
        np.float32(0.5),
        np.bool_(True),
        np.arange(2),
        Fraction(1, 4),
        True,
        2**70,
    ]
    assert to_json(value) == "[3, 0.5, true, [0, 1], 0.25, true, 1180591620717411303424]"


def test_one_line_unless_indented() -> None:
    assert "\n" not in to_json({"a": {"b": "c\nd"}})
    assert "\n" in to_json({"a": 1}, indent=2)


def test_other_objects_are_refused() -> None:
    with pytest.raises(TypeError, match="object cannot be written as JSON"):
        to_json({"a": object()})
