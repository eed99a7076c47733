"""Parameters of noise-based learning; needs no PyTorch."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from emulator import ConfigError, Count, Params, Ratio
from emulator.params import Dimension


class PerturbationParams(Params):
    """Parameters of a layered network and the rule it learns by; see `learning/cards`.

    The network: `hidden_layers` fully connected layers of `hidden_units` leaky rectifiers (slope
    `slope` below 0; PyTorch's own is 0.01) and a linear readout, with or without `bias`. `loss` is
    the cross-entropy of the softmax (`cce`) or the sum of the squared errors (`mse`).

    The rule (`learning.perturbation.learner`): `np`, `anp`, `danp` or, as a bound, `bp`. `eta` is
    the rate of the optimizer, `epsilon` that of the decorrelation (danp only), `sigma` the rms
    noise that eq. 3 divides by (np only; None, from "auto": that of the noise it is taught with).

    Where the published program goes beyond the published equations, a word chooses:

    - `bias`: it trains one, the equations have none.
    - `gradient`: the equations average over the batch (`mean`), it adds up (`sum`). Adam does not
      tell the two apart.
    - `inputs`: x_{l-1} differs between two noisy passes and the equations do not say which is
      meant: that of the `first` (as the program has it) or the average of `both`.
    - `decorrelation_bias`: its decorrelation also learns an offset, b <- b - epsilon sum_n x_n.

    `accumulate` is how many batches share one update of R: 1 is exact. `test_pass` says whether a
    test is scored on a noisy pass, as the published program does, or on a clean one.
    """

    rule: Literal["np", "anp", "danp", "bp"]
    hidden_layers: Count = Field(ge=0, le=100)
    hidden_units: Count = Field(ge=1, le=100_000)
    slope: Ratio = Field(ge=0, le=1)
    bias: bool
    loss: Literal["cce", "mse"]
    optimizer: Literal["adam", "sgd"]
    eta: Ratio = Field(gt=0)
    epsilon: Ratio = Field(ge=0)
    sigma: Annotated[float | None, Dimension("")] = Field(gt=0)
    batch: Count = Field(ge=1, le=100_000)
    gradient: Literal["mean", "sum"]
    inputs: Literal["first", "both"]
    decorrelation_bias: bool
    accumulate: Count = Field(ge=1)
    test_pass: Literal["noisy", "clean"]
    device: Literal["cpu", "cuda"]

    def sizes(self, features: int, outputs: int) -> tuple[int, ...]:
        """Return the widths from the inputs to the readout; raises `ConfigError` if one is 0."""
        if features < 1 or outputs < 1:
            raise ConfigError(f"learner: {features} features x {outputs} outputs is empty")
        return (features, *[self.hidden_units] * self.hidden_layers, outputs)

    @property
    def noise_passes(self) -> int:
        """Passes with noise per sample of training: bp 0, np 1 (and a clean one), else 2."""
        return {"bp": 0, "np": 1}.get(self.rule, 2)
