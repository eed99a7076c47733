"""How often two looks at a junction see the same: law, and error of a count of pairs."""

from __future__ import annotations

import numpy as np
import pytest

from devices import DwellTimes, TelegraphGrid
from devices.telegraph_pairs import pair_difference, same_error, same_share
from emulator import PS_PER_S, ConfigError, PassGrid

DWELL = DwellTimes(300e-6, 150e-6)


@pytest.mark.parametrize("in_tau_c", [0.03, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("nodes", [1, 5])
def test_the_grid_follows_the_law_within_its_error(in_tau_c, nodes):
    dt, samples, groups = in_tau_c * DWELL.tau_c, 4000, 200
    when = PassGrid(0, round(dt * PS_PER_S), 2 * samples, 2)
    looks = TelegraphGrid(3, "pairs", [DWELL] * (nodes * groups)).fill(when)
    pairs = looks.reshape(samples, 2, groups, nodes)
    same = (pairs[:, 0] == pairs[:, 1]).all(axis=2)  # (samples, groups)
    shares = same.mean(axis=0)
    error = same_error(DWELL, dt, nodes, samples)
    assert abs(shares.mean() - same_share(DWELL, dt, nodes)) < 4.5 * error / np.sqrt(groups)
    # the spread between groups is what the law says, to the error of a spread of that many
    assert abs(shares.std(ddof=1) / error - 1) < 4.5 / np.sqrt(2 * (groups - 1))


def test_limits():
    assert pair_difference(DWELL, 1e-12) == pytest.approx(0, abs=1e-8)
    p = DWELL.occupancy_p
    assert pair_difference(DWELL, 1.0) == pytest.approx(2 * p * (1 - p))
    assert same_share(DWELL, 1.0, 3) == pytest.approx((1 - 2 * p * (1 - p)) ** 3)
    share, n = same_share(DWELL, 1.0, 3), 1000  # independent looks: a binomial count
    assert same_error(DWELL, 1.0, 3, n) == pytest.approx(np.sqrt(share * (1 - share) / n))


def test_no_pairs():
    with pytest.raises(ConfigError, match="no pairs"):
        same_error(DWELL, 1e-6, 0, 10)
