"""Numbers as people read them: engineering notation, durations, shares."""

from __future__ import annotations

import math
from decimal import Decimal

PREFIXES = {-30: "q", -27: "r", -24: "y", -21: "z", -18: "a", -15: "f", -12: "p", -9: "n",
            -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
            21: "Z", 24: "Y", 27: "R", 30: "Q"}  # fmt: skip
MISSING = "-"


def engineering(value: float | None, unit: str, digits: int = 3) -> str:
    """Return `value` with `digits` significant digits and an SI prefix: `"10.5 us"`.

    None and NaN are `"-"`. Rounding may carry into the next prefix (999.95 is `"1.00 k"`);
    beyond the prefixes the exponent is written out.
    """
    if value is None or math.isnan(value):
        return MISSING
    if math.isinf(value):
        return f"{value} {unit}".strip()
    if value == 0:
        return f"0 {unit}".strip()
    text = f"{float(value):.{digits - 1}e}"
    power = 3 * (int(text.partition("e")[2]) // 3)
    if power not in PREFIXES:
        return f"{text} {unit}".strip()
    mantissa = format(Decimal(text).scaleb(-power), "f")
    return f"{mantissa} {PREFIXES[power]}{unit}".strip()


def prefix_for(largest: float) -> tuple[float, str]:
    """Return (factor, prefix) that bring a quantity up to `largest` onto an axis: 1e-6, "u"."""
    if not math.isfinite(largest) or largest <= 0:
        return 1.0, ""
    power = min(max(3 * math.floor(math.log10(largest) / 3), min(PREFIXES)), max(PREFIXES))
    return float(f"1e{power}"), PREFIXES[power]


def duration(seconds: float | None) -> str:
    """Return a time: `"10.5 us"`, and from two minutes on `"20 min 34 s"`, `"3 h 25 min"`."""
    if seconds is None or not math.isfinite(seconds) or abs(seconds) < 120:
        return engineering(seconds, "s")
    sign, whole = "-" if seconds < 0 else "", round(abs(seconds))
    minutes, s = divmod(whole, 60)
    hours, m = divmod(minutes, 60)
    days, h = divmod(hours, 24)
    if days:
        return f"{sign}{days} d {h} h"
    return f"{sign}{h} h {m} min" if h else f"{sign}{m} min {s} s"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a fraction of one as `"96.3 %"`; None and NaN are `"-"`."""
    if share is None or math.isnan(share):
        return MISSING
    return f"{100 * share:.{digits}f} %"


def whole_percent(share: float) -> str:
    """Return a share without decimals; what is neither nothing nor all does not look so."""
    if 0 < share < 0.005:
        return "<1 %"
    if 0.995 <= share < 1:
        return ">99 %"
    return f"{100 * share:.0f} %"
