"""`spinboard claims`: judges every claim, tells what came out, and whether anything has changed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from emulator import ConfigError, SpinboardError
from emulator.kernels import announcing

from ..json_text import to_json
from ..progress import ConsoleWatch, StopFlag
from .report import render
from .report_file import ReportFile
from .suite import Suite, configure_claims
from .summary import summary
from .terminal import show
from .verdict import Judgement

INTERRUPTED = 130


@dataclass(frozen=True)
class ClaimsRequest:
    """The arguments of `spinboard claims`.

    `how` shows words and formulas on the terminal; `own` is a folder of the user's claims.
    """

    settings: tuple[str, ...]
    head: Mapping[str, Any]
    only: tuple[str, ...]
    json: bool
    html: str | None
    how: bool = False
    own: str | None = None


def run_claims(request: ClaimsRequest) -> int:
    """Judge and report; 0 if every verdict is the expected one, 1 if one has changed.

    130 if interrupted. What was judged by then is reported, also where an error ends the work.
    Raises `SpinboardError`.
    """
    report = None if request.html is None else ReportFile(request.html)
    suite = Suite(configure_claims(request.settings, **request.head), own=_folder(request.own))
    if request.only:
        suite.select(request.only)
    flag, errors = StopFlag(), Console(stderr=True)
    found: list[Judgement] = []
    wrong: SpinboardError | None = None
    watch = ConsoleWatch(errors, flag, lambda columns: None, visible=True)
    with flag.listening(), watch.showing(), announcing(watch.notice):
        try:
            for judgement in suite.judgements(watch):
                found.append(judgement)
        except SpinboardError as error:
            wrong = error
    if found or wrong is None:
        _report(request, suite, found, wrong)
        if report is not None:
            report.write(render(suite, found))
            text = f"report: {report.path}"
            errors.print(text, highlight=False, soft_wrap=True, markup=False)
    for text in suite.warnings:
        errors.print(f"warning: {text}", highlight=False, soft_wrap=True, markup=False)
    if wrong is not None:
        raise wrong
    if len(found) < suite.asked:
        errors.print(f"interrupted after {len(found)} of {suite.asked} claims", highlight=False)
        return INTERRUPTED
    return 1 if any(judgement.changed for judgement in found) else 0


def _report(
    request: ClaimsRequest, suite: Suite, found: Sequence[Judgement], wrong: SpinboardError | None
) -> None:
    """Print the object for scripts, or the tables."""
    if request.json:
        error = None if wrong is None else str(wrong)
        sys.stdout.write(to_json(summary(suite, found, error)) + "\n")
    else:
        show(suite, found, Console(), request.how)


def _folder(own: str | None) -> Path | None:
    """Return the folder of the user's claims; raises `ConfigError` if there is none."""
    if own is None:
        return None
    if not own.strip() or not Path(own).is_dir():
        raise ConfigError(f"--claims {own or repr(own)}: there is no such folder")
    return Path(own)
