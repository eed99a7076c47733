"""Random boards for hypothesis: any sharing, any durations, usual and unusual sequences."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from devices import OPEN, READ, RESET, WRITE
from tests.controllers.compiled.bank_board import FAST_LINK, FrontEnd, LanePlan, Plan, Token
from tests.controllers.compiled.comparing import Work

NS, US = 1_000, 1_000_000
T_ON = 150 * NS
CYCLE = 50 * NS  # of the converters' clock, so that ties happen
REST_CYCLES = 12
Draw = Any

SHORT = st.sampled_from([0, 50 * NS, 100 * NS, 150 * NS, 200 * NS, 350 * NS, 500 * NS])
LONG = st.sampled_from([2 * US, 5 * US, 20 * US])
ODD = st.integers(0, 3 * US)
SPAN = st.one_of(SHORT, SHORT, LONG, ODD)
RESETS = st.sampled_from(["after_ap", "always", "none"])


def _some(**choices: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Return settings, each left alone or set to one of its choices."""
    leaves = [
        st.sampled_from([(), *((f"{name.replace('__', '.')}={v}",) for v in values)])
        for name, values in choices.items()
    ]
    return st.tuples(*leaves).map(lambda found: tuple(s for part in found for s in part))


FRONT_ENDS = _some(
    board__adc__noise=["0", "0", "20"],
    board__adc__offset=["3", "-200", "800"],
    board__opamp__offset=["0 mV", "0 mV", "0 mV", "0 mV", "30 mV"],
    board__opamp__v_supply=["2.4 V", "3.3 V"],
    board__opamp__slew_rate=["10 V/us", "0.1 V/us"],
    board__divider__c_filter=["0 pF", "10 pF", "1 nF"],
    board__dac__t_settle=["0 us", "0.2 us"],
    mtj__sigma=["0", "0.2"],
    mtj__form=["gain", "bilinear", "graetz"],
    mtj__v_reset=["0.9 V", "2 V"],
)
PIPELINES = _some(
    board__clock=["1 MHz", "333 MHz", "123.456789 MHz", "1.7 GHz", "2 GHz"],
    board__t_reset=["0.5 ns", "1 ns", "2 ns", "1.234 ns"],
    board__t_write=["1 ns", "2 ns", "0.001 ns", "7.77 ns"],
    board__t_read=["1 ns", "2 ns", "3.003 ns"],
    board__comparator__noise=["0 mV", "30 mV"],
    board__dac__bits=["4", "10"],
    mtj__sigma=["0", "0.2"],
    mtj__v_reset=["0.85 V", "2 V"],
    mtj__form=["gain", "graetz"],
)


def works(rows: st.SearchStrategy[int]) -> st.SearchStrategy[Work]:
    """Return one to three batches of some rows each, of gentle and of clipped drives."""
    return st.builds(
        Work,
        rows=st.lists(rows, min_size=1, max_size=3).map(tuple),
        spread=st.sampled_from([0.5, 1.5, 3.0, 40.0]),
        gate_spread=st.sampled_from([0.0, 0.3, 1.0, 20.0]),
        draws=st.sampled_from([1, 1, 2, 7]),
        seed=st.integers(0, 2**16),
    )


WORKS = works(st.integers(1, 6))
LONG_WORKS = works(st.integers(20, 60))
SEEDS = st.integers(0, 2**32 - 1)


@st.composite
def pipelines(draw: Draw) -> Plan:
    """A projected board: one lane per junction, a pace."""
    card = draw(st.sampled_from(["fpga", "asic"]))
    issue = draw(st.integers(1, 7))
    settings = (f"board={card}", f"mtj.reset={draw(RESETS)}", *draw(PIPELINES))
    # slow enough for any of the pulses above at any of the clocks
    n = draw(st.integers(1, 20))
    cycles = -(-30 // n) + issue
    return Plan(n, draw(SEEDS), (*settings, f"board.issue_cycles={cycles}"))


@st.composite
def banks(draw: Draw, *, usual: bool = False) -> Plan:
    """Front ends of any sharing; with `usual`, each lane to itself and all alike."""
    n = draw(st.integers(1, 20))
    count = draw(st.integers(1, min(n, 4)))
    sampling = draw(st.sampled_from([1, 3, 28, 56]))
    settings = (
        "board=lab", *FAST_LINK, "board.adc.clock=20 MHz", f"board.adc.sampling_cycles={sampling}",
        f"board.dac.bits={draw(st.sampled_from([6, 8, 8, 10]))}", f"mtj.reset={draw(RESETS)}",
        *draw(FRONT_ENDS),
    )  # fmt: skip
    conversion = (sampling + REST_CYCLES) * CYCLE
    served = draw(shares(n, count, usual))
    if usual:
        tokens = draw(ordinary(conversion))
        lanes = [LanePlan(own, FrontEnd(k, k, k, k), tokens) for k, own in enumerate(served)]
    else:
        kinds = [draw(st.one_of(ordinary(conversion), unusual(conversion))) for _ in range(2)]
        fronts = draw(front_ends(count))
        lanes = [LanePlan(own, draw(fronts), draw(st.sampled_from(kinds))) for own in served]
    converters_first = draw(st.integers(0, 7)) < 7
    pace = None
    if draw(st.integers(0, 6)) == 6 and all([*own] == sorted(set(own)) for own in served):
        pace = draw(st.sampled_from(["20000000000", "33333333333"])), draw(st.integers(0, 300))
    return Plan(n, draw(SEEDS), settings, tuple(lanes), converters_first, pace)


@st.composite
def shares(draw: Draw, n: int, count: int, usual: bool) -> list[tuple[int, ...]]:
    """Which junctions each of `count` lanes serves; otherwise some are served twice, some never."""
    order = draw(st.permutations(range(n)))
    cuts = sorted(draw(st.lists(st.integers(1, n - 1), min_size=count - 1, max_size=count - 1,
                                unique=True))) if count > 1 else []  # fmt: skip
    parts = [tuple(order[a:b]) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
    if draw(st.booleans()):
        parts = [tuple(sorted(part)) for part in parts]
    if not usual and draw(st.integers(0, 3)) == 0:
        extra = draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3))
        parts[0] = tuple(extra)
    return parts


@st.composite
def front_ends(draw: Draw, count: int) -> st.SearchStrategy[FrontEnd]:
    """Return a choice of front ends made of up to `count` parts of each kind."""
    some = st.integers(0, count - 1)
    switches = [(draw(some), draw(some)) for _ in range(count)]
    fronts = [FrontEnd(*at, adc, k) for k, at in enumerate(switches) for adc in range(count)]
    return st.sampled_from(fronts)


def _spread(events: list[tuple[int, Token]], end: int) -> tuple[Token, ...]:
    """Turn (time, token) into tokens with waits between them."""
    tokens: list[Token] = []
    now = 0
    for t, token in sorted(events, key=lambda event: event[0]):
        if t > now:
            tokens.append(("wait", t - now))
        tokens.append(token)
        now = max(now, t)
    if end > now:
        tokens.append(("wait", end - now))
    return tuple(tokens)


@st.composite
def ordinary(draw: Draw, conversion: int) -> tuple[Token, ...]:
    """The order of the laboratory board, with any durations."""
    t = draw(SPAN)
    events: list[tuple[int, Token]] = []
    reset = draw(st.sampled_from([(), (("reset",),), (("set", RESET),)]))
    if reset:
        events += [(t, reset[0]), (t := t + T_ON + 1 + draw(SPAN), ("set", OPEN))]
    late = draw(SHORT) if draw(st.integers(0, 3)) == 0 else 0
    halves = [("sot",), ("gate",)] if late else [("write",)]
    events += [(t + late * k, half) for k, half in enumerate(halves)]
    written = t + late + draw(SPAN)
    ended = written + T_ON + draw(st.sampled_from([1, 50 * NS, 1 * US, 1 * US, 3 * US]))
    events.append((written, ("set", WRITE)))
    reads = ended
    if draw(st.booleans()):
        events.append((ended, ("set", OPEN)))
        reads += draw(SPAN)
    events.append((reads, ("set", READ)))
    rest = draw(st.sampled_from([0, 0, 0, 0, 0, 0, 3]))
    park = draw(st.sampled_from([reads, reads, reads, ended, ended, reads + US, None]))
    if park is not None:
        # at the same instant: as the last step, or as the first one
        events.insert(draw(st.sampled_from([0, len(events), len(events), len(events)])),
                      (park, ("park", rest, rest)))  # fmt: skip
    started = reads + draw(SPAN)
    stored = started + conversion + draw(st.sampled_from([0, 0, 0, 1, 700 * NS]))
    opened = stored + draw(st.sampled_from([0, 0, 250 * NS]))
    events += [(started, ("start",)), (stored, ("store",)), (opened, ("set", OPEN))]
    return _spread(events, opened + draw(st.one_of(LONG, LONG, SPAN)))


@st.composite
def unusual(draw: Draw, conversion: int) -> tuple[Token, ...]:
    """Any steps in any order, most of them drawn from what an update needs."""
    tokens: list[Token] = [
        ("write",), ("sot",), ("gate",), ("swapped",), ("park", 0, 0), ("park", 5, 1),
        ("set", OPEN), ("set", WRITE), ("set", READ), ("set", RESET), ("reset",), ("start",),
        ("store",), ("wait", conversion), ("wait", conversion - 1), ("wait", T_ON),
        ("wait", T_ON + 1), ("wait", 100 * NS), ("wait", 5 * US), ("wait", 0),
    ]  # fmt: skip
    some = draw(st.lists(st.sampled_from(tokens), min_size=1, max_size=12))
    if draw(st.booleans()):
        frame = [("write",), ("set", WRITE), ("wait", 600 * NS), ("set", READ), ("park", 0, 0),
                 ("start",), ("wait", conversion), ("store",), ("set", OPEN)]  # fmt: skip
        at = draw(st.integers(0, len(frame)))
        some = [*frame[:at], *some, *frame[at:]]
    if not {("write",), ("swapped",), ("park", 0, 0), ("park", 5, 1)} & {*some}:
        some.append(("write",))  # a switch whose lines nobody drives is not compiled
    return tuple(some)
