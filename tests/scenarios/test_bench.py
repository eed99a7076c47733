"""The benchmark: its rows and its JSON; speed itself is never asserted here."""

from __future__ import annotations

import pytest

from scenarios import bench
from scenarios.bench import HISTORY, measure
from tests.controllers.boards import bench as bench_of
from tests.scenarios.small_runs import call, strict_json

ROWS = {
    "simpy_timeouts", "updates_event", "updates_event_trace", "closed_loop_event",
    "trace_rows_event", "lab_realtime_event", "updates_d1", "updates_d10", "updates_d10_history",
    "updates_d64", "updates_d4096", "updates_trace_d64", "closed_loop_mnist", "trace_rows",
    "lab_realtime_factor",
}  # fmt: skip


def test_every_row_is_a_rate_with_a_ratio_to_the_event_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bench, "UPDATES", 100_000)
    monkeypatch.setattr(bench, "EVENT_UPDATES", 200)
    rows = {row.name: row for row in measure(slices=1)}
    assert set(rows) == ROWS
    assert all(row.value > 0 and row.ratio_to_event for row in rows.values())
    assert rows["updates_event"].ratio_to_event == 1.0


def test_the_history_row_carries_the_level() -> None:
    """A line is still settling when it is written anew; at the defaults it is at rest by then."""
    for settings, rests in ((HISTORY, False), ([], True)):
        made = bench_of(*settings)
        law = made.board.law  # type: ignore[attr-defined]
        phases = {phase.name: phase for phase in made.board.timeline().phases}
        parked = phases["read switch"].start_ps
        written = phases["preset"].start_ps + made.board.timeline().period_ps
        assert (law.residue(1_000_000, written - parked) == 0) == rests


@pytest.mark.slow
def test_the_command_prints_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = call(monkeypatch, "bench", "--json")
    told = strict_json(capsys.readouterr().out)
    assert code == 0  # the exit code of a finished command
    assert told["schema"] == 1
    assert {row["name"] for row in told["rows"]} == ROWS
