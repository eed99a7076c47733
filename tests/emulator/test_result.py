from __future__ import annotations

from emulator import Emulated, Phase, Timeline


def test_rates_are_taken_inside_the_update_windows():
    emulated = Emulated(elapsed_ps=3 * 10**12, window_ps=10**12, updates=95_000)
    assert emulated.seconds == 3.0
    assert emulated.update_rate_hz == 95_000.0


def test_without_a_window_there_is_no_rate():
    assert Emulated(elapsed_ps=10**12, window_ps=0, updates=0).update_rate_hz is None


def test_a_period_is_the_sum_of_its_phases():
    phases = [Phase("write", 0, 800, "given", "S"), Phase("read", 800, 700, "given", "S")]
    assert Timeline(phases).period_ps == 1500
    assert Timeline([]).period_ps == 0
