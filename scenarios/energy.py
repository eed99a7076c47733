"""The books of a stored run: `energy.csv`, one row per state and action of every part.

The integers of the ledger are in the file, so a stored run is priced again from it alone, to the
last bit of what the run itself reported.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from emulator import Bill, DataError, Entry, Line, Number, PriceList, price
from emulator.card import TRUSTS
from emulator.result import GROUPS

FILE = "energy.csv"
COLUMNS = ("part", "group", "kind", "name", "bank", "amount", "window_amount", "price", "unit",
           "low", "high", "source", "trust", "joules", "joules_low", "joules_high")  # fmt: skip
_ENTRY_COLUMNS = set(COLUMNS[:7])


def energy_csv(bill: Bill) -> str:
    """Return the text of `energy.csv`; `amount` is in ps for a state, a count for an action."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(COLUMNS)
    writer.writerows(_row(line) for line in bill.lines)
    return text.getvalue()


def _row(line: Line) -> list[object]:
    entry, each = line.entry, line.price
    joules = [float(line.joules(which)) for which in ("value", "low", "high")]
    return [entry.part, entry.group, entry.kind, entry.name, entry.bank, entry.amount,
            entry.window_amount, _exact(each.value), each.unit, _exact(each.low),
            _exact(each.high), each.source, each.trust, *joules]  # fmt: skip


def _exact(value: object) -> object:
    """Return a price as `csv` writes it without loss: a decimal, or a ratio where it is one."""
    return float(value) if isinstance(value, float) else value


def read_energy(path: Path) -> list[Entry]:
    """Return the ledger entries of a stored run; raises `DataError` that names file and row."""
    return [_entry(row, where) for where, row in _rows(path)]


def read_bill(path: Path, prices: str) -> Bill:
    """Return the bill of a stored run at its own prices, the list called `prices`.

    Raises `DataError` that names file and row.
    """
    lines = (Line(_entry(row, where), _number(row, where)) for where, row in _rows(path))
    return Bill(prices, tuple(lines))


def reprice(run_dir: Path, prices: PriceList) -> Bill:
    """Price a stored run again without running it.

    Raises `DataError` for a file that cannot be read, `PriceError` for what the list lacks.
    """
    return price(read_energy(run_dir / FILE), prices)


def _rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (place, row) of each line of the file."""
    try:
        text = path.read_bytes().decode()  # line ends within a field stay as they are
    except (OSError, UnicodeError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from None
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = _ENTRY_COLUMNS - set(reader.fieldnames or ())
    if missing:
        raise DataError(f"{path}: column '{min(missing)}' is missing")
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        if None in row or None in row.values():
            raise DataError(f"{where}: expected {len(reader.fieldnames or ())} columns")
        yield where, row


def _entry(row: dict[str, str], where: str) -> Entry:
    for column, allowed in (("group", GROUPS), ("kind", ("state", "action"))):
        if row[column] not in allowed:
            raise DataError(f"{where}: {column} '{row[column]}' (known: {', '.join(allowed)})")
    try:
        bank, amount, inside = (int(row[name]) for name in ("bank", "amount", "window_amount"))
    except ValueError as error:
        raise DataError(f"{where}: {error}") from None
    group: Any = row["group"]
    kind: Any = row["kind"]
    return Entry(row["part"], group, kind, row["name"], bank, amount, inside)


def _number(row: dict[str, str], where: str) -> Number:
    try:
        value, low, high = (_parse(row[name]) for name in ("price", "low", "high"))
        trust: Any = TRUSTS[TRUSTS.index(row["trust"])]
        return Number(value, row["unit"], row["source"], trust, low, high)
    except (KeyError, ValueError, ArithmeticError) as error:
        raise DataError(f"{where}: price '{row.get('price')}' ({error})") from None


def _parse(text: str) -> Fraction | Decimal | int | None:
    """Return the number that was written; an empty field is None."""
    if not text:
        return None
    if "/" in text:
        return Fraction(text)
    return Decimal(text) if set(text) & set(".eE") else int(text)
