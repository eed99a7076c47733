from __future__ import annotations

import math

import numpy as np
import pytest

from devices import DwellTimes, SmtjChain, SmtjParams, TelegraphGrid, chain_rate
from emulator import PS_PER_S, ConfigError, PassGrid

from .bench import params

SIGMAS = 4.5


def all_states(n: int) -> np.ndarray:
    return np.arange(2**n)[:, None] >> np.arange(n) & 1


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_equal_junctions_have_a_level_per_count(n):
    chain = SmtjChain.of([params(SmtjParams)] * n)
    assert chain.levels() == pytest.approx([3000.0 * (n + k) for k in range(n + 1)])
    parallel = SmtjChain.of([params(SmtjParams)] * n, "parallel")
    assert parallel.levels() == pytest.approx([6000.0 / (n + k) for k in range(n, -1, -1)])


@pytest.mark.parametrize("connection", ["series", "parallel"])
def test_distinct_junctions_have_a_level_per_state(connection):
    ohms = 1000.0 * np.array([1.0, 1.9, 3.7, 7.3]), 1000.0 * np.array([1.13, 2.6, 5.1, 13.7])
    chain = SmtjChain(*ohms, connection)
    each = chain.ohms(all_states(4))
    assert each.shape == (16,)
    assert np.sort(each) == pytest.approx(chain.levels())
    assert chain.levels().size == 16
    first = ohms[0].sum() if connection == "series" else 1 / (1 / ohms[0]).sum()
    assert each[0] == pytest.approx(first)


def test_rates_add_and_every_junction_flips_by_itself():
    """Flips that come and go within a step are hidden: at most dt / tau_c of each junction's."""
    dwells = [DwellTimes(2e-4, 3e-4), DwellTimes(1e-3, 5e-4), DwellTimes(1e-4, 1e-4)]
    rate = sum(2 / (d.tau_p + d.tau_ap) for d in dwells)
    assert chain_rate(dwells) == pytest.approx(rate)
    dt, n = 1e-6, 1_000_000
    states = TelegraphGrid(3, "chain", dwells).fill(PassGrid(0, round(dt * PS_PER_S), n))
    flips = int(np.count_nonzero(np.diff(states, axis=0)))
    # Flips of a junction are a renewal process; alternating dwells of mean tau_P and tau_AP have
    # variance per cycle tau_P^2 + tau_AP^2, so the count has n dt rate (tP^2 + tAP^2)/(2 tau^2).
    spread = sum(d.rate * (d.tau_p**2 + d.tau_ap**2) / (2 * d.tau**2) for d in dwells)
    hidden = sum(d.rate * dt / d.tau_c for d in dwells) * n * dt
    assert abs(flips - n * dt * rate) < SIGMAS * math.sqrt(n * dt * spread) + hidden


def test_more_junctions_do_not_forget_faster():
    """Correlation of the sum of 4 equal junctions over one step is that of one: exp(-dt/tau_c)."""
    dwell, dt, n = DwellTimes(3e-4, 1e-4), 3e-5, 200_000
    first, second = (
        TelegraphGrid(5, "sum", [dwell] * 4 * n)
        .fill(PassGrid(0, round(dt * PS_PER_S), 2))
        .reshape(2, n, 4)
        .sum(axis=2, dtype=float)
    )
    q = 1 - dwell.occupancy_p
    products = (first - 4 * q) * (second - 4 * q)
    expected = 4 * q * (1 - q) * math.exp(-dt / dwell.tau_c)
    assert abs(products.mean() - expected) < SIGMAS * products.std() / math.sqrt(n)
    unchanged = float(np.mean(first == second))
    up, down = dwell.flips(dt)
    assert unchanged < 1 - (1 - q) * up - q * down - 0.1  # one junction would change less often


def test_a_chain_that_is_none_is_refused():
    for r_p in (np.array([]), np.array([0.0]), np.array([np.nan])):
        with pytest.raises(ConfigError, match="not positive and finite"):
            SmtjChain(r_p, r_p)
    many = np.exp(np.random.default_rng(0).normal(size=25))
    with pytest.raises(ConfigError, match="25 distinct junctions have too many levels"):
        SmtjChain(many, 2.1 * many).levels()
