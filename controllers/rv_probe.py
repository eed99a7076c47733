"""The control program that looks for switching voltages: one pulse, then the resistance.

S0 note 6: the control program "retrieves switching voltages". No reset comes before a pulse here:
a junction keeps its state from point to point, which is what a loop of R against V shows.
"""

from __future__ import annotations

from devices import OPEN, READ, RESET, WRITE, ResetSupply
from emulator import Do, Step, Wait

from .lab import REST, LabBoard
from .mcu import reads_ap
from .sequencer import Firmware


class RvProbe:
    """Fires single pulses on a laboratory board and reads the resistance after each.

    Positive pulses (P -> AP) come from the converter, negative ones (AP -> P) through the reset
    path, whose rail is a bench supply that takes `t_supply` ps to settle.
    """

    def __init__(self, board: LabBoard, t_supply: int) -> None:
        self.board, self.t_supply = board, t_supply
        self.supply = ResetSupply(board.mtj)

    def up(self, junction: int, code: int, gate: int) -> int:
        """Fire a positive pulse of two converter codes; return the ADC's code after it."""
        return self._run(junction, self._write(junction, code, gate))

    def down(self, junction: int, volts: float) -> int:
        """Fire a negative pulse of `volts`; return the ADC's code after it."""
        emulator = self.board.emulator
        self.supply.set(volts)
        emulator.advance(emulator.now + self.t_supply)
        return self._run(junction, self._reset(junction))

    def is_ap(self, code: int) -> bool:
        """Return whether a code is one of the antiparallel state."""
        return bool(reads_ap(code, self.board.mcu.middle))

    def ohm(self, code: int) -> float:
        """Return the resistance R = R_s (V_read / V - 1), V the middle of a code's step."""
        adc, divider = self.board.adc_params, self.board.sense.params
        volts = (code + 0.5) * adc.v_ref / (1 << adc.bits)
        return divider.r_s * (divider.v_read / volts - 1.0)

    def _run(self, junction: int, pulse: tuple[Step, ...]) -> int:
        """Let host, link and microcontroller take one point."""
        board, link = self.board, self.board.link
        board.emulator.perform(link.transfer(link.params.bytes_down))
        board.begin_window()
        code = board.emulator.complete(board.processor.run(self._firmware(junction, pulse)))
        board.end_window()
        board.emulator.perform(link.transfer(link.params.bytes_up))
        return int(code)

    def _firmware(self, junction: int, pulse: tuple[Step, ...]) -> Firmware:
        """Pulse, read, convert: the phases of the board's own update, without its reset."""
        board = self.board
        yield Wait(board.params.t_code_load)
        yield from pulse
        yield Do(board.switch.set, READ, junction)
        yield Do(board.dac.write, REST, REST)
        yield Wait(board.switch_params.t_on + board.params.t_read_settle)
        yield Do(board.adc.start)
        yield Wait(board.adc_params.t_conversion)
        yield Do(board.mcu.store, junction)
        yield Do(board.switch.set, OPEN, junction)
        return board.adc.data

    def _write(self, junction: int, code: int, gate: int) -> tuple[Step, ...]:
        board = self.board
        return (
            Do(board.dac.write, code, gate),
            Wait(board.t_settle_wait),
            Do(board.switch.set, WRITE, junction),
            Wait(board.switch_params.t_on + board.params.t_pulse),
        )

    def _reset(self, junction: int) -> tuple[Step, ...]:
        board = self.board
        return Do(board.switch.set, RESET, junction), Wait(board.params.t_reset_slot)
