"""Parts: kernels of physics with ports, and the cards that hold their numbers."""

from pathlib import Path

from .adc import Adc, AdcParams
from .dac import Dac, DacParams
from .grid import DeliveredGrid
from .line import Line
from .mtj_bank import MtjBank
from .opamp import Follower, OpampParams
from .pulse_driver import Comparator, ComparatorParams, PulseDriver
from .reset_supply import ResetSupply
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
from .write_energy import WritePulse, WritePulseParams

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
    "ResetSupply",
    "SenseNode",
    "SettlingLaw",
    "SwitchParams",
    "VgsotActivation",
    "VgsotParams",
    "WritePulse",
    "WritePulseParams",
    "acquisition_limit",
    "decay",
    "reset_threshold",
    "resistances",
    "threshold",
]
