"""Firmware on the laboratory board: it drives the ports itself, waits, and is interrupted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from controllers import Firmware, LabBoard, Processor, Timer
from devices import OPEN, READ, WRITE
from emulator import Do, Emulator, MemoryTrace, Operand, SequenceError, Until, Wait
from tests.controllers.boards import bench, books, random_drive

US = 1_000_000
CONVERSION = math.ceil(Fraction(56 + 12, 27 * 10**6) * 10**12)  # 68 cycles at 27 MHz, in ps


def lab(*settings: str, trace: MemoryTrace | None = None) -> LabBoard:
    board = bench(*settings, neurons=2, trace=trace).board
    assert isinstance(board, LabBoard)
    return board


def waiting(board: LabBoard, *, timeout: int | None, log: list[Any]) -> Firmware:
    """Write, pulse, connect, convert; log the time, what the wait said and what was read."""
    yield Do(board.dac.write, 1100, 496)
    yield Wait(4_500_000)
    yield Do(board.switch.set, WRITE, 0)
    yield Wait(1_150_000)
    yield Do(board.switch.set, READ, 0)
    yield Wait(650_000)
    yield Do(board.adc.start)
    came = yield Until(board.adc.done, timeout)
    yield Do(board.switch.set, OPEN, 0)
    log += [board.emulator.now, came, board.adc.data]


STARTED = 4_500_000 + 1_150_000 + 650_000


@pytest.mark.parametrize("timeout", [None, CONVERSION, CONVERSION + 1, 10 * CONVERSION])
def test_firmware_waits_for_the_end_of_conversion(timeout: int | None) -> None:
    board, log = lab(), []
    board.emulator.complete(board.processor.run(waiting(board, timeout=timeout, log=log)))
    assert log == [STARTED + CONVERSION, True, board.adc.data]
    assert board.adc.data > 0


@pytest.mark.parametrize("timeout", [0, 1, CONVERSION - 1])
def test_firmware_waits_no_longer_than_its_timeout(timeout: int) -> None:
    board, log = lab(), []
    board.emulator.complete(board.processor.run(waiting(board, timeout=timeout, log=log)))
    assert log == [STARTED + timeout, False, 0]  # the register still holds what it held before
    board.emulator.advance(STARTED + CONVERSION)
    assert board.adc.data > 0


def test_live_steps_do_what_the_board_does_by_itself() -> None:
    """The board's own steps, sent one by one through the processor, give the same codes."""
    traces = MemoryTrace(), MemoryTrace()
    static, live = (lab(trace=trace) for trace in traces)
    drive = random_drive(10, 2)
    outcome = static.update(drive)
    codes, gates, _ = live.encode(drive)

    def firmware() -> Firmware:
        for row in range(len(drive)):
            for junction in range(2):
                values = {"code": codes[row, junction], "gate": gates[row, junction],
                          "junction": junction, "index": 2 * row + junction}  # fmt: skip
                for step in live.steps():
                    if isinstance(step, Do):
                        args = [
                            int(values[a.name]) if isinstance(a, Operand) else a for a in step.args
                        ]
                        step = Do(step.op, *args)  # noqa: PLW2901
                    yield step

    live.emulator.complete(live.processor.run(firmware()))
    assert live.emulator.now == 20 * live.timeline().period_ps
    read = [[code for _, code in trace.select("lab.adc0", "eoc")] for trace in traces]
    assert read[0] == read[1] == outcome.codes.ravel().tolist()
    both = [[p[2:] for p in trace.rows if p[1] == "mtj"] for trace in traces]
    assert both[0] == both[1]


def spinning(board: LabBoard, duration: int, log: list[Any]) -> Firmware:
    yield Wait(duration)
    log.append(("main", board.emulator.now))


def handler(board: LabBoard, duration: int, name: str, log: list[Any]) -> Callable[[], Firmware]:
    def body() -> Firmware:
        log.append((name, board.emulator.now))
        yield Wait(duration)

    return body


def test_an_interrupted_wait_resumes_what_was_left() -> None:
    """3.5 us of work, 0.2 us of handler each microsecond: four ticks fall into it."""
    board, log = lab(), []
    core, timer = board.processor, Timer(board.emulator, "lab.tim2")
    timer.every(US, lambda: core.interrupt(handler(board, 200_000, "tick", log)))
    board.emulator.complete(core.run(spinning(board, 3_500_000, log)))
    ticks = [("tick", k * US) for k in (1, 2, 3, 4)]
    assert log == [*ticks, ("main", 3_500_000 + 4 * 200_000)]
    assert core.interrupts == 4


def test_a_timer_stops_and_ticks_by_index() -> None:
    board, log = lab(), []
    board.emulator.advance(17)
    timer = Timer(board.emulator, "lab.tim2")
    timer.every(333_333, lambda: log.append(board.emulator.now))
    board.emulator.advance(1_000_100)
    timer.stop()
    board.emulator.advance(10 * US)
    assert log == [17 + k * 333_333 for k in (1, 2, 3)]
    with pytest.raises(SequenceError, match="timer period of 0 ps is not positive"):
        timer.every(0, lambda: None)


@pytest.mark.parametrize("stopped", [True, False])
def test_a_timer_that_is_started_anew_forgets_its_old_ticks(stopped: bool) -> None:
    emulator, log = Emulator(), []
    timer = Timer(emulator, "timer")

    def note() -> None:
        log.append(emulator.now)

    timer.every(1000, note)
    emulator.advance(100)
    if stopped:
        timer.stop()
    timer.every(350, note)
    emulator.advance(1600)
    assert log == [100 + k * 350 for k in (1, 2, 3, 4)]


def test_a_tick_may_stop_its_timer_or_change_its_period() -> None:
    emulator, log = Emulator(), []
    timer = Timer(emulator, "timer")

    def note() -> None:
        log.append(emulator.now)
        if len(log) == 2:
            timer.every(70, note)
        if len(log) == 4:
            timer.stop()

    timer.every(1000, note)
    emulator.advance(10_000)
    assert log == [1000, 2000, 2070, 2140]
    assert emulator.peek() is None


def test_an_interrupt_lengthens_the_pulse_and_the_books_say_so() -> None:
    made = bench(neurons=2)
    board, log = made.board, []
    assert isinstance(board, LabBoard)
    board.emulator.post(
        5 * US, lambda: board.processor.interrupt(handler(board, 700_000, "isr", log))
    )
    board.emulator.complete(board.processor.run(waiting(board, timeout=None, log=log)))
    assert log[:2] == [("isr", 5 * US), STARTED + 700_000 + CONVERSION]
    booked = books(made)
    assert booked["lab.switch", "write"][0] == 1_150_000 + 700_000
    assert booked["lab.switch", "read"][0] == 650_000 + CONVERSION
    assert booked["lab.switch", "open"][0] == 4_500_000
    arrived = board.mtj.grid.index(board.opamp.lines[0].limit(board.dac_params.level_uv(1100))) >> 4
    assert booked["mtj", "drive"][0] == arrived**2 * (1_000_000 + 700_000)


def test_a_handler_may_end_the_pulse_and_the_books_hold_what_elapsed() -> None:
    made = bench(neurons=2)
    board = made.board
    assert isinstance(board, LabBoard)

    def abort() -> Firmware:
        yield Do(board.switch.set, OPEN, 0)

    board.emulator.post(5 * US, lambda: board.processor.interrupt(abort))
    board.emulator.complete(board.processor.run(waiting(board, timeout=None, log=[])))
    booked = books(made)
    assert booked["lab.switch", "write"][0] == 500_000
    assert booked["mtj", "write"][0] == 1
    assert booked["lab.switch", "open"][0] == 4_500_000 + 650_000


def test_interrupts_queue_and_do_not_nest() -> None:
    board, log = lab(), []
    core, post = board.processor, board.emulator.post
    for when, name in ((US, "a"), (US, "b"), (1_300_000, "c")):  # c falls into the handler of a
        post(when, lambda name=name: core.interrupt(handler(board, 500_000, name, log)))
    board.emulator.complete(core.run(spinning(board, 2 * US, log)))
    assert log == [("a", US), ("b", 1_500_000), ("c", 2 * US), ("main", 3_500_000)]
    assert core.interrupts == 3


def test_a_signal_that_comes_during_a_handler_is_not_lost() -> None:
    board, log = lab(), []
    core = board.processor
    due = STARTED + CONVERSION
    board.emulator.post(due - 100, lambda: core.interrupt(handler(board, 500, "isr", log)))
    board.emulator.complete(core.run(waiting(board, timeout=2 * CONVERSION, log=log)))
    assert log[1:] == [due + 400, True, board.adc.data]


def test_a_signal_that_comes_after_the_timeout_is_late_even_within_a_handler() -> None:
    board, log = lab(), []
    core = board.processor
    board.emulator.post(STARTED + 100, lambda: core.interrupt(handler(board, 3 * US, "isr", log)))
    board.emulator.complete(core.run(waiting(board, timeout=US, log=log)))
    assert log[1] == STARTED + 100 + 3 * US  # the conversion ended in the meantime, too late
    assert log[2] is False


@pytest.mark.parametrize("by", ["a port", "its own code"])
def test_firmware_may_interrupt_itself(by: str) -> None:
    """A software interrupt: the handler runs before the next step, others queue behind it."""
    board, log = lab(), []
    core = board.processor

    def firmware() -> Firmware:
        isr = handler(board, 300, "isr", log)
        if by == "a port":
            yield Do(core.interrupt, isr)
        else:
            core.interrupt(isr)
        yield Wait(1000)
        log.append(("main", board.emulator.now))

    board.emulator.post(100, lambda: core.interrupt(handler(board, 50, "other", log)))
    board.emulator.complete(core.run(firmware()))
    assert log == [("isr", 0), ("other", 300), ("main", 1350)]


def test_an_interrupt_before_the_first_step_runs_first() -> None:
    board, log = lab(), []
    program = board.processor.run(spinning(board, 1000, log))
    board.processor.interrupt(handler(board, 300, "a", log))
    board.emulator.post(100, lambda: board.processor.interrupt(handler(board, 300, "b", log)))
    board.emulator.complete(program)
    assert log == [("a", 0), ("b", 300), ("main", 1600)]


def test_a_program_that_failed_in_a_handler_leaves_the_core_usable() -> None:
    board, log = lab(), []
    core, post = board.processor, board.emulator.post

    def broken() -> Any:
        yield "no step"

    def twice() -> None:
        core.interrupt(broken)
        core.interrupt(handler(board, 5, "never", log))

    post(10, twice)
    with pytest.raises(SequenceError, match="'no step' is not a Do, Wait or Until"):
        board.emulator.complete(core.run(spinning(board, 1000, log)))
    post(20, lambda: core.interrupt(handler(board, 300, "isr", log)))
    board.emulator.complete(core.run(spinning(board, 1000, log)))
    assert log == [("isr", 20), ("main", 1310)]


def test_an_interrupt_that_comes_with_the_end_of_a_program_does_not_block_the_next() -> None:
    board, log = lab(), []
    core, adc = board.processor, board.adc

    def convert() -> Firmware:
        yield Do(adc.start)
        yield Until(adc.done)

    program = core.run(convert())
    ended = adc.done.next()
    ended.callbacks.append(lambda _: core.interrupt(handler(board, 500, "isr", log)))
    board.emulator.complete(program)
    log.clear()
    began = board.emulator.now
    board.emulator.post(began + 10, lambda: core.interrupt(handler(board, 500, "again", log)))
    board.emulator.complete(core.run(spinning(board, 1000, log)))
    assert log == [("again", began + 10), ("main", began + 1500)]


def test_an_interrupt_without_a_program_is_ignored() -> None:
    board, log = lab(), []
    board.processor.interrupt(handler(board, 500, "isr", log))
    board.emulator.complete(board.processor.run(spinning(board, 1000, log)))
    board.processor.interrupt(handler(board, 500, "isr", log))
    board.emulator.advance(US)
    assert log == [("main", 1000)]


def test_a_port_answers_its_firmware() -> None:
    emulator, log = Emulator(), []
    core = Processor(emulator, "core")

    def firmware() -> Firmware:
        log.append((yield Do(divmod, 17, 5)))
        log.append((yield Wait(10)))
        return "done"

    assert emulator.complete(core.run(firmware())) == "done"
    assert log == [(3, 2), None]


def test_one_program_at_a_time() -> None:
    board = lab()
    board.processor.run(spinning(board, 1000, []))
    with pytest.raises(SequenceError, match=r"^lab\.core is running a program already$"):
        board.processor.run(spinning(board, 1000, []))


def test_only_steps_may_be_yielded() -> None:
    board = lab()

    def firmware() -> Any:
        yield 42

    with pytest.raises(SequenceError, match=r"^lab\.core: 42 is not a Do, Wait or Until$"):
        board.emulator.complete(board.processor.run(firmware()))


def test_a_wait_for_what_never_happens_is_named() -> None:
    board = lab()

    def firmware() -> Firmware:
        yield Until(board.adc.done)

    with pytest.raises(SequenceError, match="nothing is left to happen at 0 ps"):
        board.emulator.complete(board.processor.run(firmware()))


def test_a_step_keeps_its_arguments() -> None:
    step = Do(print, 1, 2)
    assert (step.op, step.args) == (print, (1, 2))
    with pytest.raises(TypeError):
        replace(step, args=(3,))
