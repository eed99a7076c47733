"""Parameters of the kinds of noise that a learner may be given: one model per kind.

Noise is added to the pre-activations of nodes, which have no unit: a volt counts as 1.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from emulator import PS_PER_S, Count, Ohm, Params, Ratio, Volt
from emulator.params import Dimension

from .smtj import Tesla

Order = Literal["time", "batch"]
DISTINCT = (
    8  # junctions in series that may have resistances of their own: a byte tells their states
)


class GaussianNoiseParams(Params):
    """Independent Gaussian noise of standard deviation `sigma`."""

    sigma: Ratio = Field(ge=0, le=1e6)


class BernoulliNoiseParams(Params):
    """alpha times the number of ones among `draws` draws of B(`p`)."""

    alpha: Ratio = Field(ge=-1e6, le=1e6)
    p: Ratio = Field(ge=0, le=1)
    draws: Count = Field(ge=1, le=255)
    centred: bool


class HmmNoiseParams(Params):
    """Two states of means `mu_1` and `mu_2`, Gaussian observation noise of `sigma`.

    Per step state 1 goes to 2 with `p`, 2 to 1 with `p_back` (None, from "auto": `p`). `order`:
    `batch`, the chain of a node runs along the samples of a batch and pass 2 goes on after pass 1;
    `time`, sample by sample, and the two passes of a sample are neighbouring steps.
    """

    p: Ratio = Field(gt=0, lt=1)
    p_back: Annotated[float | None, Dimension("")] = Field(gt=0, lt=1)
    mu_1: Ratio = Field(ge=-1e6, le=1e6)
    mu_2: Ratio = Field(ge=-1e6, le=1e6)
    sigma: Ratio = Field(ge=0, le=1e6)
    order: Order
    centred: bool

    @model_validator(mode="after")
    def _is_telegraph_noise(self) -> Self:
        if self.p + self.back >= 1.0:
            raise ValueError(
                f"p = {self.p} and p_back = {self.back} add up to 1 or more: no telegraph noise "
                "alternates faster than it forgets"
            )
        return self

    @property
    def back(self) -> float:
        """P(2 -> 1) per step."""
        return self.p if self.p_back is None else self.p_back


class TelegraphNoiseParams(Params):
    """`junctions` sMTJs in series per node, read whenever a pass happens.

    `levels`: `divider`, v_supply R / (R + r_series) in volts; `plain`, the sum of `level_p` or
    `level_ap` over the junctions. `sigma` is Gaussian observation noise, `mu0_h` the field. With
    `loaded` the mean current through the divider biases the junctions. From junction to junction
    barriers spread by `spread_delta` (standard deviation, in k_B T) and resistances by `spread_r`
    (relative, in the divider).
    """

    junctions: Count = Field(ge=1, le=255)
    levels: Literal["divider", "plain"]
    v_supply: Volt = Field(gt=0, le=100)
    r_series: Ohm = Field(ge=0)
    level_p: Ratio = Field(ge=-1e6, le=1e6)
    level_ap: Ratio = Field(ge=-1e6, le=1e6)
    sigma: Ratio = Field(ge=0, le=1e6)
    mu0_h: Tesla = Field(ge=-10, le=10)
    loaded: bool
    spread_delta: Ratio = Field(ge=0, le=10)
    spread_r: Ratio = Field(ge=0, le=1)
    centred: bool

    @model_validator(mode="after")
    def _resistances_show(self) -> Self:
        if self.spread_r and self.levels == "plain":
            raise ValueError("spread_r has no effect with levels = plain: take levels = divider")
        if self.spread_r and self.junctions > DISTINCT:
            raise ValueError(
                f"spread_r makes 2^{self.junctions} levels of {self.junctions} junctions in "
                f"series: at most {DISTINCT} may differ"
            )
        return self

    @property
    def spreads(self) -> dict[str, float]:
        """What differs from junction to junction, by the name of its key."""
        both = {"spread_delta": self.spread_delta, "spread_r": self.spread_r}
        return {key: value for key, value in both.items() if value}


class RecordedNoiseParams(Params):
    """A recording, sample after sample, from its beginning again after its end.

    `order`: `serial`, each node of each pass takes the next sample; `real_time`, node j takes the
    sample of the instant of the pass and j `t_node`. The instant is that of the board's clock with
    `t_pass` None (from "auto"); a number makes pass i happen at i t_pass. `t_node` None (from
    "auto") spreads the nodes over the whole recording, as if each had a junction of its own.
    `rate` None (from "auto"): that of the file.
    """

    file: str = Field(min_length=1)
    rate: Annotated[int | None, Dimension("Hz", 1000)] = Field(gt=0)
    order: Literal["serial", "real_time"]
    t_pass: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(gt=0)
    t_node: Annotated[int | None, Dimension("s", PS_PER_S)] = Field(ge=0)
    centred: bool
