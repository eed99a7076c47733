"""The kernel: ticks, units, parameters, random streams, ledger, trace, the seam, results."""

from .card import Card, Number, load_card
from .config import Config, Node, Shelf, load_node
from .core import Emulator, Program, Tick, stepper, tick
from .errors import ConfigError, DataError, PriceError, SequenceError, SpinboardError, nearest
from .ledger import Account, Entry, Ledger
from .params import (
    Count,
    DataRate,
    Farad,
    Frequency,
    Ohm,
    Params,
    Rate,
    Ratio,
    SlewRate,
    Time,
    Volt,
)
from .prices import Bill, Line, Meter, PriceList, load_prices, price
from .result import Emulated, Phase, Result, Table, Timeline
from .seam import Activation, Drive, NeuronBoard, Outcome, PassNoise
from .sequence import (
    Do,
    Elaborated,
    Operand,
    Signal,
    Step,
    Until,
    Wait,
    duration_of,
    elaborate,
    static_reason,
)
from .streams import Stream, philox4x32
from .ticks import NEVER, PS_PER_NS, PS_PER_S, PS_PER_US, Clock
from .trace import MemoryTrace, ParquetTrace, TraceSink

__version__ = "0.1.0"

__all__ = [
    "NEVER",
    "PS_PER_NS",
    "PS_PER_S",
    "PS_PER_US",
    "Account",
    "Activation",
    "Bill",
    "Card",
    "Clock",
    "Config",
    "ConfigError",
    "Count",
    "DataError",
    "DataRate",
    "Do",
    "Drive",
    "Elaborated",
    "Emulated",
    "Emulator",
    "Entry",
    "Farad",
    "Frequency",
    "Ledger",
    "Line",
    "MemoryTrace",
    "Meter",
    "NeuronBoard",
    "Node",
    "Number",
    "Ohm",
    "Operand",
    "Outcome",
    "Params",
    "ParquetTrace",
    "PassNoise",
    "Phase",
    "PriceError",
    "PriceList",
    "Program",
    "Rate",
    "Ratio",
    "Result",
    "SequenceError",
    "Shelf",
    "Signal",
    "SlewRate",
    "SpinboardError",
    "Step",
    "Stream",
    "Table",
    "Tick",
    "Time",
    "Timeline",
    "TraceSink",
    "Until",
    "Volt",
    "Wait",
    "duration_of",
    "elaborate",
    "load_card",
    "load_node",
    "load_prices",
    "nearest",
    "philox4x32",
    "price",
    "static_reason",
    "stepper",
    "tick",
]
