from __future__ import annotations

import math
import re

import numpy as np
import pytest

from devices import Follower, OpampParams
from emulator import ConfigError, Emulator

from .bench import params

SIGMAS = 4.5


def follower(seed: int, channels: int, **settings: object) -> Follower:
    p = params(OpampParams, **settings)
    return Follower(Emulator(seed), "opamp", p, p.law(360_674, 50), channels)


def test_the_closed_loop_time_constant_is_that_of_the_gain_bandwidth():
    assert params(OpampParams).tau == round(1e12 / (2 * math.pi * 1.3e6)) == 122_427


def test_the_law_takes_the_slower_of_converter_and_clamp():
    p = params(OpampParams)
    assert p.law(360_674, 50).dac.tau == 360_674
    assert p.law(1000, 50).dac.tau == 200_000
    assert p.law(1000, 50).slew == 400_000
    assert p.law(1000, 50).snap == 50


def test_offsets_are_drawn_once_per_channel_with_the_stated_spread():
    n, sigma = 4000, 3000.0
    offsets = np.array([line.offset for line in follower(1, n).lines])
    assert abs(offsets.mean()) < SIGMAS * sigma / math.sqrt(n)
    assert abs(offsets.std(ddof=1) - sigma) < SIGMAS * sigma / math.sqrt(2 * (n - 1))
    again, other = follower(1, 2), follower(2, 2)
    assert [line.offset for line in again.lines] == offsets[:2].tolist()
    assert [line.offset for line in other.lines] != offsets[:2].tolist()


def test_the_output_ends_below_the_supply():
    line = follower(1, 1, offset="0 mV").lines[0]
    assert (line.low, line.high) == (0, 3_500_000)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"v_supply": "1.5 V"}, "lm324: v_supply = 1.5 V leaves no output range"),
        ({"gbw": "0 Hz"}, "lm324.gbw = 0 Hz is outside (0, inf) Hz"),
        ({"slew_rate": "0.4 V"}, "'V' is not a unit of a slew rate (expected e.g. V/s)"),
    ],
)
def test_an_amplifier_that_cannot_be_is_refused(settings, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        params(OpampParams, **settings)
