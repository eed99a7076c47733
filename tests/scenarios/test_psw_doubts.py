"""What casts doubt on points of a user's own: their trials, their scatter, a board out of reach."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest

from scenarios.catalog import configure
from scenarios.psw_points import COLUMNS
from scenarios.run import run

A, B, C0 = 3.43, 2.4874, -0.0757


def doubts(path: Path, *, shift: float = 0.0, trials: int = 100, n: int = 100,
           digits: int = 16) -> list[str]:  # fmt: skip
    """Return what is said of points by `trials` trials, which their file calls `n`."""
    random = np.random.default_rng(1)
    v, g = (grid.ravel() for grid in np.meshgrid(np.linspace(0.56, 1.04, 49), (0.2, 0.4, 0.6)))
    law = 1 / (1 + np.exp(-(A * (v - 0.8) / 0.1 + B * (g - 0.4) / 0.3 + C0)))
    shares = random.binomial(trials, law) / trials
    rows = [f"{x + shift},{y},{round(p, digits)},{n},left" for x, y, p in
            zip(v, g, shares, strict=True)]  # fmt: skip
    path.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return run(configure("psw-curve", [f"csv={path}"])).warnings


@pytest.mark.parametrize(("n", "digits"), [(10, 1), (100, 2), (100, 16), (1000, 3), (300, 4)])
def test_true_trials_raise_no_doubt(tmp_path: Path, n: int, digits: int) -> None:
    assert doubts(tmp_path / "p.csv", trials=n, n=n, digits=digits) == []


def test_shares_that_are_no_counts_are_told(tmp_path: Path) -> None:
    """A half of 40 trials is no count of 25; two digits of a thousand trials hide which."""
    (told,) = doubts(tmp_path / "p.csv", trials=40, n=25)
    assert re.match(r"p_sw \* n is no whole number in \d+ of 147 points", told)
    assert re.search(r"\(the first: 0\.\d+ \* 25 = \d+\.\d+\)", told)
    rounded = doubts(tmp_path / "p.csv", trials=900, n=1000, digits=2)
    assert not any("whole number" in told for told in rounded)


@pytest.mark.parametrize(("n", "doubted"), [(1000, True), (10_000, False)])
def test_points_that_scatter_too_little_are_told(tmp_path: Path, n: int, doubted: bool) -> None:
    """Whole counts of n, and a tenth of the scatter that n trials have."""
    told = doubts(tmp_path / "p.csv", trials=10_000, n=n, digits=round(math.log10(n)))
    assert bool(told) == doubted
    assert not doubted or re.match(r"a deviance of .* scatter less than so few trials can", told[0])


@pytest.mark.parametrize("shift", [-1.0, 3.0])
def test_a_critical_voltage_out_of_reach_is_told(tmp_path: Path, shift: float) -> None:
    (told,) = doubts(tmp_path / "p.csv", shift=shift)
    assert told.startswith(f"the fitted critical voltage of {0.8 + shift:.2g}")
    assert "beyond the reach of board=lab, which delivers 0 .. 2." in told
