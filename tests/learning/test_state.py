from __future__ import annotations

import numpy as np
import pytest

from emulator import ConfigError
from learning.state import take


def test_an_array_is_taken_as_a_float64_copy():
    state = {"w": np.arange(3, dtype=np.float32)}
    taken = take(state, "w", (3,))
    taken[0] = 9.0
    assert taken.dtype == np.float64
    assert state["w"][0] == 0.0


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, r"'w' is missing \(found: nothing\)"),
        ({"v": np.zeros(1)}, r"'w' is missing \(found: v\)"),
        ({"w": np.zeros((2, 2))}, r"'w' has shape \(2, 2\), expected \(3,\)"),
        ({"w": np.array([1.0, np.nan, 0.0])}, "'w' holds a NaN or an infinity"),
    ],
)
def test_an_array_that_does_not_fit_is_refused(state, message):
    with pytest.raises(ConfigError, match=message):
        take(state, "w", (3,))
