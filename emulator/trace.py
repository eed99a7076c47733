"""Trace sinks: rows of (t_ps, part, signal, value). Tracing changes no result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

_GROUP = 65536  # rows; a row group of the file and the buffer in front of it
_DTYPES = {"t_ps": np.int64, "name": np.int32, "value": np.float64}


class TraceSink(Protocol):
    """Where trace rows go. Rows arrive in order of time, one by one or in blocks, as it suits."""

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""

    def block(
        self,
        names: Sequence[tuple[str, str]],
        t_ps: NDArray[np.int64],
        name: NDArray[np.int32],
        value: NDArray[np.float64],
    ) -> None:
        """Take many rows in order; the arrays are only valid during the call (they are reused).

        Row i is `row(t_ps[i], *names[name[i]], value[i])`. The arrays have shape (rows,); `names`
        is a table of (part, signal), best the same one in every call. Raises `ValueError` and
        takes no row if a shape or dtype differs or `name` points out of the table.
        """

    def close(self) -> None:
        """Finish writing."""


class MemoryTrace:
    """Keeps rows as tuples, for tests and short looks."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, str, float]] = []

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""
        self.rows.append((t_ps, part, signal, value))

    def block(
        self,
        names: Sequence[tuple[str, str]],
        t_ps: NDArray[np.int64],
        name: NDArray[np.int32],
        value: NDArray[np.float64],
    ) -> None:
        """Take many rows, as Python numbers; raises `ValueError` as `TraceSink.block` says."""
        _check(names, t_ps, name, value)
        labels = map(names.__getitem__, name.tolist())
        columns = zip(t_ps.tolist(), labels, value.tolist(), strict=True)
        self.rows.extend((t, part, signal, v) for t, (part, signal), v in columns)

    def close(self) -> None:
        """Nothing is left to write."""

    def select(self, part: str, signal: str) -> list[tuple[int, float]]:
        """Return the (t_ps, value) pairs of one signal."""
        return [(t, v) for t, p, s, v in self.rows if p == part and s == signal]


class ParquetTrace:
    """Streams rows to a Parquet file, one row group at a time, so that memory stays flat.

    Equal rows give equal bytes, however they came: names are numbered as they first appear, and
    every row group but the last has `_GROUP` rows. The file can be read once it is closed.
    """

    def __init__(self, path: Path) -> None:
        import pyarrow as pa  # noqa: PLC0415  (only a traced run pays for it)
        import pyarrow.parquet as pq  # noqa: PLC0415

        word = pa.dictionary(pa.int32(), pa.string())
        self._pa = pa
        self._schema = pa.schema(
            [("t_ps", pa.int64()), ("part", word), ("signal", word), ("value", pa.float64())]
        )
        # A row takes 1 byte instead of 5 with Arrow's defaults. Rising times pack to a tenth of a
        # byte as differences and to 2 or 3 as words. Values are mostly codes, modes and volts of
        # a table, so words pay; where volts differ too often, Arrow falls back to plain ones.
        # zstd takes a quarter less room than snappy or lz4 for a tenth more time. The range of
        # times helps a reader to find an instant; that of names would not: each group has all.
        self._writer = pq.ParquetWriter(
            path,
            self._schema,
            compression="zstd",
            use_dictionary=["part", "signal", "value"],
            column_encoding={"t_ps": "DELTA_BINARY_PACKED"},
            write_statistics=["t_ps"],
        )
        self._times = np.empty(_GROUP, np.int64)
        self._names = np.empty(_GROUP, np.int32)
        self._values = np.empty(_GROUP, np.float64)
        # a memoryview stores a single item faster than the array does, and refuses what would wrap
        self._views: Any = self._times.data, self._names.data, self._values.data
        self._count = 0
        self._numbers: dict[tuple[str, str], int] = {}  # (part, signal) -> number in this file
        self._table: tuple[tuple[str, str], ...] = ()
        self._lookup = np.empty(0, np.int32)  # entry of the table -> number, -1: not yet seen

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""
        if self._count == _GROUP:
            self._flush()
        i = self._count
        times, names, values = self._views
        times[i] = t_ps
        values[i] = value
        try:
            names[i] = self._numbers[part, signal]
        except KeyError:
            names[i] = self._number((part, signal))
        self._count = i + 1  # last: a row that was refused or interrupted leaves nothing behind

    def block(
        self,
        names: Sequence[tuple[str, str]],
        t_ps: NDArray[np.int64],
        name: NDArray[np.int32],
        value: NDArray[np.float64],
    ) -> None:
        """Take many rows; raises `ValueError` as `TraceSink.block` says."""
        _check(names, t_ps, name, value)
        if tuple(names) != self._table:
            self._table = tuple(names)
            self._lookup = np.array([self._numbers.get(pair, -1) for pair in names], np.int32)
        start = 0
        while start < len(name):
            if self._count == _GROUP:
                self._flush()
            stop = min(start + _GROUP - self._count, len(name))
            self._copy(t_ps[start:stop], name[start:stop], value[start:stop])
            start = stop

    def close(self) -> None:
        """Write what is left and close the file."""
        self._flush()
        self._writer.close()

    def _copy(
        self, t_ps: NDArray[np.int64], name: NDArray[np.int32], value: NDArray[np.float64]
    ) -> None:
        """Append rows that fit into the buffer."""
        here = slice(self._count, self._count + len(name))
        numbers = self._names[here]
        self._lookup.take(name, out=numbers, mode="clip")  # twice as fast as "raise"; was checked
        if numbers.min() < 0:
            self._learn(name[numbers < 0])
            self._lookup.take(name, out=numbers, mode="clip")
        self._times[here] = t_ps
        self._values[here] = value
        self._count = here.stop

    def _learn(self, entries: NDArray[np.int32]) -> None:
        """Number these entries of the table in the order in which they first appear."""
        for entry in dict.fromkeys(entries.tolist()):
            self._lookup[entry] = self._number(self._table[entry])

    def _number(self, pair: tuple[str, str]) -> int:
        return self._numbers.setdefault(pair, len(self._numbers))

    def _flush(self) -> None:
        """Write the buffer as one row group."""
        if self._count:
            times, names, values = (
                self._pa.array(a[: self._count]) for a in (self._times, self._names, self._values)
            )
            parts, signals = (
                self._words(words, names) for words in zip(*self._numbers, strict=True)
            )
            table = self._pa.Table.from_arrays([times, parts, signals, values], schema=self._schema)
            self._writer.write_table(table)
            self._count = 0

    def _words(self, words: Iterable[str], names: Any) -> Any:
        """Return `words[names]` as a dictionary array."""
        return self._pa.array(words, self._pa.string()).dictionary_encode().take(names)


def _check(
    names: Sequence[tuple[str, str]],
    t_ps: NDArray[np.int64],
    name: NDArray[np.int32],
    value: NDArray[np.float64],
) -> None:
    """Raise `ValueError` if the arrays are not one block of rows of these names."""
    columns: dict[str, NDArray[Any]] = {"t_ps": t_ps, "name": name, "value": value}
    for label, column in columns.items():
        if column.dtype != _DTYPES[label]:
            raise ValueError(f"{label} is {column.dtype}, not {np.dtype(_DTYPES[label])}")
        if column.ndim != 1 or len(column) != len(t_ps):
            shapes = ", ".join(f"{key} {array.shape}" for key, array in columns.items())
            raise ValueError(f"a block has columns of one length, not of shapes {shapes}")
    if len(name):
        for index in (int(name.min()), int(name.max())):
            if not 0 <= index < len(names):
                raise ValueError(f"name = {index} is outside the table of {len(names)} names")
