from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.board import line_volts
from devices import VgsotActivation, VgsotParams, reset_threshold, resistances, threshold
from devices.vgsot import drive_at
from emulator import ConfigError

from .bench import params

FORMS = ["additive", "gain", "bilinear", "graetz"]
A, B, C0 = 3.43, 2.4874, -0.0757
random = np.random.default_rng(5)
R, C = random.uniform(-3, 3, 200), random.uniform(-2, 2, 200)


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def surface(form: str, r, c):
    """A(r, c) as published or proposed, written out."""
    return {
        "additive": A * r + B * c + C0,
        "gain": r * (A + B * sigmoid(r * c)) + C0,
        "bilinear": r * (A + B * c) + C0,
        "graetz": r * (0.5 + sigmoid(2 * r * c)),
    }[form]


@pytest.mark.parametrize("form", FORMS)
def test_the_surface_is_the_one_that_is_named(form):
    activation = VgsotActivation(params(VgsotParams, form=form))
    assert np.abs(activation.surface(R, C) - surface(form, R, C)).max() < 1e-13
    assert np.abs(activation.theta(R, C) - sigmoid(surface(form, R, C))).max() < 2e-6


@pytest.mark.parametrize("form", FORMS)
def test_slopes_are_the_derivatives_of_the_surface(form):
    """Central differences with h = 1e-5: h^2/6 times a third derivative below 100, and rounding."""
    activation = VgsotActivation(params(VgsotParams, form=form))
    h = 1e-5
    error = 100 * h**2 / 6 + 40 * np.finfo(float).eps / h
    dr = (activation.surface(R + h, C) - activation.surface(R - h, C)) / (2 * h)
    dc = (activation.surface(R, C + h) - activation.surface(R, C - h)) / (2 * h)
    assert np.abs(activation.slope_r(R, C) - dr).max() < error
    assert np.abs(activation.slope_c(R, C) - dc).max() < error


@pytest.mark.parametrize("form", FORMS)
def test_probabilities_are_clipped_where_the_curve_is_not_to_be_believed(form):
    activation = VgsotActivation(params(VgsotParams, form=form))
    far, zero = np.array([-100.0, 100.0]), np.zeros(2)
    assert activation.theta(far, zero).tolist() == [1e-6, 1 - 1e-6]


@pytest.mark.parametrize("form", FORMS)
@given(v=st.floats(0, 3.3), gate=st.floats(0, 3.3))
def test_a_threshold_has_the_same_bits_alone_and_in_a_row(form, v, gate):
    p = params(VgsotParams, form=form)
    alone = threshold(p.switching, v, gate)
    row = threshold(
        p.switching, np.array([0.1, v, 0.8, v, 1.2]), np.array([0.4, gate, 0.4, gate, 0.0])
    )
    grid = threshold(p.switching, np.full((2, 3), v), np.full((2, 3), gate))
    assert alone == row[1] == row[3]
    assert (grid == alone).all()


def test_a_threshold_is_the_probability_in_units_of_a_word():
    p = params(VgsotParams)
    v, gate = np.linspace(0.4, 1.2, 81), np.linspace(0.0, 0.8, 81)
    r, c = (v - 0.8) / 0.1, (gate - 0.4) / 0.3
    exact = np.clip(sigmoid(surface("additive", r, c)), 1e-6, 1 - 1e-6)
    assert np.abs(threshold(p.switching, v, gate) / 2**32 - exact).max() < 2**-32


@pytest.mark.parametrize("shape", [(), (7,), (3, 4)])
def test_drives_of_volts_undo_the_map_of_a_board(shape):
    """To the rounding of volts: a few ulp of 1 V in units of k."""
    p = params(VgsotParams, v_c0="0.7 V", v_g0="0.3 V", k_v="0.11 V", k_g="0.25 V")
    r, c = random.uniform(-3, 3, shape), random.uniform(-2, 2, shape)
    volts = line_volts(r, p.v_c0, p.k_v, 1.0), line_volts(c, p.v_g0, p.k_g, 1.0)
    back = drive_at(p.switching, *volts)
    for asked, found, k in zip((r, c), back, (p.k_v, p.k_g), strict=True):
        assert np.shape(found) == shape
        assert np.abs(found - asked).max() < 4 * np.finfo(float).eps / k


def critical_voltage(p: VgsotParams, gate: float, level: float = 0.5) -> float:
    """The voltage at which P_sw is `level`, by bisection on the thresholds."""
    low, high = 0.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        below = threshold(p.switching, middle, gate) < level * 2**32
        low, high = (middle, high) if below else (low, middle)
    return low


def test_landmarks_of_the_switching_curve():
    """10 to 90 % over 2 ln 9 k_V / a = 0.13 V; the gate shifts it by -(b/a) k_V / k_G."""
    p = params(VgsotParams)
    width = critical_voltage(p, 0.4, 0.9) - critical_voltage(p, 0.4, 0.1)
    assert width == pytest.approx(2 * math.log(9) * 0.1 / A, abs=1e-8)
    assert round(width, 2) == 0.13
    shift = (critical_voltage(p, 0.9) - critical_voltage(p, -0.1)) / 1.0
    assert shift == pytest.approx(-(B / A) * 0.1 / 0.3, abs=1e-8)
    assert round(shift, 2) == -0.24
    assert critical_voltage(p, 0.4) == pytest.approx(0.8 - C0 * 0.1 / A, abs=1e-8)


def test_a_reset_pulse_follows_its_own_critical_voltage():
    p = params(VgsotParams, v_reset="0.85 V", v_c0_ap="0.82 V", k_v_ap="0.2 V")
    exact = sigmoid(A * (0.85 - 0.82) / 0.2 + C0)
    assert abs(reset_threshold(p) / 2**32 - exact) < 2**-32
    assert reset_threshold(params(VgsotParams)) == round((1 - 1e-6) * 2**32)


@given(
    tmr=st.floats(0.01, 8.0),
    v_h=st.floats(0.02, 5.0),
    v_read=st.floats(0.001, 5.0),
    r_s=st.floats(10.0, 1e7),
)
def test_tmr_at_its_own_voltage_is_self_consistent(tmr, v_h, v_read, r_s):
    p = params(VgsotParams).model_copy(update={"tmr_0": tmr, "v_h": v_h})
    r_p, r_ap = resistances(p, v_read, r_s)
    v = v_read * r_ap / (r_ap + r_s)
    assert r_p == p.r_p
    assert r_ap == pytest.approx(r_p * (1 + tmr / (1 + (v / v_h) ** 2)), rel=1e-12)


def test_tmr_falls_with_the_read_voltage_from_its_full_value():
    p = params(VgsotParams)
    values = [resistances(p, v, 7070.0)[1] for v in (1e-6, 0.1, 0.3, 1.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] == pytest.approx(10_000.0, rel=1e-10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"r_p": "-3 ohm"}, "vgsot.r_p = -3 ohm is outside (0, inf) ohm"),
        ({"sigma": "1.5"}, "vgsot.sigma = 1.5 is outside [0, 1]"),
        ({"form": "aditive"}, "vgsot.form = aditive is unknown (did you mean 'additive'?"),
        ({"reset": "never"}, "vgsot.reset = never is unknown"),
        ({"v_reset": "0.8 V"}, "vgsot: v_reset = 0.8 V does not exceed v_c0_ap = 0.8 V: a reset"),
    ],
)
def test_a_junction_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        params(VgsotParams, **settings)
