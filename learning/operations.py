"""What the host counts for one `learn` of an infomorphic neuron.

Operations per sample and neuron: an addition, multiplication, comparison, division, exponential or
logarithm counts as one, every sample in a cell of its own.
"""

from __future__ import annotations

_CURVE = 10  # A(r, c) 4, sigmoid 4, clip 2
_BINNING = 12  # per axis: minimum, maximum, shift, divide, scale, truncate
_MASSES = 13  # 1 - q, both outputs into cell, row, column and total 8, union 4
_INFORMATION = 56  # per mass (R, C, RC, union): sum, 3 logs, 4 local, 4 totals, 2 slopes
_EXCESS = 9  # shares 2, difference, row and column sums 2, joining them 2, scale, add
_CHAIN = 13  # five weighted slopes 9, g theta (1 - theta) dA/dr 4
CONTEXT = 4  # if it is trained: times dA/dc z 2, sign, sum
PER_SAMPLE = _CURVE + _BINNING + _MASSES + _INFORMATION + _EXCESS + _CHAIN
PER_NEURON = 16  # log-odds 3, entropy 4, goal 9
PER_WEIGHT = 3  # 1/N, decay 2; the optimizer adds its own
