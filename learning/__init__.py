"""Learning: mathematics without volts, seconds or joules.

Infomorphic neurons (`InfomorphicLearner`) climb a goal made of the atoms of a partial information
decomposition (`shared_exclusions`); a board answers to their drives. Layered networks learn from
noise (`learning.perturbation.PerturbationLearner`), and only they need PyTorch. Data sets come as
plain arrays (`DataSet`, `ImageSet`); `learning.fetch` downloads them.
"""

from pathlib import Path

from .associative import AssociativeLearner
from .augmentation import Augmentation
from .backprop import SoftmaxParams, SoftmaxRegression
from .batches import Batches
from .clusters import ClusterLearner, ClusterParams, matched
from .datasets import (
    BREAST_CANCER_CLASSES,
    FILES,
    IMAGES,
    DataSet,
    find_data,
    find_files,
    load_breast_cancer,
    load_digits_split,
    load_images,
    load_mnist,
    stored,
)
from .departure import departure
from .epochs import Epochs
from .idx import read_idx
from .images import ImageSet
from .infomorphic import InfomorphicLearner, InfomorphicParams, StepReport
from .letters import Alphabet, constant_pixels, load_letters, with_complements
from .mean import Mean, mean_share
from .optimizer import Adam, Ascent, Optimizer
from .perturbation import PerturbationParams
from .pid import Pid, bin_indices, shared_exclusions
from .products import Samples
from .recall import Recall, majority, turns, with_flips
from .rescaled import Rescaled
from .statistics import wilson
from .two_means import leading_axes, two_means

CARDS = Path(__file__).parent / "cards"

__all__ = [
    "BREAST_CANCER_CLASSES",
    "CARDS",
    "FILES",
    "IMAGES",
    "Adam",
    "Alphabet",
    "Ascent",
    "AssociativeLearner",
    "Augmentation",
    "Batches",
    "ClusterLearner",
    "ClusterParams",
    "DataSet",
    "Epochs",
    "ImageSet",
    "InfomorphicLearner",
    "InfomorphicParams",
    "Mean",
    "Optimizer",
    "PerturbationParams",
    "Pid",
    "Recall",
    "Rescaled",
    "Samples",
    "SoftmaxParams",
    "SoftmaxRegression",
    "StepReport",
    "bin_indices",
    "constant_pixels",
    "departure",
    "find_data",
    "find_files",
    "leading_axes",
    "load_breast_cancer",
    "load_digits_split",
    "load_images",
    "load_letters",
    "load_mnist",
    "majority",
    "matched",
    "mean_share",
    "read_idx",
    "shared_exclusions",
    "stored",
    "turns",
    "two_means",
    "wilson",
    "with_complements",
    "with_flips",
]
