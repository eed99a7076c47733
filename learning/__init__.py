"""Learning: mathematics without volts, seconds or joules.

Infomorphic neurons (`InfomorphicLearner`) climb a goal made of the atoms of a partial information
decomposition (`shared_exclusions`); a board answers to their drives. Data sets come as plain
arrays (`DataSet`); `learning.fetch` downloads them.
"""

from pathlib import Path

from .batches import Batches
from .datasets import FILES, DataSet, find_data, load_digits_split, load_mnist, stored
from .idx import read_idx
from .infomorphic import InfomorphicLearner, InfomorphicParams, StepReport
from .optimizer import Adam, Ascent, Optimizer
from .pid import Pid, bin_indices, shared_exclusions
from .statistics import wilson

CARDS = Path(__file__).parent / "cards"

__all__ = [
    "CARDS",
    "FILES",
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
    "stored",
    "wilson",
]
