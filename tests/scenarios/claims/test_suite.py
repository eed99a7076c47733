"""The shipped claims: what they find, and that every input of theirs moves exactly its verdicts."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

import controllers
from emulator import ConfigError, DataError, PriceError
from emulator.result import UPDATE_GROUPS
from scenarios.claims import Suite, configure_claims
from scenarios.claims.claim import FED
from scenarios.claims.claim_file import FOLDER
from scenarios.claims.readings import PIECE, Readings
from scenarios.claims.stopping import StoppedError, StopWatch
from scenarios.claims.studies import Studies
from scenarios.claims.summary import summary
from scenarios.watch import Unwatched

ROOT = Path(__file__).parents[3]
FPGA_POWER = """emulated = "power('fpga', 'controller + front_end', 'mtj.reset=none')\""""
QUICK = ("table1", "table2", "table3", "note3", "fig6", "note4", "note5", "note6")  # no runs


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


# What a claim is worth


def test_every_what_if_is_a_question_and_what_was_fed_agrees():
    for name, judgement in shipped().items():
        words, kind = judgement.claim.statement, judgement.claim.kind
        assert (words.startswith("What if ") and words.endswith("?")) == (kind == "what-if"), name
        if kind in FED:
            assert judgement.verdict == "agrees", name


def changed_price(folder, entry, by=1.5):
    """The published prices with one of them changed, as a file."""
    part, _, name = entry.rpartition(".")
    text = (controllers.PRICES / "paper.toml").read_text()
    section = re.search(rf'^\["?{re.escape(part)}"?\]$.*?(?=^\[|\Z)', text, re.M | re.S)[0]
    (value,) = re.findall(rf"^{name} = {{ value = ([0-9.]+),", section, re.M)
    line = f"{name} = {{ value = {value},"
    path = folder / "paper.toml"
    path.write_text(text.replace(
        section, section.replace(line, f"{name} = {{ value = {float(value) * by},")))  # fmt: skip
    return str(path)


def changed_number(config, address, by=Decimal("1.1")):
    """A setting that changes a number on a card a little."""
    node, _, leaf = address.rpartition(".")
    number = config.cards()[node].numbers[leaf]
    whole = isinstance(number.value, int) and not number.unit
    value = number.value + 1 if whole else Decimal(str(number.value)) * by
    return f"{address}={value} {number.unit}".strip()


def feeds(groups):
    claims = [claim for chapter in Suite(configure_claims()).chapters for claim in chapter.claims]
    return [pytest.param(claim.id, address, id=f"{claim.id}-{address}")
            for claim in claims if claim.group in groups for address in claim.fed]  # fmt: skip


def check_feed(name, address, folder):
    config = configure_claims()
    usual = Suite(config)
    usual.select([name])
    if address.startswith("paper:"):
        config = configure_claims(prices=changed_price(folder, address.removeprefix("paper:")))
    else:
        config = configure_claims([changed_number(config, address)])
    other = Suite(config)
    other.select([name])
    (before,), (after,) = usual.judgements(), other.judgements()
    assert after.emulated != pytest.approx(before.emulated, rel=1e-6)


@pytest.mark.parametrize(("name", "address"), feeds(QUICK))
def test_what_a_claim_is_fed_moves_its_figure(name, address, tmp_path):
    check_feed(name, address, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "address"), feeds(("note7", "smtj")))
def test_what_a_round_trip_is_fed_moves_its_figure(name, address, tmp_path):
    check_feed(name, address, tmp_path)


def test_arithmetic_and_criteria_are_no_published_figures_of_the_emulator():
    for judgement in shipped().values():
        claim = judgement.claim
        if claim.kind == "arithmetic":
            assert judgement.emulated is None
            assert judgement.difference is not None
        if claim.criterion:
            assert (claim.published, judgement.difference) == (None, None)


def test_a_reason_follows_the_settings():
    """No figure in a reason is of a setting: the sentences of another board show its own."""
    usual = shipped()["fig6.pulse"].reason
    other = judged("lab.t_pulse=3 us", "lab.switch.t_on=0.4 us", only=["fig6"])["fig6.pulse"].reason
    assert "lasts 1000 ns" in usual
    assert "lasts 3000 ns" in other
    assert "150 ns to close" in usual
    assert "400 ns to close" in other


def test_no_figure_is_typed_into_a_reason():
    """What has digits is a formula, a place in a source, or the name of a part."""
    for claim in (c for chapter in Suite(configure_claims()).chapters for c in chapter.claims):
        words = re.sub(r"\{.*?\}|`.*?`|\b[Nn]ote \d|\bLM324\b", "", claim.reason)
        assert not re.search(r"\d", words), claim.id


def test_a_board_that_nearly_makes_the_figure_is_still_judged_by_what_was_printed():
    found = judged("fpga.clock=555 MHz", only=["table3.fpga.controller"])["table3.fpga.controller"]
    assert found.emulated == pytest.approx(360.4, abs=0.1)
    assert found.verdict == "inconsistent"
    assert found.reason.startswith("As printed, ")


def test_a_single_junction_is_issued_to_as_often_as_it_is_free():
    found = judged("asic.t_write=1.2 ns", only=["table3.asic.single"])["table3.asic.single"]
    assert found.emulated == pytest.approx(0.5)  # 2 ns are 4 clocks
    found = judged("asic.t_write=2.2 ns", only=["table3.asic.single"])["table3.asic.single"]
    assert found.emulated == pytest.approx(2 / 6)
    assert found.trusts == {"derived": 1.0}  # by the clock, and what the claim itself asks for


# How readings are taken


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


def test_somebody_who_asks_to_stop_inside_a_run_is_heard_there():
    class Impatient(Unwatched):
        asked = 0

        def stop(self):
            self.asked += 1
            return self.asked > 3

    suite, watch = Suite(configure_claims()), Impatient()
    suite.select(["note7.a"])
    assert list(suite.judgements(watch)) == []
    assert watch.asked == 4  # before the claim, before the run, between its points
    assert summary(suite, [])["status"] == "interrupted"


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


def test_a_damaged_data_set_is_an_error(tmp_path):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte").write_bytes(b"no images")
    suite = Suite(configure_claims(data=str(tmp_path)))
    suite.select(["tasks.mnist"])
    with pytest.raises(DataError, match=r"^claim 'tasks\.mnist': .*train-images"):
        list(suite.judgements())


def test_the_learner_reaches_the_task_whose_learner_it_is():
    studies = Studies(configure_claims(["learner.steps=3", "lab.t_pulse=2 us"]))
    mnist, letters = (studies.configured(name, ()) for name in ("sinn-mnist", "sinn-letters"))
    assert mnist.node("learner").card.numbers["steps"].value == 3
    assert letters.node("learner").card.name == "pid_letters"
    for config in (mnist, letters):
        assert config.node("board").card.numbers["t_pulse"].value == 2


def test_the_junction_of_the_noise_reaches_the_oscilloscope():
    studies = Studies(configure_claims(["noise.junction.delta=13"]))
    scope = studies.configured("smtj-noise", ())
    assert scope.node("noise.junction").card.numbers["delta"].value == 13


def test_a_switching_curve_beyond_any_number_is_timed_all_the_same():
    for c0 in ("-1000", "1000"):
        assert judged(f"mtj.c0={c0}", only=["note4.cpu.time"])["note4.cpu.time"].emulated > 0


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


def test_boards_are_read_again_only_where_a_setting_reaches_them():
    readings = Readings(configure_claims())
    assert readings.serves(configure_claims(["dcim.e_bit=1 pJ", "noise.v_supply=5 V"]))
    for setting in ("fpga.clock=400 MHz", "mtj.sigma=0", "claims.p_ap=0.2"):
        assert not readings.serves(configure_claims([setting]))
    assert not readings.serves(configure_claims(prices="datasheet"))


def test_a_data_set_that_is_not_there_leaves_a_claim_open(tmp_path, monkeypatch):
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    found = judged(only=["tasks.mnist"])["tasks.mnist"]
    assert (found.verdict, found.changed, found.emulated) == ("not checkable", False, None)
    assert "mnist" in found.reason


def test_a_reason_that_needs_a_missing_data_set_leaves_a_claim_open(tmp_path, monkeypatch):
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "t.toml").write_text(
        'schema = 1\nsource = "A paper"\ntitle = "A table"\n[[claim]]\nid = "t.total"\n'
        'statement = "All."\npublished = "5 pJ"\nemulated = "dcim.e_bit"\nexpected = "agrees"\n'
        """reason = "At {run('sinn-mnist', 'accuracy') -> percent}."\n"""
    )
    assert judged(only=["t"], folder=tmp_path)["t.total"].verdict == "not checkable"


@pytest.mark.slow
def test_the_measured_curve_and_the_tasks():
    found = judged(only=["note7", "tasks.clusters", "tasks.letters"])
    assert found["note7.a"].trusts == {"run": 1.0}
    assert found["note7.c"].slack < abs(found["note7.c"].claim.published.value)  # 0 would not do
    assert [name for name, judgement in found.items() if judgement.changed] == []
    assert found["tasks.clusters"].emulated > 85
    assert found["tasks.letters"].emulated > 80


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
