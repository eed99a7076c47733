"""The analogue array: layers of weights and nodes with a junction each, read by shared converters.

S1 describes the network, the two noisy passes of a sample and the circuit of one node; the rest of
the board (converters, controller, weight memory) is assumed, and its numbers are on its cards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from emulator import (
    ConfigError,
    Converter,
    Emulator,
    Entry,
    Node,
    PassGrid,
    Program,
    SequenceError,
    Timeline,
)
from emulator.ticks import PS_PER_S

from .array_legs import PASSES, ArrayLegs, rounds
from .array_params import ArrayCards
from .board import check_parts
from .figures import Figure
from .host import Host, Link
from .leg import Course, Leg, entries_of


class ArrayBoard:
    """A network of `inputs` and `layers`, every node with a junction of its own as noise source.

    Training takes two passes per sample and an update after each batch; the caller hands in how
    many operations that takes, the board knows no learner. An R before every layer changes after
    `decorrelated` batches, 0: there is none. Host and board take turns. Set `stepwise` to let every
    phase of every sample be an event of its own (the reference, slower): times and books are the
    same. Raises `ConfigError` for a shape or a part that cannot be.
    """

    PARTS: ClassVar[Mapping[str, str]] = {
        "dac": "input_dac", "adc": "shared_adc", "node": "summing_node",
        "weights": "weight_array", "logic": "array_logic", "link": "link", "host": "host",
    }  # fmt: skip

    def __init__(
        self, emulator: Emulator, node: Node, layers: Sequence[int], inputs: int,
        decorrelated: int = 0,
    ) -> None:  # fmt: skip
        check_parts(node, self.PARTS)
        self.name, self.node, self.emulator = node.card.name, node, emulator
        check_shape(self.name, layers, inputs)
        self.layers, self.inputs = tuple(layers), inputs
        self.cards = ArrayCards.read(node)
        self.stepwise = False
        self.samples = 0
        self._running, self._updates = False, 0
        self.cascade = decorrelated > 0 and self.cards.array.decorrelation == "cascade"
        self._decorrelated = decorrelated
        self.legs = ArrayLegs(emulator, node, self.cards, self.layers, inputs, self.cascade)
        self.link = Link(emulator, f"{self.name}.link", self.cards.link)
        self.host = Host(emulator, "host", self.cards.host)
        self._before_sampling = self.legs.before_sampling()
        self._train_course = self._course(self.legs.sample())
        self._infer_course = self._course(self.legs.answer())

    def _course(self, legs: Sequence[Leg]) -> Course:
        return Course(self.emulator, f"{self.name}.logic", legs, self.legs.switched)

    # -- what reaches the learner ----------------------------------------------------------

    @property
    def nodes(self) -> int:
        """Number of nodes, and of junctions."""
        return sum(self.layers)

    @property
    def converter(self) -> Converter:
        """How the shared converters read a node."""
        return Converter(self.cards.array.full_scale, self.cards.adc.bits)

    @property
    def interval_ps(self) -> int:
        """Time between two passes of a batch: the grid on which its junctions are sampled."""
        return self._train_course.duration // PASSES

    @property
    def updates(self) -> int:
        """Samples so far, trained on or only classified: what figures *per update* refer to."""
        return self.samples

    # -- a batch in time -------------------------------------------------------------------

    def train(self, samples: int, operations: int) -> PassGrid:
        """Run both passes of `samples` and an update of `operations`; 0 leaves the weights alone.

        Raises `ConfigError` for a batch that cannot be, `SequenceError` if one is under way.
        """
        grid: PassGrid = self.emulator.perform(self.training(samples, operations))
        return grid

    def infer(self, samples: int) -> PassGrid:
        """Run one pass of `samples`, of which the outputs alone are read. Raises as `train`."""
        grid: PassGrid = self.emulator.perform(self.inference(samples))
        return grid

    def training(self, samples: int, operations: int) -> Program:
        """Return `train` as a program, for whoever leads the clock."""
        self._check_batch(samples, operations)
        update = self._course(self._update(operations) if operations else ())
        down = samples * (self.inputs + self.layers[-1])  # inputs and targets
        return self._transact(self._train_course, samples, update, down, samples)

    def _update(self, operations: int) -> tuple[Leg, ...]:
        """Return the update after the next batch, which may be one after which R is written."""
        due = self.cascade and (self._updates + 1) % self._decorrelated == 0
        return self.legs.update(operations, due)

    def inference(self, samples: int) -> Program:
        """Return `infer` as a program, for whoever leads the clock."""
        self._check_batch(samples, 0)
        down, up = samples * self.inputs, samples * self.layers[-1]
        return self._transact(self._infer_course, samples, self._course(()), down, up)

    def _transact(
        self, course: Course, samples: int, update: Course, down: int, up: int
    ) -> Program:
        """Transfer the data, run the window, return `up` results (losses or outputs)."""
        link, emulator = self.link, self.emulator
        with self._claimed():
            yield from link.transfer(down * link.params.bytes_down)
            grid = self._grid(course, samples)
            emulator.ledger.open_window(emulator.now)
            yield from course.run(samples, self.stepwise)
            yield from update.run(1, self.stepwise)
            self._updates += bool(update.legs)
            emulator.ledger.close_window(emulator.now)
            self.samples += samples
            yield from link.transfer(up * link.params.bytes_up)
        return grid

    @contextmanager
    def _claimed(self) -> Iterator[None]:
        """Hold the board while a batch runs."""
        if self._running:
            raise SequenceError(f"{self.name} is running a batch already")
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def _grid(self, course: Course, samples: int) -> PassGrid:
        """Return when the nodes are sampled in a batch that begins now: before they are read."""
        passes = PASSES if course is self._train_course else 1
        first = self.emulator.now + self._before_sampling
        return PassGrid(first, course.duration // passes, samples * passes, passes)

    def _check_batch(self, samples: int, operations: int) -> None:
        for what, value, least in (("samples", samples, 1), ("operations", operations, 0)):
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ConfigError(
                    f"{self.name}: {what} = {value} of a batch is no whole number >= {least}"
                )

    # -- what the board says of itself -----------------------------------------------------

    def timeline(self, operations: int = 0) -> Timeline:
        """Return a training sample phase by phase; with `operations`, the update after it too."""
        phases = self._train_course.phases()
        if operations:
            end = self._train_course.duration
            phases += self._course(self.legs.update(operations, True)).phases(end)
        return Timeline(phases)

    def booked(self, operations: int = 0) -> list[tuple[Leg, list[Entry]]]:
        """Return the phases of `timeline(operations)` with what one pass of each books."""
        legs = self._train_course.legs
        if operations:
            legs += self.legs.update(operations, True)
        return [(leg, entries_of(self.emulator.ledger, leg)) for leg in legs]

    def figures(self) -> list[Figure]:
        """Return what follows from the parameters: pass, interval, gains, resolution, weights."""
        cards, legs = self.cards, self.legs
        least, interval = (t / 1e6 for t in (self._least_ps, self.interval_ps))
        gains = [cards.node.noise_gain(n) for n in legs.fan_in]
        idle = -self.nodes % cards.adc.channels
        write = legs.update(0)[1].duration
        rate = PS_PER_S / self._train_course.duration
        peak = cards.logic.operations_per_cycle * cards.logic.clock / 1e12
        return [
            Figure("nodes", str(self.nodes), "each with a junction of its own"),
            Figure("fastest pass", f"{least:.4g} us", "load, settle, convert, loss"),
            Figure("pass interval", f"{interval:.4g} us", "at which the junctions are sampled"),
            Figure("training rate", f"{rate:.4g} samples/s", "within a batch, without its update"),
            Figure("noise gain", f"{min(gains):.3g} to {max(gains):.3g}",
                   "1 + input conductances over feedback, smallest and largest layer"),
            Figure("resolution", f"{self.converter.step:.3g}",
                   f"{cards.array.full_scale:g} in 2^{cards.adc.bits} steps, half of them below 0"),
            Figure("idle conversions", str(idle), "per training pass, in the last round"),
            Figure("weights", str(legs.weight_count),
                   f"written in {write / 1e6:.4g} us after a batch"),
            *self._stage_figures(),
            Figure("arithmetic", f"{peak:.4g} G operations/s", "of the controller, at most"),
        ]  # fmt: skip

    def _stage_figures(self) -> list[Figure]:
        """Return what the stages that hold R add; nothing without a cascade."""
        if not self.cascade:
            return []
        legs = self.legs.update(0, True)
        return [
            Figure("weights of R", str(self.legs.stage_count),
                   f"written in {legs[-1].duration / 1e6:.4g} us whenever R changes"),
        ]  # fmt: skip

    @property
    def _least_ps(self) -> int:
        """How long the parts need for a pass of training."""
        return self.interval_ps - sum(
            leg.duration for leg in self._train_course.legs if leg.name == "pass 1: wait"
        )

    def cautions(self) -> list[str]:
        """Return what was asked for in vain: a shorter interval, a cascade without an R."""
        asked, told = self.cards.array.t_interval, []
        if asked is not None and asked < self.interval_ps:
            told.append(
                f"board.t_interval asks for a pass every {asked / 1e6:g} us, but one takes "
                f"{self.interval_ps / 1e6:g} us: passes follow each other without a wait"
            )
        if self.cards.array.decorrelation == "cascade" and not self.cascade:
            told.append(
                "board.decorrelation = cascade: this network decorrelates nothing, so no array "
                "for R is built"
            )
        return told

    def fidelity(self) -> dict[str, float | int | None]:
        """Return how nodes are sampled and read, and batches that were run event by event."""
        contended = self._train_course.contended + self._infer_course.contended
        return {
            "pass_interval_s": self.interval_ps / PS_PER_S,
            "waiting_share": 1 - self._least_ps / self.interval_ps,
            "resolution": self.converter.step,
            "conversion_rounds": rounds(self.nodes, self.cards.adc.channels),
            "contended_batches": contended,
        }


def check_shape(name: str, layers: Sequence[int], inputs: int) -> None:
    """Raise `ConfigError` unless there are inputs, and nodes in every layer."""
    shape = [inputs, *layers]
    whole = all(isinstance(n, int) and not isinstance(n, bool) for n in shape)
    if not layers or not whole or min(shape) < 1:
        text = "-".join(map(str, shape))
        raise ConfigError(
            f"{name}: a network of {text} is none: inputs and layers are whole numbers >= 1"
        )
