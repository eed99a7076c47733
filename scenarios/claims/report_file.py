"""The file of a report: looked at before the work begins, written in one step."""

from __future__ import annotations

import contextlib
from pathlib import Path

from emulator import ConfigError, SpinboardError


class ReportFile:
    """A file that a report may be written to; an older report there stays until then."""

    def __init__(self, path: str | Path) -> None:
        """Raises `ConfigError` if no file can be there: no such folder, or something else."""
        if not str(path).strip():
            raise ConfigError(f"--html '{path}' names no file")
        self._asked, self.path = path, Path(path).resolve()
        try:
            if not self.path.parent.is_dir():
                raise ConfigError(f"--html {path}: there is no folder {self.path.parent}")
            if self.path.exists() and not self.path.is_file():
                raise ConfigError(f"--html {path}: is not a file")
            self._fresh.touch()
            self._fresh.unlink()
        except OSError as error:
            raise ConfigError(f"--html {path}: cannot be written ({error.strerror})") from None

    @property
    def _fresh(self) -> Path:
        """The file that is written first."""
        return self.path.with_name(f".{self.path.name}.new")

    def write(self, html: str) -> None:
        """Replace the file in one step; raises `SpinboardError` if it cannot be written."""
        fresh = self._fresh
        try:
            fresh.write_text(html, encoding="utf-8", newline="\n")
            fresh.replace(self.path)
        except OSError as error:
            with contextlib.suppress(OSError):
                fresh.unlink()
            reason = f"cannot be written ({error.strerror})"
            raise SpinboardError(f"--html {self._asked}: {reason}") from None
