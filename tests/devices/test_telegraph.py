from __future__ import annotations

import math

import numpy as np
import pytest

from devices import SmtjParams, TelegraphBank
from devices.telegraph import NEVER, aim, flip, rebias
from emulator import PS_PER_S, ConfigError, Emulator, MemoryTrace, Stream
from emulator.deviates import exponential
from emulator.kernels import Kernel

from .bench import params

SIGMAS = 4.5
FIELD = 0.8e-3  # tesla: unequal dwell times


def bank(seed: int = 1, n: int = 1, field: float = 0.0, **settings: object) -> TelegraphBank:
    found = TelegraphBank(Emulator(seed), "smtj", params(SmtjParams, **settings), n)
    for junction in range(n):
        if field:
            found.bias(junction, field)
    return found


def at(found: TelegraphBank, t: int) -> list[int]:
    found._emulator.advance(t)
    return found.states()


def dwells(found: TelegraphBank, count: int) -> tuple[np.ndarray, np.ndarray]:
    """`count` dwells in ps, and the state of each."""
    edges, states = [], []
    while len(edges) <= count:
        found._emulator.advance(found.next_flip())
        edges.append(found._emulator.now)
        states.append(found.state())
    return np.diff(edges), np.array(states[:-1])


def test_dwell_times_are_exponential_with_the_means_of_the_law():
    """Means within tau / sqrt(n); shares beyond 0.2, 1 and 3 means within binomial errors."""
    found = bank(field=FIELD)
    lengths, states = dwells(found, 20_000)
    law = params(SmtjParams).dwell(FIELD)
    for state, tau in ((0, law.tau_p), (1, law.tau_ap)):
        own = lengths[states == state] / PS_PER_S / tau
        assert abs(own.mean() - 1) < SIGMAS / math.sqrt(own.size)
        for x in (0.2, 1.0, 3.0):
            p = math.exp(-x)
            assert abs((own > x).mean() - p) < SIGMAS * math.sqrt(p * (1 - p) / own.size)
    # memoryless: neighbouring dwells do not know of each other
    own = lengths / np.where(states, law.tau_ap, law.tau_p)
    assert abs(np.corrcoef(own[:-1], own[1:])[0, 1]) < SIGMAS / math.sqrt(own.size)


def test_occupancy_at_any_instant_and_at_the_start():
    """1000 junctions at four instants; under a field the shares become those of the law."""
    n = 1000
    found = bank(2, n)
    for t in (0, 10**8):
        assert abs(sum(at(found, t)) - n / 2) < SIGMAS * math.sqrt(n) / 2
    for junction in range(n):
        found.bias(junction, FIELD)
    q = 1 - params(SmtjParams).dwell(FIELD).occupancy_p
    for t in (3 * 10**9, 6 * 10**9):  # 20 correlation times later
        assert abs(sum(at(found, t)) - n * q) < SIGMAS * math.sqrt(n * q * (1 - q))


def test_autocorrelation_off_any_grid():
    """Of 2000 junctions with unequal dwell times, at 0.4 and 1.2 tau_c."""
    n = 2000
    found = bank(3, n, FIELD)
    law = params(SmtjParams).dwell(FIELD)
    q, begin = 1 - law.occupancy_p, 3 * 10**9
    first = np.array(at(found, begin)) - q
    for share in (0.4, 1.2):
        later = np.array(at(found, begin + round(share * law.tau_c * PS_PER_S))) - q
        products = first * later
        expected = q * (1 - q) * math.exp(-share)
        assert abs(products.mean() - expected) < SIGMAS * products.std() / math.sqrt(n)


def test_looking_changes_nothing():
    """However often, whatever is asked and in whatever order of junctions."""
    times = [int(t) for t in np.sort(np.random.default_rng(4).integers(0, 10**10, 400))]
    looked, plain = bank(7, 3), bank(7, 3)
    for k, t in enumerate(times):
        looked._emulator.advance(t)
        for junction in (k % 3, (k + 2) % 3):
            looked.state(junction)
            looked.resistance(junction)
            looked.next_flip(junction)
            looked.flips(junction)
        if k == 200:
            plain._emulator.advance(t)
            for found in (looked, plain):
                found.bias(1, FIELD)
    end = times[-1]
    assert at(looked, end) == at(plain, end)
    assert [looked.next_flip(i) for i in range(3)] == [plain.next_flip(i) for i in range(3)]
    assert [looked.flips(i) for i in range(3)] == [plain.flips(i) for i in range(3)]


def test_every_flip_takes_one_draw_and_a_look_or_a_bias_none():
    found = bank(5)
    found._emulator.advance(10**10)
    flips = found.flips()
    assert found._stream.drawn() == flips + 1  # the next one is drawn already
    for field in (1e-3, -1e-3, 0.0):
        found.bias(0, field)
        found.state()
    assert found._stream.drawn() == flips + 1
    assert flips > 20


def test_flips_happen_where_the_hazard_is_spent():
    """At a constant bias flip k is at the sum of the first k deviates, to half a ps each."""
    found = bank(6)
    tau = params(SmtjParams).dwell().tau_p * PS_PER_S
    words, total = Stream(6, "smtj").words(0, 50), 0.0
    for k, word in enumerate(words):
        total += exponential(int(word)) * tau
        assert abs(found.next_flip() - total) <= 0.51 * (k + 1)
        found._emulator.advance(found.next_flip())


def test_a_change_of_bias_rescales_what_remains():
    """Half of the hazard at one dwell time, the rest at another."""
    found = bank(8)
    planned, slow = found.next_flip(), params(SmtjParams).dwell()
    t = planned // 3
    found._emulator.advance(t)
    state = found.state()
    found.bias(0, FIELD)
    fast = params(SmtjParams).dwell(FIELD)
    ratio = fast.tau_ap / slow.tau_ap if state else fast.tau_p / slow.tau_p
    assert found.next_flip() == pytest.approx(t + (planned - t) * ratio, abs=2)
    found.bias(0)
    assert found.next_flip() == pytest.approx(planned, abs=2)  # back again: as if nothing had been


def test_a_bias_that_comes_and_goes_leaves_exponential_dwells():
    """Rebias every 200 us between two fields: the occupancy is that of the exact steps in turn."""
    n, law = 1000, params(SmtjParams)
    found = bank(9, n)
    fields, step = (2e-3, -2e-3), 200e-6
    for k in range(15):
        found._emulator.advance(k * round(step * PS_PER_S))
        for junction in range(n):
            found.bias(junction, fields[k % 2])
    q = 0.5  # share of AP, forward through the same alternation by the exact steps
    for k in range(15):
        up, down = law.dwell(fields[k % 2]).flips(step)
        q = q * (1 - down) + (1 - q) * up
    states = at(found, 15 * round(step * PS_PER_S))
    assert abs(sum(states) - n * q) < SIGMAS * math.sqrt(n * q * (1 - q))


def test_junctions_differ_and_a_bank_of_more_keeps_them():
    few, many = bank(10, 2), bank(10, 20)
    assert [few.next_flip(i) for i in range(2)] == [many.next_flip(i) for i in range(2)]
    assert few.next_flip(0) != few.next_flip(1)
    assert bank(11).next_flip() != bank(10).next_flip()


def test_the_resistance_is_that_of_the_state():
    found = bank(12)
    for t in range(0, 10**10, 10**8):
        found._emulator.advance(t)
        assert found.resistance() == (6000.0 if found.state() else 3000.0)


def test_the_books_hold_the_time():
    found = bank(13, 4)
    found._emulator.advance(12_345_678)
    found.states()
    found.account.settle(found._emulator.now)
    assert sum(found.account.residency) == 12_345_678
    assert (found.account.bank, found.account.counts) == (4, [])


def test_a_bias_is_traced_and_tracing_changes_nothing():
    trace = MemoryTrace()
    traced = TelegraphBank(Emulator(7, trace), "smtj", params(SmtjParams), 1)
    plain = bank(7)
    for found in (traced, plain):
        found._emulator.advance(10**9)
        found.bias(0, FIELD, 1e-5)
    assert traced.next_flip() == plain.next_flip()
    assert trace.select("smtj", "0.field") == [(10**9, FIELD)]
    assert trace.select("smtj", "0.current") == [(10**9, 1e-5)]


def test_a_junction_that_hardly_flips_waits_without_end():
    found = bank(14, delta=60)
    assert found.next_flip() == NEVER
    found._emulator.advance(10**15)
    found.bias(0, 1e-3)
    assert found.flips() == 0


def test_a_wrong_bias_is_refused_and_leaves_everything():
    found = bank(15)
    before = found.next_flip()
    with pytest.raises(ConfigError, match="no longer stable"):
        found.bias(0, 1.0)
    assert found.next_flip() == before


def scenario(row, words) -> None:
    """Flips and a change of bias on a row of an array, or on an object."""
    aim(row)
    for word in words[:10]:
        flip(row, exponential(word))
    rebias(row, 4e8, 1e8, row.since + 12_345)
    for word in words[10:]:
        flip(row, exponential(word))


def test_the_law_has_the_same_bits_on_rows_of_an_array():
    kind = [("state", "i8"), ("left", "f8"), ("since", "i8"), ("flips_at", "i8")]
    rows = np.zeros(2, dtype=[*kind, ("tau_p", "f8"), ("tau_ap", "f8")]).view(np.recarray)
    rows["left"], rows["tau_p"], rows["tau_ap"] = 0.7, 2.8e8, 3.1e8
    words = np.random.default_rng(1).integers(0, 2**32, 30)
    Kernel(scenario)(rows[0], words)
    scenario(rows[1], words)
    assert rows[0] == rows[1]
