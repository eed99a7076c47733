"""Time: sequences on boards, the event scheduler, firmware, host and link."""

from pathlib import Path

from devices import VgsotParams
from emulator import ConfigError, Emulator, Node, nearest

from .board import Batch, Board
from .host import Host, HostParams, Link, LinkParams
from .lab import LabBoard, LabParams
from .mcu import Mcu
from .pipeline import PipelineBoard, PipelineParams
from .sequencer import Firmware, Processor, Timer, run_static

CARDS = Path(__file__).parent / "cards"
PRICES = Path(__file__).parent / "prices"
BOARDS: dict[str, type[Board]] = {"lab": LabBoard, "pipeline": PipelineBoard}


def make_board(emulator: Emulator, node: Node, mtj: VgsotParams, neurons: int) -> Board:
    """Build the board that a configuration node describes; raises `ConfigError`."""
    if node.card.model not in BOARDS:
        raise ConfigError(
            f"board model '{node.card.model}' is unknown{nearest(node.card.model, BOARDS)}"
        )
    return BOARDS[node.card.model](emulator, node, mtj, neurons)


__all__ = [
    "BOARDS",
    "CARDS",
    "PRICES",
    "Batch",
    "Board",
    "Firmware",
    "Host",
    "HostParams",
    "LabBoard",
    "LabParams",
    "Link",
    "LinkParams",
    "Mcu",
    "PipelineBoard",
    "PipelineParams",
    "Processor",
    "Timer",
    "make_board",
    "run_static",
]
