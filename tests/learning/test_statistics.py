"""Error bars of a proportion."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learning import wilson

Z = 1.959964


@given(st.data())
def test_the_interval_is_where_the_share_is_z_errors_off(data: st.DataObject) -> None:
    """Wilson's bounds p solve (share - p)^2 = z^2 p (1 - p) / n, to rounding."""
    n = data.draw(st.integers(1, 10**9))
    right = data.draw(st.integers(0, n))
    low, high = wilson(right, n)
    assert 0.0 <= low <= right / n <= high <= 1.0
    for bound in (low, high):
        off, allowed = (right / n - bound) ** 2, Z * Z * bound * (1.0 - bound) / n
        assert off == pytest.approx(allowed, rel=1e-4, abs=1e-15)


@given(st.integers(1, 10**9))
def test_none_begins_at_0_and_all_end_at_1(n: int) -> None:
    """Exactly: rounding leaves 6e-17 and 1 - 2e-16 at many n."""
    assert wilson(0, n)[0] == 0.0
    assert wilson(n, n)[1] == 1.0
    assert wilson(0, n)[1] > 0.0
    assert wilson(n, n)[0] < 1.0


@given(share=st.floats(0, 1), n=st.integers(1, 10**9))
def test_the_nearest_count_of_a_share_has_it_in_its_interval(share: float, n: int) -> None:
    low, high = wilson(round(share * n), n)
    assert low <= share <= high


def test_no_trials_say_nothing() -> None:
    assert all(math.isnan(bound) for bound in wilson(0, 0))
