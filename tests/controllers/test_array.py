"""The analogue array: its phases counted by hand, its books, and what it refuses."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from controllers import ArrayBoard, make_array
from emulator import ConfigError, Converter, Emulator, SequenceError
from emulator.ticks import PS_PER_S
from tests.controllers.arrays import (
    CONVERT,
    LOAD,
    LOSS,
    NS,
    PASS,
    ROUND_TIMES,
    SETTLE,
    US,
    WRITE,
    bench,
    books,
    configured,
)


def test_the_phases_of_a_2_2_1_network_are_those_counted_by_hand() -> None:
    timeline = bench(*ROUND_TIMES).board.timeline(operations=1025)
    names = ["load inputs", "settle layer 1", "settle layer 2", "convert nodes", "loss"]
    spans = [LOAD, SETTLE, SETTLE, CONVERT, LOSS]
    expected = [(f"pass {k}: {n}", t) for k in (1, 2) for n, t in zip(names, spans, strict=True)]
    expected += [("update", 2 * 2 * NS), ("weight write", WRITE)]  # 1025 of 1024 a clock: two
    assert [(p.name, p.duration_ps) for p in timeline.phases] == expected
    starts = np.cumsum([0] + [p.duration_ps for p in timeline.phases])
    assert [p.start_ps for p in timeline.phases] == list(starts[:-1])


def test_every_phase_says_where_its_time_is_from() -> None:
    made = bench("board.adc.t_conversion=2 us", "board.t_interval=1 ms")
    trusts = {p.name: (p.trust, p.source) for p in made.board.timeline(10).phases}
    assert trusts["pass 1: convert nodes"][0] == "user"
    assert trusts["pass 2: wait"] == ("user", "set by the user")
    assert trusts["pass 1: settle layer 1"][0] == "derived"
    assert trusts["weight write"][1].startswith("1 rounds of 512 weights; ")
    assert all(source for _, source in trusts.values())


def test_a_batch_takes_its_passes_its_update_and_the_link() -> None:
    made = bench(*ROUND_TIMES)
    made.board.train(5, operations=2048)
    window = 5 * 2 * PASS + 2 * 2 * NS + WRITE
    assert made.emulator.ledger.window_ps == window
    link = (US + 5 * (2 + 1) * NS) + (US + 5 * 2 * NS)  # inputs and targets down, losses up
    assert made.emulator.now == window + link


def test_parts_do_what_was_counted_by_hand() -> None:
    made = bench(*ROUND_TIMES)
    made.board.train(5, operations=2048)
    booked, passes = books(made), 10
    assert booked["dac", "write"] == (2 * passes,) * 2  # of the one converter
    assert booked["adc", "step"] == (2 * 4096 * passes,) * 2  # of each of two converters
    assert booked["adc", "converting"] == (CONVERT * passes,) * 2
    assert booked["weights", "driven"] == ((PASS - LOSS) * passes,) * 2
    assert booked["weights", "write"] == (1, 1)  # of each weight
    assert booked["logic", "operation"] == (10 * passes + 2048,) * 2
    assert booked["logic", "active"] == (made.emulator.ledger.window_ps,) * 2
    assert booked["link", "byte"] == (5 * 3 + 5 * 2, 0)
    banks = {e.part: e.bank for e in made.emulator.ledger.entries(made.emulator.now)}
    assert banks["anp_array.weights"] == 2 * 2 + 2 * 1
    assert banks["anp_array.smtj"] == banks["anp_array.node"] == made.board.nodes == 3


def test_without_operations_no_weight_is_written() -> None:
    made = bench(*ROUND_TIMES)
    made.board.train(3, operations=0)
    assert made.emulator.ledger.window_ps == 3 * 2 * PASS
    assert books(made)["weights", "write"] == (0, 0)


def test_classifying_takes_one_pass_and_reads_the_outputs_alone() -> None:
    made = bench(*ROUND_TIMES)
    grid = made.board.infer(7)
    one = LOAD + 2 * SETTLE + 500 * NS  # one output: one round, no loss
    assert made.emulator.ledger.window_ps == 7 * one
    assert (grid.interval_ps, grid.passes) == (one, 7)
    assert books(made)["adc", "step"][0] == 7 * 4096
    assert books(made)["logic", "operation"][0] == 0
    assert made.board.samples == made.board.updates == 7


def test_passes_keep_the_interval_that_was_asked_for() -> None:
    made = bench(*ROUND_TIMES, "board.t_interval=1 ms")
    board = made.board
    waits = [p.duration_ps for p in board.timeline().phases if p.name.endswith("wait")]
    assert waits == [PS_PER_S // 1000 - PASS] * 2
    assert board.interval_ps == PS_PER_S // 1000
    assert board.fidelity()["waiting_share"] == pytest.approx(1 - PASS / 1e9, abs=1e-15)
    grid = board.train(4, operations=10)
    assert grid.times[0] == US + 4 * 3 * NS + LOAD + 2 * SETTLE  # when all layers have settled
    assert np.diff(grid.times).tolist() == [PS_PER_S // 1000] * (2 * 4 - 1)
    assert board.cautions() == []


def test_an_interval_shorter_than_a_pass_is_told_and_does_not_shorten_it() -> None:
    board = bench(*ROUND_TIMES, "board.t_interval=1 us").board
    assert board.interval_ps == PASS
    assert board.cautions() == [
        "board.t_interval asks for a pass every 1 us, but one takes 3.102 us: passes follow each "
        "other without a wait"
    ]
    assert bench(*ROUND_TIMES, f"board.t_interval={PASS} ps").board.cautions() == []


@pytest.mark.parametrize(("bits", "span"), [(12, 16), (8, 4), (14, 1)])
def test_the_resolution_is_the_full_scale_over_all_codes(bits: int, span: int) -> None:
    board = bench(f"board.adc.bits={bits}", f"board.full_scale={span}").board
    assert board.converter == Converter(span, bits)
    assert board.fidelity()["resolution"] == board.converter.step == span / 2**bits


@pytest.mark.parametrize("inputs", [1, 100, 784])
@pytest.mark.parametrize("node", ["array_node", "mcp601_node"])
def test_a_layer_settles_by_slewing_and_by_its_noise_gain(node: str, inputs: int) -> None:
    """t = (V - SR tau)/SR + tau ln(SR tau / half LSB), tau = (1 + 0.5 sqrt(n))/(2 pi GBW)."""
    gbw, slew = {"array_node": (10e6, 10e6), "mcp601_node": (2.8e6, 2.3e6)}[node]
    tau = (1 + 0.5 * math.sqrt(inputs)) / (2 * math.pi * gbw)
    linear = min(1.0, slew * tau)
    bounds = []  # the law keeps whole microvolts: half an LSB (122.07 uV) lies in [122, 123)
    for left in (123e-6, 122e-6):
        bounds.append((1 - linear) / slew + tau * math.log(linear / left))
    legs = bench(f"board.node={node}", inputs=inputs).board.timeline().phases
    settled = next(p.duration_ps for p in legs if p.name == "pass 1: settle layer 1") / 1e12
    error = 2e-6 * tau * 123 + 2e-12  # of the decay table, and of whole picoseconds
    assert bounds[0] - error <= settled <= bounds[1] + error


@pytest.mark.parametrize("engine", ["event", "compiled"])
def test_residencies_of_every_part_sum_to_the_emulated_time(engine: str) -> None:
    made = bench("board.t_interval=50 us", layers=(5, 3), inputs=7, engine=engine)
    for batch in range(2):
        made.emulator.perform(made.board.host.compute(1234 + batch))
        made.board.train(6, operations=5000 * batch)
        made.board.infer(3)
    spent: dict[str, list[int]] = {part: [0, 0] for part in made.emulator.ledger.accounts}
    for entry in made.emulator.ledger.entries(made.emulator.now):
        if entry.kind == "state":
            spent[entry.part][0] += entry.amount
            spent[entry.part][1] += entry.window_amount
    window = made.emulator.ledger.window_ps
    assert {tuple(pair) for pair in spent.values()} == {(made.emulator.now, window)}
    assert 0 < window < made.emulator.now


@pytest.mark.parametrize(
    ("layers", "inputs"), [((2, 1), 2), ((1,), 1), ((40, 33, 10), 64)], ids=str
)
@pytest.mark.parametrize("interval", ["auto", "50 us"])
def test_one_exact_step_leaves_the_books_of_every_phase_of_every_sample(
    layers: tuple[int, ...], inputs: int, interval: str
) -> None:
    found = []
    for engine in ("event", "compiled"):
        made = bench(f"board.t_interval={interval}", layers=layers, inputs=inputs, engine=engine)
        grids = [made.board.train(9, 777), made.board.infer(4), made.board.train(1, 0)]
        ledger, now = made.emulator.ledger, made.emulator.now
        found.append((now, ledger.window_ps, ledger.entries(now), grids))
    assert found[0] == found[1]


def test_somebody_who_looks_during_a_batch_sees_the_phase_and_changes_nothing() -> None:
    calm, watched = bench(*ROUND_TIMES), bench(*ROUND_TIMES)
    seen = []

    def look() -> None:
        seen.append(watched.emulator.ledger.accounts["anp_array.adc"].state)
        watched.bill()

    begun = US + 4 * 3 * NS
    for t in (begun + LOAD, begun + LOAD + 2 * SETTLE + NS, begun + PASS - NS):
        watched.emulator.post(t, look)
    for made in (calm, watched):
        made.board.train(4, operations=9)
    assert seen == ["idle", "converting", "idle"]
    assert books(calm) == books(watched)
    assert [m.board.fidelity()["contended_batches"] for m in (calm, watched)] == [0, 1]


def test_a_board_that_runs_a_batch_takes_no_other() -> None:
    made = bench()
    made.emulator.process(made.board.training(3, 10))
    with pytest.raises(SequenceError, match=r"^anp_array is running a batch already$"):
        made.board.train(1, 1)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("board.t_interval=0 s", r"board\.t_interval = 0 s is outside \(0, 1000\] s"),
        ("board.t_interval=-1 us", r"board\.t_interval = -1 us is outside \(0, "),
        ("board.full_scale=0", r"board\.full_scale = 0 is outside \(0, "),
        ("board.dac.channels=0", r"board\.dac\.channels = 0 is outside \[1, "),
        ("board.dac.t_write=0 ns", r"board\.dac\.t_write = 0 ns is outside \(0, "),
        ("board.adc.channels=0", r"board\.adc\.channels = 0 is outside \[1, "),
        ("board.adc.bits=0", r"board\.adc\.bits = 0 is outside \[1, 24\]"),
        ("board.adc.t_conversion=-1 us", r"board\.adc\.t_conversion = -1 us is outside \(0, "),
        ("board.node.t_settle=0 s", r"board\.node\.t_settle = 0 s is outside \(0, "),
        ("board.node.gbw=0 Hz", r"board\.node\.gbw = 0 Hz is outside \(0, "),
        ("board.weights.lanes=0", r"board\.weights\.lanes = 0 is outside \[1, "),
        ("board.logic.operations_per_cycle=0", r"operations_per_cycle = 0 is outside \[1, "),
        ("board.logic.clock=0 Hz", r"board\.logic\.clock = 0 Hz is outside \["),
    ],
)
def test_a_number_that_cannot_be_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        bench(setting)


@pytest.mark.parametrize(
    ("layers", "inputs"), [((), 2), ((2, 0), 2), ((2, 1), 0), ((2, -1), 2), ((2.5, 1), 2)]
)
def test_a_shape_that_cannot_be_is_refused(layers: Any, inputs: int) -> None:
    with pytest.raises(ConfigError, match=r"^anp_array: a network of .* is none: inputs and"):
        bench(layers=layers, inputs=inputs)


@pytest.mark.parametrize(("samples", "operations"), [(0, 1), (-1, 1), (2.5, 1), (True, 1), (1, -1)])
def test_a_batch_that_cannot_be_is_refused(samples: Any, operations: int) -> None:
    with pytest.raises(ConfigError, match=r"^anp_array: (samples|operations) = .* no whole number"):
        bench().board.train(samples, operations)


def test_parts_that_are_unknown_or_missing_are_refused() -> None:
    node = configured().node("board")
    spare = replace(node, children={**node.children, "opamp": node.children["node"]})
    bare = replace(node, children={k: v for k, v in node.children.items() if k != "adc"})
    other = replace(node, children={**node.children, "adc": node.children["dac"]})
    for wrong, message in (
        (spare, r"^board\.opamp is no part of this board"),
        (bare, r"^board: the card 'anp_array' names no 'adc' \(shared_adc\)$"),
        (other, r"^board\.adc=array_dac is a card of model 'input_dac', expected 'shared_adc'$"),
    ):
        with pytest.raises(ConfigError, match=message):
            ArrayBoard(Emulator(), wrong, (2, 1), 2)
    lab = replace(node, card=replace(node.card, model="lab"))
    with pytest.raises(ConfigError, match=r"^board model 'lab' is no network"):
        make_array(Emulator(), lab, (2, 1), 2)
