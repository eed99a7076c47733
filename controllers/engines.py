"""Which engine runs a board's batches, and why. Both leave the same bits behind."""

from __future__ import annotations

from dataclasses import dataclass

from emulator import SequenceError

from .board import Board, Scheduler


@dataclass(frozen=True)
class Engine:
    """The engine that was chosen for a board."""

    name: str
    why: str
    scheduler: Scheduler

    @property
    def reason(self) -> str:
        """Why this engine runs, and how many batches it had to leave to the event engine."""
        left = self.scheduler.contended_batches
        if not left:
            return self.why
        return f"{self.why}; batches in which others were due ran on the event engine: {left}"


def choose(board: Board, wanted: str) -> Engine:
    """Give `board` the engine that is wanted, "auto", "event" or "compiled".

    "auto" wants the compiled engine. Where it cannot run the board's sequences the event engine
    does, and the reason says why.
    """
    if wanted == "event":
        return Engine("event", "asked for", board.scheduler)
    # Whoever stays with the event engine need not import what the other one is made of.
    from .compiled.engine import CompiledScheduler  # noqa: PLC0415
    from .compiled.program import uncompiled_reason  # noqa: PLC0415

    reason = uncompiled_reason(board.lanes)
    if reason is None:
        try:
            board.scheduler = CompiledScheduler(board)
        except SequenceError as error:
            reason = str(error)
        else:
            why = "asked for" if wanted == "compiled" else "all sequences are static"
            return Engine("compiled", why, board.scheduler)
    return Engine("event", f"not compiled: {reason}", board.scheduler)
