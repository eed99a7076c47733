"""What names and calls in a formula stand for, and how a wrong one is told."""

from __future__ import annotations

import pytest

from emulator import ConfigError
from tests.scenarios.claims.judging import judged


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
        ("energy('lab', 'update', 'prices')", "'prices' is not prices=VALUE"),
        ("energy('lab', 'update', 'board.t_pulse=2 V')", r"lab\.t_pulse = 2 V"),
        ("ceil(1e308 * 1e308)", "too large"),
        ("pulse_energy(t.pulse / 1e300)", "too short for the law"),
        ("energy('lab', 'update', 'board.mcus=two')", "board.mcus"),
    ],
)
def test_a_wrong_formula_names_its_claim(tmp_path, formula, message):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.toml").write_text(
        'schema = 1\nsource = "A paper"\ntitle = "A table"\n[[claim]]\nid = "t.total"\n'
        f'statement = "All."\npublished = "1 pJ"\nemulated = "{formula}"\nexpected = "agrees"\n'
        '[[claim]]\nid = "t.pulse"\nstatement = "A pulse."\npublished = "0.8 ns"\n'
        'expected = "not checkable"\nreason = "None."\n'
    )
    with pytest.raises(ConfigError, match=rf"claim 't\.total': formula.*{message}"):
        judged(only=["t"], folder=tmp_path)


def test_a_definition_that_leads_to_itself_is_refused(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.toml").write_text(
        'schema = 1\nsource = "A paper"\ntitle = "A table"\n[define]\none = "two + 1"\n'
        'two = "one"\n[[claim]]\nid = "t.total"\nstatement = "All."\npublished = "1"\n'
        'emulated = "one"\nexpected = "agrees"\n'
    )
    with pytest.raises(ConfigError, match=r"claim 't\.total'.*'one' is defined by itself"):
        judged(only=["t"], folder=tmp_path)


def test_a_switching_curve_beyond_any_number_is_timed_all_the_same():
    for c0 in ("-1000", "1000"):
        assert judged(f"mtj.c0={c0}", only=["note4.cpu.time"])["note4.cpu.time"].emulated > 0
