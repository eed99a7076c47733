"""What a learner tells about a batch and about a test; needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepReport:
    """What one step saw in its first pass: mean `loss`, share of samples classified right.

    `zero_share` is the share of samples whose passes did not differ. `accuracy` is 0 without
    classes. The loss of a network that diverged is not finite.
    """

    loss: float
    accuracy: float
    zero_share: float


@dataclass(frozen=True)
class Evaluation:
    """How a test went: mean `loss`, `right` of `samples` classified (0 without classes)."""

    loss: float
    right: int
    samples: int

    @property
    def accuracy(self) -> float:
        """The share classified right."""
        return self.right / self.samples
