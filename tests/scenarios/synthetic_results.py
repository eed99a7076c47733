"""Results made by hand: a lab board at microseconds, an FPGA and an ASIC at nanoseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from emulator import (
    PS_PER_NS,
    Bill,
    Card,
    Config,
    Emulated,
    Entry,
    Line,
    Node,
    Number,
    Phase,
    Result,
    Timeline,
)

US = 1_000_000
LAB_PHASES = (
    ("code load", 500_000, "assumed", "firmware loop"),
    ("preset wait", 4_500_000, "derived", "DAC 3 us and follower in parallel, plus margin"),
    ("reset slot", 1_200_000, "assumed", "from a fixed rail"),
    ("write switch", 150_000, "assumed", "analogue switch of the board"),
    ("pulse", 1_000_000, "given", "S0 note 6"),
    ("read switch", 150_000, "assumed", "analogue switch of the board"),
    ("read settling", 500_000, "recalled", "RC filter, five time constants"),
    ("ADC conversion", 2_518_519, "verified", "56 + 12 cycles at 27 MHz"),
)
ASIC_PHASES = (
    ("reset pulse", 800, "derived", "same pulse as the write"),
    ("write pulse", 800, "given", "S0 table 3"),
    ("read", 800, "given", "S0 table 3"),
)


def price(value: str, unit: str, trust: Any = "given", low: str = "", high: str = "") -> Number:
    low_high = (Decimal(bound) if bound else None for bound in (low, high))
    return Number(Decimal(value), unit, f"made up, {trust}", trust, *low_high)


def timeline(phases: Sequence[tuple[str, int, str, str]], *, waves: bool = True) -> Timeline:
    made, t = [], 0
    for name, lasts, trust, source in phases:
        made.append(Phase(name, t, lasts, trust, source))
        t += lasts
    times = np.linspace(0, t, 200).astype(np.int64)
    phase = times / t
    lines = {
        "v_sot": (times, 0.9 * (1 - np.exp(-phase * 12)) * (phase < 0.78)),
        "v_gate": (times, 0.5 * (1 - np.exp(-phase * 20))),
        "v_adc": (times, np.where(phase > 0.72, 0.3 * (1 - np.exp(-(phase - 0.72) * 40)), 0.0)),
    }
    return Timeline(made, lines if waves else {})


def config(board: str = "lab") -> Config:
    adc = Card("stm32f767_adc", "adc", {
        "bits": Number(10, "", "set by the user", "user"),
        "t_settle": Number(Decimal("0.5"), "us", "reference manual", "recalled", Decimal("0.3"), 1),
        "buffered": Number(True, "", "datasheet", "verified"),
    })  # fmt: skip
    lab = Card(board, "lab", {"t_pulse": Number(1, "us", "S0 note 6", "given")},
               {"adc": "stm32f767_adc"})  # fmt: skip
    mtj = Card("vgsot", "vgsot", {"sigma": Number(Decimal("0.02"), "", "fit", "assumed", 0)})
    study = Card("inpa", "inpa", {
        "batch": Number(20, "", "S0 note 2", "given"),
        "mode": Number("two-pass", "", "S0 note 2", "given"),
    })  # fmt: skip
    return Config("inpa", {"inpa": Node(study), "board": Node(lab, {"adc": Node(adc)}),
                           "mtj": Node(mtj)}, seed=7)  # fmt: skip


def lab_bill(updates: int, period: int) -> Bill:
    window, total = updates * period, updates * period * 11 // 10

    def state(part: str, group: Any, name: str, each: Number, share: float = 1.0) -> Line:
        inside = int(window * share)
        return Line(Entry(part, group, "state", name, 1, inside + total - window, inside), each)

    def action(part: str, group: Any, name: str, each: Number, n: int, bank: int = 1) -> Line:
        return Line(Entry(part, group, "action", name, bank, n, n), each)

    return Bill("paper", (
        action("mtj", "device", "reset", price("15.8", "pJ", "derived"), updates // 10),
        action("mtj", "device", "write", price("15.8", "pJ", "given", "11", "16"), updates),
        action("mtj", "device", "read", price("0.06", "pJ"), updates),
        state("lab.dac", "front_end", "on", price("1", "mW", "given", "0.9", "1.6"), 0.7),
        state("lab.dac", "front_end", "off", price("0", "W")),
        state("lab.opamps", "front_end", "on", price("20", "mW", "given", "14", "24")),
        state("lab.switch", "front_end", "on", price("0.6", "mW")),
        state("lab.adc", "front_end", "convert", price("4", "mW", "recalled", "2", "8"), 0.24),
        state("lab.mcu", "controller", "active", price("102", "mW", "given", "102", "640")),
        action("link", "link", "byte", price("0", "J", "assumed"), 5 * updates),
        state("host", "host", "busy", price("1.2", "W", "assumed", "0.4", "3"), 0.001),
    ))  # fmt: skip


def chip_bill(updates: int, period: int, power: str) -> Bill:
    window = updates * period
    return Bill("paper", (
        Line(Entry("mtj", "device", "action", "write", 8, updates // 8, updates // 8),
             price("15.8", "pJ", "given", "11", "16")),
        Line(Entry("chip.core", "controller", "state", "on", 1, window, window),
             price(power, "mW", "given", str(Decimal(power) / 2), str(Decimal(power) * 3))),
        Line(Entry("chip.comparator", "front_end", "action", "decide", 1, updates, updates),
             price("0.08", "pJ", "assumed")),
    ))  # fmt: skip


def learning_steps(n: int, seconds: float, joules: float, seed: int = 3) -> dict[str, list[float]]:
    share = np.arange(1, n + 1) / n
    noise = np.random.default_rng(seed).normal(0, 0.03, n)
    accuracy = np.clip(0.96 - 0.86 * np.exp(-12 * share) + noise, 0, 1)
    return {"step": list(range(1, n + 1)), "accuracy": accuracy.tolist(),
            "goal": (accuracy - 0.5).tolist(), "seconds": (seconds * share).tolist(),
            "energy_j": (joules * share).tolist(),
            "updates": (1000 * share * n).tolist()}  # fmt: skip


def make_result(board: str = "lab", *, updates: int = 400_000, n_steps: int = 600) -> Result:
    """Return a result of the lab, FPGA or ASIC board."""
    if board == "lab":
        times, period = timeline(LAB_PHASES), 10_518_519
        bill = lab_bill(updates, period)
    else:
        times = timeline(ASIC_PHASES, waves=False)
        period, power = (2 * PS_PER_NS, "200") if board == "fpga" else (PS_PER_NS // 2, "5")
        bill = chip_bill(updates, period, power)
    emulated = Emulated(updates * period * 11 // 10, updates * period, updates)
    metrics = {"accuracy": 0.9611, "accuracy_low": 0.941, "accuracy_high": 0.975,
               "accuracy_probability": 0.967, "test_samples": 360}  # fmt: skip
    steps = learning_steps(n_steps, 0.8 * emulated.seconds, 0.8 * bill.total())
    return Result(
        "inpa", "complete", 7, "event", "auto: few updates", board, "0.1.0", metrics, emulated,
        bill, {"mean_error_v": 0.00031, "saturated": 12}, [], steps,
        {"w": np.arange(6.0).reshape(2, 3), "b": np.zeros(3)}, config(board), times, 12.5,
    )  # fmt: skip


def with_prices(bill: Bill, factor: int) -> Bill:
    """Return the same books at `factor` times the prices."""
    return Bill("dear", tuple(replace(line, price=replace(
        line.price, value=line.price.value * factor)) for line in bill.lines))  # fmt: skip
