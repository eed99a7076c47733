"""Learning: mathematics without volts, seconds or joules.

Infomorphic neurons (`InfomorphicLearner`) climb a goal made of the atoms of a partial information
decomposition (`shared_exclusions`); a board answers to their drives. Data sets come as plain
arrays (`DataSet`); `learning.fetch` downloads them.
"""

from pathlib import Path

from .associative import AssociativeLearner
from .backprop import SoftmaxParams, SoftmaxRegression
from .batches import Batches
from .clusters import ClusterLearner, ClusterParams, matched
from .datasets import (
    BREAST_CANCER_CLASSES,
    FILES,
    DataSet,
    find_data,
    load_breast_cancer,
    load_digits_split,
    load_mnist,
    stored,
)
from .idx import read_idx
from .infomorphic import InfomorphicLearner, InfomorphicParams, StepReport
from .letters import Alphabet, constant_pixels, load_letters, with_complements
from .optimizer import Adam, Ascent, Optimizer
from .pid import Pid, bin_indices, shared_exclusions
from .recall import Recall, majority, turns, with_flips
from .rescaled import Rescaled
from .statistics import wilson
from .two_means import leading_axes, two_means

CARDS = Path(__file__).parent / "cards"

__all__ = [
    "BREAST_CANCER_CLASSES",
    "CARDS",
    "FILES",
    "Adam",
    "Alphabet",
    "Ascent",
    "AssociativeLearner",
    "Batches",
    "ClusterLearner",
    "ClusterParams",
    "DataSet",
    "InfomorphicLearner",
    "InfomorphicParams",
    "Optimizer",
    "Pid",
    "Recall",
    "Rescaled",
    "SoftmaxParams",
    "SoftmaxRegression",
    "StepReport",
    "bin_indices",
    "constant_pixels",
    "find_data",
    "leading_axes",
    "load_breast_cancer",
    "load_digits_split",
    "load_letters",
    "load_mnist",
    "majority",
    "matched",
    "read_idx",
    "shared_exclusions",
    "stored",
    "turns",
    "two_means",
    "wilson",
    "with_complements",
    "with_flips",
]
