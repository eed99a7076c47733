"""Batches: a pack is a permutation, a step needs no memory, the shuffle is fair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import ConfigError
from learning import Batches


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 30))
def test_every_sample_is_dealt_equally_often(seed, n, size):
    batches = Batches(seed, size)
    dealt = np.concatenate([batches.indices(step, n) for step in range(2 * n)])  # 2 size packs
    assert (np.bincount(dealt, minlength=n) == 2 * size).all()
    assert sorted(dealt[:n].tolist()) == list(range(n))


def test_a_step_does_not_depend_on_the_steps_before_it():
    ordered = [Batches(5, 7).indices(step, 20).tolist() for step in range(9)]
    batches = Batches(5, 7)
    backwards = [batches.indices(step, 20).tolist() for step in range(8, -1, -1)]
    assert ordered == backwards[::-1]


def test_seeds_and_packs_differ():
    def pack(seed, step):
        return Batches(seed, 100).indices(step, 100).tolist()

    assert pack(0, 0) != pack(1, 0)
    assert pack(0, 0) != pack(0, 1)


def test_the_shuffle_is_fair():
    n, packs = 8, 4000
    batches = Batches(3, n)
    first = np.array([batches.indices(step, n)[0] for step in range(packs)])
    spread = np.sqrt(packs * (1 / n) * (1 - 1 / n))
    assert np.abs(np.bincount(first, minlength=n) - packs / n).max() < 4.5 * spread


def test_an_empty_data_set_is_refused():
    with pytest.raises(ConfigError, match="batch of step 0: cannot draw from 0 samples"):
        Batches(0, 4).indices(0, 0)
