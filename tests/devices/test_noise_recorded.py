from __future__ import annotations

import itertools

import numpy as np
import pytest

from devices import (
    CARDS,
    RecordedNoise,
    RecordedNoiseParams,
    Recording,
    SmtjParams,
    TelegraphNoiseParams,
    make_noise,
    scope,
)
from emulator import ConfigError, DataError, Node, PassGrid, load_card
from emulator.params import number_from_text

from .bench import params


def settings(**changes: object) -> RecordedNoiseParams:
    card = load_card(CARDS / "recorded.toml")
    for key, text in changes.items():
        card = card.with_number(key, number_from_text(str(text), card.numbers[key]))
    return RecordedNoiseParams.from_card(card, "noise")


def ramp(n: int, rate: int = 40_000_000) -> Recording:
    return Recording(np.arange(n, dtype=float), rate)


def both(samples: int, first: int = 0, interval_ps: int = 1_000_000_000) -> PassGrid:
    """Both passes of samples `first` .. of a run that began at 0."""
    return PassGrid(2 * first * interval_ps, interval_ps, 2 * samples, 2)


@pytest.mark.parametrize("n", [14, 100, 1001])
def test_the_next_neuron_takes_the_next_sample(n):
    """Node after node, pass after pass, and from the beginning again after the end."""
    found = RecordedNoise(settings(), ramp(n), 7)
    values = found.passes(both(40))
    assert (values.shape, values.dtype) == ((2, 40, 7), np.float32)
    assert (values.transpose(1, 0, 2).ravel() == np.arange(80 * 7) % n).all()
    assert (found.passes(PassGrid(0, 1, 1))[0, 0] == (80 * 7 + np.arange(7)) % n).all()


@pytest.mark.parametrize("centred", [False, True])
def test_a_recording_knows_its_mean_and_deviation(centred):
    """Those of all its samples, each read once."""
    found = RecordedNoise(settings(centred=str(centred).lower()), ramp(80), 8)
    values = found.passes(both(5))
    assert found.moments.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.moments.sigma == pytest.approx(values.std(dtype=np.float64), rel=1e-12)
    assert found.moments.mean == (0.0 if centred else 39.5)


@pytest.mark.parametrize(
    "how", [("serial", "auto"), ("real_time", "auto"), ("real_time", "333 us")]
)
def test_chunks_change_nothing_and_the_place_survives(how):
    p = settings(order=how[0], t_pass=how[1], t_node="20 us")
    whole, parts = (RecordedNoise(p, ramp(1000), 5) for _ in range(2))
    values = whole.passes(both(64))
    pieces = [parts.passes(both(1)), parts.passes(both(31, first=1))]
    again = RecordedNoise(p, ramp(1000), 5)
    again.load(parts.state())
    pieces.append(again.passes(both(32, first=32)))
    assert (np.concatenate(pieces, axis=1) == values).all()
    with pytest.raises(ConfigError, match="'index' must be one whole number"):
        again.load({"index": np.array([0.5])})
    with pytest.raises(ConfigError, match="'reached' must be the whole number of a sample"):
        again.load({"index": np.array([3.0])})


def test_the_clock_says_which_sample_is_read():
    """Node j of a pass at t: the sample of t + j t_node, in exact integers, in any order of calls.

    23 days on, and then at the beginning: a recording may be asked for its past.
    """
    n, nodes, rate = 100_003, 9, 44_100_000
    found = RecordedNoise(settings(order="real_time", t_node="7 us"), ramp(n, rate), nodes)
    for first in (2_000_000_000_000_000_123, 17):
        when = PassGrid(first, 5_123_457, 40, 2)
        values = found.passes(when)
        for k in range(2):
            for b in range(20):
                t = first + (2 * b + k) * 5_123_457
                ticks = [(t + j * 7_000_000) * rate for j in range(nodes)]
                assert values[k, b].tolist() == [tick // 10**15 % n for tick in ticks]


def test_a_pace_of_its_own_ignores_the_clock():
    """Node j of pass k of sample b at (2 b + k) t_pass + j t_node."""
    p = settings(order="real_time", t_pass="1.01 ms", t_node="7 us")
    n, nodes = 100_003, 9
    found = RecordedNoise(p, ramp(n, 44_100_000), nodes)
    found.load({"index": np.array([2.0e9]), "reached": np.array(0.0)})  # 23 days on
    values = found.passes(PassGrid(5, 1, 40, 2))
    for k in range(2):
        for b in range(20):
            for j in range(nodes):
                ps = (2_000_000_000 + 2 * b + k) * 1_010_000_000 + j * 7_000_000
                assert values[k, b, j] == ps * 44_100_000 // 10**15 % n


@pytest.mark.parametrize("nodes", [1, 4, 7, 333])
def test_nodes_are_spread_over_the_whole_recording(nodes):
    """As if each had a junction of its own: its own stretch, as long as the others'."""
    n = 50_000
    found = RecordedNoise(settings(order="real_time"), ramp(n), nodes)
    first = found.passes(both(3))[0, 0].astype(int)
    assert first.tolist() == [j * (n // nodes) for j in range(nodes)]
    assert not found.shared


@pytest.mark.parametrize(("t_node", "shared"), [("0 us", True), ("8 us", True), ("9 us", False)])
def test_nodes_within_a_sample_see_the_same(t_node, shared):
    """Four nodes, the last 3 t_node after the first, samples of 25 us."""
    found = RecordedNoise(settings(order="real_time", t_node=t_node), ramp(50_000), 4)
    values = found.passes(both(8))
    assert found.shared == shared
    assert (values == values[:, :, :1]).all() == shared
    assert (np.diff(values[:, :, 0].T.ravel()) == 40).all()  # 1 ms at 40 kHz


@pytest.mark.parametrize("order", ["serial", "real_time"])
def test_a_test_leaves_the_place_of_a_training_as_it_is(order):
    tested, untested = (RecordedNoise(settings(order=order), ramp(1000), 5) for _ in range(2))
    tested.passes(both(8))
    untested.passes(both(8))
    other = tested.apart("noise.test")
    seen = other.passes(PassGrid(16_000_000_000, 10, 9))
    assert (other is tested) == (order == "real_time")
    if order == "serial":  # from its beginning
        assert (seen.ravel() == np.arange(9 * 5)).all()
    rest = both(8, first=20)
    assert (tested.passes(rest) == untested.passes(rest)).all()


def test_a_centred_recording_has_no_mean():
    values = RecordedNoise(settings(centred=True), ramp(100), 5).passes(both(10))
    assert values.mean() == pytest.approx(0, abs=1e-5)


def test_a_recording_shorter_than_two_passes_is_refused():
    """A shorter one would hand the second pass noise of the first: less of it differs, or none."""
    with pytest.raises(
        DataError, match=r"15 samples are shorter than the two passes of a .* 8 nodes"
    ):
        RecordedNoise(settings(), ramp(15), 8)
    first, second = RecordedNoise(settings(), ramp(16), 8).passes(both(1))[:, 0]
    assert not set(first) & set(second)
    p = settings(order="real_time", t_pass="3 ms", t_node="1 ms")  # 120 + 2 * 40 samples later
    with pytest.raises(DataError, match="3 nodes reach over 201"):
        RecordedNoise(p, ramp(200), 3)
    RecordedNoise(p, ramp(201), 3)
    with pytest.raises(DataError, match="8 nodes reach over 8"):  # how far, only the clock knows
        RecordedNoise(settings(order="real_time"), ramp(7), 8)


@pytest.mark.parametrize(
    "how", [("serial", "auto"), ("real_time", "auto"), ("real_time", "333 us")]
)
def test_what_begins_again_is_counted(how):
    """The counter is how often the series of samples read jumps back."""
    p = settings(order=how[0], t_pass=how[1], t_node="20 us")
    found = RecordedNoise(p, ramp(101), 5)
    assert found.wraps == 0
    places, series = (0, 1, 31, 101), []
    for first, end in itertools.pairwise(places):
        read = found.passes(both(end - first, first, interval_ps=333_000_000))
        series.append(read.transpose(1, 0, 2).ravel())
    assert found.wraps == (np.diff(np.concatenate(series)) < -50).sum() > 5
    again = RecordedNoise(p, ramp(101), 5)
    again.load(found.state())
    assert again.wraps == found.wraps


def test_the_emulators_own_recording_replays_from_its_file(tmp_path):
    noise = TelegraphNoiseParams.from_card(load_card(CARDS / "telegraph.toml"), "noise")
    seen = scope(noise, params(SmtjParams), 40_000_000, 501, seed=3)
    assert (len(seen), seen.dt) == (501, 25e-6)
    card = load_card(CARDS / "recorded.toml")
    for name in ("seen.csv", "seen.parquet"):
        seen.save(tmp_path / name)
        number = number_from_text(str(tmp_path / name), card.numbers["file"])
        found = make_noise(Node(card.with_number("file", number)), 10, 0)
        assert found.passes(both(3))[0, 1] == pytest.approx(seen.v[20:30], rel=1e-6)
        assert found.recording.rate == 40_000_000
    with pytest.raises(ConfigError, match="not a whole number of ps"):
        scope(noise, params(SmtjParams), 44_100_000, 10, seed=3)
