"""Without a compiler (NUMBA_DISABLE_JIT=1) the same code gives the same bits, only later."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from devices import OPEN, READ, WRITE
from tests.controllers.compiled.bank_board import FAST_LINK, FrontEnd, LanePlan, Plan
from tests.controllers.compiled.comparing import COMPILED, EVENT, Look, Work, play

PLANS = {
    "rows": Plan(2, 1, ("board=lab", *FAST_LINK, "board.dac.bits=8")),
    "walked": Plan(2, 1, ("board=lab", *FAST_LINK, "board.t_settle_wait=0.5 us",
                          "board.opamp.tau_clamp=5 us", "board.dac.bits=8")),
    "pipeline": Plan(2, 1, ("board=asic", "board.issue_cycles=3", "mtj.reset=always")),
}  # fmt: skip
# a converter that is started twice: a case for the event loop
UNUSUAL = Plan(2, 1, PLANS["rows"].settings, (LanePlan((0, 1), FrontEnd(0, 0, 0, 0), (
    ("write",), ("wait", 1_000_000), ("set", WRITE), ("wait", 600_000), ("set", READ),
    ("park", 0, 0), ("start",), ("start",), ("wait", 3_000_000), ("store",), ("set", OPEN),
)),))  # fmt: skip
WORK = Work((2, 2))
# numpy says that a product of two words overflows, as a product of Philox is meant to
PROGRAM = r"""
import json, sys, warnings
warnings.simplefilter("error")
for module in ("words", "bulk"):
    warnings.filterwarnings("ignore", "overflow encountered", RuntimeWarning,
                            "controllers.compiled." + module)
from tests.controllers.compiled import test_plain
print(json.dumps(test_plain.everything(sys.argv[1])))
"""


def everything(engine: str) -> dict[str, Look]:
    """Return all looks at all plans, by the loop and by rows."""
    looks = {}
    for name, plan in PLANS.items():
        for traced in (False, True):
            looks[f"{name} {traced}"] = play(plan, WORK, engine, traced=traced)
    looks["loop"] = play(UNUSUAL, WORK, engine)
    return json.loads(json.dumps(looks))  # type: ignore[no-any-return]


def test_plain_python_compiled_code_and_events_agree() -> None:
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, COMPILED],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    plain, compiled, events = json.loads(ran.stdout), everything(COMPILED), everything(EVENT)
    for case, look in events.items():
        for name, value in look.items():
            assert plain[case][name] == value, (case, name)
            assert compiled[case][name] == value, (case, name)
