"""The benchmark: its rows and its JSON; speed itself is never asserted here."""

from __future__ import annotations

import pytest

from scenarios.bench import measure
from tests.scenarios.small_runs import call, strict_json

ROWS = {"simpy_timeouts", "updates_event", "updates_event_trace", "updates_event_pipeline",
        "lab_realtime_factor"}  # fmt: skip


def test_every_row_is_a_rate_and_ratios_are_to_the_event_engine() -> None:
    rows = {row.name: row for row in measure(slices=1)}
    assert set(rows) == ROWS
    assert all(row.value > 0 for row in rows.values())
    assert rows["updates_event"].ratio_to_event == 1.0
    assert rows["lab_realtime_factor"].ratio_to_event is None


@pytest.mark.slow
def test_the_command_prints_one_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = call(monkeypatch, "bench", "--json")
    told = strict_json(capsys.readouterr().out)
    assert code == 0  # the exit code of a finished command
    assert told["schema"] == 1
    assert {row["name"] for row in told["rows"]} == ROWS
