"""HTML pages that need nothing else, online or off: their templates, look and images."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

from emulator import PS_PER_S

from .engineering import engineering, whole_percent
from .style import micro

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"  # `look.css` is for every page


def templates(*folders: Path) -> Environment:
    """Return where pages come from: `folders`, then the templates here; all they show is escaped.

    A name that a template shows and nobody gave is an error.
    """
    from jinja2 import (  # noqa: PLC0415  (a slow import that `--help` must not pay)
        Environment,
        FileSystemLoader,
        StrictUndefined,
    )

    environment = Environment(
        loader=FileSystemLoader((*folders, TEMPLATES)), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(
        joules=lambda value: micro(engineering(value, "J")),
        ps=lambda value: micro(engineering(value / PS_PER_S, "s")),
        micro=micro,
        share=whole_percent,
    )
    return environment


def data_uri(image: bytes) -> str:
    """Return a PNG image as an address that holds all of it."""
    return "data:image/png;base64," + base64.b64encode(image).decode()
