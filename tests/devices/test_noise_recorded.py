from __future__ import annotations

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
from emulator import ConfigError, DataError, Node, load_card
from emulator.params import number_from_text

from .bench import params


def settings(**changes: object) -> RecordedNoiseParams:
    card = load_card(CARDS / "recorded.toml")
    for key, text in changes.items():
        card = card.with_number(key, number_from_text(str(text), card.numbers[key]))
    return RecordedNoiseParams.from_card(card, "noise")


def ramp(n: int, rate: int = 40_000_000) -> Recording:
    return Recording(np.arange(n, dtype=float), rate)


@pytest.mark.parametrize("n", [14, 100, 1001])
def test_the_next_neuron_takes_the_next_sample(n):
    """Node after node, pass after pass, and from the beginning again after the end."""
    found = RecordedNoise(settings(), ramp(n), 7)
    values = found.passes(40)
    assert (values.shape, values.dtype) == ((2, 40, 7), np.float32)
    assert (values.transpose(1, 0, 2).ravel() == np.arange(80 * 7) % n).all()
    assert (found.passes(1)[0, 0] == (80 * 7 + np.arange(7)) % n).all()


@pytest.mark.parametrize("centred", [False, True])
def test_a_recording_knows_its_mean_and_deviation(centred):
    """Those of all its samples, each read once."""
    found = RecordedNoise(settings(centred=str(centred).lower()), ramp(80), 8)
    values = found.passes(5)
    assert found.moments.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.moments.sigma == pytest.approx(values.std(dtype=np.float64), rel=1e-12)
    assert found.moments.mean == (0.0 if centred else 39.5)


@pytest.mark.parametrize("order", ["serial", "real_time"])
def test_chunks_change_nothing_and_the_place_survives(order):
    p = settings(order=order, t_pass="333 us", t_node="20 us")
    whole, parts = (RecordedNoise(p, ramp(1000), 5) for _ in range(2))
    values = whole.passes(64)
    pieces = [parts.passes(n) for n in (1, 31)]
    again = RecordedNoise(p, ramp(1000), 5)
    again.load(parts.state())
    assert (np.concatenate([*pieces, again.passes(32)], axis=1) == values).all()
    with pytest.raises(ConfigError, match="'index' must be one whole number"):
        again.load({"index": np.array([0.5])})


def test_real_time_reads_the_sample_of_the_instant():
    """Node j of pass k of sample b at (2 b + k) t_pass + j t_node, in exact integers."""
    p = settings(order="real_time", t_pass="1.01 ms", t_node="7 us")
    n, nodes = 100_003, 9
    found = RecordedNoise(p, ramp(n, 44_100_000), nodes)
    found.load({"index": np.array([2.0e9])})  # 23 days on
    values = found.passes(20)
    for k in range(2):
        for b in range(20):
            for j in range(nodes):
                ps = (2_000_000_000 + 2 * b + k) * 1_010_000_000 + j * 7_000_000
                assert values[k, b, j] == ps * 44_100_000 // 10**15 % n


def test_all_nodes_read_at_once_see_the_same():
    values = RecordedNoise(settings(order="real_time"), ramp(50_000), 4).passes(8)
    assert (values == values[:, :, :1]).all()
    assert (np.diff(values[:, :, 0].T.ravel()) == 40).all()  # 1 ms at 40 kHz


def test_a_centred_recording_has_no_mean():
    values = RecordedNoise(settings(centred=True), ramp(100), 5).passes(10)
    assert values.mean() == pytest.approx(0, abs=1e-5)


def test_a_recording_shorter_than_two_passes_is_refused():
    """A shorter one would hand the second pass noise of the first: less of it differs, or none."""
    with pytest.raises(
        DataError, match=r"15 samples are shorter than the two passes of a .* 8 nodes"
    ):
        RecordedNoise(settings(), ramp(15), 8)
    first, second = RecordedNoise(settings(), ramp(16), 8).passes(1)[:, 0]
    assert not set(first) & set(second)
    p = settings(order="real_time", t_pass="3 ms", t_node="1 ms")  # 120 + 2 * 40 samples later
    with pytest.raises(DataError, match="3 nodes reach over 201"):
        RecordedNoise(p, ramp(200), 3)
    RecordedNoise(p, ramp(201), 3)


@pytest.mark.parametrize("order", ["serial", "real_time"])
def test_what_begins_again_is_counted(order):
    """The counter is how often the series of samples read jumps back."""
    p = settings(order=order, t_pass="333 us", t_node="20 us")
    found = RecordedNoise(p, ramp(101), 5)
    assert found.wraps == 0
    series = [found.passes(n).transpose(1, 0, 2).ravel() for n in (1, 30, 70)]
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
        assert found.passes(3)[0, 1] == pytest.approx(seen.v[20:30], rel=1e-6)
        assert found.recording.rate == 40_000_000
    with pytest.raises(ConfigError, match="not a whole number of ps"):
        scope(noise, params(SmtjParams), 44_100_000, 10, seed=3)
