from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from emulator import ConfigError, Emulator, Stream, philox4x32
from emulator.elementary import normal_quantile
from emulator.streams import AHEAD, MAX_SEED, key_of

ONES = 0xFFFFFFFF


def words_of(text: str) -> list[int]:
    return [int(word, 16) for word in text.split()]


@pytest.mark.parametrize(
    ("counter", "key", "block"),
    [
        ("0 0 0 0", "0 0", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        (
            "ffffffff ffffffff ffffffff ffffffff",
            "ffffffff ffffffff",
            "408f276d 41c83b0e a20bc7c6 6d5451fd",
        ),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_known_answers_of_random123(counter, key, block):
    counters = np.array(words_of(counter), dtype=np.uint64)
    k0, k1 = words_of(key)
    assert philox4x32(counters, (k0, k1)).tolist() == words_of(block)


def test_many_counters_at_once_are_the_same_as_one_by_one():
    counters = np.random.default_rng(2).integers(0, 2**32, (5, 3, 4), dtype=np.uint64)
    before = counters.copy()
    blocks = philox4x32(counters, (1, 2))
    assert blocks.shape == (5, 3, 4)
    for i in range(5):
        for j in range(3):
            assert philox4x32(counters[i, j], (1, 2)).tolist() == blocks[i, j].tolist()
    assert (counters == before).all()


def test_a_draw_is_the_word_at_its_key_and_counter():
    """Key (seed, BLAKE2s of the name); counter (block low, block high, device, stream)."""
    name = int.from_bytes(hashlib.blake2s(b"lab.adc0").digest()[:4], "big")
    stream = Stream(7, "lab.adc0", stream=3, devices=5)
    for k in (0, 1, 6):
        block = philox4x32(np.array([k // 4, 0, 2, 3], dtype=np.uint64), (7, name))
        assert stream.words(k, 1, device=2)[0] == block[k % 4]


@given(first=st.integers(0, 2**40), count=st.integers(1, 40), device=st.integers(0, 2))
def test_a_slice_of_words_does_not_depend_on_where_it_begins(first, count, device):
    stream = Stream(1, "part", devices=3)
    whole = stream.words(first, count, device).tolist()
    assert whole == [int(stream.words(first + i, 1, device)[0]) for i in range(count)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 700)), max_size=8))
def test_draws_are_the_words_in_whatever_order_devices_draw(turns):
    stream = Stream(11, "bank", devices=3)
    drawn: list[list[int]] = [[], [], []]
    for device, count in turns:
        drawn[device] += [stream.draw(device) for _ in range(count)]
    for device in range(3):
        n = len(drawn[device])
        assert stream.drawn(device) == n
        assert n == 0 or drawn[device] == stream.words(0, n, device).tolist()


def test_draws_continue_across_a_refill():
    stream = Stream(5, "part")
    drawn = [stream.draw() for _ in range(2 * AHEAD + 3)]
    assert drawn == stream.words(0, 2 * AHEAD + 3).tolist()


def test_the_first_words_of_all_devices_at_once():
    stream = Stream(6, "mtj", 2, 50)
    assert stream.firsts() == [stream.draw(i) for i in range(50)] == stream.firsts()


def test_looking_ahead_consumes_nothing():
    looked, plain = Stream(3, "part"), Stream(3, "part")
    looked.words(0, 5000)
    assert [looked.draw() for _ in range(10)] == [plain.draw() for _ in range(10)]
    assert looked.drawn() == 10


def test_every_coordinate_makes_its_own_sequence():
    sequences = [
        tuple(Stream(seed, part, stream, 2).words(0, 8, device).tolist())
        for seed in (0, 1)
        for part in ("mtj", "mtj2")
        for stream in (0, 1)
        for device in (0, 1)
    ]
    assert len(set(sequences)) == 16


def test_other_parts_change_nobodys_noise():
    """Alone, among others that were built before and draw in between, or probed: equal draws."""
    alone = Emulator(9).stream("mtj", 0, 4)
    emulator = Emulator(9)
    other = emulator.stream("lab.adc0")
    emulator.rank("lab.core")
    among = emulator.stream("mtj", 0, 4)
    for device in (0, 3, 1, 3):
        other.draw()
        among.words(0, 100, device)
        assert among.draw(device) == alone.draw(device)


def test_a_larger_bank_leaves_the_first_devices_alone():
    small, large = Stream(4, "mtj", 0, 2), Stream(4, "mtj", 0, 200)
    assert [small.draw(1) for _ in range(5)] == [large.draw(1) for _ in range(5)]


@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1, 2**64, True, 1.0, "1"])
def test_a_seed_that_does_not_fit_the_key_is_refused(seed):
    message = rf"seed = {seed} is outside \[0, 4294967295\]"
    with pytest.raises(ConfigError, match=message):
        Emulator(seed)
    with pytest.raises(ConfigError, match=message):
        Stream(seed, "part")


def test_the_largest_seed_is_a_seed():
    assert key_of(MAX_SEED, "part")[0] == ONES


def test_words_are_uniform_and_neighbours_are_independent():
    """2^17 words: mean, variance, bit balance and lag-1 correlation within 4.5 sigma."""
    n = 2**17
    words = Stream(0, "uniform").words(0, n)
    u = (words.astype(np.float64) + 0.5) / 2**32
    assert abs(u.mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 4.5 * np.sqrt(1 / 180 / n)
    assert abs(np.mean((u[1:] - 0.5) * (u[:-1] - 0.5))) < 4.5 / 12 / np.sqrt(n)
    for bit in range(32):
        ones = int(((words >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(ones - n / 2) < 4.5 * np.sqrt(n / 4)


def test_deviates_of_different_devices_are_independent():
    """Device i's first normal deviate: uniform after Phi, no lag-1 correlation over i."""
    n = 4000
    stream = Stream(1, "mtj", 2, n)
    z = np.array([normal_quantile(word) for word in stream.firsts()])
    assert abs(ndtr(z).mean() - 0.5) < 4.5 * np.sqrt(1 / 12 / n)
    assert abs(np.mean(z[1:] * z[:-1])) < 4.5 / np.sqrt(n)
