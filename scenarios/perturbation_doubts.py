"""What to know before the accuracy of a training from noise is believed."""

from __future__ import annotations

from collections.abc import Mapping

from emulator import Converter, Node

from .array_noise import TELEGRAPH

FEW = 0.01  # of the samples: that they teach nothing slows learning down by as much
RARE = 0.001  # of the readings: each is a loss or an activity that is not the network's


def rule_doubts(rule: str) -> list[str]:
    """Return a sentence if a rule wants more than an array has."""
    if rule != "np":
        return []
    return [
        "learner.rule = np: equation 3 assumes a clean pass and a known noise; this board has "
        "neither, for its junctions never rest and are never read alone. A pass at the noise's "
        "mean, and what the noise deviates from it, are granted: no circuit here measures them"
    ]


def reading_doubts(noise: Node, converter: Converter, last: Mapping[str, float]) -> list[str]:
    """Return a sentence per thing that was lost on the way to the learner.

    `last` holds the shares of an epoch (`StepReport`): what converters hid is told from what the
    noise did not do.
    """
    told, same = [], last["zero_share"] - last["hidden_share"]
    scale = f"{converter.full_scale:g} in 2^{converter.bits} steps of {converter.step:.3g}"
    if last["hidden_share"] > FEW:
        told.append(
            f"the passes of {_percent(last['hidden_share'])} of the samples differed, but read the "
            f"same through the converters ({scale}): they taught nothing; take more bits "
            "(board.adc.bits), another range (board.full_scale) or stronger noise"
        )
    if same > FEW:
        told.append(
            f"the passes of {_percent(same)} of the samples had the same noise: they taught "
            f"nothing; {_remedy(noise)}"
        )
    for name, what in (
        ("saturated_share", "readings of a layer"), ("test_saturated_share", "outputs of the test"),
    ):  # fmt: skip
        if last[name] > RARE:
            told.append(
                f"{_percent(last[name])} of the {what} lay beyond the range of the converters "
                f"({scale}) and were clipped: the learner knows no more of them (board.full_scale)"
            )
    return told


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _remedy(noise: Node) -> str:
    if noise.card.model == TELEGRAPH:
        return "give the junctions more time (board.t_interval)"
    return f"noise={noise.card.name} repeats itself, take one with more values"
