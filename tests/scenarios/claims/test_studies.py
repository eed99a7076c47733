"""Whole runs that claims ask for: their configuration, their data, their end."""

from __future__ import annotations

import pytest

from emulator import DataError
from scenarios.claims import Suite, configure_claims
from scenarios.claims.studies import Studies
from scenarios.claims.summary import summary
from scenarios.watch import Unwatched
from tests.scenarios.claims.judging import judged


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
