"""Recordings of telegraph noise: voltages at a fixed sampling rate.

A file has a column `v` and, unless the sampling rate is given, a column `t_s` of equally spaced
times in seconds; CSV or Parquet.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emulator import DataError, nearest

Floats = NDArray[np.float64]
Kind = Literal["parquet", "csv"]
KINDS: tuple[Kind, ...] = ("parquet", "csv")
JITTER = 0.01  # of the sampling interval: times further off are not equally spaced
ROUNDING = 0.001  # of a rate: one written to four digits is as near to the times of its file
BLOCK = 1 << 20  # samples that are worked on at once
MHZ = 1000  # millihertz per hertz
LARGEST = 1e6  # V, as of levels on a card


@dataclass(frozen=True)
class Recording:
    """Voltages `v`, shape (n,), sampled at `rate` (integer mHz).

    Raises `DataError` if a value is not finite, all are equal, or there are fewer than two.
    """

    v: NDArray[np.floating]
    rate: int
    name: str = "recording"

    def __post_init__(self) -> None:
        if self.v.ndim != 1 or self.v.size < 2:
            raise DataError(f"{self.name}: fewer than two samples")
        bad = np.flatnonzero(~np.isfinite(self.v))
        if bad.size:
            raise DataError(
                f"{self.name}: v is NaN or infinite in sample {bad[0]} ({bad.size} such samples)"
            )
        if np.abs(self.v).max() > LARGEST:
            raise DataError(f"{self.name}: v is outside [{-LARGEST:g}, {LARGEST:g}] V")
        if self.v.min() == self.v.max():
            raise DataError(f"{self.name}: v is {self.v[0]:g} throughout: one level, no noise")
        if self.rate <= 0:
            raise DataError(f"{self.name}: the sampling rate is not positive")

    def __len__(self) -> int:
        return int(self.v.size)

    @property
    def dt(self) -> float:
        """Sampling interval in seconds."""
        return MHZ / self.rate

    def autocorrelation(self, lags: int) -> Floats:
        """Return the correlation of `v` with itself 0, 1, .. `lags` samples later, (lags + 1,).

        Of the mean products over all pairs that the recording holds, by that at lag 0. Raises
        `DataError` for as many lags as samples.
        """
        if not 0 <= lags < len(self):
            raise DataError(f"{self.name}: {lags} lags of {len(self)} samples")
        centre, sums = float(self.v.mean(dtype=np.float64)), np.zeros(lags + 1)
        for begin in range(0, len(self), BLOCK):
            part = np.asarray(self.v[begin : begin + BLOCK + lags], dtype=np.float64) - centre
            first = part[:BLOCK]
            for lag in range(lags + 1):
                later = part[lag : lag + BLOCK]
                sums[lag] += first[: later.size] @ later
        found: Floats = sums / (len(self) - np.arange(lags + 1)) / (sums[0] / len(self))
        return found

    def encoded(self, kind: Kind) -> bytes:
        """Return columns `t_s` and `v` as a file; reading it back gives the same numbers, exactly.

        Text holds the shortest decimals from which the doubles can be told again.
        """
        import pyarrow as pa  # noqa: PLC0415  (slow, and needed for files only)
        import pyarrow.csv as pc  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415

        t, sink = np.arange(len(self)) * self.dt, pa.BufferOutputStream()
        if kind == "csv":
            sink.write(b"t_s,v\n")  # PyArrow would quote the names
            table = pa.table({"t_s": t, "v": self.v.astype(np.float64)})
            pc.write_csv(table, sink, pc.WriteOptions(include_header=False))
        else:
            pq.write_table(pa.table({"t_s": t, "v": self.v}), sink, use_dictionary=False,
                           compression="zstd", column_encoding="BYTE_STREAM_SPLIT")  # fmt: skip
        return bytes(sink.getvalue())

    def save(self, path: str | Path) -> None:
        """Write columns `t_s` and `v` to a `.csv` file, or to a Parquet file."""
        path = Path(path)
        path.write_bytes(self.encoded("csv" if path.suffix == ".csv" else "parquet"))


def read_recording(path: str | Path, rate: int | None = None) -> Recording:
    """Read a recording; `rate` in mHz stands for the column `t_s`, or says the same.

    Raises `DataError` for a file that is missing or is no table, a column that is missing or not
    numeric, times that are not equally spaced, no sampling rate or one that contradicts the times,
    NaN, or one level only.
    """
    columns = _columns(Path(path))
    if "v" not in columns:
        raise DataError(f"{path}: no column 'v'{nearest('v', columns)}")
    v = _numbers(columns["v"], path, "v")
    if "t_s" in columns:
        t = _numbers(columns["t_s"], path, "t_s")
        rate = _rate(t, path) if rate is None else _checked(rate, t, path)
    if rate is None:
        raise DataError(
            f"{path}: no column 't_s' and no sampling rate: add the column or name the rate"
        )
    return Recording(v, rate, str(path))


def _columns(path: Path) -> dict[str, Any]:
    """Return the columns of a file by name."""
    import pandas as pd  # noqa: PLC0415  (slow, and needed for files only)

    if not path.is_file():
        raise DataError(f"{path}: {'is a folder' if path.is_dir() else 'no such file'}")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            table = pd.read_parquet(path)
        else:
            table = pd.read_csv(path, skipinitialspace=True)
    except (ValueError, OSError) as error:  # of pandas and PyArrow
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise DataError(f"{path}: not a table in CSV or Parquet ({reason})") from None
    return {str(name).strip(): table[name] for name in table.columns}


def _numbers(column: Any, path: str | Path, name: str) -> Floats:
    try:
        values: Floats = np.asarray(column, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{path}: column '{name}' holds something that is not a number") from None
    return values


def _rate(t: Floats, path: str | Path) -> int:
    """Return the sampling rate in mHz of equally spaced times in seconds."""
    step = _mean_step(t, path)
    off = np.abs(t - (t[0] + step * np.arange(t.size)))
    if not step > 0.0 or not off.max() < JITTER * step:
        raise DataError(
            f"{path}: t_s is not equally spaced (to {JITTER:.0%} of the interval) and ascending"
        )
    rate = round(MHZ / step)
    if not abs(step * rate / MHZ - 1.0) <= ROUNDING:
        raise DataError(
            f"{path}: samples {step:g} s apart have a rate that whole millihertz do not hold to "
            f"{ROUNDING:.1%}"
        )
    return rate


def _checked(rate: int, t: Floats, path: str | Path) -> int:
    """Return `rate` (mHz); raises `DataError` if times in seconds differ by more than `ROUNDING`.

    On average: single times may be off, and then a rate is what the file lacks.
    """
    step = _mean_step(t, path)
    if not abs(step * rate / MHZ - 1.0) <= ROUNDING:
        raise DataError(
            f"{path}: a rate of {rate / MHZ:g} Hz contradicts the column t_s, whose times are "
            f"{step:g} s apart on average: leave out one of them"
        )
    return rate


def _mean_step(t: Floats, path: str | Path) -> float:
    if t.size < 2:
        raise DataError(f"{path}: fewer than two samples")
    return float(t[-1] - t[0]) / (t.size - 1)
