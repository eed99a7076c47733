from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import Clock
from emulator.ticks import PS_PER_S, whole_ps

MHZ_PER_THZ = 10**15  # a clock of 1 THz has one edge per tick
frequencies = st.integers(1, MHZ_PER_THZ)
indices = st.integers(0, 10**15)


def period(frequency_mhz: int) -> Fraction:
    return Fraction(PS_PER_S * 1000, frequency_mhz)


@given(frequencies, indices)
def test_edges_rise_strictly_and_are_found_again(frequency, k):
    clock = Clock(frequency)
    assert clock.edge(k) < clock.edge(k + 1)
    assert clock.index(clock.edge(k)) == k


@given(frequencies, indices, indices)
def test_an_edge_comes_from_its_index_and_nothing_accumulates(frequency, j, k):
    clock = Clock(frequency)
    assert 0 <= k * period(frequency) - clock.edge(k) < 1
    assert clock.edge(j + k) - clock.edge(j) - clock.edge(k) in (0, 1)


@given(frequencies, st.integers(0, 10**18))
def test_index_is_the_first_edge_at_or_after(frequency, t):
    clock = Clock(frequency)
    k = clock.index(t)
    assert clock.edge(k) >= t
    assert k == 0 or clock.edge(k - 1) < t


@given(frequencies, st.integers(0, 10**9))
def test_span_holds_its_cycles_and_not_a_picosecond_more(frequency, n):
    span = Clock(frequency).span(n)
    assert 0 <= span - n * period(frequency) < 1


@given(frequencies, st.integers(0, 10**15))
def test_cycles_cover_a_time_with_none_to_spare(frequency, t):
    cycles = Clock(frequency).cycles(t)
    assert (cycles - 1) * period(frequency) < t <= cycles * period(frequency) or t == cycles == 0


def test_27_mhz():
    clock = Clock(27_000_000_000)
    assert [clock.edge(k) for k in (0, 1, 2, 3, 27)] == [0, 37_037, 74_074, 111_111, 1_000_000]
    assert clock.edge(27_000_000 * 86_400) == 86_400 * PS_PER_S  # a day later: on the second
    assert clock.span(68) == 2_518_519
    assert clock.span(Fraction(5, 2)) == 92_593
    assert clock.cycles(37_037) == 1
    assert clock.cycles(37_038) == 2


@pytest.mark.parametrize("frequency", [0, -1])
def test_a_clock_that_stands_is_refused(frequency):
    with pytest.raises(ValueError, match=rf"Clock.frequency_mhz = {frequency} is not positive"):
        Clock(frequency)


@given(st.fractions(-1000, 1000))
def test_roundings_bracket_the_exact_time(seconds):
    exact = seconds * PS_PER_S
    assert whole_ps(seconds, "down") == math.floor(exact)
    assert whole_ps(seconds, "up") == math.ceil(exact)
    assert abs(whole_ps(seconds, "nearest") - exact) <= Fraction(1, 2)


@given(st.integers(-(10**20), 10**20))
def test_a_whole_number_of_picoseconds_needs_no_rounding(ps):
    assert whole_ps(Fraction(ps, PS_PER_S)) == ps


def test_a_time_between_two_ticks_needs_a_choice():
    with pytest.raises(ValueError, match=r"0.5 ps is not a whole number of picoseconds"):
        whole_ps(Fraction(1, 2 * PS_PER_S))
    assert whole_ps(Fraction(1, 2 * PS_PER_S), "nearest") == 0  # ties go to even
    assert whole_ps(Fraction(3, 2 * PS_PER_S), "nearest") == 2
