"""Measured switching probabilities: one row per point, from a board or from a user's CSV file."""

from __future__ import annotations

import csv
import difflib
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np

from devices import VgsotParams
from devices.psw_fit import PswCounts
from devices.vgsot import drive_at
from emulator import DataError, Table
from learning import wilson

SEPARATORS = {";": "';'", "\t": "tabs", "|": "'|'"}  # that spreadsheets write in place of ','
COLUMNS = ("v_sot", "v_gate", "p_sw", "n", "device")
V_MAX = 10.0  # volts; beyond, somebody wrote millivolts
N_MAX = 10**9
WHOLE = 1e-6  # of a trial: a share that was a count stays one, whatever its digits


@dataclass
class PswPoints:
    """Points of P_sw, columns of equal length.

    `v_sot` and `v_gate` are the volts that reached the junction, `p_sw` the share of `n` trials
    that ended in AP, `device` a name.
    """

    v_sot: list[float] = field(default_factory=list)
    v_gate: list[float] = field(default_factory=list)
    p_sw: list[float] = field(default_factory=list)
    n: list[int] = field(default_factory=list)
    device: list[str] = field(default_factory=list)

    def add(self, v_sot: float, v_gate: float, p_sw: float, n: int, device: str) -> None:
        """Take up one point."""
        self.v_sot.append(v_sot)
        self.v_gate.append(v_gate)
        self.p_sw.append(p_sw)
        self.n.append(n)
        self.device.append(device)

    def __len__(self) -> int:
        return len(self.n)

    @property
    def names(self) -> list[str]:
        """The devices, in order of appearance."""
        return list(dict.fromkeys(self.device))

    @property
    def trials(self) -> float | int:
        """Trials per point, the mean where they differ."""
        mean = sum(self.n) / len(self.n) if self.n else 0
        return int(mean) if mean == int(mean) else mean

    def counts(self, mtj: VgsotParams) -> PswCounts:
        """Return what the points are to a fit: dimensionless drives, and counts."""
        place = {name: index for index, name in enumerate(self.names)}
        trials = np.array(self.n, dtype=np.float64)
        exact = np.array(self.p_sw) * trials
        whole = np.rint(exact)
        r, c = drive_at(mtj.switching, np.array(self.v_sot), np.array(self.v_gate))
        return PswCounts(
            r=r,
            c=c,
            device=np.array([place[name] for name in self.device], dtype=np.int64),
            switched=np.where(np.abs(exact - whole) < WHOLE, whole, exact),
            trials=trials,
        )

    def fractions(self) -> list[int]:
        """Return the places of points whose p_sw is no count of n trials, to the digits given.

        All are taken to be rounded to as many digits as the longest of them has.
        """
        digits = max((_digits(p) for p in self.p_sw), default=0)
        return [
            place
            for place, (p, n) in enumerate(zip(self.p_sw, self.n, strict=True))
            if abs(p * n - round(p * n)) > 0.5 * 10.0**-digits * n + WHOLE
        ]

    def table(self) -> Table:
        """Return the points with the 95 % interval of each (Wilson), as `psw_curve.csv` has it."""
        bounds = [wilson(round(p * n), n) for p, n in zip(self.p_sw, self.n, strict=True)]
        return {
            **{name: getattr(self, name) for name in COLUMNS},
            "p_low": [low for low, _ in bounds],
            "p_high": [high for _, high in bounds],
        }


def read_points(path: Path) -> PswPoints:
    """Read points from a CSV file with a header; other columns than `COLUMNS` are ignored.

    Raises `DataError` that names file, row (the header is row 1) and column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _parse(file, path)
    except FileNotFoundError:
        raise DataError(f"csv={path}: no such file") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"csv={path}: cannot be read as CSV ({error})") from None


def _parse(lines: Iterable[str], path: Path) -> PswPoints:
    rows = csv.reader(lines)
    header = _header(next(rows, []), path)
    points = PswPoints()
    for row in rows:
        if any(cell.strip() for cell in row):
            where = f"csv={path}: row {rows.line_num}"
            if any(cell.strip() for cell in row[len(header) :]):
                raise DataError(
                    f"{where}: {len(row)} cells under {len(header)} columns; is ',' used within "
                    "numbers?"
                )
            cells = dict(zip(header, row, strict=False))
            points.add(*(READERS[name](cells, name, where) for name in COLUMNS))  # type: ignore[arg-type]
    if not len(points):
        raise DataError(f"csv={path}: no points below the header")
    return points


def _header(row: Sequence[str], path: Path) -> list[str]:
    """Return the names of the columns; raises `DataError` unless `COLUMNS` are there, once each."""
    header = [name.strip() for name in row]
    where = f"csv={path}: row 1: "
    if not any(header):
        raise DataError(f"csv={path}: no header: the file is empty, or begins with an empty line")
    if len(header) == 1 and any(sign in header[0] for sign in SEPARATORS):
        sign = next(name for sign, name in SEPARATORS.items() if sign in header[0])
        raise DataError(
            f"{where}the columns are separated by {sign}; write ',' between them and '.' within "
            "numbers"
        )
    for name in COLUMNS:
        if name not in header:
            raise DataError(f"{where}column '{name}' is missing{_nearest(name, header)}")
    for name in COLUMNS:
        if header.count(name) > 1:
            places = [str(place) for place, found in enumerate(header, 1) if found == name]
            raise DataError(f"{where}'{name}' heads more than one column ({', '.join(places)})")
    return header


def _nearest(name: str, header: Sequence[str]) -> str:
    """Return a hint at the column that may be meant by `name`, capitals or not."""
    free = {found.lower(): found for found in header if found not in COLUMNS}
    close = difflib.get_close_matches(name, free, n=1, cutoff=0.5)
    hint = f"did you mean '{free[close[0]]}'? " if close else ""
    return f" ({hint}the header has: {', '.join(header)})"


def _digits(value: float) -> int:
    """Return how many digits after the point `value` has, written as briefly as it can be."""
    return -int(Decimal(repr(value)).as_tuple().exponent)


def _text(cells: dict[str, str], name: str, where: str) -> str:
    text = cells.get(name, "").strip()
    if not text:
        raise DataError(f"{where}, column '{name}': the cell is empty")
    return text


def _number(low: float, high: float, unit: str) -> Callable[[dict[str, str], str, str], float]:
    """Return a reader of finite numbers within [low, high]."""

    def read(cells: dict[str, str], name: str, where: str) -> float:
        text = _text(cells, name, where)
        try:
            value = float(text)
        except ValueError:
            raise DataError(f"{where}, column '{name}': '{text}' is not a number") from None
        if not (math.isfinite(value) and low <= value <= high):
            raise DataError(
                f"{where}, column '{name}': {text} is outside [{low:g}, {high:g}]{unit}"
            )
        return value

    return read


def _whole(cells: dict[str, str], name: str, where: str) -> int:
    value = _number(1, N_MAX, ", the number of trials")(cells, name, where)
    if value != int(value):
        raise DataError(f"{where}, column '{name}': {value:g} is not a whole number of trials")
    return int(value)


_volts = _number(-V_MAX, V_MAX, " V")
READERS: dict[str, Callable[[dict[str, str], str, str], float | int | str]] = {
    "v_sot": _volts, "v_gate": _volts, "p_sw": _number(0, 1, ""), "n": _whole, "device": _text,
}  # fmt: skip


def volts_around(centre: float, step: float, count: int) -> Sequence[float]:
    """Return `count` voltages in steps of `step` around `centre`."""
    return [centre + step * (k - (count - 1) / 2) for k in range(count)]
