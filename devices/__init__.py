"""Parts: kernels of physics with ports, and the cards that hold their numbers."""

from pathlib import Path

from .adc import Adc, AdcParams
from .dac import Dac, DacParams
from .grid import DeliveredGrid
from .line import Line
from .mtj_bank import MtjBank
from .opamp import Follower, OpampParams
from .pulse_driver import Comparator, ComparatorParams, PulseDriver
from .sense import DividerParams, SenseNode, acquisition_limit
from .settling import Decay, SettlingLaw, decay
from .switch import MODES, OPEN, READ, RESET, WRITE, AnalogSwitch, SwitchParams
from .vgsot import (
    VgsotActivation,
    VgsotParams,
    reset_threshold,
    resistances,
    threshold,
)

CARDS = Path(__file__).parent / "cards"

__all__ = [
    "CARDS",
    "MODES",
    "OPEN",
    "READ",
    "RESET",
    "WRITE",
    "Adc",
    "AdcParams",
    "AnalogSwitch",
    "Comparator",
    "ComparatorParams",
    "Dac",
    "DacParams",
    "Decay",
    "DeliveredGrid",
    "DividerParams",
    "Follower",
    "Line",
    "MtjBank",
    "OpampParams",
    "PulseDriver",
    "SenseNode",
    "SettlingLaw",
    "SwitchParams",
    "VgsotActivation",
    "VgsotParams",
    "acquisition_limit",
    "decay",
    "reset_threshold",
    "resistances",
    "threshold",
]
