"""What the names and calls in the formulas of claims stand for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from inspect import signature

import numpy as np

from devices import VgsotActivation, VgsotParams, WritePulse, WritePulseParams
from emulator import PS_PER_S, Config, ConfigError, nearest
from learning import InfomorphicLearner, InfomorphicParams
from learning.operations import PER_SAMPLE

from .chains import chain_figure
from .claim import Chapter
from .expression import Argument, evaluate
from .machine import Machine
from .quantity import Quantity
from .reading import Reading
from .readings import Readings
from .stopping import StopWatch
from .studies import Studies

LAWS: Mapping[str, Callable[[float], float]] = {
    "log10": math.log10,
    "exp": math.exp,
    "ceil": lambda x: float(math.ceil(x)),
}
CONSTANTS: Mapping[str, float] = {"pi": math.pi}
ARITHMETIC = "arithmetic on published figures and cards"
LEDGER, STUDY, HERE = "formula over the ledger", "scenario run", "measurement on this machine"
NOTHING = "nothing is emulated"
KINDS = (ARITHMETIC, LEDGER, STUDY, HERE)


class SourceFigures:
    """Answers the formulas of one claim after another; satisfies `expression.Figures`.

    A name is the published figure of the claim with this id, a definition that claims share, `pi`,
    or a number on a card (`dcim.e_bit`). A call is a reading of the emulator:

    `energy(BOARD, WHAT, SETTING...)`: joules per update inside update windows;
    `power(BOARD, WHAT, SETTING...)`: watts of the same; `rate(BOARD, SETTING...)`: updates/s;
    `phase(BOARD, NAME, SETTING...)`: seconds of one phase of an update;
    `pulse_energy(WIDTH)`: critical energy of a write pulse by the law of `devices.write_energy`;
    `run(SCENARIO, METRIC, SETTING...)`: a metric of a whole run;
    `measured(WHAT)`: `time`, `utilisation` or `energy` of one activation on this machine;
    `operations(WHAT)`: of one sample and neuron, `learning` or the `histogram` part of it;
    `chain(WHAT, N)`: N junctions in series beside one (`chains.chain_figure`);
    `log10(X)`, `exp(X)`, `ceil(X)`.
    """

    def __init__(
        self,
        config: Config,
        chapters: Sequence[Chapter],
        watch: StopWatch | None = None,
        readings: Readings | None = None,
    ) -> None:
        self._config, self._chapters = config, chapters
        self._claims = {claim.id: claim for each in chapters for claim in each.claims}
        self._definitions = {name: f for each in chapters for name, f in each.definitions.items()}
        self._open: list[str] = []  # definitions that are being evaluated
        self._readings = readings or Readings(config, watch)
        self._studies = Studies(config, watch)
        self._machine = Machine(config)
        self._calls: Mapping[str, Callable[..., Quantity]] = {
            "energy": self._energy, "power": self._power, "rate": self._rate,
            "phase": self._phase, "run": self._run,
            "operations": self._operations, "measured": self._measured, "chain": self._chain,
        }  # fmt: skip
        self.notes: list[str] = []
        self.kind = ARITHMETIC

    @property
    def warnings(self) -> list[str]:
        """What the boards that were read have to say."""
        return self._readings.warnings

    def under(self, config: Config) -> SourceFigures:
        """Return the figures of another configuration; boards that are the same are not read again.

        Raises `ConfigError`.
        """
        readings = self._readings if self._readings.serves(config) else None
        return SourceFigures(config, self._chapters, readings=readings)

    def begin(self) -> None:
        """Forget where the figures of the last formula came from."""
        self.notes, self.kind = [], ARITHMETIC

    def how(self, formula: str | None) -> str:
        """Return in words where the figures since `begin` are from."""
        if formula is None:
            return NOTHING
        return "; ".join([f"{self.kind}: {formula}", *dict.fromkeys(self.notes)])

    def named(self, name: str) -> Quantity:
        """Return the figure of this name; raises `ConfigError` with the names that there are."""
        if name in CONSTANTS:
            return Quantity(CONSTANTS[name])
        if name in self._definitions:
            return self._defined(name)
        claim = self._claims.get(name)
        if claim is not None:
            if claim.published is None:
                raise ConfigError(f"'{name}' has no published figure")
            return claim.published.quantity
        node, _, leaf = name.rpartition(".")
        card = self._config.cards().get(node)
        if card is not None and leaf in card.numbers:
            return Quantity.from_number(card.numbers[leaf], name)
        nearby = (f"{node}.{leaf}" for leaf in card.numbers) if card else self._config.cards()
        known = [*self._claims, *self._definitions, *nearby]
        raise ConfigError(f"'{name}' is unknown{nearest(name, known)}")

    def _defined(self, name: str) -> Quantity:
        """Return what a definition gives; raises `ConfigError` for one that leads to itself."""
        if name in self._open:
            raise ConfigError(f"'{name}' is defined by itself")
        formula = " ".join(self._definitions[name].split())
        self.notes.append(f"{name} = {formula}")
        self._open.append(name)
        try:
            return evaluate(formula, self)
        finally:
            self._open.remove(name)

    def called(self, name: str, arguments: list[Argument]) -> Quantity:
        """Return a reading; raises `ConfigError` for an unknown one or wrong arguments."""
        if name in LAWS:
            return _only(name, arguments).plain(LAWS[name])
        if name == "pulse_energy":
            return self._pulse_energy(_only(name, arguments))
        words = [text for text in arguments if isinstance(text, str)]
        if len(words) < len(arguments) or not words:
            raise ConfigError(f"{name}() takes texts: a board, a scenario, settings")
        if name not in self._calls:
            known = (*self._calls, *LAWS, "pulse_energy")
            raise ConfigError(f"{name}() is unknown{nearest(name, known)}")
        try:
            signature(self._calls[name]).bind(*words)
        except TypeError as error:
            raise ConfigError(f"{name}(): {error}") from None
        return self._calls[name](*words)

    def _energy(self, board: str, what: str, *settings: str) -> Quantity:
        return self._read(board, settings).energy(what)

    def _power(self, board: str, what: str, *settings: str) -> Quantity:
        return self._read(board, settings).power(what)

    def _rate(self, board: str, *settings: str) -> Quantity:
        return self._read(board, settings).rate()

    def _phase(self, board: str, name: str, *settings: str) -> Quantity:
        return self._read(board, settings).phase(name)

    def _read(self, board: str, settings: Sequence[str]) -> Reading:
        reading = self._readings.take(board, settings)
        self._came_from(LEDGER, f"{board}: {reading.story(settings)}")
        return reading

    def _run(self, scenario: str, metric: str, *settings: str) -> Quantity:
        self._came_from(STUDY, " ".join((f"spinboard run {scenario}", *settings)))
        return self._studies.metric(scenario, metric, settings)

    def _chain(self, what: str, count: str) -> Quantity:
        if not count.isdecimal():
            raise ConfigError(f"chain(): '{count}' is no number of junctions")
        self.notes.append(f"{count} junctions by the laws of devices")
        return chain_figure(self._config, what, int(count[:9]))

    def _operations(self, what: str) -> Quantity:
        """Return how many operations the learner counts per sample and neuron of a step."""
        params = InfomorphicParams.from_card(self._config.node("learner").card, "learner")
        samples = params.iterations * params.batch
        dcim = self._config.node("dcim").card.numbers
        inputs, neurons = (int(dcim[key].value) for key in ("inputs", "outputs"))
        mtj = VgsotParams.from_card(self._config.node("mtj").card, "mtj")
        learner = InfomorphicLearner(params, inputs, neurons, VgsotActivation(mtj), 0)
        counts = {
            "learning": (learner.drive_operations(samples) + learner.learn_operations(samples))
            / (samples * neurons),
            "histogram": float(PER_SAMPLE),
        }
        if what not in counts:
            raise ConfigError(f"operations('{what}') is unknown{nearest(what, counts)}")
        self.notes.append("counted by learning.operations")
        return Quantity(counts[what], trusts={"derived": 1.0})

    def _measured(self, what: str) -> Quantity:
        self._came_from(HERE, self._machine.story())
        return self._machine.measured(what)

    def _pulse_energy(self, width: Quantity) -> Quantity:
        """Return the critical energy at a pulse width by the law of the pulse card."""
        params = WritePulseParams.from_card(self._config.node("pulse").card, "pulse")
        mtj = VgsotParams.from_card(self._config.node("mtj").card, "mtj")
        law = WritePulse(params, mtj, params.t_c)
        self.notes.append("law of devices.write_energy through its one published point")
        card = self._config.node("pulse").card
        t_ps = width.to("s") * PS_PER_S
        rests_on: str = card.numbers["e_c" if round(t_ps) == params.t_c else "t_0"].trust
        return Quantity.of(float(law.energy(np.array(t_ps))), "J", {rests_on: 1.0})

    def _came_from(self, kind: str, note: str) -> None:
        self.kind = max(self.kind, kind, key=KINDS.index)
        self.notes.append(note)


def _only(name: str, arguments: list[Argument]) -> Quantity:
    """Return the one number that `name()` takes; raises `ConfigError`."""
    match arguments:
        case [Quantity() as number]:
            return number
    raise ConfigError(f"{name}() takes one number")
