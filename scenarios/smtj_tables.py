"""The tables of a study of telegraph noise: one row per bias and quantity, lag, bin or sample."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from emulator import Table

from .smtj_bias import Bias, expected
from .smtj_law import SmtjLaw

Seen = tuple[Bias, SmtjLaw | None]  # what was seen, and what should be; None: nobody knows
Row = dict[str, float | int | str]
RowsOf = Callable[[Bias, SmtjLaw | None], Iterable[Row]]


def tables(seen: Sequence[Seen]) -> dict[str, Table]:
    """Return all tables by name; none if nothing was seen.

    Where cards say what should be seen, `law` is theirs; for a recording it is the law with the
    estimates themselves put in, and the estimates have nothing beside them. Of a chain nothing is
    estimated, and it shows no dwells.
    """
    rows_of: dict[str, RowsOf] = {
        "smtj_autocorrelation": _autocorrelation,
        "smtj_values": _values,
        "smtj_series": _series,
    }
    if not any(bias.chain for bias, _ in seen):
        rows_of |= {"smtj_estimates": _estimates, "smtj_dwells": _dwells}
    return {name: _joined(seen, rows) for name, rows in rows_of.items()} if seen else {}


def _joined(seen: Sequence[Seen], rows_of: RowsOf) -> Table:
    """Return the rows of all biases as one table, the field first where it is known."""
    rows: list[Row] = []
    for bias, law in seen:
        head: Row = {} if bias.field_mt is None else {"field_mt": bias.field_mt}
        rows += [{**head, **row} for row in rows_of(bias, law)]
    return {name: [row[name] for row in rows] for name in rows[0]}


def _estimates(bias: Bias, law: SmtjLaw | None) -> Iterable[Row]:
    should = expected(law) if law else {}
    fit = bias.fit
    found = bias.estimates() | {
        "dispersion_p": fit.dispersion_low, "dispersion_ap": fit.dispersion_high
    }  # fmt: skip
    should |= dict.fromkeys(("dispersion_p", "dispersion_ap"), 1.0)
    for name, (value, error) in found.items():
        row: Row = {"quantity": name, "value": value, "error": error}
        yield row | ({"law": should[name]} if law else {})


def _autocorrelation(bias: Bias, law: SmtjLaw | None) -> Iterable[Row]:
    found, error = bias.correlation.found()
    t = np.arange(found.size, dtype=np.float64) * bias.dt
    columns = t, found, error, (law or bias.law).autocorrelation(t)
    for row in zip(*columns, strict=True):
        yield dict(zip(("t_s", "autocorrelation", "error", "law"), map(float, row), strict=True))


def _dwells(bias: Bias, law: SmtjLaw | None) -> Iterable[Row]:
    """Yield complete dwells by their length; the last bin of a state has no end."""
    for state, counts in enumerate(bias.histograms.dwells):
        share = (law or bias.law).dwells(state, counts.edges)
        ends = [*(counts.edges[1:] * bias.dt).tolist(), "inf"]
        shares = share / share.sum() * counts.counts.sum()
        for begin, end, n, should in zip(counts.edges, ends, counts.counts, shares, strict=True):
            yield {
                "state": ("P", "AP")[state],
                "from_s": float(begin) * bias.dt,
                "to_s": end,
                "dwells": int(n),
                "law": float(should),
            }


def _values(bias: Bias, law: SmtjLaw | None) -> Iterable[Row]:
    edges, counts = bias.histograms.edges, bias.histograms.values
    shares = (law or bias.law).values(edges)
    for k, (n, share) in enumerate(zip(counts, shares, strict=True)):
        yield {
            "from_v": float(edges[k]),
            "to_v": float(edges[k + 1]),
            "samples": int(n),
            "law": float(share) * bias.samples,
        }


def _series(bias: Bias, law: SmtjLaw | None) -> Iterable[Row]:
    """Yield the first dwells, sample by sample."""
    for k, v in enumerate(bias.beginning(bias.shown).tolist()):
        yield {"t_s": k * bias.dt, "v": v}
