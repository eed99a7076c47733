"""What a result says in words: the same figures for the terminal, the report and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emulator import PS_PER_S, Bill, Line, Result, Timeline
from emulator.prices import Which
from emulator.result import GROUPS, UPDATE_GROUPS

from .engineering import MISSING, duration, engineering, percent, whole_percent

GROUP_NAMES = {"device": "device", "front_end": "front end", "controller": "controller",
               "link": "link", "host": "host"}  # fmt: skip
TRUST_MEANING = {
    "given": "stated in the source documents",
    "verified": "read in the named source",
    "derived": "computed from other figures",
    "recalled": "from memory, not checked",
    "assumed": "chosen, no source",
    "user": "set for this run",
}
_SHARES = ("accuracy", "recall_limit", "exact_recall", "recovered", "agreement")  # of one
_UNITS = {"j": "J", "s": "s", "v": "V", "hz": "Hz", "ohm": "ohm"}


@dataclass(frozen=True)
class Headline:
    """One figure: what it is, its value, and what qualifies it (a range, a remark)."""

    label: str
    value: str
    note: str = ""


def headlines(result: Result) -> list[Headline]:
    """Return metrics, latency and energy of a run, the most asked first."""
    emulated, bill = result.emulated, result.bill
    return [
        *metric_lines(result),
        Headline("update rate", engineering(emulated.update_rate_hz, "Hz"),
                 f"{engineering(update_seconds(result), 's')} per update"),
        Headline("latency per update", engineering(latency_seconds(result), "s"),
                 _phases(result.timeline)),
        Headline("energy per update", engineering(result.energy_per_update_j(), "J"),
                 spread(update_joules(result, "low"), update_joules(result, "high"))),
        Headline("emulated time", duration(emulated.seconds), f"{emulated.updates:,} updates"),
        Headline("energy", engineering(bill.total(), "J"),
                 spread(bill.total("low"), bill.total("high"))),
    ]  # fmt: skip


def metric_lines(result: Result) -> list[Headline]:
    """Return every metric, with its interval (`_low`, `_high`) or envelope (`_min`, `_max`)."""
    metrics = result.metrics
    lines = []
    for name, value in metrics.items():
        base, _, side = name.rpartition("_")
        if side in ("low", "high", "min", "max") and base in metrics:
            continue
        low, high = (metrics.get(f"{name}_{a}", metrics.get(f"{name}_{b}"))
                     for a, b in (("low", "min"), ("high", "max")))  # fmt: skip
        known = low is not None and high is not None
        note = f"{metric(name, low)} to {metric(name, high)}" if known else ""
        label = name.removesuffix(next((f"_{u}" for u in _UNITS if name.endswith(f"_{u}")), ""))
        lines.append(Headline(label.replace("_", " "), metric(name, value), note))
    return lines


def metric(name: str, value: float | int | None) -> str:
    """Return a metric as text: shares of one in percent, counts whole, the rest to 4 digits.

    The end of a name says its unit: `energy_per_recall_j`.
    """
    if any(share in name for share in _SHARES):
        return percent(value)
    for end, unit in _UNITS.items():
        if name.endswith(f"_{end}"):
            return engineering(value, unit)
    if value is None:
        return MISSING
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def update_seconds(result: Result) -> float | None:
    """Return the time from one update to the next inside update windows, None without any."""
    emulated = result.emulated
    if not emulated.updates:
        return None
    return emulated.window_ps / PS_PER_S / emulated.updates


def latency_seconds(result: Result) -> float | None:
    """Return how long one update takes from its first phase to its last, None without phases.

    It exceeds the time from one update to the next where updates of several junctions interleave.
    """
    timeline = result.timeline
    return timeline.period_ps / PS_PER_S if timeline.phases else None


def update_joules(result: Result, which: Which) -> float | None:
    """Return a bound of the energy per update, None without updates."""
    if not result.emulated.updates:
        return None
    inside = result.bill.total(which, window=True, where=lambda li: li.entry.group in UPDATE_GROUPS)
    return inside / result.emulated.updates


def spread(low: float | None, high: float | None) -> str:
    """Return `"0.98 uJ to 1.64 uJ"`, nothing where no range shows at this precision."""
    first, last = engineering(low, "J"), engineering(high, "J")
    return "" if low is None or high is None or first == last else f"{first} to {last}"


@dataclass(frozen=True)
class Share:
    """The energy of a group, a part or a trust, with its share of the whole run."""

    name: str
    joules: float
    share: float


def shares(bill: Bill, by: str) -> list[Share]:
    """Return the energy by `"group"`, `"part"` or `"trust"`, the largest first."""

    def name(line: Line) -> str:
        return line.price.trust if by == "trust" else str(getattr(line.entry, by))

    total = bill.total()
    return sorted(
        (Share(key, joules, joules / total if total else 0.0)
         for key, joules in bill.by(name).items()),
        key=lambda share: -share.joules,
    )  # fmt: skip


def split(result: Result) -> list[tuple[str, float | None, float, float]]:
    """Return (group, joules per update, joules, share) of the five groups, in fixed order."""
    inside = result.bill.by(lambda line: line.entry.group, window=True)
    known = {share.name: share for share in shares(result.bill, "group")}
    rows = []
    for group in GROUPS:
        share = known.get(group, Share(group, 0.0, 0.0))
        updates = result.emulated.updates
        each = inside.get(group, 0.0) / updates if updates else None
        rows.append((GROUP_NAMES[group], each, share.joules, share.share))
    return rows


def trust_sentence(bill: Bill) -> str:
    """Return which trusts carry the total: "62 % of the joules rest on `given` numbers, ..."."""
    carried = [share for share in shares(bill, "trust") if share.joules]
    if not carried:
        return "No energy was priced above 0."
    first, *rest = (f"{whole_percent(share.share)}|`{share.name}`" for share in carried)
    words = [first.replace("|", " of the joules rest on ") + " numbers"]
    words += [text.replace("|", " on ") for text in rest]
    return ", ".join(words) + "."


def _phases(timeline: Timeline) -> str:
    n = len(timeline.phases)
    return f"{n} phase{'' if n == 1 else 's'}" if n else ""


def timeline_sentence(timeline: Timeline) -> str:
    """Return how long the phases last together and which rate that allows."""
    period = timeline.period_ps / PS_PER_S
    if not period:
        return "The phases take no time."
    phases = f"{_phases(timeline)} in {engineering(period, 's')}"
    if timeline.issue_ps:
        issue = timeline.issue_ps / PS_PER_S
        return (
            f"{phases}; the next update is issued after {engineering(issue, 's')}, on the next "
            f"junction: {engineering(1 / issue, 'Hz')}."
        )
    return f"{phases}: {engineering(1 / period, 'Hz')} when updates follow one another."


def comparison(results: Sequence[Result]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the column heads and the rows (quantity, one cell per run) of at least one run."""
    columns = [_column(result) for result in results]
    rows = [(cells[0][0], [cell for _, cell in cells]) for cells in zip(*columns, strict=True)]
    return titles(results), rows


def _column(result: Result) -> list[tuple[str, str]]:
    metrics, bill = result.metrics, result.bill
    each = spread(update_joules(result, "low"), update_joules(result, "high"))
    total = spread(bill.total("low"), bill.total("high"))
    return [
        ("accuracy", percent(metrics.get("accuracy"))),
        ("accuracy (probability)", percent(metrics.get("accuracy_probability"))),
        ("update rate", engineering(result.emulated.update_rate_hz, "Hz")),
        ("time per update", engineering(update_seconds(result), "s")),
        ("latency per update", engineering(latency_seconds(result), "s")),
        ("energy per update", engineering(result.energy_per_update_j(), "J")),
        ("  range", each or MISSING),
        ("emulated time", duration(result.emulated.seconds)),
        ("energy", engineering(bill.total(), "J")),
        ("  range", total or MISSING),
        *((f"  {name}", f"{engineering(joules, 'J')} ({whole_percent(share)})")
          for name, _, joules, share in split(result)),
    ]  # fmt: skip


def titles(results: Sequence[Result]) -> list[str]:
    """Return a name for each run: its board, with whatever tells equal boards apart."""
    names = [result.board for result in results]
    for marks in (
        [result.scenario for result in results],
        [f"prices {result.bill.prices}" for result in results],
        [f"seed {result.seed}" for result in results],
        [f"run {n}" for n, _ in enumerate(results, 1)],
    ):
        namesakes: dict[str, set[str]] = {}
        for name, mark in zip(names, marks, strict=True):
            namesakes.setdefault(name, set()).add(mark)
        names = [f"{name}, {mark}" if len(namesakes[name]) > 1 else name
                 for name, mark in zip(names, marks, strict=True)]  # fmt: skip
    return names
