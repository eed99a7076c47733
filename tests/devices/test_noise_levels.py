"""Noise with levels, of any kind: what a call returns, what is remembered, and when."""

from __future__ import annotations

import math

import numpy as np
import pytest

from devices import SmtjParams, make_noise
from emulator import PS_PER_S, ConfigError, PassGrid, PassNoise, SequenceError

from .bench import params
from .noises import KINDS, MS, both, node, noise, within


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_noise_for_passes(kind):
    found: PassNoise = noise(kind, 7)
    values = found.passes(both(5))
    assert (found.nodes, values.shape, values.dtype) == (7, (2, 5, 7), np.float32)
    assert np.isfinite(values).all()
    assert (noise(kind, 7).passes(both(5)) == values).all()
    assert (noise(kind, 7, seed=2).passes(both(5)) != values).any()
    assert (make_noise(node(kind), 7, 1, "other").passes(both(5)) != values).any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunks", [(32, 32), (1, 2, 3, 58), (63, 1)])
def test_chunks_change_nothing_in_time(kind, chunks):
    order = {"order": "time"} if kind == "hmm" else {}
    whole, parts = noise(kind, **order), noise(kind, **order)
    firsts = np.cumsum([0, *chunks[:-1]]).tolist()
    pieces = [parts.passes(both(n, first)) for first, n in zip(firsts, chunks, strict=True)]
    together = np.concatenate(pieces, axis=1)
    assert together.tobytes() == whole.passes(both(64)).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_does_not_depend_on_its_neighbours(kind):
    assert (noise(kind, 300).passes(both(9))[:, :, :5] == noise(kind, 5).passes(both(9))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_survives(kind):
    found, again = noise(kind), noise(kind)
    found.passes(both(13))
    again.load({key: value.copy() for key, value in found.state().items()})
    assert all(value.dtype == np.float64 for value in found.state().values())
    rest = both(11, first=13)
    assert (again.passes(rest) == found.passes(rest)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_of_something_else_is_refused(kind):
    for index in ([-1.0], [0.5], [math.nan], [1.0, 2.0]):
        with pytest.raises(ConfigError, match="noise state 'index' must be one whole number"):
            noise(kind).load({"index": np.array(index)})
    if kind in ("hmm", "telegraph"):
        state = noise(kind, 4).state()
        with pytest.raises(ConfigError, match=r"'states' must be 0 or 1 in shape \(1, 50\)"):
            noise(kind).load(state)
        fitting = noise(kind).state()
        for seen in ([0.5, 0.0], [-1.0, 0.0], [0.0, 1e12], [0.0]):
            with pytest.raises(ConfigError, match="'seen' must be whole seconds and the ps"):
                noise(kind).load({**fitting, "seen": np.array(seen)})


@pytest.mark.parametrize("kind", KINDS)
def test_a_test_leaves_the_noise_of_a_training_as_it_is(kind):
    """Junctions go on in time whoever looks: theirs are the same ones, read once more."""
    tested, untested = noise(kind), noise(kind)
    other = tested.apart("noise.test")
    first = both(8)
    assert (tested.passes(first) == untested.passes(first)).all()
    seen = other.passes(PassGrid(16 * MS, MS, 9))
    rest = both(8, first=20)
    if kind == "telegraph":
        assert other is tested
        assert tested.index == 16 + 9
    else:
        assert (tested.passes(rest) == untested.passes(rest)).all()
        assert (seen == make_noise(node(kind), 50, 1, "noise.test").passes(PassGrid(0, 1, 9))).all()
        again = tested.apart("noise.test")
        assert (again.passes(PassGrid(0, 1, 9)) == seen).all()


@pytest.mark.parametrize("kind", KINDS)
def test_only_junctions_know_the_time(kind):
    """Two passes 1 ns or 10 s apart; from one pass per sample to two, passes stay in turn."""
    near, far = noise(kind), noise(kind)
    quick, slow = near.passes(both(20, 0, 1000)), far.passes(both(20, 0, 10 * PS_PER_S))
    assert (quick == slow).all() == (kind != "telegraph")


def test_a_junction_does_not_go_back():
    found = noise("telegraph")
    found.passes(both(3))
    with pytest.raises(SequenceError, match="do not go back"):
        found.passes(both(3))


def test_time_passes_between_batches():
    """States before and after a gap correlate by exp(-gap / tau_c), whatever the batches' pace."""
    nodes, gap = 20_000, 100_000_000
    tau_c = params(SmtjParams).dwell().tau_c
    found = noise("telegraph", nodes, sigma=0, levels="plain", level_p=-1, level_ap=1)
    for interval in (5_000_000, 10_000_000):
        begin = 0 if found.index == 0 else found.source.grids[0].seen_ps + gap
        before = found.passes(PassGrid(begin, interval, 4, 2))[1, -1].astype(float)
        end = begin + 3 * interval
        after = found.passes(PassGrid(end + gap, interval, 4, 2))[0, 0].astype(float)
        products = before * after
        expected = math.exp(-gap / PS_PER_S / tau_c)
        assert within(products.mean(), expected, products.std() / math.sqrt(nodes))


def test_a_long_run_keeps_its_time():
    """Times beyond 2^53 ps (2.5 hours) survive a checkpoint to the picosecond."""
    found, again = noise("telegraph"), noise("telegraph")
    late = 2**55 + 1
    found.passes(PassGrid(late, 7, 4, 2))
    again.load(found.state())
    rest = PassGrid(late + 22, 1, 4, 2)  # 1 ps after the last pass
    assert (again.passes(rest) == found.passes(rest)).all()
    with pytest.raises(SequenceError, match=f"read at {late + 25} ps"):
        again.passes(rest)


@pytest.mark.parametrize("kind", ["bernoulli", "hmm", "telegraph"])
def test_centred_noise_has_no_mean_and_is_otherwise_the_same(kind):
    plain, centred = noise(kind, 500), noise(kind, 500, centred=True)
    shift = plain.passes(both(20)) - centred.passes(both(20))
    assert np.ptp(shift) < 1e-7  # roundings of float32 near 0.1
    mean = {"bernoulli": 0.0125 / 2, "hmm": 0.0421, "telegraph": plain.levels.mean()}[kind]
    assert shift.mean() == pytest.approx(mean, abs=1e-7)
