"""Noise-based learning of layered networks: NP, ANP, DANP, and backpropagation as a bound.

`PerturbationLearner` needs PyTorch, whose import takes over a second: it is loaded when that name
is first asked for, and not before.
"""

from typing import TYPE_CHECKING

from emulator import ConfigError

from .params import PerturbationParams
from .report import Evaluation, StepReport

if TYPE_CHECKING:
    from .learner import PerturbationLearner

__all__ = ["Evaluation", "PerturbationLearner", "PerturbationParams", "StepReport"]


def __getattr__(name: str) -> object:
    """Return `PerturbationLearner`; raises `ConfigError` if PyTorch is not installed."""
    if name != "PerturbationLearner":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from .learner import PerturbationLearner  # noqa: PLC0415  (a slow import)
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ConfigError(
            "noise-based learning needs PyTorch, which is not installed (torch==2.13.0)"
        ) from None
    return PerturbationLearner
