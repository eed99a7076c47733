"""Measured switching probabilities: one row per point, from a board or from a user's CSV file."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from devices import VgsotParams
from devices.psw_fit import PswCounts
from emulator import DataError, Table, nearest
from learning import wilson

COLUMNS = ("v_sot", "v_gate", "p_sw", "n", "device")
V_MAX = 10.0  # volts; beyond, somebody wrote millivolts
N_MAX = 10**9


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
        """Return drives r = (V_SOT - v_c0) / k_v, c = (V_gate - v_g0) / k_g and counts."""
        place = {name: index for index, name in enumerate(self.names)}
        trials = np.array(self.n, dtype=np.float64)
        exact = np.array(self.p_sw) * trials
        whole = np.rint(exact)  # a share that was a count stays one, whatever its digits
        return PswCounts(
            r=(np.array(self.v_sot) - mtj.v_c0) / mtj.k_v,
            c=(np.array(self.v_gate) - mtj.v_g0) / mtj.k_g,
            device=np.array([place[name] for name in self.device], dtype=np.int64),
            switched=np.where(np.abs(exact - whole) < 1e-6, whole, exact),
            trials=trials,
        )

    def table(self) -> Table:
        """Return the points with the 95 % interval of each (Wilson), as `psw_curve.csv` has it."""
        bounds = [wilson_share(p, n) for p, n in zip(self.p_sw, self.n, strict=True)]
        return {
            **{name: getattr(self, name) for name in COLUMNS},
            "p_low": [low for low, _ in bounds],
            "p_high": [high for _, high in bounds],
        }


def wilson_share(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `n` trials, which it never leaves."""
    low, high = wilson(round(share * n), n)
    return min(low, share), max(high, share)


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
    header = [name.strip() for name in next(rows, [])]
    for name in COLUMNS:
        if header.count(name) != 1:
            found = "is missing" if name not in header else "appears twice"
            hint = nearest(name, header) if header else ""
            raise DataError(f"csv={path}: row 1: column '{name}' {found}{hint}")
    points = PswPoints()
    for row in rows:
        if any(cell.strip() for cell in row):
            cells = dict(zip(header, row, strict=False))
            where = f"csv={path}: row {rows.line_num}"
            points.add(*(READERS[name](cells, name, where) for name in COLUMNS))  # type: ignore[arg-type]
    if not len(points):
        raise DataError(f"csv={path}: no points below the header")
    return points


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
