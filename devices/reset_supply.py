"""A bench supply in place of the fixed reset rail."""

from __future__ import annotations

from dataclasses import replace

from .mtj_bank import MtjBank
from .vgsot import reset_threshold


class ResetSupply:
    """Turns the reset rail of a bank. Port `set(volts)`: what reset pulses deliver from now on.

    A board's rail is fixed at `v_reset`, far above the critical voltage; to see where AP -> P
    switches, somebody has to turn it. An instrument: it is no part of the board, books nothing and
    has no price. The heat of the pulses is booked by the bank, at the voltage that is set.
    """

    def __init__(self, bank: MtjBank) -> None:
        self._bank = bank

    def set(self, volts: float) -> None:
        """Deliver pulses of `volts` (>= 0) over the SOT line, against the direction of writes."""
        bank = self._bank
        bank.reset_limit = reset_threshold(bank.params.model_copy(update={"v_reset": volts}))
        bank.reset_code = replace(bank.grid, reset_volts=volts).reset_index >> 4
