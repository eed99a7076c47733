"""The share of lost votes that a calibration brings back, with its error bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from learning.fieller import fieller

Right = NDArray[np.bool_]  # of each test sample, whether the vote of a chip was right


@dataclass(frozen=True)
class Recovery:
    """A share, and its 95 % interval: None where chance alone may explain the loss."""

    share: float
    interval: tuple[float, float] | None


def recovery(least: Right, made: Right, calibrated: Right) -> Recovery | None:
    """Return (calibrated - made) / (least - made), shares of right votes; None if none were lost.

    Shapes (samples,): the chip of the smallest sigma, that of the largest one as made, and the
    latter calibrated.

    All three judge the same samples, so the interval is Fieller's for the differences at each
    sample (`learning.fieller`). It is the chance of samples and draws on these very chips, not of
    other devices, and is not clipped to [0, 1]: a calibration may do harm.
    """
    lost, gained = least.mean() - made.mean(), calibrated.mean() - made.mean()
    if lost <= 0.0:
        return None
    a, b, c = (right.astype(np.float64) for right in (least, made, calibrated))
    return Recovery(float(gained / lost), fieller(c - b, a - b))
