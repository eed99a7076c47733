"""A run is a directory that appears all at once.

While the run lasts it is a hidden folder beside its final place, `runs/.name.partial`. The steps
are saved there every few seconds, so a run that is killed loses the last interval and nothing
else. `commit` writes the rest and gives the folder its name in one rename.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator import ConfigError, Result, SpinboardError, Table

from .energy import FILE as ENERGY
from .energy import energy_csv
from .json_text import to_json
from .toml_text import to_toml

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RUNS = "runs"
STEPS = "steps.parquet"


class RunDir:
    """The folder of one run: `target` is its final place, `partial` where it is written.

    `left`: a run that was killed left it there, and can go on from it.
    """

    def __init__(self, target: Path, partial: Path, *, left: bool = False) -> None:
        self.target = target
        self.partial = partial
        self._kept = left
        self._lock = _lock(partial)  # held until this process ends, however it ends

    @classmethod
    def reserve(cls, out: str | None, scenario: str) -> RunDir:
        """Claim `out`, or the next free `runs/<scenario>-<n>`; no two runs ever share one.

        Raises `ConfigError` if `out` exists, is being written, or cannot be made.
        """
        if out is None:
            return cls._next(Path(RUNS), scenario)
        if not out.strip():
            raise ConfigError("--out is empty; name a folder that does not exist")
        target = Path(os.path.abspath(out))
        if os.path.lexists(target):
            raise ConfigError(f"--out {out} exists already; name a folder that does not")
        claimed = cls._claim(target)
        if claimed is None:
            raise ConfigError(
                f"--out {out} is being written by another run, or was left by one that was killed "
                f"(then remove {_partial(target)} to use the name again)"
            )
        return claimed

    @classmethod
    def unfinished(cls, run: Path) -> RunDir | None:
        """Take over the folder that a killed run left, named by where it would have come to lie.

        None if there is no such folder. Raises `ConfigError` if that run still goes on.
        """
        target = Path(os.path.abspath(run))
        hidden = re.fullmatch(r"\.(.+)\.partial", target.name)
        if hidden:
            target = target.with_name(hidden[1])
        if not _partial(target).is_dir():
            return None
        folder = cls(target, _partial(target), left=True)
        if folder._lock is None:
            raise ConfigError(f"{run}: that run still goes on")
        return folder

    @classmethod
    def _next(cls, parent: Path, scenario: str) -> RunDir:
        n = _last(parent, scenario)
        while True:
            n += 1
            claimed = cls._claim(parent / f"{scenario}-{n}")
            if claimed is not None:
                return claimed

    @classmethod
    def _claim(cls, target: Path) -> RunDir | None:
        """Make the partial folder; return None if somebody else has this name."""
        partial = _partial(target)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                partial.mkdir()
            except FileExistsError:
                return None
            if os.path.lexists(target):  # another run was committed since we looked
                partial.rmdir()
                return None
        except OSError as error:
            raise ConfigError(f"{target}: cannot be made ({error.strerror})") from None
        return cls(target, partial)

    def write(self, name: str, content: str | bytes) -> None:
        """Replace the file `name`; raises `SpinboardError` if it cannot be written."""
        self._write(name, content)

    def keep(self, name: str, content: str | bytes) -> None:
        """Replace the file `name`, from which the run can go on: nobody will discard it."""
        self._write(name, content)
        self._kept = True

    def path(self, name: str) -> Path:
        """Return where to write the file `name` of this run."""
        return self.partial / name

    def save_steps(self, columns: Mapping[str, Sequence[float | int]]) -> None:
        """Write `steps.parquet` as it stands; a reader sees the old file or the new one.

        One column per quantity, one row per learning step; a NaN becomes null. Raises
        `SpinboardError` if the file cannot be written.
        """
        self._write(STEPS, _parquet(columns))

    def commit(self, result: Result) -> Path:
        """Write everything, interrupted or not, and return the final folder.

        Raises `SpinboardError` if a file cannot be written or the name was taken meanwhile; what
        was written stays in `partial`.
        """
        from .reporting.figures import draw_all, png  # noqa: PLC0415  (slow imports)
        from .reporting.report import render  # noqa: PLC0415

        self._write("summary.json", to_json(result.summary(str(self.target)), indent=2) + "\n")
        self._write("config.toml", to_toml(result.config.to_table(result.version)))
        self._write(ENERGY, energy_csv(result.bill))
        self._write("weights.npz", _npz(result.weights))
        self.save_steps(result.steps)
        for name, table in result.tables.items():
            self._write(f"{name}.csv", _csv(table))
        for name, text in result.files.items():
            self._write(name, text)
        images = {name: png(figure) for name, figure in draw_all(result).items()}
        for name, image in images.items():
            self._write(f"{name}.png", image)
        self._write("report.html", render(result, images))
        return self._publish()

    def discard(self) -> None:
        """Remove the partial folder, unless a run can go on from it; a committed run stays."""
        if not self._kept:
            shutil.rmtree(self.partial, ignore_errors=True)

    def _write(self, name: str, content: str | bytes) -> None:
        """Replace the file `name` in one step, so that a reader never sees half of it."""
        path, fresh = self.path(name), self.path(f".{name}.new")
        with self._failing_clearly(path):
            try:
                fresh.write_bytes(content.encode() if isinstance(content, str) else content)
                fresh.replace(path)
            except OSError:
                with contextlib.suppress(OSError):
                    fresh.unlink()
                raise

    def _publish(self) -> Path:
        with self._failing_clearly(self.target):
            if os.path.lexists(self.target):
                raise FileExistsError(None, "it appeared while the run went on")
            self.partial.rename(self.target)
        return self.target

    @contextlib.contextmanager
    def _failing_clearly(self, path: Path) -> Iterator[None]:
        try:
            yield
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise SpinboardError(
                f"{path}: cannot be written ({reason}); what was saved is in {self.partial}"
            ) from None


def _lock(folder: Path) -> int | None:
    """Return a handle that marks a folder as being written, None if another process has one."""
    if sys.platform == "win32":
        return -1
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
    except OSError:  # a file system without locks
        return -1
    return handle


def _partial(target: Path) -> Path:
    return target.with_name(f".{target.name}.partial")


def _last(parent: Path, scenario: str) -> int:
    """Return the highest number in use, by finished and unfinished runs; 0 without any."""
    used = re.compile(rf"{re.escape(scenario)}-(\d+)|\.{re.escape(scenario)}-(\d+)\.partial")
    try:
        matches = [used.fullmatch(name) for name in os.listdir(parent)]
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise ConfigError(f"{parent}: cannot be used for runs ({error.strerror})") from None
    return max((int(match[1] or match[2]) for match in matches if match), default=0)


def _parquet(columns: Mapping[str, Sequence[float | int]]) -> bytes:
    import pyarrow as pa  # noqa: PLC0415  (a slow import that `--help` must not pay)
    import pyarrow.parquet as pq  # noqa: PLC0415

    table = pa.table({name: _arrow(column) for name, column in columns.items()})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def _arrow(column: Sequence[float | int]) -> Any:
    """Return a column as Arrow holds it, int64 or float64, a NaN as null.

    Built from buffers: `pyarrow.array` imports all of pandas to look whether it was given a part
    of it.
    """
    import numpy as np  # noqa: PLC0415
    import pyarrow as pa  # noqa: PLC0415

    values = np.asarray(column)
    if values.dtype.kind != "f" and values.size:
        return pa.Array.from_buffers(
            pa.int64(), values.size, [None, pa.py_buffer(values.astype(np.int64))]
        )
    known = ~np.isnan(values)
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(pa.float64(), values.size, [valid, pa.py_buffer(values)])


def _csv(table: Table) -> str:
    """Return a table as CSV; numbers with all their digits."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return sink.getvalue()


def _npz(weights: Mapping[str, NDArray[np.float64]]) -> bytes:
    import numpy as np  # noqa: PLC0415

    buffer = io.BytesIO()
    np.savez(buffer, **weights)  # type: ignore[arg-type]
    return buffer.getvalue()
