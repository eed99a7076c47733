"""rv-loop: where each direction of a junction switches, and the resistance of both states."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from devices import VgsotParams, resistances
from emulator import ConfigError, Result
from scenarios.catalog import configure
from scenarios.reporting.figures import draw_all, png
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import call, strict_json

SHORT = ("devices=2", "loops=2", "v_sot_step=0.05 V")


@cache
def swept(*settings: str, seed: int = 0, engine: str = "auto") -> Result:
    return run(configure("rv-loop", settings, seed=seed, engine=engine))


def first_passage(volts: np.ndarray, curve: np.ndarray) -> tuple[float, float]:
    """Mean and standard deviation of the first pulse that switches, P(v) at each pulse."""
    stays = np.concatenate([[1.0], np.cumprod(1.0 - curve)])
    weight = (stays[:-1] - stays[1:]) / (1.0 - stays[-1])
    mean = float(weight @ volts)
    return mean, math.sqrt(float(weight @ (volts - mean) ** 2))


@pytest.mark.parametrize("settings", [(), ("mtj.v_c0_ap=1.0 V", "mtj.k_v_ap=0.05 V")])
def test_switching_voltages_follow_the_law_of_each_direction(settings: tuple[str, ...]) -> None:
    """The mean over 30 loops within 4.5 errors of the first passage through P(v)."""
    result = swept(*settings)
    numbers = result.config.node("mtj").card.numbers
    ramp = np.arange(1, 61) * 0.02
    for name, sign, v_c, k_v in (
        ("v_switch_p_ap", 1, numbers["v_c0"].value, numbers["k_v"].value),
        ("v_switch_ap_p", -1, numbers["v_c0_ap"].value, numbers["k_v_ap"].value),
    ):
        a_sum = 3.43 * (ramp - float(v_c)) / float(k_v) - 0.0757
        mean, std = first_passage(ramp, 1.0 / (1.0 + np.exp(-a_sum)))
        found = result.metrics[name]
        assert found is not None
        offset = 0.009 * (sign > 0)  # of the amplifier, up to 9 mV
        assert abs(found - sign * mean) < 4.5 * std / math.sqrt(30) + offset


def test_resistances_are_those_of_the_junction() -> None:
    """To one ADC code: 7.07 kohm * 0.3 V / V^2 is 28 ohm a code in P, 50 in AP."""
    result = swept()
    mtj = VgsotParams.from_card(result.config.node("mtj").card, "mtj")
    lsb = 3.3 / 4096
    for name, ohm in zip(("r_p_ohm", "r_ap_ohm"), resistances(mtj, 0.3, 7070.0), strict=True):
        volts = 0.3 * 7070.0 / (7070.0 + ohm)
        found = result.metrics[name]
        assert found is not None
        assert abs(found - ohm) < 7070.0 * 0.3 / volts**2 * lsb
    r_p, r_ap = result.metrics["r_p_ohm"], result.metrics["r_ap_ohm"]
    assert r_p is not None
    assert r_ap is not None
    assert result.metrics["tmr"] == r_ap / r_p - 1.0
    assert 0.85 < result.metrics["tmr"] < mtj.tmr_0  # the read voltage lowers it


def test_a_loop_shows_hysteresis() -> None:
    """AP persists from the switch up to the switch down, at every voltage in between."""
    result = swept(*SHORT)
    table = result.tables["rv_loop"]
    rows = list(zip(*(table[n] for n in ("device", "loop", "v_sot", "state")), strict=True))
    per_loop = 4 * 24
    assert len(rows) == 2 * 2 * per_loop
    for first in range(0, len(rows), per_loop):
        states = [state for *_, state in rows[first : first + per_loop]]
        changes = [place for place in range(1, per_loop) if states[place] != states[place - 1]]
        assert len(changes) == 2
        up, down = (rows[first + place][2] for place in changes)
        assert down < 0 < up  # type: ignore[operator]


def test_every_pulse_is_on_the_clock() -> None:
    result = swept(*SHORT)
    assert result.emulated.updates == 2 * 2 * 48
    counts = {line.entry.name: line.entry.amount for line in result.bill.lines
              if line.entry.part == "mtj" and line.entry.kind == "action"}  # fmt: skip
    assert counts["reset"] == 2 * 2 * 48 + 2  # one more per device to begin in P
    assert result.emulated.seconds > counts["reset"] * 1e-3  # the supply settles each time


def test_the_engine_asked_for_changes_nothing() -> None:
    event, compiled = (swept(*SHORT, engine=name) for name in ("event", "compiled"))
    assert event.metrics == compiled.metrics
    assert event.tables == compiled.tables
    assert event.emulated == compiled.emulated
    assert compiled.engine == "event"
    assert compiled.engine_reason == "the sweep is firmware, which the event engine runs"


def test_seeds_differ_and_repeat() -> None:
    first, again, other = swept(*SHORT), run(configure("rv-loop", SHORT)), swept(*SHORT, seed=1)
    assert first.tables == again.tables
    assert first.metrics["v_switch_p_ap"] != other.metrics["v_switch_p_ap"]


def test_a_loop_that_does_not_switch_has_no_voltage() -> None:
    result = swept("devices=1", "loops=1", "v_sot_max=0.3 V", "v_sot_step=0.1 V")
    assert result.metrics["v_switch_p_ap"] is None
    assert result.metrics["r_ap_ohm"] is None
    assert result.metrics["tmr"] is None
    assert any(told.startswith("1 loops have no v_switch_p_ap") for told in result.warnings)


def test_offsets_are_taken_up_only_when_asked_for() -> None:
    assert swept(*SHORT).warnings == []
    spread = swept(*SHORT, "sigma=0.1")
    assert any(told.startswith("rv-loop.sigma") for told in spread.warnings)
    assert spread.tables["rv_loop"]["state"] != swept(*SHORT).tables["rv_loop"]["state"]


@pytest.mark.parametrize("settings", [(), ("devices=1",)])
def test_a_comparator_reads_no_resistance(settings: tuple[str, ...]) -> None:
    """Said before anything else that such a board would want of a single junction."""
    with pytest.raises(ConfigError, match=r"board=asic: a resistance needs a converter"):
        run(configure("rv-loop", ["board=asic", *settings]))


class Stopping(Unwatched):
    """Asks to stop at once."""

    def stop(self) -> bool:
        return True


def test_an_interrupted_run_is_kept() -> None:
    result = run(configure("rv-loop", SHORT), Stopping())
    assert (result.status, result.metrics["loops"]) == ("interrupted", 0)
    assert "rv_loop" not in draw_all(result)


def test_the_command_leaves_table_and_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert call(monkeypatch, "run", "rv-loop", *SHORT, "--json", "--quiet", "--out", out) == 0
    assert strict_json(capsys.readouterr().out)["metrics"]["loops"] == 4
    header, *rows = (out / "rv_loop.csv").read_text().splitlines()
    assert header == "device,loop,v_sot,code,r_ohm,state"
    assert len(rows) == 2 * 2 * 96
    assert (out / "rv_loop.png").read_bytes().startswith(b"\x89PNG")


def test_the_figure_names_both_directions() -> None:
    figure = draw_all(swept(*SHORT))["rv_loop"]
    labels = figure.axes[1].get_legend_handles_labels()[1]
    assert [label.split(",")[0] for label in labels] == ["P to AP", "AP to P"]
    assert png(figure).startswith(b"\x89PNG")


def test_a_junction_that_never_left_p_has_not_switched_back() -> None:
    result = run(configure("rv-loop", ["devices=1", "loops=1", "v_sot_max=0.1 V"]))
    assert set(result.tables["rv_loop"]["state"]) == {"P"}
    assert result.metrics["v_switch_p_ap"] is None
    assert result.metrics["v_switch_ap_p"] is None
    assert len([text for text in result.warnings if "raise rv-loop.v_sot_max" in text]) == 2


def test_a_step_beyond_the_maximum_is_refused() -> None:
    with pytest.raises(ConfigError, match="exceeds v_sot_max"):
        run(configure("rv-loop", ["v_sot_max=1 mV", "v_sot_step=1 V"]))
