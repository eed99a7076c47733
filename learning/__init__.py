"""Learning: mathematics without volts, seconds or joules.

Infomorphic neurons (`InfomorphicLearner`) climb a goal made of the atoms of a partial information
decomposition (`shared_exclusions`); a board answers to their drives. Data sets come as plain
arrays (`DataSet`); `learning.fetch` downloads them.
"""

from pathlib import Path

from .batches import Batches
from .datasets import DataSet, find_data, load_digits_split, load_mnist
from .idx import read_idx
from .infomorphic import InfomorphicLearner, InfomorphicParams, StepReport
from .optimizer import Adam, Ascent, Optimizer
from .pid import Pid, bin_indices, shared_exclusions

CARDS = Path(__file__).parent / "cards"

__all__ = [
    "CARDS",
    "Adam",
    "Ascent",
    "Batches",
    "DataSet",
    "InfomorphicLearner",
    "InfomorphicParams",
    "Optimizer",
    "Pid",
    "StepReport",
    "bin_indices",
    "find_data",
    "load_digits_split",
    "load_mnist",
    "read_idx",
    "shared_exclusions",
]
