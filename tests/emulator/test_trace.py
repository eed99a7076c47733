from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import Emulator, MemoryTrace, ParquetTrace
from emulator import trace as trace_module
from emulator.trace import _GROUP

ROWS = [
    (0, "mtj", "0.state", 1),
    (5, "lab.dac", "0.code", 4095),
    (5, "lab.dac", "1.code", 0.25),
    (2**53 + 1, "mtj", "0.state", -1e-9),
]
NAMES = [("mtj", "0.state"), ("lab.dac", "0.code"), ("lab.dac", "1.code"), ("unused", "never")]
SMALL = 7  # rows of a row group where many of them are wanted
ONE_LENGTH = "a block has columns of one length, not of shapes "


def columns(times=3, names=3, values=3):
    return np.arange(times), np.zeros(names, np.int32), np.zeros(values)


def pointing_at(*entries):
    return np.arange(3), np.array(entries, np.int32), np.zeros(3)


def feed(sink, rows, cuts=(), names=NAMES):
    """Give rows to a sink: those before the first cut one by one, then one block, and so on."""
    edges = [0, *sorted(cuts), len(rows)]
    for k, (start, stop) in enumerate(pairwise(edges)):
        if k % 2 == 0:
            for row in rows[start:stop]:
                sink.row(*row)
        else:
            give_block(sink, rows[start:stop], names)
    sink.close()


def give_block(sink, rows, names=NAMES):
    """Give rows as one block, in arrays that are spoilt afterwards."""
    times = np.array([row[0] for row in rows], np.int64)
    entries = np.array([names.index(row[1:3]) for row in rows], np.int32)
    values = np.array([row[3] for row in rows], np.float64)
    sink.block(names, times, entries, values)
    for array in (times, entries, values):
        array[:] = -1


def written(path, rows, cuts=(), names=NAMES):
    """Return the bytes of a trace file."""
    feed(ParquetTrace(path), rows, cuts, names)
    return path.read_bytes()


@pytest.mark.parametrize("cuts", [(), (0,), (2,), (1, 3), (0, 2, 2)])
def test_memory_keeps_rows_as_they_came(cuts):
    trace = MemoryTrace()
    feed(trace, ROWS, cuts)
    assert trace.rows == ROWS
    assert trace.select("mtj", "0.state") == [(0, 1), (2**53 + 1, -1e-9)]
    assert trace.select("mtj", "none") == []


def test_memory_keeps_python_numbers_of_a_block():
    trace = MemoryTrace()
    give_block(trace, ROWS)
    assert {tuple(map(type, row)) for row in trace.rows} == {(int, str, str, float)}


@pytest.mark.parametrize("cuts", [(), (0,), (2,), (1, 3)])
def test_parquet_returns_what_memory_keeps(tmp_path, cuts):
    path = tmp_path / "trace.parquet"
    feed(ParquetTrace(path), ROWS, cuts)
    frame = pd.read_parquet(path)
    assert list(frame.itertuples(index=False, name=None)) == ROWS
    assert list(frame["part"].cat.categories) == ["mtj", "lab.dac"]


@pytest.mark.parametrize("rows", [[], ROWS])
@pytest.mark.parametrize("cuts", [(), (0,)])
def test_the_file_has_one_schema(tmp_path, rows, cuts):
    path = tmp_path / "trace.parquet"
    feed(ParquetTrace(path), rows, cuts)
    word = pa.dictionary(pa.int32(), pa.string())
    columns = {"t_ps": pa.int64(), "part": word, "signal": word, "value": pa.float64()}
    assert pq.read_schema(path).equals(pa.schema(columns))
    assert pq.read_table(path).schema.equals(pa.schema(columns))
    assert list(map(str, pd.read_parquet(path).dtypes)) == [
        "int64", "category", "category", "float64"]  # fmt: skip


row_strategy = st.tuples(
    st.integers(-(2**63), 2**63 - 1),
    st.sampled_from(["mtj", "lab.dac", "µ"]),
    st.sampled_from(["0.state", "0.code", ""]),
    st.floats(allow_nan=False),
)
cuts_strategy = st.lists(st.integers(0, 60), max_size=8)


@given(st.lists(row_strategy, max_size=60), cuts_strategy, cuts_strategy, st.booleans())
@settings(max_examples=150, deadline=None)
def test_equal_rows_give_equal_traces_however_they_come(tmp_path_factory, rows, some, other, twice):
    """Any alternation of rows and blocks; the bytes of a file, with small row groups, too."""
    names = sorted({row[1:3] for row in rows}, reverse=True)
    tables = names, [("x", "y"), *reversed(names)] + names * twice
    whole = MemoryTrace()
    feed(whole, rows)
    assert whole.rows == rows
    folder = tmp_path_factory.mktemp("traces")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trace_module, "_GROUP", SMALL)
        wanted = written(folder / "rows.parquet", rows)
        for places, table in zip((some, other), tables, strict=True):
            cuts = [min(place, len(rows)) for place in places]
            mixed = MemoryTrace()
            feed(mixed, rows, cuts, table)
            assert mixed.rows == rows
            assert written(folder / "mixed.parquet", rows, cuts, table) == wanted
    frame = pd.read_parquet(folder / "rows.parquet")
    assert list(frame.itertuples(index=False, name=None)) == rows
    groups = pq.read_metadata(folder / "rows.parquet").num_row_groups
    assert groups == -(-len(rows) // SMALL)


def test_a_table_of_names_may_grow_and_change(tmp_path):
    """The same list with more entries, then another list; a pair first seen in `row`."""
    path, rows, names = tmp_path / "trace.parquet", [], []
    trace, memory = ParquetTrace(path), MemoryTrace()
    for t, label in enumerate("abcab"):
        if (label, "s") not in names:
            names.append((label, "s"))
        rows.append((t, label, "s", t / 2))
        for sink in (trace, memory):
            give_block(sink, rows[-1:], names)
    names.insert(0, ("d", "s"))
    for sink in (trace, memory):
        sink.row(5, "d", "s", 0)
        give_block(sink, [(6, "d", "s", 1), (7, "a", "s", 2)], names)
        sink.close()
    frame = pd.read_parquet(path)
    assert list(frame.itertuples(index=False, name=None)) == memory.rows
    assert "".join(frame["part"]) == "abcabdda"
    assert "".join(frame["part"].cat.categories) == "abcd"


@pytest.mark.parametrize("as_block", [False, True])
def test_parquet_keeps_every_bit_of_a_value(tmp_path, as_block):
    bits = [0x7FF8000000000000, 0xFFF8000000000001, 0x7FF0000000000000, 1 << 63, 0, 1]
    rows = [(t, "p", "s", v) for t, v in enumerate(np.array(bits, np.uint64).view(np.float64))]
    path = tmp_path / "trace.parquet"
    feed(ParquetTrace(path), rows, (0,) if as_block else (), [("p", "s")])
    column = pq.read_table(path)["value"]
    assert column.null_count == 0
    assert column.to_numpy().view(np.uint64).tolist() == bits


@pytest.mark.parametrize("size", [500, _GROUP, 3 * _GROUP])
def test_row_groups_do_not_follow_the_blocks(tmp_path, size):
    """A new part in the second row group: each group may have words that no other has."""
    path = tmp_path / "trace.parquet"
    n = 2 * _GROUP + 17
    names = [(part, f"s{k}") for part in ("second", "first") for k in range(3)]
    t = np.arange(n)
    name = (t % 3 + 3 * (t < _GROUP)).astype(np.int32)
    trace = ParquetTrace(path)
    for start in range(0, n, size):
        part = slice(start, start + size)
        trace.block(names, t[part], name[part], t[part] / 2)
    trace.close()
    metadata = pq.read_metadata(path)
    assert [metadata.row_group(k).num_rows for k in range(3)] == [_GROUP, _GROUP, 17]
    frame = pd.read_parquet(path)
    assert (frame["t_ps"] == t).all()
    assert (frame["value"] * 2 == t).all()
    assert (frame["part"] == "first").sum() == _GROUP
    assert list(frame["signal"].cat.codes) == list(t % 3)
    early = pq.ParquetFile(path).read_row_group(0)["part"].combine_chunks()
    assert early.dictionary.to_pylist() == ["first"]  # no word of a later group


def test_a_reader_finds_an_instant_by_the_range_of_times(tmp_path):
    path = tmp_path / "trace.parquet"
    trace, t = ParquetTrace(path), np.arange(3 * _GROUP)
    trace.block(NAMES, t, np.zeros(len(t), np.int32), t * 1.0)
    trace.close()
    times = [pq.read_metadata(path).row_group(k).column(0).statistics for k in range(3)]
    assert [(s.min, s.max + 1) for s in times] == [(k, k + _GROUP) for k in t[::_GROUP]]
    found = pd.read_parquet(path, filters=[("t_ps", ">=", _GROUP), ("t_ps", "<", _GROUP + 2)])
    assert list(found["value"]) == [_GROUP, _GROUP + 1]


@pytest.mark.parametrize("rows", [0, 1, _GROUP - 1, _GROUP, _GROUP + 1])
def test_parquet_is_a_file_for_any_number_of_rows(tmp_path, rows):
    paths = [tmp_path / f"{k}.parquet" for k in range(2)]
    written(paths[0], [(t, *NAMES[0], 0) for t in range(rows)])
    trace = ParquetTrace(paths[1])
    trace.block(NAMES, *columns(rows, rows, rows))
    trace.close()
    assert len(pd.read_parquet(paths[0])) == rows
    assert pq.read_metadata(paths[0]).num_row_groups == -(-rows // _GROUP)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (columns(names=2), ONE_LENGTH + "t_ps (3,), name (2,), value (3,)"),
        (columns(values=0), ONE_LENGTH + "t_ps (3,), name (3,), value (0,)"),
        (columns(times=1), ONE_LENGTH + "t_ps (1,), name (3,), value (3,)"),
        ([a[None] for a in columns()], ONE_LENGTH + "t_ps (1, 3), name (1, 3), value (1, 3)"),
        (pointing_at(0, 4, 1), "name = 4 is outside the table of 4 names"),
        (pointing_at(0, -1, 1), "name = -1 is outside the table of 4 names"),
        ((np.arange(3.0), *columns()[1:]), "t_ps is float64, not int64"),
        ((np.arange(3), np.arange(3), np.zeros(3)), "name is int64, not int32"),
        ((*columns()[:2], np.zeros(3, np.float32)), "value is float32, not float64"),
    ],
)
def test_a_block_that_is_none_is_refused_and_leaves_nothing(tmp_path, given, text):
    path = tmp_path / "trace.parquet"
    for sink in (MemoryTrace(), ParquetTrace(path)):
        sink.row(*ROWS[0])
        with pytest.raises(ValueError) as caught:  # noqa: PT011  (the text is compared whole)
            sink.block(NAMES, *given)
        assert str(caught.value) == text
        give_block(sink, ROWS[1:])
        sink.close()
    assert list(pd.read_parquet(path).itertuples(index=False, name=None)) == ROWS


@pytest.mark.parametrize("wrong", [(2**63, "p", "s", 0.0), (0, "p", "s", "1"), (0.5, "p", "s", 1)])
def test_a_row_that_does_not_fit_leaves_nothing(tmp_path, wrong):
    """So what came before an error is still there after `close`."""
    path = tmp_path / "trace.parquet"
    trace = ParquetTrace(path)
    trace.row(*ROWS[0])
    with pytest.raises((ValueError, TypeError), match="memoryview: invalid"):
        trace.row(*wrong)
    give_block(trace, ROWS[1:])
    trace.close()
    frame = pd.read_parquet(path)
    assert list(frame.itertuples(index=False, name=None)) == ROWS
    assert "p" not in frame["part"].cat.categories


FLAT = """
import resource, sys
from pathlib import Path
import numpy as np
from emulator import ParquetTrace

def resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

n = 50_000
names = [("mtj", f"{k}.v_sot") for k in range(100)]
t, name, value = np.arange(n), (np.arange(n) % 100).astype(np.int32), np.empty(n)
draw = np.random.default_rng(1)
trace = ParquetTrace(Path(sys.argv[1]))
for k in range(100):
    draw.random(out=value)
    trace.block(names, t, name, value)
    t += n
    if k == 19:
        early = resident()
trace.close()
print(resident() - early)
"""


def test_memory_stays_flat_over_five_million_rows(tmp_path):
    """Four million rows after the first million; they are 80 MB in the arrays of the caller."""
    path = tmp_path / "trace.parquet"
    command = [sys.executable, "-c", FLAT, str(path)]
    root = Path(trace_module.__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 20e6
    times = pq.read_table(path, columns=["t_ps"])["t_ps"].to_numpy()
    assert (times == np.arange(5_000_000)).all()


def test_either_sink_fits_an_emulator(tmp_path):
    for sink in (MemoryTrace(), ParquetTrace(tmp_path / "t.parquet")):
        emulator = Emulator(trace=sink)
        emulator.trace.row(emulator.now, "p", "s", 1)
        emulator.trace.block([("p", "s")], *columns(1, 1, 1))
        emulator.trace.close()
