from __future__ import annotations

import math

import numpy as np
import pytest

from devices import SmtjParams
from devices.smtj_spread import spread_junctions
from emulator import ConfigError

from .bench import params

SIGMAS = 4.5
JUNCTION = params(SmtjParams)


def deltas(sigma: float, nodes: int, per_node: int = 1, seed: int = 1) -> np.ndarray:
    """Barriers, shape (per_node, nodes)."""
    banks = spread_junctions(JUNCTION, (sigma, 0.0), (per_node, nodes), seed, "noise")
    return np.array([[junction.delta for junction in bank] for bank in banks])


def test_no_spread_is_the_junction_of_the_card():
    for bank in spread_junctions(JUNCTION, (0.0, 0.0), (2, 3), 1, "noise"):
        assert bank == [JUNCTION] * 3


def test_barriers_spread_by_sigma_about_that_of_the_card():
    """Mean, variance and fourth moment of a normal distribution; kurtosis error sqrt(96 / n)."""
    n, sigma = 20_000, 0.7
    z = (deltas(sigma, n // 2, 2) - JUNCTION.delta).ravel() / sigma
    assert abs(z.mean()) < SIGMAS / math.sqrt(n)
    assert abs(z.var() - 1) < SIGMAS * math.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < SIGMAS * math.sqrt(96 / n)


def test_dwell_times_are_log_normal_and_the_thermal_field_stays():
    """ln tau = ln tau_0 + delta; ln(tau_P / tau_AP) = H / H_T, whatever the barrier."""
    (bank,) = spread_junctions(JUNCTION, (1.0, 0.0), (1, 50), 1, "noise")
    for junction in bank:
        assert math.log(junction.dwell().tau_p / 1e-9) == pytest.approx(junction.delta)
        dwell = junction.dwell(0.3e-3)
        assert math.log(dwell.tau_p / dwell.tau_ap) == pytest.approx(0.3 / 1.5)


def test_a_junction_is_drawn_once_and_for_itself():
    few, many = deltas(1.0, 5), deltas(1.0, 300, 3)
    assert (many[:1, :5] == few).all()
    assert np.unique(many).size == many.size
    assert (deltas(1.0, 5, seed=2) != few).all()
    assert (deltas(2.0, 5) - JUNCTION.delta) == pytest.approx(2 * (few - JUNCTION.delta))


def test_resistances_spread_relatively_and_for_themselves():
    """Mean and standard deviation of r_p; TMR and barrier are those of the card."""
    n, sigma = 20_000, 0.05
    (bank,) = spread_junctions(JUNCTION, (0.0, sigma), (1, n), 1, "noise")
    z = np.array([junction.r_p / JUNCTION.r_p - 1 for junction in bank]) / sigma
    assert abs(z.mean()) < SIGMAS / math.sqrt(n)
    assert abs(z.var() - 1) < SIGMAS * math.sqrt(2 / n)
    assert {(junction.delta, junction.tmr) for junction in bank} == {(JUNCTION.delta, JUNCTION.tmr)}
    (both,) = spread_junctions(JUNCTION, (0.7, sigma), (1, n), 1, "noise")
    assert [junction.r_p for junction in both] == [junction.r_p for junction in bank]
    z_delta = (np.array([junction.delta for junction in both]) - JUNCTION.delta) / 0.7
    assert abs((z * z_delta).mean()) < SIGMAS / math.sqrt(n)


def test_a_junction_without_barrier_or_resistance_is_refused():
    barrier = r"noise: junction 0 of node \d+ has a barrier of -.* k_B T, outside \(0, 80\]: lower "
    with pytest.raises(ConfigError, match=f"{barrier}spread_delta"):
        deltas(10.0, 1000)
    resistance = r"has r_p = -.* ohm, which is not positive: lower spread_r"
    with pytest.raises(ConfigError, match=resistance):
        spread_junctions(JUNCTION, (0.0, 1.0), (1, 1000), 1, "noise")
