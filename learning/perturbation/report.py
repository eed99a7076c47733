"""What a learner tells about a batch and about a test; needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """What one step saw in its first pass: mean `loss`, share of samples classified right.

    `zero_share` is the share of samples whose passes read alike, `hidden_share` of those that do
    although the passes differed: by too little, or beyond the range of the converters.
    `saturated_share` is the share of readings beyond that range in the layer with most of them.
    `accuracy` is 0 without classes. The loss of a network that diverged is not finite.
    """

    loss: float
    accuracy: float
    zero_share: float
    hidden_share: float
    saturated_share: float


@dataclass(frozen=True)
class Evaluation:
    """How a test went: mean `loss`, `right` of `samples` classified (0 without classes).

    `saturated_share` of the outputs read lay beyond the range of the converters.
    """

    loss: float
    right: int
    samples: int
    saturated_share: float

    @property
    def accuracy(self) -> float:
        """The share classified right."""
        return self.right / self.samples
