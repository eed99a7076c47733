"""Parts: kernels of physics with ports, and the cards that hold their numbers."""

from pathlib import Path

from .adc import Adc, AdcParams
from .dac import Dac, DacParams
from .dwell import DwellTimes
from .grid import DeliveredGrid
from .line import Line
from .mtj_bank import MtjBank
from .noise import NOISES, make_noise, scope
from .noise_levels import LevelNoise
from .noise_params import (
    BernoulliNoiseParams,
    GaussianNoiseParams,
    HmmNoiseParams,
    RecordedNoiseParams,
    TelegraphNoiseParams,
)
from .noise_recorded import RecordedNoise
from .opamp import Follower, OpampParams
from .pulse_driver import Comparator, ComparatorParams, PulseDriver
from .recording import Recording, read_recording
from .reset_supply import ResetSupply
from .sense import DividerParams, SenseNode, acquisition_limit
from .settling import Decay, SettlingLaw, decay
from .smtj import BarrierLaw, SmtjParams
from .smtj_chain import SmtjChain, chain_rate
from .switch import MODES, OPEN, READ, RESET, WRITE, AnalogSwitch, SwitchParams
from .telegraph import TelegraphBank
from .telegraph_card import card_text, hmm_card, smtj_card
from .telegraph_fit import Estimate, TelegraphFit, fit_telegraph
from .telegraph_grid import TelegraphGrid
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
    "NOISES",
    "OPEN",
    "READ",
    "RESET",
    "WRITE",
    "Adc",
    "AdcParams",
    "AnalogSwitch",
    "BarrierLaw",
    "BernoulliNoiseParams",
    "Comparator",
    "ComparatorParams",
    "Dac",
    "DacParams",
    "Decay",
    "DeliveredGrid",
    "DividerParams",
    "DwellTimes",
    "Estimate",
    "Follower",
    "GaussianNoiseParams",
    "HmmNoiseParams",
    "LevelNoise",
    "Line",
    "MtjBank",
    "OpampParams",
    "PulseDriver",
    "RecordedNoise",
    "RecordedNoiseParams",
    "Recording",
    "ResetSupply",
    "SenseNode",
    "SettlingLaw",
    "SmtjChain",
    "SmtjParams",
    "SwitchParams",
    "TelegraphBank",
    "TelegraphFit",
    "TelegraphGrid",
    "TelegraphNoiseParams",
    "VgsotActivation",
    "VgsotParams",
    "WritePulse",
    "WritePulseParams",
    "acquisition_limit",
    "card_text",
    "chain_rate",
    "decay",
    "fit_telegraph",
    "hmm_card",
    "make_noise",
    "read_recording",
    "reset_threshold",
    "resistances",
    "scope",
    "smtj_card",
    "threshold",
]
