"""The shipped claims: what they find, and that every input of theirs moves exactly its verdicts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import controllers
from emulator import ConfigError
from emulator.result import UPDATE_GROUPS
from scenarios.claims import Suite, configure_claims
from scenarios.claims.claim import FOLDER
from scenarios.claims.command import summary
from scenarios.claims.readings import Readings

ROOT = Path(__file__).parents[3]
FPGA_POWER = """emulated = "power('fpga', 'controller + front_end', 'mtj.reset=none')\""""
QUICK = ("table2", "table3", "note3", "fig6", "note4", "note5", "note6")  # no whole runs


def judged(*settings, only=QUICK, folder=FOLDER, **head):
    suite = Suite(configure_claims(settings, **head), folder)
    suite.select(only)
    return {judgement.claim.id: judgement for judgement in suite.judgements()}


@cache
def shipped():
    return judged()


def changed(found):
    """What became of the claims whose verdict is not the one of the shipped files."""
    return {name: j.verdict for name, j in found.items() if j.verdict != shipped()[name].verdict}


def test_there_are_enough_and_all_are_as_expected():
    assert sum(len(chapter.claims) for chapter in Suite(configure_claims()).chapters) >= 60
    assert [name for name, judgement in shipped().items() if judgement.changed] == []
    for judgement in shipped().values():
        assert judgement.how
        assert judgement.verdict == "agrees" or judgement.reason


@pytest.mark.parametrize(
    ("claim", "verdict", "emulated"),
    [
        ("table2.total", "agrees", 15.86),
        ("table2.reset", "differs", 31.66),
        ("table3.fpga.controller", "inconsistent", 400),
        ("table3.fpga.reset", "agrees", 431.66),
        ("table3.asic.single", "inconsistent", 0.5),
        ("table3.asic.interleaved", "agrees", 2.5),
        ("table3.asic.total", "agrees", 18.36),
        ("note5.energy", "agrees", 68.46),
        ("note5.macs", "agrees", 0.4884),
        ("note4.cpu.fpga", "agrees", 4.776),
        ("note4.cpu.asic", "differs", 6.131),
        ("note4.gpu.fpga", "agrees", 6.071),
        ("note4.gpu.asic", "differs", 7.426),
        ("fig6.gate", "inconsistent", 0.4),
    ],
)
def test_verdicts_and_figures(claim, verdict, emulated):
    judgement = shipped()[claim]
    assert judgement.verdict == verdict
    assert judgement.emulated == pytest.approx(emulated, rel=2e-3)


def test_the_prototype_agrees_as_priced_and_differs_by_the_data_sheets():
    paper, sheets = shipped()["table3.mcu.total"], shipped()["table3.mcu.datasheet"]
    assert (paper.verdict, sheets.verdict) == ("agrees", "differs")
    assert abs(paper.difference) < 0.15
    assert sheets.emulated > 4 * paper.emulated
    assert shipped()["note4.gpu.ratio"].verdict == "agrees"


def test_what_the_source_itself_implies():
    assert shipped()["table3.fpga.controller"].implied == pytest.approx(400)
    assert shipped()["table3.asic.controller"].implied == pytest.approx(8)
    assert shipped()["table3.asic.single"].implied == pytest.approx(0.625)


# What moves a verdict: a price, a timing, a width, a published figure


def test_a_price(tmp_path):
    prices = tmp_path / "paper.toml"
    text = (controllers.PRICES / "paper.toml").read_text()
    old = 'write = { value = 15.8, unit = "pJ"'
    assert text.count(old) == 1
    prices.write_text(text.replace(old, 'write = { value = 18.8, unit = "pJ"'))
    moved = changed(judged(prices=str(prices)))
    assert moved == {"table2.write": "differs", "table2.total": "differs"}


def test_a_timing():
    assert changed(judged("fpga.t_write=1.2 ns")) == {"table2.write_time": "differs"}
    assert changed(judged("lab.t_settle_wait=9 us")) == {
        "table3.mcu.controller": "differs",
        "table3.mcu.total": "differs",
        "table3.mcu.reset": "differs",
        "note4.gpu.ratio": "differs",
    }


def test_a_width():
    moved = changed(judged("dcim.hidden_1=1024"))
    assert moved == dict.fromkeys(("note5.weights", "note5.energy", "note5.macs"), "differs")
    assert changed(judged("dcim.e_bit=1 pJ")) == {"note5.energy": "differs"}


@pytest.mark.parametrize(
    ("file", "old", "new", "moved"),
    [
        ("note_3_table_3", '"360 pJ"', '"400 pJ"', {"table3.fpga.controller": "agrees"}),
        (
            "note_3_controllers", f'"200 mW"\n{FPGA_POWER}', f'"180 mW"\n{FPGA_POWER}',
            {"note3.fpga.power": "differs", "table3.fpga.controller": "differs"},
        ),
        ("note_5", '"~0.5 %"', '"~0.6 %"', {"note5.macs": "differs"}),
    ],
)  # fmt: skip
def test_a_published_figure(tmp_path, file, old, new, moved):
    copy = tmp_path / "claims"
    shutil.copytree(FOLDER / "s0", copy / "s0")
    path = copy / "s0" / f"{file}.toml"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    assert changed(judged(folder=copy)) == moved


@pytest.mark.slow
def test_a_copy_of_the_whole_program(tmp_path):
    for package in ("emulator", "devices", "controllers", "learning", "scenarios"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignored)
    for place, old, new in (
        ("controllers/prices/paper.toml", "value = 0.06, unit", "value = 0.09, unit"),
        ("controllers/cards/fpga.toml", "t_write = { value = 0.8", "t_write = { value = 1.2"),
        ("scenarios/cards/dcim.toml", "hidden_2 = { value = 256", "hidden_2 = { value = 512"),
        ("scenarios/claims/s0/note_6.toml", '"3.3 V"', '"5 V"'),
    ):
        path = tmp_path / place
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))
    command = [sys.executable, "-m", "scenarios.cli", "claims", "--json"]
    for group in QUICK:
        command += ["--only", group]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, check=False)
    assert done.returncode == 1, done.stderr.decode()
    found = json.loads(done.stdout)
    assert {*found["changed"]} == {
        "table2.read", "table2.total", "table2.write_time", "note5.weights", "note5.energy",
        "note5.macs", "note6.range",
    }  # fmt: skip


# How readings are taken


def test_every_joule_says_what_it_rests_on():
    for judgement in shipped().values():
        if judgement.claim.unit in ("pJ", "uJ", "nJ") and judgement.emulated is not None:
            assert sum(judgement.trusts.values()) == pytest.approx(1, abs=1e-9)
    assert shipped()["table2.total"].trusts == {"given": 1.0}
    assert shipped()["table3.mcu.datasheet"].trusts["recalled"] > 0.5


def test_a_setting_by_the_user_shows_in_what_a_figure_rests_on():
    found = judged("lab.t_pulse=2 us", only=["table3.mcu.total"])["table3.mcu.total"]
    assert found.trusts["user"] > 0.1


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


def test_selecting():
    assert set(judged(only=["note6", "fig6.gate"])) == {
        "note6.dac", "note6.adc", "note6.instruments", "note6.range", "fig6.gate"
    }  # fmt: skip
    with pytest.raises(ConfigError, match=r"--only tabel2 is unknown.*did you mean 'table2'"):
        judged(only=["tabel2"])


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("energy('lab')", r"energy\(\): missing a required argument"),
        ("energy('lap', 'update')", "board 'lap' is unknown.*did you mean 'lab'"),
        ("energy('lab', 'devise')", "'devise' is not on the bill.*did you mean 'device'"),
        ("phase('lab', 'rest')", "phase 'rest' is unknown"),
        ("energi('lab', 'update')", r"energi\(\) is unknown.*did you mean 'energy'"),
        ("energy(3, 'update')", r"energy\(\) takes texts"),
        ("log10('a')", r"log10\(\) takes one number"),
        ("t.other", "'t.other' is unknown"),
        ("mtj.reset", "mtj.reset = after_ap is not a number"),
        ("dcim.e_bat", r"did you mean 'dcim.e_bit'"),
        ("operations('all')", "is unknown"),
        ("run('psw-curve', 'z', 'psw-curve.trials=x')", "psw-curve"),
        ("energy('lab', 'update', 'junctions=x')", "junctions"),
        ("energy('lab', 'update', 'board.mcus=two')", "board.mcus"),
    ],
)
def test_a_wrong_formula_names_its_claim(tmp_path, formula, message):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.toml").write_text(
        'schema = 1\nsource = "A paper"\ntitle = "A table"\n[[claim]]\nid = "t.total"\n'
        f'statement = "All."\npublished = "1 pJ"\nemulated = "{formula}"\nexpected = "agrees"\n'
    )
    with pytest.raises(ConfigError, match=rf"claim 't\.total': formula.*{message}"):
        judged(only=["t"], folder=tmp_path)


def test_a_data_set_that_is_not_there_leaves_a_claim_open(tmp_path, monkeypatch):
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    found = judged(only=["tasks.mnist"])["tasks.mnist"]
    assert (found.verdict, found.changed, found.emulated) == ("not checkable", False, None)
    assert "mnist" in found.reason


@pytest.mark.slow
def test_the_measured_curve_and_the_tasks():
    found = judged(only=["note7", "tasks.clusters", "tasks.letters"])
    assert [name for name, judgement in found.items() if judgement.changed] == []
    assert found["tasks.clusters"].emulated > 85
    assert found["tasks.letters"].emulated > 80


def test_the_object_for_scripts():
    for entry in summary(list(shipped().values()))["claims"]:
        assert {"id", "source", "statement", "published", "emulated", "unit", "verdict", "how",
                "reason"} <= set(entry)  # fmt: skip
