"""A write pulse of width t: its critical voltage, its energy, and how likely it switches."""

from __future__ import annotations

import math

import numpy as np
import pytest

from devices import CARDS, VgsotParams, WritePulse, WritePulseParams
from devices.write_energy import TRUSTED_TAIL, Direction
from emulator import ConfigError, load_card
from emulator.params import number_from_text

NS = 1000.0  # ps
US = 1e6


def card(**settings: str) -> WritePulseParams:
    found = load_card(CARDS / "write_pulse.toml")
    for key, text in settings.items():
        found = found.with_number(key, number_from_text(text, found.numbers[key]))
    return WritePulseParams.from_card(found, "pulse")


def junction(**settings: str) -> VgsotParams:
    found = load_card(CARDS / "vgsot.toml")
    for key, text in settings.items():
        found = found.with_number(key, number_from_text(text, found.numbers[key]))
    return VgsotParams.from_card(found, "mtj")


@pytest.mark.parametrize(
    ("width", "picojoules"), [(0.5, 10.4), (0.8, 11.0), (1, 11.7), (2, 16.3), (5, 31.5), (10, 57.4)]
)
def test_energy_at_six_widths(width: float, picojoules: float) -> None:
    """E proportional to t + 2 t_0 + t_0^2 / t through 11 pJ at 0.8 ns, t_0 = 0.5 ns."""
    assert abs(float(card().energy(np.array(width * NS))) * 1e12 - picojoules) < 0.05


def test_the_published_point_is_hit_whatever_t_0() -> None:
    for t_0 in ("0 ns", "0.2 ns", "1 ns"):
        assert float(card(t_0=t_0).energy(np.array(0.8 * NS))) == pytest.approx(11e-12, rel=1e-12)


def test_energy_is_least_at_t_0_and_four_times_t_0_in_its_own_unit() -> None:
    t = np.linspace(0.1, 5, 4901) * NS
    energy = card().energy(t)
    assert t[energy.argmin()] == pytest.approx(0.5 * NS, abs=2)
    factor = 11 / (0.8 + 1 + 0.25 / 0.8)  # pJ per ns
    assert energy.min() == pytest.approx(4 * 0.5 * factor * 1e-12)


def test_energy_is_the_heat_of_the_critical_voltage() -> None:
    """E / (V_c^2 t) is one conductance at every width, below and above the thermal edge."""
    law = WritePulse(card(), junction(), round(0.8 * NS))
    t = np.geomspace(0.1 * NS, 100 * US, 200)
    conductance = law.energy(t) / (law.critical_voltage(t) ** 2 * t * 1e-12)
    assert conductance == pytest.approx(np.full_like(t, conductance[0]), rel=1e-12)


def test_short_pulses_take_the_voltage_of_a_long_one_times_one_plus_t_0_over_t() -> None:
    p = card()
    assert p.shape(np.array([0.25, 0.5, 1, 5]) * NS) == pytest.approx([3, 2, 1.5, 1.1])


def test_above_the_thermal_edge_voltage_falls_with_the_logarithm() -> None:
    """A decade takes ln 10 / (Delta - ln(t_thermal / tau_0)) of the voltage at the edge."""
    p = card()
    edge, *later = p.shape(np.array([10, 100, 1000, 1e6]) * NS)
    decade = edge * math.log(10) / (60 - math.log(10))
    assert later == pytest.approx([edge - decade, edge - 2 * decade, edge - 5 * decade])


def test_the_two_laws_meet() -> None:
    p, edge = card(), 10 * NS
    below, at, above = p.shape(edge + np.array([-1e-3, 0, 1e-3]))
    assert below == pytest.approx(at, rel=1e-6)
    assert above == pytest.approx(at, rel=1e-6)
    assert below > at > above


def test_a_voltage_is_never_shifted_at_the_width_for_which_it_was_stated() -> None:
    t = np.array([0.8 * NS, 10 * NS, 1 * US])
    for stated in (0.8 * NS, 10 * NS, 1 * US):
        law = WritePulse(card(), junction(), round(stated))
        volts = law.critical_voltage(t)
        assert volts[t == stated] == [junction().v_c0]
        assert volts[t < stated] == pytest.approx(
            junction().v_c0 * card().shape(t[t < stated]) / card().shape(np.array(stated))
        )
        assert (np.diff(volts) < 0).all()


def test_going_there_and_back_changes_nothing() -> None:
    """What 0.8 V at 1 us becomes at 1 ns is carried back to 0.8 V."""
    there = WritePulse(card(), junction(), round(US)).critical_voltage(np.array(NS))
    back = WritePulse(card(), junction(v_c0=f"{there}"), round(NS)).critical_voltage(np.array(US))
    assert there > 1.1
    assert back == pytest.approx(0.8)


def test_directions_are_equal_until_they_are_told_apart() -> None:
    t = np.geomspace(0.3 * NS, US, 20)
    same = WritePulse(card(), junction(), round(0.8 * NS))
    assert (same.energy(t, "ap_p") == same.energy(t, "p_ap")).all()
    other = WritePulse(card(), junction(v_c0_ap="0.88"), round(0.8 * NS))
    assert other.critical_voltage(t, "ap_p") == pytest.approx(1.1 * other.critical_voltage(t))
    assert other.energy(t, "ap_p") == pytest.approx(1.21 * other.energy(t))
    assert other.energy(np.array(0.8 * NS)) == pytest.approx(11e-12)


@pytest.mark.parametrize("direction", ["p_ap", "ap_p"])
def test_switching_follows_the_critical_voltage(direction: Direction) -> None:
    """The same excess over V_c(t) switches alike at any width: logistic in V - V_c(t)."""
    law = WritePulse(card(), junction(k_v_ap="0.2"), round(0.8 * NS))
    t = np.geomspace(0.3 * NS, US, 7)
    p = junction()
    k = p.k_v if direction == "p_ap" else 0.2
    for excess in (-0.1, 0.0, 0.05):
        found = law.p_sw(law.critical_voltage(t, direction) + excess, t, direction)
        expected = 1 / (1 + math.exp(-(p.a * excess / k + p.c0)))
        assert found == pytest.approx(np.full_like(t, expected), rel=1e-9)


def test_wider_pulses_switch_more_often_and_tails_are_clipped() -> None:
    law = WritePulse(card(), junction(), round(0.8 * NS))
    p = law.p_sw(np.array(0.8), np.geomspace(0.1 * NS, US, 50))
    assert (np.diff(p) >= 0).all()
    assert p.min() == 1e-6
    assert 1e-6 < TRUSTED_TAIL < 0.01


def test_widths_without_a_pulse_and_without_a_barrier_are_refused() -> None:
    with pytest.raises(ConfigError, match="a pulse of 0 s writes nothing"):
        card().shape(np.array([0.0, 1.0]))
    with pytest.raises(ConfigError, match=r"in 1e\+21 s a barrier of delta = 60 is crossed"):
        card().shape(np.array(1e33))
    with pytest.raises(ConfigError, match="a pulse of 8e-310 s is too short for the law"):
        card().energy(np.array(8e-298))
    with pytest.raises(ConfigError, match="delta = 2 is no barrier at t_thermal"):
        card(delta="2")
