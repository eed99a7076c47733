"""The command line. Only typer is imported here, so that `--help` answers at once.

Annotations are not postponed: typer would evaluate each of them from its text.
"""

import sys
from pathlib import Path
from typing import Annotated, Optional

INTERRUPTED = 130
try:
    import typer
except KeyboardInterrupt:  # somebody has changed his mind at once
    sys.exit(INTERRUPTED)

app = typer.Typer(
    name="spinboard",
    help="Emulates boards built around magnetic tunnel junctions: devices, analogue front end, "
    "controller and learner on one clock.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
BAD_INPUT = 2

Settings = Annotated[
    Optional[list[str]],  # noqa: UP045  (typer reads the annotation at run time)
    typer.Argument(
        metavar="[KEY=VALUE]...",
        help="Settings: board=fpga selects a card, mtj.sigma=0.1 sets a value with its unit.",
    ),
]


def _version(wanted: bool) -> None:
    if wanted:
        from emulator import __version__  # noqa: PLC0415

        typer.echo(f"spinboard {__version__}")
        raise typer.Exit


@app.callback()
def spinboard(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Emulate boards built around magnetic tunnel junctions."""


@app.command("list")
def list_scenarios(
    scenario: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="SCENARIO", help="List the keys and cards of this scenario."),
    ] = None,
) -> None:
    """List the scenarios, boards and price lists, or what one scenario can be told."""
    from .commands import show_list  # noqa: PLC0415
    from .keys import show_keys  # noqa: PLC0415

    if scenario is None:
        show_list()
    else:
        show_keys(scenario)


@app.command()
def run(
    scenario: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="SCENARIO", help="A scenario from `spinboard list`."),
    ] = None,
    settings: Settings = None,
    seed: Annotated[Optional[int], typer.Option(help="Random seed, 0 .. 2^32-1.")] = None,  # noqa: UP045
    engine: Annotated[Optional[str], typer.Option(help="auto, event or compiled.")] = None,  # noqa: UP045
    prices: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="paper, datasheet, or a price list of your own (FILE.toml)."),
    ] = None,
    data: Annotated[Optional[str], typer.Option(help="Directory of data sets.")] = None,  # noqa: UP045
    out: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Run directory; must not exist. Default runs/SCENARIO-N."),
    ] = None,
    config: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Repeat the run that wrote this config.toml."),
    ] = None,
    resume: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Go on with a run: killed, interrupted, or finished (with --epochs)."),
    ] = None,
    epochs: Annotated[Optional[int], typer.Option(help="Short for epochs=N.")] = None,  # noqa: UP045
    trace: Annotated[bool, typer.Option("--trace", help="Write trace.parquet.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress, no tables.")] = False,
) -> None:
    """Run a scenario on an emulated board."""
    from .commands import RunRequest, run_scenario  # noqa: PLC0415

    head = {"seed": seed, "engine": engine, "prices": prices, "data": data}
    given = {name: value for name, value in head.items() if value is not None}
    words = (*(settings or ()), *([] if epochs is None else [f"epochs={epochs}"]))
    request = RunRequest(scenario, words, given, config, out, trace, json, quiet, resume)
    raise typer.Exit(run_scenario(request))


@app.command()
def show(
    board: Annotated[str, typer.Argument(metavar="BOARD", help="lab, fpga, asic or FILE.toml.")],
    settings: Settings = None,
    prices: Annotated[str, typer.Option(help="The price list to show.")] = "paper",
) -> None:
    """Show a board: parts, phases with their sum, parameters with source and trust, prices."""
    from .show import show_board  # noqa: PLC0415

    show_board(board, tuple(settings or ()), prices)


@app.command()
def data(
    name: Annotated[str, typer.Argument(metavar="NAME", help="mnist")],
    data: Annotated[str, typer.Option(help="Directory of data sets.")] = "data",
) -> None:
    """Fetch a data set and verify its checksums."""
    from .commands import fetch_data  # noqa: PLC0415

    fetch_data(name, Path(data))


@app.command()
def claims(
    settings: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Argument(
            metavar="[KEY=VALUE]...",
            help='Settings: lab.t_pulse="2 us", dcim.e_bit="1 pJ"; a key begins with lab, fpga, '
            "asic, mtj, pulse, learner, dcim, cpu or claims.",
        ),
    ] = None,
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            metavar="NAME", help="table3, table3.asic or one claim's id; may be repeated."
        ),
    ] = None,
    own: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--claims", metavar="DIR", help="Judge the claims in DIR/*.toml as well."),
    ] = None,
    prices: Annotated[
        str, typer.Option(help="The list for the published accounting, e.g. FILE.toml.")
    ] = "paper",
    seed: Annotated[int, typer.Option(help="Random seed, 0 .. 2^32-1.")] = 0,
    data: Annotated[Optional[str], typer.Option(help="Directory of data sets.")] = None,  # noqa: UP045
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    html: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(metavar="FILE", help="Write the report to this file."),
    ] = None,
    how: Annotated[
        bool, typer.Option("--how", help="Show the source's words and every formula.")
    ] = False,
) -> None:
    """Check what the papers state against the emulator; exit code 1 if a verdict has changed."""
    from .claims.command import ClaimsRequest, run_claims  # noqa: PLC0415

    head = {"prices": prices, "seed": seed, "data": data}
    request = ClaimsRequest(tuple(settings or ()), head, tuple(only or ()), json, html, how, own)
    raise typer.Exit(run_claims(request))


@app.command()
def bench(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Measure how fast the engines run on this machine."""
    from .bench import run_bench  # noqa: PLC0415

    run_bench(as_json=json)


def main() -> None:
    """Run the command line; one clear message and exit code 2 for anything a user got wrong.

    Ctrl-C ends it with 130 and no traceback, also while it starts.
    """
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:
        from emulator import SpinboardError  # noqa: PLC0415

        if not isinstance(error, SpinboardError):
            raise
        typer.echo(f"spinboard: {error}", err=True)
        sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
