"""`spinboard claims` from a shell."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time

import pytest
from typer.testing import CliRunner

from scenarios.cli import app

runner = CliRunner()


def claims(*words):
    return runner.invoke(app, ["claims", *words])


def test_tables_for_people():
    found = claims("--only", "note6")
    assert found.exit_code == 0
    for text in ("S0 note 6", "note6.range", "3.3 V", "reading: 1 agrees", "echo: 3 agrees",
                 "prices paper, seed 0"):  # fmt: skip
        assert text in found.stdout
    assert "expected" not in found.stdout


def test_one_object_for_scripts():
    found = claims("--only", "table3.fpga.controller", "--json")
    assert found.exit_code == 0
    (entry,) = json.loads(found.stdout)["claims"]
    assert (entry["published"], entry["verdict"]) == (360.0, "inconsistent")
    assert entry["emulated"] == pytest.approx(400)
    assert "energy('fpga'" in entry["how"]


def test_a_verdict_that_has_changed_is_an_error():
    found = claims("lab.dac.v_ref=5 V", "--only", "note6")
    assert found.exit_code == 1
    assert "note6.range: expected 'agrees', found 'differs'" in found.stdout
    listed = json.loads(claims("lab.dac.v_ref=5 V", "--only", "note6", "--json").stdout)
    assert listed["changed"] == ["note6.range"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "note9"), "--only note9 is unknown"),
        (("dcim.e_bit=1 V",), "dcim.e_bit = 1 V: 'V' is not a unit of an energy"),
        (("dcim.e_bit=-1 pJ",), "dcim.e_bit = -1 pJ is outside"),
        (("claims.p_ap=2",), "claims.p_ap = 2 is outside"),
        (("lap.t_pulse=1 us",), "lap"),
        (("--prices", "none"), "price list 'none' is unknown"),
    ],
)
def test_bad_input_is_one_message(words, message):
    found = claims(*words)
    assert message in str(found.exception)
    assert found.stdout == ""


OWN = """
schema = 1
source = "My notes"
title = "My board"

[[claim]]
id = "mine.rate"
statement = "My board makes 10 updates per second."
published = "10 Hz"
emulated = "rate('lab', 'mtj.reset=none')"
expected = "differs"
reason = "It makes {emulated}, {table3.mcu.rate -> Hz} are published."

[[claim]]
id = "mine.broken"
statement = "This has no sense."
published = "1 pJ"
emulated = "rate('lab', 'mtj.reset=none')"
expected = "agrees"
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine.toml").write_text(OWN)
    return str(tmp_path)


def test_claims_of_one_s_own(own):
    found = claims("--claims", own, "--only", "mine.rate", "--json")
    assert found.exit_code == 0
    (entry,) = json.loads(found.stdout)["claims"]
    assert entry["reason"].startswith("It makes 1.073e+05 Hz, 1e+05 Hz are published.")
    assert "there is no such folder" in str(claims("--claims", f"{own}/none").exception)
    assert "there is no such folder" in str(claims("--claims", "").exception)


def test_what_was_judged_before_an_error_is_reported(own):
    found = claims("--claims", own, "--only", "mine", "--json")
    assert "claim 'mine.broken': a figure is not in pJ" in str(found.exception)
    told = json.loads(found.stdout)
    assert told["status"] == "interrupted"
    assert "mine.broken" in told["error"]
    assert [entry["id"] for entry in told["claims"]] == ["mine.rate"]


def test_warnings_and_settings_are_told():
    words = ("lab.t_settle_wait=0.1 us", "--only", "table3.mcu.rate")
    found = claims(*words)
    assert "warning: lab.t_settle_wait = 0.1 us lies outside" in found.stderr
    assert "set: lab.t_settle_wait = 0.1 us" in found.stdout
    assert "warning" not in found.stdout
    told = json.loads(claims(*words, "--json").stdout)
    assert any("lengthen lab.t_settle_wait" in text for text in told["warnings"])
    assert told["settings"] == ["lab.t_settle_wait = 0.1 us"]


def test_a_narrow_terminal_gets_a_list_and_a_wide_one_a_table(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    narrow = claims("--only", "fig6.gate").stdout
    figures = "published 0.5 V; emulated 0.4 V; difference \u221220.0 %"
    assert f"fig6.gate  differs (what-if)\n  {figures}\n" in narrow
    assert max(map(len, narrow.splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "160")
    wide = claims("--only", "fig6.gate").stdout
    assert "statement, and the reason" in wide
    assert "differs (what-if)" in wide


def test_both_figures_of_a_contradiction_and_a_criterion_of_ours_are_named(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    found = claims("--only", "note3.dominated.asic", "--only", "table3.fpga.controller").stdout
    assert "held against >50 % (our criterion), own figures give 12.5 %; emulated" in found
    assert "published 360 pJ, own figures give 400 pJ; emulated 400 pJ; difference" in found


def test_how_shows_words_and_formulas(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    words = ("--only", "note5.weights")
    plain, told = claims(*words).stdout, claims(*words, "--how").stdout
    for text in ("how: arithmetic on published figures and cards: bp_weights / sinn_weights",
                 "sinn_weights = dcim.inputs * dcim.outputs", "fed: dcim.hidden_1, dcim.hidden_2",
                 "S0 note 5: \u201c~68\u00d7 lower update"):  # fmt: skip
        assert text in " ".join(told.split())
        assert text not in " ".join(plain.split())


@pytest.mark.slow
def test_an_error_bar_is_shown():
    assert re.search(r"3\.\d+ \u00b1 0\.\d+", claims("--only", "note7.a").stdout)


def test_help_names_the_tops_of_claims():
    text = " ".join(claims("--help").stdout.split())
    assert "board=fpga" not in text
    assert "lab.t_pulse" in text


@pytest.mark.parametrize("name", ["", "x" * 300, "/proc/x"])
def test_a_report_that_cannot_be_written_is_refused_before_the_work(name):
    found = claims("--html", name)
    assert "--html" in str(found.exception)
    assert found.stdout == ""


PROGRAM = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever was inherited
print("up", flush=True)
from scenarios.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("delay", [0.1, 0.4, 1.5])  # importing typer, numpy; judging
def test_ctrl_c_ends_quietly_whenever_it_comes(delay):
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "claims", "--only", "note7", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert running.stdout is not None
    assert running.stdout.readline() == "up\n"
    time.sleep(delay)
    running.send_signal(signal.SIGINT)
    _, errors = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "Traceback" not in errors
