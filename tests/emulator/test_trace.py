from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from emulator import Emulator, MemoryTrace, ParquetTrace
from emulator.trace import _BLOCK

ROWS = [
    (0, "mtj", "0.state", 1),
    (5, "lab.dac", "0.code", 4095),
    (5, "lab.dac", "1.code", 0.25),
    (2**53 + 1, "mtj", "0.state", -1e-9),
]


def test_memory_keeps_rows_as_they_came():
    trace = MemoryTrace()
    for row in ROWS:
        trace.row(*row)
    trace.close()
    assert trace.rows == ROWS
    assert trace.select("mtj", "0.state") == [(0, 1), (2**53 + 1, -1e-9)]
    assert trace.select("mtj", "none") == []


def test_parquet_returns_what_memory_keeps(tmp_path):
    path = tmp_path / "trace.parquet"
    trace = ParquetTrace(path)
    for row in ROWS:
        trace.row(*row)
    trace.close()
    frame = pd.read_parquet(path)
    assert list(frame.columns) == ["t_ps", "part", "signal", "value"]
    assert frame["t_ps"].dtype == "int64"
    assert frame["value"].dtype == "float64"
    assert list(frame.itertuples(index=False, name=None)) == ROWS


def test_parquet_takes_more_than_one_block(tmp_path):
    """A new part in the second block: each block may have words that no other has."""
    path = tmp_path / "trace.parquet"
    n = 2 * _BLOCK + 17
    trace = ParquetTrace(path)
    for t in range(n):
        trace.row(t, "first" if t < _BLOCK else "second", f"s{t % 3}", t / 2)
    trace.close()
    frame = pd.read_parquet(path)
    assert len(frame) == n
    assert (frame["t_ps"] == np.arange(n)).all()
    assert (frame["value"] * 2 == frame["t_ps"]).all()
    assert (frame["part"].astype(str) == "first").sum() == _BLOCK
    assert frame["signal"].astype(str).iloc[-1] == f"s{(n - 1) % 3}"


@pytest.mark.parametrize("rows", [0, 1, _BLOCK])
def test_parquet_is_a_file_for_any_number_of_rows(tmp_path, rows):
    path = tmp_path / "trace.parquet"
    trace = ParquetTrace(path)
    for t in range(rows):
        trace.row(t, "p", "s", 0)
    trace.close()
    assert len(pd.read_parquet(path)) == rows


def test_either_sink_fits_an_emulator(tmp_path):
    for sink in (MemoryTrace(), ParquetTrace(tmp_path / "t.parquet")):
        emulator = Emulator(trace=sink)
        emulator.trace.row(emulator.now, "p", "s", 1)
        emulator.trace.close()
