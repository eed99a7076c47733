from __future__ import annotations

import math

import pytest

from devices import DwellTimes, SmtjParams
from devices.dwell import log_ratio
from devices.smtj import dwell_times
from emulator import ConfigError
from emulator.kernels import Kernel

from .bench import params

EPS = 2.3e-16
DWELL = Kernel(dwell_times)


def test_the_card_dwells_for_what_the_published_chain_says():
    """delta is given to 1e-3, so the dwell times are to 5e-4."""
    dwell, published = params(SmtjParams).dwell(), DwellTimes.of_flips(0.0809, 0.0809, 25e-6)
    assert dwell.tau_p == dwell.tau_ap == pytest.approx(published.tau_p, rel=5e-4)
    assert dwell.flips(25e-6)[0] == pytest.approx(0.0809, abs=1e-4)


def test_the_law_is_neel_and_arrhenius():
    """d ln tau / d(1/T) = delta T_ref, from any two temperatures."""
    delta = 12.554
    taus = {t: params(SmtjParams, temperature=f"{t} K").dwell().tau_p for t in (250, 300, 360)}
    for t, tau in taus.items():
        assert math.log(tau / 1e-9) == pytest.approx(delta * 300 / t, rel=40 * EPS)
    slope = math.log(taus[250] / taus[360]) / (1 / 250 - 1 / 360)
    assert slope == pytest.approx(delta * 300, rel=1e-12)


@pytest.mark.parametrize(("field", "current"), [(2e-3, 0), (-3e-3, 0), (0, 1e-4), (-1e-3, -2e-4)])
def test_a_bias_tilts_the_barrier(field, current):
    """The law written out; a positive field or current makes P the more stable."""
    delta, h, i = 12.554, field / (4 * 12.554 * 1.5e-3), current / 1e-3
    dwell = params(SmtjParams).dwell(field, current)
    p, ap = delta * (1 + h) ** 2 * (1 + i), delta * (1 - h) ** 2 * (1 - i)
    assert dwell.tau_p == pytest.approx(1e-9 * math.exp(p), rel=100 * EPS)
    assert dwell.tau_ap == pytest.approx(1e-9 * math.exp(ap), rel=100 * EPS)
    assert (dwell.tau_p > dwell.tau_ap) == (field + current > 0)


def test_three_millitesla_tune_the_occupancy_from_12_to_88_percent():
    """ln(tau_P / tau_AP) = (H - H_0) / H_T without higher orders in the field."""
    p = params(SmtjParams, mu0_h_0="1 mT")
    for field in (-2e-3, 1e-3, 2.5e-3, 4e-3):
        assert log_ratio(p.dwell(field)) == pytest.approx((field - 1e-3) / 1.5e-3, abs=1e-13)
    low, high = (params(SmtjParams).dwell(field).occupancy_p for field in (-3e-3, 3e-3))
    assert (round(low, 2), round(high, 2)) == (0.12, 0.88)


def test_two_junctions_of_different_barriers_differ_as_the_barriers_do():
    taus = [params(SmtjParams, delta=delta).dwell().tau for delta in (11, 13)]
    assert taus[1] / taus[0] == pytest.approx(math.exp(2), rel=100 * EPS)


@pytest.mark.parametrize("field", [-3e-3, 0.0, 1.234e-3])
@pytest.mark.parametrize("current", [-3e-4, 0.0, 32e-6])
def test_the_law_has_the_same_bits_compiled(field, current):
    law = params(SmtjParams, mu0_h_0="0.3 mT").law
    assert DWELL(law, field, current) == dwell_times(law, field, current)


@pytest.mark.parametrize("bad", [0.08, -0.08, math.nan, math.inf])
def test_a_bias_without_a_barrier_is_refused(bad):
    with pytest.raises(ConfigError, match=r"field = .* T is outside \(-0.0753.*one state"):
        params(SmtjParams).dwell(field=bad)
    with pytest.raises(ConfigError, match=r"current = .* A is outside \(-0.001, 0.001\) A"):
        params(SmtjParams).dwell(current=bad)


def test_a_card_out_of_bounds_is_refused():
    with pytest.raises(ConfigError, match=r"smtj.tau_0 = 0 ns is outside \(0, inf"):
        params(SmtjParams, tau_0="0 ns")
    with pytest.raises(ConfigError, match=r"smtj.r_p = -3 kohm is outside \(0, inf\) ohm"):
        params(SmtjParams, r_p="-3 kohm")
    with pytest.raises(ConfigError, match="this junction does not flip"):
        params(SmtjParams, temperature="4 K").dwell()
