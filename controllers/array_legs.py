"""The phases of the analogue array: what each takes, who is busy, where its time is from."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from emulator import Account, Clock, Emulator, Node, Number

from .array_params import ArrayCards
from .leg import Leg

PASSES = 2  # noisy passes of a training sample (S1, equation 4)


def rounds(items: int, at_once: int) -> int:
    """Return in how many rounds `items` are done, `at_once` of them at a time."""
    return -(-items // at_once)


class ArrayLegs:
    """The parts of an array of `layers` nodes behind `inputs`, and their phases.

    With `cascade` every layer has a stage before it that holds R: n x n weights and n amplifiers,
    without junctions, of its n inputs. A round of converters strobes all of them: the last one is
    paid for in full.
    """

    def __init__(
        self, emulator: Emulator, node: Node, cards: ArrayCards, layers: tuple[int, ...],
        inputs: int, cascade: bool,
    ) -> None:  # fmt: skip
        self._node, self._cards = node, cards
        self.layers, self.inputs = layers, inputs
        self.fan_in = (inputs, *layers[:-1])
        self.weight_count = sum(a * b for a, b in pairwise((inputs, *layers)))
        self.stage_count = sum(n * n for n in self.fan_in) if cascade else 0
        self.clock = Clock(cards.logic.clock)
        self._open(emulator, node.card.name)

    def _open(self, emulator: Emulator, name: str) -> None:
        """Open the accounts of the parts; those of R in a cascade only."""
        cards, nodes, ledger = self._cards, sum(self.layers), emulator.ledger
        stage_nodes = sum(self.fan_in) if self.stage_count else 0
        working = ("idle", "converting")
        self.dac = ledger.open(f"{name}.dac", "front_end", actions=("write",),
                               bank=cards.dac.channels)  # fmt: skip
        self.weights = ledger.open(f"{name}.weights", "device", ("idle", "driven"), ("write",),
                                   self.weight_count)  # fmt: skip
        self.driven: tuple[Account, ...] = (self.weights,)
        if self.stage_count:
            self.stage = ledger.open(f"{name}.stage", "device", ("idle", "driven"), ("write",),
                                     self.stage_count)  # fmt: skip
            self.driven = self.weights, self.stage
        self.smtj = ledger.open(f"{name}.smtj", "device", bank=nodes)
        self.node = ledger.open(f"{name}.node", "front_end", bank=nodes + stage_nodes)
        self.adc = ledger.open(f"{name}.adc", "front_end", working, ("step",), cards.adc.channels)
        self.logic = ledger.open(f"{name}.logic", "controller", ("idle", "active"), ("operation",))
        self.switched = (*self.driven, self.adc, self.logic)

    def sample(self) -> tuple[Leg, ...]:
        """Return both passes of a training sample, each as long as the pass interval."""
        one = self._spaced((*self._forward(sum(self.layers)), self._loss()))
        return tuple(
            replace(leg, name=f"pass {place}: {leg.name}")
            for place in range(1, PASSES + 1)
            for leg in one
        )

    def answer(self) -> tuple[Leg, ...]:
        """Return the one pass of a sample that is only classified: outputs alone are read."""
        return self._spaced(self._forward(self.layers[-1]))

    def update(self, operations: int, stages: bool = False) -> tuple[Leg, ...]:
        """Return the update that ends a batch: `operations`, then all weights are written.

        With `stages` those of R, too; there are none without a cascade.
        """
        legs = self._digital("update", operations), self._write("weight write", self.weights)
        if stages and self.stage_count:
            return (*legs, self._write("decorrelation write", self.stage))
        return legs

    def _write(self, name: str, weights: Account) -> Leg:
        """Write every weight of a bank once, a row of lanes at a time."""
        lanes, t_write = self._cards.weights.lanes, self._cards.weights.t_write
        turns = rounds(weights.bank, lanes)
        number = self._from("weights", "t_write", f"{turns} rounds of {lanes} weights")
        return Leg(name, turns * t_write, number, (self.logic,), ((weights, 1),))

    def before_sampling(self) -> int:
        """Return how long (ps) a pass takes until its nodes are sampled."""
        return sum(leg.duration for leg in (self._load(), *self._settle()))

    def _forward(self, read: int) -> tuple[Leg, ...]:
        """Load the inputs, let the layers settle in turn, convert `read` nodes."""
        return (self._load(), *self._settle(), self._convert(read))

    def _load(self) -> Leg:
        dac = self._cards.dac
        turns = rounds(self.inputs, dac.channels)
        number = self._from("dac", "t_write", f"{turns} rounds of {dac.channels} converters")
        busy = *self.driven, self.logic
        return Leg("load inputs", turns * dac.t_write, number, busy, ((self.dac, turns),))

    def _settle(self) -> list[Leg]:
        node, bits, busy = self._cards.node, self._cards.adc.bits, (*self.driven, self.logic)
        stages = ("decorrelate", "settle") if self.stage_count else ("settle",)
        if node.t_settle is not None:
            number = self._from("node", "t_settle", "")
        else:
            number = Number(0, "", "noise gain, slew rate and GBW, to half an LSB", "derived")
        return [
            Leg(f"{stage} layer {place}", node.settling(fan_in, bits), number, busy)
            for place, fan_in in enumerate(self.fan_in, 1)
            for stage in stages
        ]

    def _convert(self, read: int) -> Leg:
        adc = self._cards.adc
        turns = rounds(read, adc.channels)
        number = self._from("adc", "t_conversion", f"{turns} rounds of {adc.channels} converters")
        busy = *self.driven, self.adc, self.logic
        steps = ((self.adc, turns << adc.bits),)
        return Leg("convert nodes", turns * adc.t_conversion, number, busy, steps)

    def _loss(self) -> Leg:
        return self._digital("loss", self.layers[-1] * self._cards.logic.loss_operations)

    def _digital(self, name: str, operations: int) -> Leg:
        """Let the controller compute."""
        per_cycle = self._cards.logic.operations_per_cycle
        source = f"{operations} operations, {per_cycle} per clock"
        duration = self.clock.span(rounds(operations, per_cycle))
        number = Number(0, "", source, "derived")
        return Leg(name, duration, number, (self.logic,), ((self.logic, operations),))

    def _spaced(self, legs: tuple[Leg, ...]) -> tuple[Leg, ...]:
        """Append the wait that is left of the pass interval, if it is longer than the legs."""
        left = (self._cards.array.t_interval or 0) - sum(leg.duration for leg in legs)
        if left <= 0:
            return legs
        number = self._node.card.numbers["t_interval"]
        return (*legs, Leg("wait", left, number, (self.logic,)))

    def _from(self, part: str, key: str, words: str) -> Number:
        """Return the provenance of a time of a part's card."""
        number = self._node.children[part].card.numbers[key]
        return replace(number, source=f"{words}; {number.source}" if words else number.source)
