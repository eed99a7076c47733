"""Trace sinks: rows of (t_ps, part, signal, value). Tracing changes no result."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

_BLOCK = 65536


class TraceSink(Protocol):
    """Where trace rows go. Rows arrive in order of time."""

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""

    def close(self) -> None:
        """Finish writing."""


class MemoryTrace:
    """Keeps rows as columns, for tests and short looks."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, str, float]] = []

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""
        self.rows.append((t_ps, part, signal, value))

    def close(self) -> None:
        """Nothing is left to write."""

    def select(self, part: str, signal: str) -> list[tuple[int, float]]:
        """Return the (t_ps, value) pairs of one signal."""
        return [(t, v) for t, p, s, v in self.rows if p == part and s == signal]


class ParquetTrace:
    """Streams rows to a Parquet file in blocks, so that memory stays flat."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa  # noqa: PLC0415  (only a traced run pays for it)
        import pyarrow.parquet as pq  # noqa: PLC0415

        word = pa.dictionary(pa.int32(), pa.string())
        self._pa = pa
        self._schema = pa.schema(
            [("t_ps", pa.int64()), ("part", word), ("signal", word), ("value", pa.float64())]
        )
        self._writer = pq.ParquetWriter(path, self._schema)
        self._columns: tuple[list[Any], ...] = ([], [], [], [])

    def row(self, t_ps: int, part: str, signal: str, value: float) -> None:
        """Take one row."""
        times, parts, signals, values = self._columns
        times.append(t_ps)
        parts.append(part)
        signals.append(signal)
        values.append(value)
        if len(times) >= _BLOCK:
            self._flush()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        times, parts, signals, values = self._columns
        if times:
            words = (self._pa.array(column).dictionary_encode() for column in (parts, signals))
            arrays = [self._pa.array(times), *words, self._pa.array(values, self._pa.float64())]
            self._writer.write_table(self._pa.Table.from_arrays(arrays, schema=self._schema))
            for column in self._columns:
                column.clear()
