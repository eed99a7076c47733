"""An associative memory of infomorphic neurons stores letters and recalls them on a board."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import VgsotActivation
from emulator import PS_PER_S, Config, Count, Params, Ratio, Result, Table, TraceSink
from learning import (
    Alphabet,
    AssociativeLearner,
    InfomorphicParams,
    Recall,
    constant_pixels,
    load_letters,
    majority,
    turns,
    with_complements,
    with_flips,
)

from .study import Study
from .warnings import even_votes, untrained
from .watch import Watch

Floats = NDArray[np.float64]


class LettersParams(Params):
    """The scenario's own keys: what is stored, from which cues it is recalled, and how."""

    letters: str
    complements: bool
    font: str
    flips: Ratio = Field(ge=0, le=0.5)
    cues: Count = Field(ge=1, le=10_000)
    draws: Count = Field(ge=1, le=10_000)
    sweeps: Count = Field(ge=1, le=1_000)
    together: Count = Field(ge=1, le=10_000)


class Letters:
    """One run: letters, a learner, a board, and what was recalled so far."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        own = config.node(config.scenario).card
        self.params = LettersParams.from_card(own, config.scenario)
        learner = InfomorphicParams.from_card(config.node("learner").card, "learner")
        self.alphabet = load_font(self.params.font)
        self.letters = self.alphabet.word(self.params.letters)
        self.patterns = with_complements(self.letters) if self.params.complements else self.letters
        pixels = self.letters.shape[1]
        self.study = Study.begin(config, watch, trace, pixels)
        self.study.columns.update({"step": []})
        self.watch, self.board, self.steps = watch, self.study.bench.board, learner.steps
        activation = VgsotActivation(self.study.bench.mtj)
        self.learner = AssociativeLearner(learner, pixels, activation, config.seed)
        count = self.params.cues
        self.shown = np.arange(count) % len(self.letters)
        self.cues = with_flips(self.letters[self.shown], self.params.flips, config.seed)
        self.turns = turns(config.seed, count, pixels)
        self.limit = Recall(self.cues, self.turns, self.params.sweeps)
        self.recalled = np.empty((0, pixels))
        self.joules = self.latency_s = 0.0  # of all cues recalled so far

    def train(self) -> None:
        """Take the learning steps."""
        self.watch.begin("learning", self.steps)
        for step in range(self.steps):
            goal = self._learn(step)
            stable = float(np.mean((self.learner.limit(self.letters) == self.letters).all(axis=1)))
            self.study.row({"goal": goal, "stable": stable})
            self.watch.advance(1, f"{stable:.0%} of the letters are stable")
            if self.study.asked_to_stop():
                return

    def _learn(self, step: int) -> float:
        """Show one batch to the board, by context alone and with what came of it; learn."""
        learner, board = self.learner, self.board
        chosen = self.patterns[learner.batch_indices(step, len(self.patterns))]
        answers = board.update(learner.context_drive(chosen)).y
        self.study.compute(learner.drive_operations(len(chosen)))
        drive = learner.drive(chosen, answers)
        outcome = board.update(drive)
        self.study.compute(learner.learn_operations(len(chosen)))
        return learner.learn(answers, drive, outcome).goal

    def recall(self) -> None:
        """Recall the cues, `together` at a time, in the limit and on the board."""
        self.limit.run(self.learner.limit)
        self.watch.begin("recall", self.params.cues)
        for first in range(0, self.params.cues, self.params.together):
            if self.study.asked_to_stop():
                return
            group = slice(first, first + self.params.together)
            self.recalled = np.vstack([self.recalled, self._recall(group)])
            exact = self._exact(self.recalled).mean()
            self.watch.advance(len(self.cues[group]), f"{exact:.0%} recalled")

    def _recall(self, group: slice) -> Floats:
        """Return what the board recalls from one group of cues; books its time and energy."""
        bench = self.study.bench
        energy, began = bench.joules(), bench.emulator.now
        states = Recall(self.cues[group], self.turns[group], self.params.sweeps).run(self._answer)
        self.joules += bench.joules() - energy
        self.latency_s += len(states) * (bench.emulator.now - began) / PS_PER_S
        return states

    def _answer(self, states: Floats) -> NDArray[np.int64]:
        """Return what the neurons of the board say to `states`, by majority."""
        learner, draws = self.learner, self.params.draws
        self.study.compute(learner.drive_operations(len(states)))
        outcome = self.board.update(learner.recall_drive(states), draws)
        self.study.compute(learner.vote_operations(len(states), draws))
        return majority(outcome, draws)

    def metrics(self) -> dict[str, float | int | None]:
        """Return shares of letters and pixels, and what a recall took."""
        n = len(self.recalled)
        whole = n == len(self.cues)
        wanted = self.letters[self.shown]
        return {
            "exact_recall": float(self._exact(self.recalled).mean()) if whole else None,
            "exact_recall_limit": float(self._exact(self.limit.states).mean()),
            "pixel_accuracy": float(np.mean(self.recalled == wanted)) if whole else None,
            "pixel_accuracy_limit": float(np.mean(self.limit.states == wanted)),
            "energy_per_recall_j": self.joules / n if n else None,
            "latency_per_recall_s": self.latency_s / n if n else None,
            "draws": self.params.draws,
            "cues": n,
            "letters_stored": len(self.letters),
            "learning_steps": len(self.study.columns["step"]),
        }

    def _exact(self, states: Floats) -> NDArray[np.bool_]:
        """Return which of the first cues came out as their letter, pixel by pixel."""
        return np.asarray((states == self.letters[self.shown[: len(states)]]).all(axis=1))

    def table(self) -> Table:
        """Return one row per recalled cue; patterns are written row by row, `/` between rows."""
        n = len(self.recalled)
        text = [
            [self.alphabet.text(pattern).replace("\n", "/") for pattern in patterns[:n]]
            for patterns in (self.letters[self.shown], self.cues, self.recalled, self.limit.states)
        ]
        return {
            "cue": list(range(n)),
            "letter": [self.params.letters[shown] for shown in self.shown[:n]],
            **dict(zip(("stored", "shown", "recalled", "limit"), text, strict=True)),
            "exact": self._exact(self.recalled).astype(int).tolist(),
            "exact_limit": self._exact(self.limit.states[:n]).astype(int).tolist(),
        }

    def warnings(self) -> list[str]:
        """Return what keeps this memory from working, and what an even vote does."""
        told = untrained(len(self.study.columns["step"]))
        told += even_votes(self.params.draws, "the neuron then stays as it is")
        form = self.study.bench.mtj.form
        if form != "additive":
            told.append(
                f"mtj.form = {form}: a surface that multiplies r and c leaves the sign of an "
                "answer open where there is no context; recall works with the form 'additive'"
            )
        constant = self.alphabet.places(constant_pixels(self.patterns))
        if constant:
            named = ", ".join(f"({row}, {column})" for row, column in constant)
            told.append(
                f"{len(constant)} of {self.letters.shape[1]} pixels are alike in all stored "
                "letters: their context has no entropy, so nothing can be shared with it and they "
                f"cannot learn their value: (row, column) {named}; complements=true stores each "
                "letter's complement too"
            )
        return told


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Store the letters, then recall them; stops between steps and between cues when asked to."""
    letters = Letters(config, watch, trace)
    letters.train()
    letters.recall()
    return letters.study.result(
        letters.metrics(),
        weights=letters.learner.state(),
        tables={"recall": letters.table()},
        warnings=letters.warnings(),
    )


def load_font(file: str) -> Alphabet:
    """Return the letters of a user's file, or those that come along.

    Raises `DataError`, or `ConfigError` if the file cannot be read.
    """
    return load_letters(Path(file)) if file else load_letters()
