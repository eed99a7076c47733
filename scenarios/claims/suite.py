"""All claims, and the configuration that they are checked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from devices import WritePulseParams
from emulator import Config, ConfigError, DataError, load_node, nearest
from learning import InfomorphicParams

from ..catalog import check_head, shelf
from ..warnings import outside_ranges
from ..watch import Unwatched, Watch
from .claim import Claim
from .claim_file import FOLDER, PLACE, load_chapters
from .expression import evaluate
from .figures import HERE, SourceFigures
from .platforms import CpuParams, DcimParams
from .quantity import Quantity
from .readings import Readings
from .stopping import StoppedError, StopWatch
from .studies import LEARNER, NOISE, AbsentError
from .verdict import Findings, Judgement, judge, shown

NAME = "claims"
TOPS = {"lab": "lab", "fpga": "fpga", "asic": "asic", "mtj": "vgsot", "pulse": "write_pulse",
        "learner": LEARNER, "dcim": "dcim", "cpu": "cpu",
        "noise": NOISE, NAME: NAME}  # fmt: skip


def configure_claims(settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration of the claims with settings applied.

    Tops are the three boards, the junction, its write pulse and what the sources compare with:
    `lab.t_pulse="2 us"`, `dcim.e_bit="1 pJ"`, `cpu.tdp="65 W"`. `head` sets `seed`, `prices` (the
    list in place of `paper`) and `data`. Every board is built and priced once. Raises
    `ConfigError` or `PriceError`.
    """
    cards = shelf()
    nodes = {top: load_node(cards.load(card, None, top), cards, top) for top, card in TOPS.items()}
    config = check_head(Config(NAME, nodes, **head).override(settings, cards))
    DcimParams.from_card(config.node("dcim").card, "dcim")
    CpuParams.from_card(config.node("cpu").card, "cpu")
    WritePulseParams.from_card(config.node("pulse").card, "pulse")
    InfomorphicParams.from_card(config.node("learner").card, "learner")
    Readings(config).check()
    return config


class Suite:
    """The claims of some sources, to be judged one after another.

    `own` is a folder of a user's claims, beside those that ship. Raises `ConfigError`.
    """

    def __init__(self, config: Config, folder: Path = FOLDER, own: Path | None = None) -> None:
        self.config, self.chapters = config, load_chapters(folder, own)
        self._claims = [claim for chapter in self.chapters for claim in chapter.claims]
        self._watch = StopWatch()
        self._figures = SourceFigures(config, self.chapters, self._watch)

    def select(self, only: Sequence[str]) -> None:
        """Keep the claims whose ids begin with one of these words (`table3`, `table3.asic`).

        Raises `ConfigError` for words with which none begins.
        """
        for word in only:
            if not any(claim.called(word) for claim in self._claims):
                beginning = word.partition(".")[0]
                ids = {c.id for c in self._claims if c.group == beginning}
                groups = {c.group for c in self._claims}
                raise ConfigError(f"--only {word} is unknown{nearest(word, ids or groups)}")
        self.chapters = [
            replace(chapter, claims=kept)
            for chapter in self.chapters
            if (kept := tuple(c for c in chapter.claims if any(map(c.called, only))))
        ]

    @property
    def asked(self) -> int:
        """How many claims there are to judge."""
        return sum(len(chapter.claims) for chapter in self.chapters)

    @property
    def settings(self) -> list[str]:
        """The settings of the user, `lab.t_pulse = 2 us`: no published verdict was found so."""
        return [
            f"{address}.{key} = {number}"
            for address, card in self.config.cards().items()
            for key, number in card.numbers.items()
            if number.trust == "user"
        ]

    @property
    def warnings(self) -> list[str]:
        """Settings outside their ranges, and what the boards read so far have to say."""
        return [*outside_ranges(self.config), *self._figures.warnings]

    def value(self, formula: str, settings: Iterable[str] = ()) -> Quantity:
        """Return what a formula gives with further settings; raises `ConfigError`, `DataError`."""
        config = self.config.override(settings, shelf())
        return evaluate(formula, self._figures.under(config))

    def judgements(self, watch: Watch | None = None) -> Iterator[Judgement]:
        """Judge claim after claim, until done or asked to stop.

        Raises `ConfigError` that names the claim, `DataError` for a data set that is damaged.
        """
        watch = watch or Unwatched()
        self._watch.asked = watch.stop
        watch.begin(NAME, self.asked)
        for claim in [claim for chapter in self.chapters for claim in chapter.claims]:
            if watch.stop():
                return
            try:
                yield self._judge(claim)
            except StoppedError:
                return
            watch.advance(1, claim.id)

    def _judge(self, claim: Claim) -> Judgement:
        try:
            return judge(claim, self._find(claim))
        except (ConfigError, DataError) as wrong:
            named = str(wrong).startswith(f"claim '{claim.id}'")
            raise type(wrong)(str(wrong) if named else f"claim '{claim.id}': {wrong}") from None

    def _find(self, claim: Claim) -> Findings:
        """Evaluate the formulas of a claim; a data set that is not there is an obstacle."""
        figures = self._figures
        figures.begin()
        try:
            emulated, error = (evaluate(formula, figures) if formula else None
                               for formula in (claim.emulated, claim.error))  # fmt: skip
            how, here = figures.how(claim.emulated), figures.kind == HERE
            implied = evaluate(claim.implied, figures) if claim.implied else None
            reason = self._filled(claim.reason)
        except AbsentError as missing:
            return Findings(how="not run", obstacle=str(missing))
        return Findings(emulated, implied, error, how, here, reason=reason)

    def _filled(self, reason: str) -> str:
        """Put figures in the places `{FORMULA -> UNIT}` of a reason."""
        return PLACE.sub(lambda at: shown(evaluate(at[1], self._figures).to(at[2]), at[2]), reason)
