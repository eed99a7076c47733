"""How boards are read, and what the figures rest on."""

from __future__ import annotations

import pytest

from emulator.result import UPDATE_GROUPS
from scenarios.claims import Suite, configure_claims
from scenarios.claims.readings import PIECE, Readings
from scenarios.claims.stopping import StoppedError, StopWatch
from tests.scenarios.claims.judging import judged, shipped


def test_a_single_junction_is_issued_to_as_often_as_it_is_free():
    found = judged("asic.t_write=1.2 ns", only=["table3.asic.single"])["table3.asic.single"]
    assert found.emulated == pytest.approx(0.5)  # 2 ns are 4 clocks
    found = judged("asic.t_write=2.2 ns", only=["table3.asic.single"])["table3.asic.single"]
    assert found.emulated == pytest.approx(2 / 6)
    assert found.trusts == {"derived": 1.0}  # by the clock, and what the claim itself asks for


def test_every_joule_says_what_it_rests_on():
    for judgement in shipped().values():
        if judgement.claim.unit in ("pJ", "uJ", "nJ") and judgement.emulated is not None:
            assert sum(judgement.trusts.values()) == pytest.approx(1, abs=1e-9)
    assert shipped()["table2.total"].trusts == {"given": 1.0}
    assert shipped()["note4.cpu.time"].trusts == {"measured": 1.0}
    assert shipped()["table3.mcu.datasheet"].trusts["recalled"] > 0.5


def test_a_setting_by_the_user_shows_in_what_a_figure_rests_on():
    found = judged("lab.t_pulse=2 us", only=["table3.mcu.total"])["table3.mcu.total"]
    assert found.trusts["user"] > 0.1


def test_what_a_claim_sets_is_not_the_user_s():
    for judgement in shipped().values():
        assert "user" not in judgement.trusts


def test_boards_warn():
    def warnings(*settings, only):
        suite = Suite(configure_claims(settings))
        suite.select([only])
        assert list(suite.judgements())
        return suite.warnings

    assert warnings(only="table3") == []
    rushed = warnings("lab.t_settle_wait=0.1 us", only="table3.mcu")
    assert rushed[0].startswith("lab.t_settle_wait = 0.1 us lies outside the range")
    assert any("lengthen lab.t_settle_wait" in text for text in rushed)
    for setting in ("mtj.c0=-1000", "mtj.a=1e-9"):
        (missed,) = [t for t in warnings(setting, only="table3.mcu.rate") if "claims.p_ap" in t]
        assert missed.startswith("lab: the drive that arrives gives P(AP) =")
        assert "asks for 10.0 %" in missed


def test_a_reading_can_be_stopped_and_is_cut_into_pieces():
    watch = StopWatch()
    config = configure_claims([f"claims.updates={3 * PIECE}"])
    whole = Readings(config, watch).take("fpga", ("mtj.reset=none",))
    assert whole.updates == 3 * PIECE
    asked = iter((False, False, True))
    watch.asked = lambda: next(asked)
    with pytest.raises(StoppedError):
        Readings(config, watch).take("fpga", ("mtj.reset=none",))
    assert list(asked) == []


def test_groups_parts_and_entries_add_up():
    reading = Readings(configure_claims()).take("lab", ("mtj.reset=none",))
    whole = reading.energy("update").to("J")
    assert sum(reading.energy(group).to("J") for group in UPDATE_GROUPS) == pytest.approx(whole)
    assert reading.energy("lab.mcu + controller").to("J") == reading.energy("lab.mcu").to("J")
    assert reading.energy("mtj.write").to("J") < reading.energy("mtj").to("J")


def test_a_power_rests_on_prices_and_an_energy_on_durations_as_well():
    reading = Readings(configure_claims()).take("lab", ("mtj.reset=none",))
    power, energy = reading.power("lab.opamp"), reading.energy("lab.opamp")
    assert power.to("mW") == pytest.approx(20)
    assert power.trusts == {"given": 1.0}
    assert energy.to("J") == pytest.approx(power.to("W") / reading.rate().to("Hz"))
    assert set(energy.trusts) == {"derived", "assumed"}


def test_boards_are_read_again_only_where_a_setting_reaches_them():
    readings = Readings(configure_claims())
    assert readings.serves(configure_claims(["dcim.e_bit=1 pJ", "noise.v_supply=5 V"]))
    for setting in ("fpga.clock=400 MHz", "mtj.sigma=0", "claims.p_ap=0.2"):
        assert not readings.serves(configure_claims([setting]))
    assert not readings.serves(configure_claims(prices="datasheet"))
