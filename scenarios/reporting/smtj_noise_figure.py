"""Telegraph noise at each bias: time series, histograms, autocorrelation and dwells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from emulator import Result

from .engineering import engineering, percent, prefix_for
from .style import BLUE, GREEN, GREY, INK, RED, canvas, micro, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = (BLUE, INK, RED)  # so many biases are drawn at most
LINES: Any = ("-", "-", (0, (3, 3)))  # the last lets the first show, where one law is the other's
ALONE = (GREEN,)
TABLES = (
    "smtj_series", "smtj_values", "smtj_autocorrelation", "smtj_dwells", "smtj_estimates"
)  # fmt: skip
ROW = 1.25  # inches per time series
POINTS = 45  # lags drawn at most
FADED = 0.005  # a correlation below is nothing to see
SPAN, NEAR = 1.3, 5.0  # of the lag of interest that is drawn, unless the law faded so long before
RARE = 0.7  # dwells expected in a bin: the axis ends there
Columns = dict[str, NDArray[Any]]
Drawn = tuple[str, str, dict[str, Columns]]  # label, colour and tables of a bias


@styled
def smtj_noise_figure(result: Result) -> Figure | None:
    """Draw the tables of `smtj-noise` as S1 fig 2 and more; None without them.

    Above the time series of up to three biases with the shares of their values, below the
    autocorrelation and the dwells in both states, if any were told; lines are the law.
    """
    tables = {name: result.tables.get(name, {}) for name in TABLES}
    if not tables["smtj_series"]:
        return None
    biases = _biases(tables)
    figure = canvas(ROW * len(biases) + 3.1)
    parts: Any = figure.subfigures(2, 1, height_ratios=[ROW * len(biases), 3.0])
    above, below = parts
    _series(above, biases)
    if not tables["smtj_dwells"]:
        _autocorrelation(below.subplots(), biases, result)
        return figure
    left, middle, right = below.subplots(1, 3, width_ratios=[1.25, 1, 1])
    right.sharey(middle)
    _autocorrelation(left, biases, result)
    for axes, state in ((middle, "P"), (right, "AP")):
        _dwells(axes, biases, state)
    middle.set_ylabel("share of dwells per ms")
    right.tick_params(labelleft=False)
    return figure


def _biases(tables: Any) -> list[Drawn]:
    """Return label, colour and tables of each bias drawn: first, middle and last if many."""
    columns = {
        name: {key: np.asarray(column) for key, column in table.items()}
        for name, table in tables.items()
    }
    if "field_mt" not in columns["smtj_series"]:
        return [("recording", ALONE[0], columns)]
    fields = np.unique(columns["smtj_series"]["field_mt"])
    chosen = fields[np.unique(np.linspace(0, fields.size - 1, len(COLORS)).round().astype(int))]
    return [
        (f"{field:+g} mT".replace("+0 ", "0 "), color, _at(columns, field))
        for field, color in zip(chosen, COLORS, strict=False)
    ]


def _at(columns: dict[str, Columns], field: float) -> dict[str, Columns]:
    return {
        name: {key: column[table["field_mt"] == field] for key, column in table.items()}
        for name, table in columns.items()
    }


def _series(figure: Any, biases: list[Drawn]) -> None:
    """Draw the series, one above the other on one time axis, with histograms at their side."""
    pairs = figure.subplots(len(biases), 2, sharex="col", sharey=True, squeeze=False,
                            width_ratios=[5, 1])  # fmt: skip
    end = min(float(tables["smtj_series"]["t_s"][-1]) for _, _, tables in biases)
    t_factor, t_prefix = prefix_for(end)
    v_factor, v_prefix = prefix_for(float(np.abs(biases[0][2]["smtj_series"]["v"]).max()))
    for (label, color, tables), (axes, side) in zip(biases, pairs, strict=True):
        series, values = tables["smtj_series"], tables["smtj_values"]
        shown = series["t_s"] <= end
        axes.step(series["t_s"][shown] / t_factor, series["v"][shown] / v_factor, where="post",
                  color=color, linewidth=0.7)  # fmt: skip
        axes.set_title(label + _told(tables["smtj_estimates"]), fontsize=9)
        axes.set_ylabel(f"V ({v_prefix.replace('u', 'µ')}V)")
        _values(side, values, color, v_factor)
    pairs[0, 1].set_title("values")
    pairs[-1, 0].set_xlabel(f"time ({t_prefix.replace('u', 'µ')}s)")
    pairs[-1, 0].set_xlim(0.0, end / t_factor)
    pairs[-1, 1].set_xlabel("share (%)")


def _told(estimates: Columns) -> str:
    """Return dwell times and occupancy in words, nothing if they were not estimated."""
    if not estimates:
        return ""
    found = dict(zip(estimates["quantity"], estimates["value"], strict=True))
    p, ap, tau_c = (engineering(found[f"tau_{name}_s"], "s") for name in ("p", "ap", "c"))
    share = percent(found["occupancy_p"], 0)
    return micro(f": τ_P = {p}, τ_AP = {ap}, τ_c = {tau_c}, {share} of the time in P")


def _values(axes: Axes, values: Columns, color: str, factor: float) -> None:
    """Draw the share of the samples in each bin, the law as a line."""
    total, middle = values["samples"].sum(), (values["from_v"] + values["to_v"]) / 2.0
    height = (values["to_v"] - values["from_v"]) / factor
    share = 100.0 * values["samples"] / total
    axes.barh(middle / factor, share, height=height, color=color, alpha=0.45)
    axes.plot(100.0 * values["law"] / total, middle / factor, color=color, linewidth=1.0)
    axes.set_xlim(left=0.0)


def _autocorrelation(axes: Axes, biases: list[Drawn], result: Result) -> None:
    """Draw points with 95 % intervals and the law, and where the lag of interest is.

    Biases take turns with the lags, so that equal ones do not hide each other. The law is drawn
    from the first lag on: only at 0 does the noise of the scope correlate.
    """
    lag = result.metrics.get("autocorrelation_lag_s")
    end = _end_of_lags([tables["smtj_autocorrelation"] for _, _, tables in biases], lag or 0.0)
    factor, prefix = prefix_for(end)
    for k, ((label, color, tables), line) in enumerate(zip(biases, LINES, strict=False)):
        found = tables["smtj_autocorrelation"]
        shown = np.flatnonzero(found["t_s"] <= end)
        step = max(len(biases), -(-shown.size // POINTS))
        some = shown[k * step // len(biases) :: step]
        t = found["t_s"] / factor
        axes.plot(t[shown[1:]], found["law"][shown[1:]], color=color, linewidth=1.2, linestyle=line)
        axes.errorbar(t[some], found["autocorrelation"][some], yerr=1.96 * found["error"][some],
                      fmt="o", markersize=2.5, linewidth=0.8, color=color, label=label)  # fmt: skip
    axes.axhline(0.0, color=GREY, linewidth=0.8, zorder=0)
    if lag:
        axes.axvline(lag / factor, ymax=0.3, color=INK, linewidth=0.8, linestyle="--")
        axes.annotate(_at_lag(result, lag), (1.0, 0.32), xycoords="axes fraction", ha="right",
                      fontsize=8.5)  # fmt: skip
    axes.set_xlim(0.0, end / factor)
    axes.set_ylim(top=1.02)
    axes.set_xlabel(f"lag ({prefix.replace('u', 'µ')}s)")
    axes.set_ylabel("correlation with itself")
    axes.set_title("autocorrelation")
    axes.grid(True)
    if len(biases) > 1:
        axes.legend(loc="upper right")


def _end_of_lags(tables: list[Columns], lag: float) -> float:
    """Return up to which lag to draw: until the law has faded, and past `lag` if it is near."""
    faded = [float(each["t_s"][each["law"] > FADED][-1]) for each in tables]
    near = lag <= NEAR * max(faded)
    longest = min(float(each["t_s"][-1]) for each in tables)
    return min(longest, max(1.5 * max(faded), SPAN * lag if near else 0.0))


def _at_lag(result: Result, lag: float) -> str:
    """Return the correlation that is left at the lag of interest, with its 95 % interval."""
    low, high = (result.metrics[f"autocorrelation_{side}"] for side in ("low", "high"))
    of = "" if result.metrics["field_mt"] is None else f" ({result.metrics['field_mt']:g} mT)"
    return micro(f"after {engineering(lag, 's')}{of}:\n{low:+.3f} to {high:+.3f}")


def _dwells(axes: Axes, biases: list[Drawn], state: str) -> None:
    """Draw how often a dwell lasts so long, per ms, on a log axis; an exponential is a line."""
    for _, color, tables in biases:
        table = tables["smtj_dwells"]
        rows = table["state"] == state
        begin, end = (table[key][rows].astype(float) for key in ("from_s", "to_s"))
        closed = np.isfinite(end) & (table["law"][rows] > RARE)
        total = table["dwells"][rows].sum()
        width = 1e3 * (end - begin)[closed] * total
        middle = 1e3 * (begin + end)[closed] / 2.0
        counts, law = table["dwells"][rows][closed], table["law"][rows][closed]
        some = counts > 0
        axes.errorbar(middle[some], (counts / width)[some],
                      yerr=(np.sqrt(counts) / width)[some], fmt="o", markersize=2.5,
                      linewidth=0.8, color=color)  # fmt: skip
        axes.plot(middle, law / width, color=color, linewidth=1.2)
    axes.set_yscale("log")
    axes.set_xlim(left=0.0)
    axes.set_xlabel("dwell (ms)")
    axes.set_title(f"dwells in {state}")
    axes.grid(True)
