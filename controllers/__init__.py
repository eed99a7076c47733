"""Time: sequences on boards, the event scheduler, firmware, host and link."""

from collections.abc import Sequence
from pathlib import Path

from devices import VgsotParams
from emulator import ConfigError, Emulator, Node, nearest

from .array import ArrayBoard, PassGrid
from .array_params import (
    ArrayLogicParams,
    ArrayParams,
    InputDacParams,
    SharedAdcParams,
    SummingNodeParams,
    WeightArrayParams,
)
from .board import Batch, Board
from .host import Host, HostParams, Link, LinkParams
from .lab import LabBoard, LabParams
from .mcu import Mcu
from .pipeline import PipelineBoard, PipelineParams
from .sequencer import Firmware, Processor, Timer, run_static

CARDS = Path(__file__).parent / "cards"
PRICES = Path(__file__).parent / "prices"
BOARDS: dict[str, type[Board]] = {"lab": LabBoard, "pipeline": PipelineBoard}
NETWORKS = {"array": ArrayBoard}  # boards of whole networks, by the model of their card


def make_board(emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> Board:
    """Build the board that a configuration node describes; raises `ConfigError`."""
    if node.card.model not in BOARDS:
        raise ConfigError(
            f"board model '{node.card.model}' is unknown{nearest(node.card.model, BOARDS)}"
        )
    return BOARDS[node.card.model](emulator, node, mtj, neurons)


def make_array(
    emulator: Emulator, node: Node, layers: Sequence[int], inputs: int, decorrelated: int = 0
) -> ArrayBoard:
    """Build the network that a configuration node describes; raises `ConfigError`."""
    if node.card.model not in NETWORKS:
        raise ConfigError(
            f"board model '{node.card.model}' is no network{nearest(node.card.model, NETWORKS)}"
        )
    return NETWORKS[node.card.model](emulator, node, layers, inputs, decorrelated)


__all__ = [
    "BOARDS",
    "CARDS",
    "NETWORKS",
    "PRICES",
    "ArrayBoard",
    "ArrayLogicParams",
    "ArrayParams",
    "Batch",
    "Board",
    "Firmware",
    "Host",
    "HostParams",
    "InputDacParams",
    "LabBoard",
    "LabParams",
    "Link",
    "LinkParams",
    "Mcu",
    "PassGrid",
    "PipelineBoard",
    "PipelineParams",
    "Processor",
    "SharedAdcParams",
    "SummingNodeParams",
    "Timer",
    "WeightArrayParams",
    "make_array",
    "make_board",
    "run_static",
]
