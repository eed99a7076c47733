"""The demonstration: sinn-digits on three boards, side by side. `python -m scenarios.demo`."""

from __future__ import annotations

import sys

from rich.console import Console

from emulator import Result, SpinboardError

from .catalog import configure
from .commands import INTERRUPTED, execute
from .reporting.figures import comparison_figure, png
from .reporting.tables import show_result, show_timeline, side_by_side
from .rundir import RunDir

BOARDS = ("lab", "fpga", "asic")


def main() -> int:
    """Run the three boards one after the other; returns the exit code."""
    console, errors = Console(), Console(stderr=True)
    results: list[Result] = []
    places = []
    for board in BOARDS:
        errors.print(f"sinn-digits on {board} ...", highlight=False)
        config = configure("sinn-digits", [f"board={board}"])
        folder = RunDir.reserve(None, config.scenario)
        result = execute(config, folder, errors)
        results.append(result)
        places.append(folder.commit(result))
        if result.status == "interrupted":
            return INTERRUPTED
    show_result(results[0], console)
    console.print()
    show_timeline(results[0].timeline, console)
    console.print()
    console.print(side_by_side(results))
    figure = places[-1] / "comparison.png"
    figure.write_bytes(png(comparison_figure(results)))
    for place in (*(place / "report.html" for place in places), figure):
        console.print(str(place), highlight=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SpinboardError as error:
        sys.exit(f"spinboard: {error}")
