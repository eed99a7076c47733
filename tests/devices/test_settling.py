from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import OpampParams, SettlingLaw, decay
from devices.settling import ONE

from .bench import params

TABLE_ERROR = 2e-6  # of a decay, relative to what is left
ROUNDINGS = 3  # uV: the table's floor, and two divisions of the slewing part
HALF_LSB = 403  # uV, of 12 bits over 3.3 V
steps = st.integers(0, 5_000_000)
times = st.integers(0, 50_000_000)
taus = st.integers(1, 10**8)
laws = st.builds(
    lambda slew, amp, dac, snap: SettlingLaw(slew, decay(amp), decay(dac), snap),
    st.sampled_from([0, 50_000, 400_000, 2_300_000]),
    st.sampled_from([0, 57_000, 122_427, 500_000]),
    st.sampled_from([0, 200_000, 360_674]),
    st.sampled_from([1, 50]),
)


def lm324(dac_tau: int = 0, snap: int = 1) -> SettlingLaw:
    opamp = params(OpampParams)
    return SettlingLaw(round(opamp.slew_rate), decay(opamp.tau), decay(dac_tau), snap)


def closed_form(step: float, within: float, slew: float, tau: float) -> float:
    """t = (dV - SR tau)/SR + tau ln(SR tau / eps) (volts, seconds); exponential below SR tau."""
    linear = slew * tau
    if step <= linear:
        return tau * math.log(step / within) if step > within else 0.0
    if within >= linear:
        return (step - within) / slew
    return (step - linear) / slew + tau * math.log(linear / within)


@given(taus, st.integers(0, 10**7), st.integers(0, 10**9))
def test_a_decay_is_the_exponential(tau, x, t):
    """To 2e-6 of what is left, a unit of the table (2^-30 of x) and one rounding."""
    exact = x * math.exp(-t / tau)
    error = TABLE_ERROR * exact + 2 * x / ONE + 1
    assert abs(decay(tau).of(x, t) - exact) <= error


@given(taus, st.integers(0, 10**7), st.integers(0, 10**9), st.integers(0, 10**6))
def test_a_decay_never_rises(tau, x, t, dt):
    law = decay(tau)
    assert law.of(x, 0) == x
    assert law.of(x, t) >= law.of(x, t + dt) >= 0


def test_no_time_constant_decays_at_once():
    assert decay(0).of(1000, 0) == 0
    assert decay(-5).of(1000, 0) == 0


def test_the_follower_of_the_board_needs_3_97_us():
    """1.4 V to half an LSB with 0.4 V/us and 1.3 MHz; one uV is 0.3 ns at the end."""
    opamp = params(OpampParams)
    assert opamp.tau == round(1e12 / (2 * math.pi * 1.3e6))
    settled = lm324().settled_after(1_400_000, HALF_LSB)
    exact = closed_form(1.4, HALF_LSB * 1e-6, 0.4e6, opamp.tau * 1e-12)
    assert settled == pytest.approx(exact * 1e12, abs=opamp.tau * ROUNDINGS / HALF_LSB)
    assert round(exact * 1e6, 2) == 3.97


@given(
    slew=st.integers(10_000, 10_000_000),
    tau=st.integers(1000, 2_000_000),
    step=st.integers(1000, 5_000_000),
    within=st.integers(50, 1000),
)
def test_settling_times_follow_the_closed_form(slew, tau, step, within):
    """Error: ROUNDINGS uV over the slope at the end, which is `within`/tau or the slew rate."""
    law = SettlingLaw(slew, decay(tau), decay(0), 1)
    exact = 1e12 * closed_form(step * 1e-6, within * 1e-6, slew, tau * 1e-12)
    slope = min(within / tau, slew * 1e-6)  # uV per ps
    error = ROUNDINGS / slope + tau * TABLE_ERROR + 2
    assert abs(law.settled_after(step, within) - exact) <= error * (1 + ROUNDINGS / within)


@given(laws, steps, st.integers(1, 1000))
def test_settled_after_is_the_first_such_time(law, step, within):
    t = law.settled_after(step, within)
    bare = SettlingLaw(law.slew, law.amp, law.dac, 1)
    assert bare.residue(step, t) <= within
    assert t == 0 or bare.residue(step, t - 1) > within


def test_a_small_step_settles_linearly():
    """Below SR tau = 49 mV the amplifier does not slew: the share left depends on t alone."""
    law = lm324()
    linear = 400_000 * params(OpampParams).tau // 10**6
    assert linear == 48_970
    for t in (0, 50_000, 122_427, 400_000):
        full = law.residue(linear, t)
        for part in (2, 5, 10):
            assert abs(law.residue(linear // part, t) - full / part) <= 2
    assert law.residue(10 * linear, 122_427) > 10 * law.residue(linear, 122_427)


def test_a_large_step_slews_at_its_rate():
    law = lm324()
    for t in range(0, 3_000_000, 100_000):
        assert law.residue(1_400_000, t) == 1_400_000 - 400_000 * t // 10**6


@given(laws, steps, times)
def test_the_residue_is_the_larger_of_converter_and_amplifier(law, step, t):
    amp = SettlingLaw(law.slew, law.amp, decay(0), 1).residue(step, t)
    dac = SettlingLaw(0, decay(0), law.dac, 1).residue(step, t)
    left = max(amp, dac)
    assert law.residue(step, t) == (0 if left < law.snap else left)


@given(laws, steps, times, st.integers(0, 10**6))
def test_the_residue_never_grows_with_time(law, step, t, dt):
    assert step >= law.residue(step, t) >= law.residue(step, t + dt) >= 0


@given(laws, steps, st.integers(0, 10**5), times)
def test_a_larger_step_leaves_no_less(law, step, more, t):
    assert law.residue(step + more, t) >= law.residue(step, t)


@given(laws, st.integers(0, 3_000_000), st.integers(0, 3_000_000), times)
def test_levels_stay_between_start_and_target_and_mirror(law, start, target, t):
    level = law.level(start, target, t)
    assert min(start, target) <= level <= max(start, target)
    assert level + law.level(-start, -target, t) == 0


@given(laws, steps, times)
def test_what_is_below_the_snap_counts_as_settled(law, step, t):
    left = law.residue(step, t)
    assert left == 0 or left >= law.snap


def test_parallel_settling_is_the_slower_of_the_two_and_not_their_sum():
    tau_dac = round(3_000_000 / math.log(4096))
    for step in (10_000, 300_000, 1_400_000, 3_000_000):
        each = [
            law.settled_after(step, HALF_LSB)
            for law in (lm324(), SettlingLaw(0, decay(0), decay(tau_dac), 1))
        ]
        assert lm324(tau_dac).settled_after(step, HALF_LSB) == max(each)
