"""`spinboard claims` from a shell."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from scenarios.cli import app

runner = CliRunner()


def claims(*words):
    return runner.invoke(app, ["claims", *words])


def test_tables_for_people():
    found = claims("--only", "note6")
    assert found.exit_code == 0
    for text in ("S0 note 6", "note6.range", "3.3 V", "4 agrees"):
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
