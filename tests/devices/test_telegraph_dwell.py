from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import DwellTimes
from devices.dwell import log_ratio, rise
from emulator import ConfigError

EPS = np.finfo(float).eps
times = st.floats(1e-9, 1e3)


def matrix(dwell: DwellTimes, dt: float) -> np.ndarray:
    up, down = dwell.flips(dt)
    return np.array([[1 - up, up], [down, 1 - down]])


@given(x=st.floats(1e-12, 50))
def test_the_rise_of_an_exponential_is_not_cancelled(x):
    assert rise(x) == pytest.approx(-math.expm1(-x), rel=8 * EPS)


@given(tau_p=times, tau_ap=times, a=st.floats(1e-3, 3), b=st.floats(1e-3, 3))
def test_two_steps_are_one_of_their_sum(tau_p, tau_ap, a, b):
    """Chapman and Kolmogorov, to a dozen roundings of numbers below 1."""
    dwell = DwellTimes(tau_p, tau_ap)
    a, b = a * dwell.tau_c, b * dwell.tau_c
    there = matrix(dwell, a) @ matrix(dwell, b)
    assert np.abs(there - matrix(dwell, a + b)).max() < 16 * EPS


@given(tau_p=times, tau_ap=times)
def test_steps_keep_the_occupancy(tau_p, tau_ap):
    dwell = DwellTimes(tau_p, tau_ap)
    share = np.array([dwell.occupancy_p, 1 - dwell.occupancy_p])
    assert dwell.occupancy_p == pytest.approx(tau_p / (tau_p + tau_ap))
    assert np.abs(share @ matrix(dwell, 0.7 * dwell.tau_c) - share).max() < 8 * EPS


def test_a_short_step_is_a_rate_and_a_long_one_forgets():
    dwell = DwellTimes(3e-6, 1e-6)
    up, down = dwell.flips(1e-15)
    assert (up, down) == (pytest.approx(1e-15 / 3e-6, rel=1e-8), pytest.approx(1e-9, rel=1e-8))
    assert dwell.flips(1.0) == (pytest.approx(0.25), pytest.approx(0.75))
    assert 1 / dwell.tau_c == pytest.approx(1 / 3e-6 + 1 / 1e-6)
    assert (dwell.tau, dwell.rate) == (pytest.approx(2e-6), pytest.approx(5e5))
    assert log_ratio(dwell) == pytest.approx(math.log(3))


def test_the_published_chain_is_a_dwell_time_of_283_us():
    """p = 0.0809 per sample of 40 kHz; both ways, to the four digits that are given."""
    dwell = DwellTimes.of_flips(0.0809, 0.0809, 25e-6)
    assert round(dwell.tau_p * 1e6) == round(dwell.tau_ap * 1e6) == 283
    assert round(dwell.tau_c * 1e6) == 142
    assert dwell.autocorrelation(np.array([1e-3]))[0] == pytest.approx(9e-4, abs=0.5e-4)
    assert DwellTimes(283.3e-6, 283.3e-6).flips(25e-6)[0] == pytest.approx(0.0809, abs=5e-5)


@given(up=st.floats(1e-9, 0.49), down=st.floats(1e-9, 0.49), dt=st.floats(1e-9, 1.0))
def test_flips_and_dwell_times_are_each_others_inverse(up, down, dt):
    """A rounding of p + p' moves ln(1 - p - p') by at most 50 of them relatively."""
    again = DwellTimes.of_flips(up, down, dt).flips(dt)
    assert again == (pytest.approx(up, rel=200 * EPS), pytest.approx(down, rel=200 * EPS))


@pytest.mark.parametrize("bad", [0.0, -1e-6, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(bad):
    for make in (lambda: DwellTimes(bad, 1e-3), lambda: DwellTimes(1e-3, bad)):
        with pytest.raises(ConfigError, match=r"tau_a?p = .* s is not a positive, finite time"):
            make()
    with pytest.raises(ConfigError, match=r"dt = .* is not a positive, finite time"):
        DwellTimes(1e-3, 1e-3).flips(bad)


@pytest.mark.parametrize("flips", [(0.5, 0.5), (0.0, 0.1), (0.1, -0.1), (math.nan, 0.1)])
def test_a_chain_that_is_no_telegraph_noise_is_refused(flips):
    with pytest.raises(ConfigError, match="both must be positive and their sum below 1"):
        DwellTimes.of_flips(*flips, 1e-3)
