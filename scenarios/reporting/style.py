"""One look for all figures: colours that colour-blind readers can tell apart, scaled axes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from .engineering import prefix_for

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito's palette
BLUE, SKY, GREEN = "#0072b2", "#56b4e9", "#009e73"
ORANGE, RED, PURPLE = "#e69f00", "#d55e00", "#cc79a7"
GREY, PALE = "#8c8c8c", "#c8c8c8"
INK, FAINT = "#222222", "#767676"
GROUP_COLORS = {"device": BLUE, "front_end": SKY, "controller": ORANGE, "link": PURPLE,
                "host": GREY}  # fmt: skip
TRUST_COLORS = {"given": BLUE, "verified": GREEN, "derived": SKY, "recalled": ORANGE,
                "assumed": RED, "user": PURPLE}  # fmt: skip
LINE_COLORS = (BLUE, RED, GREEN, PURPLE, ORANGE, SKY, INK)

_MICRO = re.compile(r"(?<=\d )u(?=(?:s|J|W|V|A|Hz)\b)")

P = ParamSpec("P")
R = TypeVar("R")

WIDTH = 8.0
ROW = 0.27  # inches per bar
DPI = 120
LOG_FROM = 30.0  # a range wider than this is read on a log axis
STYLE: Any = {  # matplotlib types its keys one by one
    "font.family": "DejaVu Sans",
    "font.size": 9.0,
    "text.parse_math": False,  # names may hold a $
    "text.color": INK,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.8,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw with this look, and leave matplotlib's own settings as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        import matplotlib as mpl  # noqa: PLC0415  (a slow import that `--help` must not pay)

        with mpl.rc_context(STYLE):
            return draw(*args, **kwargs)

    return drawn


def canvas(height: float) -> Figure:
    """Return an empty figure that keeps its labels apart."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (a slow import)

    return Figure(figsize=(WIDTH, height), dpi=DPI, layout="constrained")


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG image."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415

    buffer = io.BytesIO()
    agg: Any = FigureCanvasAgg(figure)  # not `savefig`, which draws once more for the layout
    agg.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def is_wide(values: Iterable[float]) -> bool:
    """Whether positive values span so much that only a log axis shows them all."""
    positive = [value for value in values if value > 0]
    return bool(positive) and max(positive) > LOG_FROM * min(positive)


def linear_axis(axes: Axes, label: str, unit: str, largest: float) -> float:
    """Label the x axis in the prefix that fits `largest`; return the factor to divide by."""
    factor, prefix = prefix_for(largest)
    axes.set_xlabel(f"{label} ({prefix.replace('u', 'µ')}{unit})")
    return factor


def log_axis(axes: Axes, label: str, unit: str, ticks: int = 7) -> None:
    """Make the x axis logarithmic, with the unit at its labels, fewer than `ticks` of them."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter  # noqa: PLC0415

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=ticks))
    axes.xaxis.set_major_formatter(EngFormatter(unit=unit))
    axes.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))  # drawing eight a decade takes long
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(label)


def micro(text: str) -> str:
    """Return a text with its units as print shows them: `4.5 us` becomes `4.5 µs`."""
    return _MICRO.sub("µ", text)


def legend_of(figure_or_axes: Any, colors: Mapping[str, str], **options: Any) -> None:
    """Draw a legend of coloured squares."""
    from matplotlib.patches import Patch  # noqa: PLC0415

    handles = [Patch(color=color, label=name) for name, color in colors.items()]
    figure_or_axes.legend(handles=handles, ncols=len(handles), handlelength=1.0,
                          handleheight=1.0, columnspacing=1.4, **options)  # fmt: skip
