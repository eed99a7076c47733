"""All claims, and the configuration that they are checked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from emulator import Config, ConfigError, DataError, load_node, nearest

from ..catalog import check_head, shelf
from ..watch import Unwatched, Watch
from .claim import FOLDER, Chapter, Claim, load_chapters
from .expression import evaluate
from .figures import HERE, SourceFigures
from .platforms import CpuParams, DcimParams
from .quantity import Quantity
from .studies import Studies
from .verdict import Findings, Judgement, judge

NAME = "claims"
TOPS = {"lab": "lab", "fpga": "fpga", "asic": "asic", "mtj": "vgsot", "pulse": "write_pulse",
        "learner": "pid_mnist",
        "dcim": "dcim", "cpu": "cpu", NAME: "claims"}  # fmt: skip


def configure_claims(settings: Iterable[str] = (), **head: Any) -> Config:
    """Return the configuration of the claims with settings applied.

    Tops are the three boards, the junction, its write pulse and what the sources compare with:
    `lab.t_pulse="2 us"`, `dcim.e_bit="1 pJ"`, `cpu.tdp="65 W"`. `head` sets `seed`, `prices` (the
    list in place of `paper`) and `data`. Raises `ConfigError`.
    """
    cards = shelf()
    nodes = {top: load_node(cards.load(card, None, top), cards, top) for top, card in TOPS.items()}
    config = Config(NAME, nodes, **head).override(settings, cards)
    DcimParams.from_card(config.node("dcim").card, "dcim")
    CpuParams.from_card(config.node("cpu").card, "cpu")
    return check_head(config)


class Suite:
    """The claims of some sources, to be judged one after another."""

    def __init__(self, config: Config, folder: Path = FOLDER) -> None:
        self.config, self.chapters = config, load_chapters(folder)
        self._claims = [claim for chapter in self.chapters for claim in chapter.claims]
        self._figures = SourceFigures(config, self._claims, Studies(config))

    def select(self, only: Sequence[str]) -> None:
        """Keep the claims of these groups, or of these ids; raises `ConfigError` for neither."""
        known = {word for chapter in self.chapters for claim in chapter.claims
                 for word in (claim.id, claim.group)}  # fmt: skip
        for word in only:
            if word not in known:
                groups = {chapter.group for chapter in self.chapters}
                raise ConfigError(f"--only {word} is unknown{nearest(word, groups)}")
        self.chapters = [
            Chapter(chapter.source, chapter.title, kept)
            for chapter in self.chapters
            if (kept := tuple(c for c in chapter.claims if {c.id, c.group} & {*only}))
        ]

    def value(self, formula: str, settings: Iterable[str] = ()) -> Quantity:
        """Return what a formula gives with further settings; raises `ConfigError`, `DataError`."""
        config = self.config.override(settings, shelf())
        return evaluate(formula, SourceFigures(config, self._claims, Studies(config)))

    def judgements(self, watch: Watch | None = None) -> Iterator[Judgement]:
        """Judge claim after claim, until done or asked to stop; raises `ConfigError`."""
        watch = watch or Unwatched()
        claims = [claim for chapter in self.chapters for claim in chapter.claims]
        watch.begin(NAME, len(claims))
        for claim in claims:
            if watch.stop():
                return
            yield self._judge(claim)
            watch.advance(1, claim.id)

    def _judge(self, claim: Claim) -> Judgement:
        figures = self._figures
        figures.begin()
        try:
            emulated, error = (evaluate(formula, figures) if formula else None
                               for formula in (claim.emulated, claim.error))  # fmt: skip
            how = figures.how(claim.emulated) if claim.emulated else "nothing is emulated"
            here = figures.kind == HERE
            implied = evaluate(claim.implied, figures) if claim.implied else None
        except DataError as missing:
            return judge(claim, Findings(how="not run", obstacle=str(missing)))
        except ConfigError as wrong:
            raise ConfigError(f"claim '{claim.id}': {wrong}") from None
        return judge(claim, Findings(emulated, implied, error, how, here))
