"""The shipped claims: what they find, and that every input of theirs moves exactly its verdicts."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import controllers
from emulator import ConfigError, PriceError
from scenarios.claims import Suite, configure_claims
from scenarios.claims.claim_file import FOLDER
from scenarios.claims.summary import summary
from tests.scenarios.claims.judging import QUICK, judged, shipped

ROOT = Path(__file__).parents[3]
FPGA_POWER = """emulated = "power('fpga', 'controller + front_end', 'mtj.reset=none')\""""


def changed(found):
    """What became of the claims whose verdict is not the one of the shipped files."""
    return {name: j.verdict for name, j in found.items() if j.verdict != shipped()[name].verdict}


def test_there_are_enough_and_all_are_as_expected():
    assert sum(len(chapter.claims) for chapter in Suite(configure_claims()).chapters) >= 120
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
        ("note4.cpu.asic", "inconsistent", 6.131),
        ("note4.gpu.fpga", "agrees", 6.071),
        ("note4.gpu.asic", "inconsistent", 7.426),
        ("note3.dominated.asic", "inconsistent", 13.62),
        ("table3.asic.isofrequency", "inconsistent", 10),
        ("table3.asic.junctions", "inconsistent", 4),
        ("table3.asic.junctions_reset", "differs", 5),
        ("table3.fpga.junctions", "agrees", 1),
        ("table3.fpga.junctions_reset", "differs", 2),
        ("note5.sinn.weights", "not checkable", 7840),
        ("note5.bp.weights", "not checkable", 535_040),
        ("note5.sinn.total", "not checkable", 628.5),
        ("note5.bp.total", "not checkable", 43.03),
        ("fig6.gate", "differs", 0.4),
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
    assert shipped()["note4.cpu.asic"].implied == pytest.approx(math.log10(24.8e6 / 20))
    assert shipped()["note4.gpu.asic"].implied == pytest.approx(math.log10(490e6 / 20))
    assert shipped()["note3.dominated.asic"].implied == pytest.approx(12.5)
    assert shipped()["table3.asic.isofrequency"].implied == pytest.approx(10)
    assert shipped()["table3.fpga.total"].implied == pytest.approx(360 + 15.86)
    assert shipped()["table3.asic.total"].implied == pytest.approx(2.5 + 15.86)
    assert shipped()["note4.gpu.energy"].implied == pytest.approx(23 / 10 * 212)


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
        "table3.mcu.rate": "differs",
        "table3.mcu.rate_reset": "differs",
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
        (
            "note_3_table_3", 'published = "360 pJ"', 'published = "400 pJ"',
            {"table3.fpga.controller": "agrees"},
        ),
        (  # a figure that what-ifs repeat and that others are made of
            "note_3_table_3", 'published = "~1.2 uJ"', 'published = "~2 uJ"',
            {"table3.mcu.total": "inconsistent", "table3.mcu.reset": "differs",
             "table3.mcu.two": "agrees", "note4.gpu.ratio": "inconsistent"},
        ),
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


@pytest.mark.parametrize(
    ("settings", "head", "error", "message"),
    [
        (["lab.t_pulse=2 V"], {}, ConfigError, r"^lab\.t_pulse = 2 V"),
        (["asic.t_write=900 ns"], {}, ConfigError, r"set asic\.issue_cycles="),
        (["claims.junctions=100000"], {}, ConfigError, r"claims\.junctions = 100000 is outside"),
        (["pulse.t_0=-1 ns"], {}, ConfigError, r"pulse\.t_0"),
        ([], {"prices": "nofile.toml"}, ConfigError, "nofile"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_judged(settings, head, error, message):
    with pytest.raises(error, match=message):
        configure_claims(settings, **head)


def test_a_price_list_with_a_gap_is_refused_before_anything_is_judged(tmp_path):
    prices = tmp_path / "mine.toml"
    text = (controllers.PRICES / "paper.toml").read_text()
    old = 'write = { value = 15.8, unit = "pJ"'
    assert text.count(old) == 1
    prices.write_text(text.replace(old, f"other_{old}"))
    with pytest.raises(PriceError, match="write"):
        configure_claims(prices=str(prices))


def test_selecting():
    assert set(judged(only=["note6", "fig6.gate"])) == {
        "note6.dac", "note6.dacs", "note6.adc", "note6.adcs", "note6.instruments", "note6.range",
        "note6.switches", "fig6.gate",
    }  # fmt: skip
    assert set(judged(only=["table2.read", "table3.asic.reset"])) == {
        "table2.read", "table3.asic.reset"
    }  # fmt: skip
    assert {name.rpartition(".")[0] for name in judged(only=["table3.asic"])} == {"table3.asic"}
    with pytest.raises(ConfigError, match=r"--only tabel2 is unknown.*did you mean 'table2'"):
        judged(only=["tabel2"])
    with pytest.raises(ConfigError, match=r"did you mean 'note6.range'.*known: note6.adc, note6"):
        judged(only=["note6.rage"])


def test_the_object_for_scripts():
    suite = Suite(configure_claims(["dcim.e_bit=4.9 pJ"]))
    whole = summary(suite, list(shipped().values()))
    assert (whole["status"], whole["prices"], whole["seed"]) == ("interrupted", "paper", 0)
    assert whole["settings"] == ["dcim.e_bit = 4.9 pJ"]
    for entry in whole["claims"]:
        assert {"id", "source", "statement", "published", "emulated", "unit", "verdict", "how",
                "reason", "kind", "error", "slack"} <= set(entry)  # fmt: skip
    suite.select(["note6"])
    assert summary(suite, list(suite.judgements()))["status"] == "complete"
    assert summary(suite, [], "a cause")["error"] == "a cause"
