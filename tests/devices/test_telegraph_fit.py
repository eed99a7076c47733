from __future__ import annotations

import math

import numpy as np
import pytest

from devices import (
    CARDS,
    HmmNoiseParams,
    Recording,
    SmtjParams,
    TelegraphNoiseParams,
    card_text,
    fit_telegraph,
    hmm_card,
    scope,
    smtj_card,
)
from devices.noise import hmm_noise
from devices.telegraph_fit import runs
from emulator import DataError, PassGrid, load_card
from emulator.params import number_from_text

from .bench import params

SIGMAS = 4.5
RATE = 40_000_000  # mHz
SHIPPED = {name: load_card(CARDS / f"{name}.toml") for name in ("telegraph", "smtj", "hmm")}


def seen(samples: int = 100_000, seed: int = 1, **changes: object) -> Recording:
    """A recording of the shipped junction in the shipped divider."""
    card = SHIPPED["telegraph"]
    for key, text in changes.items():
        card = card.with_number(key, number_from_text(str(text), card.numbers[key]))
    noise = TelegraphNoiseParams.from_card(card, "noise")
    return scope(noise, params(SmtjParams), RATE, samples, seed)


def agrees(estimate, value: float) -> bool:
    return abs(estimate.value - value) < SIGMAS * estimate.error


@pytest.mark.parametrize("sigma", [1e-3, 0.03])
@pytest.mark.parametrize("field", [0.0, 1.5e-3])
def test_the_fit_finds_what_made_the_recording(sigma, field):
    """At 0.03 V of noise one sample in 15 lies on the wrong side of the middle."""
    fit = fit_telegraph(seen(sigma=sigma, mu0_h=f"{field} T"))
    dwell = params(SmtjParams).dwell(field)
    assert agrees(fit.low, 3.3 * 3 / 103)
    assert agrees(fit.high, 3.3 * 6 / 106)
    assert agrees(fit.sigma, sigma)
    for estimate, p in zip((fit.up, fit.down), dwell.flips(25e-6), strict=True):
        assert agrees(estimate, p)
    assert agrees(fit.tau_low, dwell.tau_p)
    assert agrees(fit.tau_high, dwell.tau_ap)
    assert agrees(fit.tau_c, dwell.tau_c)
    assert fit.dwell.occupancy_p == pytest.approx(dwell.occupancy_p, abs=0.05)


def test_errors_are_those_of_a_chain_that_is_seen_clearly():
    """A flip probability from n chances: sqrt(p (1 - p) / n); a level from n samples."""
    n = 100_000
    fit = fit_telegraph(seen(n))
    low = int((fit.states == 0).sum())
    assert fit.up.error == pytest.approx(
        math.sqrt(fit.up.value * (1 - fit.up.value) / low), rel=1e-3
    )
    assert fit.low.error == pytest.approx(1e-3 / math.sqrt(low), rel=0.01)  # sigma is fitted too
    assert fit.sigma.error == pytest.approx(1e-3 / math.sqrt(2 * n), rel=0.01)


def test_errors_hold_over_many_recordings():
    """Of 40 recordings with overlapping levels: z has variance 1, within that of chi^2."""
    count, dwell = 40, params(SmtjParams).dwell()
    fits = [fit_telegraph(seen(5000, seed, sigma=0.025)) for seed in range(count)]
    for name, value in (("low", 3.3 * 3 / 103), ("sigma", 0.025), ("tau_c", dwell.tau_c)):
        z = np.array([(getattr(f, name).value - value) / getattr(f, name).error for f in fits])
        assert abs(z.mean()) < SIGMAS / math.sqrt(count)
        assert abs((z**2).mean() - 1) < SIGMAS * math.sqrt(2 / count)


@pytest.mark.parametrize("rate", [10_000_000, 160_000_000])
def test_dwell_times_do_not_depend_on_the_sampling(rate):
    """100 us and 6 us apart: many flips come and go unseen at the former."""
    noise = TelegraphNoiseParams.from_card(SHIPPED["telegraph"], "noise")
    fit = fit_telegraph(scope(noise, params(SmtjParams), rate, 60_000, 5))
    dwell = params(SmtjParams).dwell()
    assert agrees(fit.tau_low, dwell.tau_p)
    assert agrees(fit.tau_high, dwell.tau_ap)


def test_dwells_are_exponential_where_they_should_be():
    """1 within the stated error for telegraph noise; far off for a square wave."""
    fit = fit_telegraph(seen(mu0_h="1 mT"))
    assert agrees(fit.dispersion_low, 1)
    assert agrees(fit.dispersion_high, 1)
    wave = np.tile(np.repeat([0.0, 1.0], 20), 500) + np.random.default_rng(1).normal(
        0, 0.01, 20_000
    )
    square = fit_telegraph(Recording(wave, RATE))
    assert square.dispersion_low.value < 0.01
    assert not agrees(square.dispersion_low, 1)


def test_runs_are_the_complete_dwells():
    states = np.array([0, 0, 1, 1, 1, 0, 1, 0, 0], dtype=np.uint8)
    low, high = runs(states)
    assert (low.tolist(), high.tolist()) == ([1], [3, 1])
    low, high = runs(1 - states)
    assert (low.tolist(), high.tolist()) == ([3, 1], [1])
    assert [part.size for part in runs(states[:2])] == [0, 0]


def test_the_published_chain_is_found_again():
    """p = 0.0809, levels and sigma from the noise of the shipped card, sampled at 40 kHz."""
    p = HmmNoiseParams.from_card(SHIPPED["hmm"], "noise").model_copy(update={"order": "time"})
    series = hmm_noise(p, 1, 3).passes(PassGrid(0, 1, 100_000)).ravel()
    fit = fit_telegraph(Recording(series, RATE))
    for estimate, value in ((fit.up, 0.0809), (fit.low, 0.0362), (fit.high, 0.0480),
                            (fit.sigma, 0.001), (fit.tau_low, 283.3e-6)):  # fmt: skip
        assert agrees(estimate, value)


def test_the_cards_say_what_was_found(tmp_path):
    fit = fit_telegraph(seen(mu0_h="-1 mT"))
    path = tmp_path / "mine.toml"
    path.write_text(card_text(hmm_card(SHIPPED["hmm"], fit)))
    found = HmmNoiseParams.from_card(load_card(path), "noise")
    assert (found.p, found.back) == (fit.up.value, fit.down.value)
    assert (found.mu_1, found.mu_2, found.sigma) == (
        fit.low.value,
        fit.high.value,
        fit.sigma.value,
    )
    path.write_text(card_text(smtj_card(SHIPPED["smtj"], fit, 3.3, 100e3)))
    card = load_card(path)
    junction = SmtjParams.from_card(card, "smtj")
    # without any bias it dwells as the recording did, to the roundings of a logarithm
    assert junction.dwell().tau_p == pytest.approx(fit.tau_low.value, rel=1e-12)
    assert junction.dwell().tau_ap == pytest.approx(fit.tau_high.value, rel=1e-12)
    for key, value in (("r_p", 3000.0), ("tmr", 1.0), ("delta", 12.554), ("mu0_h_0", 1e-3)):
        number = card.numbers[key]
        half = (float(number.high) - float(number.low)) / 2 / 1.959964
        assert abs(float(number.value) - value) < SIGMAS * half
        assert number.trust == "derived"
        assert "fitted to 100000 samples at 40000 Hz of scope" in number.source


def test_a_card_keeps_its_parts_and_family(tmp_path):
    path = tmp_path / "again.toml"
    path.write_text(card_text(SHIPPED["telegraph"]))
    again = load_card(path)
    assert (again.parts, again.family) == (SHIPPED["telegraph"].parts, "noise")
    assert again.numbers == SHIPPED["telegraph"].numbers


def test_a_recording_that_tells_nothing_is_refused():
    noise = np.random.default_rng(1).normal(size=20_000)
    with pytest.raises(DataError, match=r"recording: (one level only|two levels cannot|neighbour)"):
        fit_telegraph(Recording(noise, RATE))
    coins = (np.random.default_rng(2).random(20_000) < 0.5) + 0.01 * noise
    with pytest.raises(DataError, match="sampling rate of 40000 Hz is too low"):
        fit_telegraph(Recording(coins, RATE))
    step = np.repeat([0.0, 1.0, 0.0], 3000) + 0.01 * noise[:9000]
    with pytest.raises(DataError, match=r"2 flips in 0.225 s say nothing .*; 10 are needed"):
        fit_telegraph(Recording(step, RATE))


def test_a_glitch_is_no_level_and_a_rare_state_is_one():
    """One sample ten swings off; and a high state of 0.05 % of the time (25 flips into it)."""
    recording = seen(50_000)
    clean = fit_telegraph(recording)
    recording.v[777] = 1.2
    fit = fit_telegraph(recording)
    assert fit.high.value == pytest.approx(clean.high.value, abs=1e-4)
    assert fit.tau_c.value == pytest.approx(clean.tau_c.value, rel=1e-3)
    states = np.zeros(100_000)
    states[np.arange(1000, 100_000, 4000)[:, None] + np.arange(2)] = 1.0
    noisy = states + np.random.default_rng(3).normal(0, 0.05, states.size)
    rare = fit_telegraph(Recording(noisy, RATE))
    assert agrees(rare.high, 1.0)
    assert rare.flips == 50


def test_levels_that_are_no_divider_are_refused():
    fit = fit_telegraph(seen(20_000))
    with pytest.raises(DataError, match=r"are not between 0 and the supply of 0.15 V"):
        smtj_card(SHIPPED["smtj"], fit, 0.15, 100e3)
