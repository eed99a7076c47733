"""The junctions of a sweep over sampling intervals: their law, and what two looks at them saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devices import DwellTimes, SmtjParams, make_noise
from devices.noise import telegraph_dwell, telegraph_levels
from devices.noise_params import TelegraphNoiseParams
from emulator import Config, ConfigError, PassNoise
from emulator.ticks import PS_PER_S

from .array_noise import TELEGRAPH, on_the_clock
from .catalog import shelf
from .perturbation import Training
from .procedure import with_numbers

FORGOTTEN = 40.0  # correlation times after which double precision holds nothing of a correlation


class Compared:
    """Noise that counts how often two looks at the junctions saw the same; a `PassNoise`.

    Two values less than `gap` apart are those of one state.
    """

    def __init__(self, noise: PassNoise, gap: float) -> None:
        self._noise, self._gap = noise, gap
        self.counts = {"samples": 0, "same_nodes": 0, "same_samples": 0}

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self._noise.nodes

    def passes(self, samples: int) -> NDArray[np.float32]:
        """Return the noise of the next samples, having looked at it."""
        noise = self._noise.passes(samples)
        same = np.abs(noise[0] - noise[1]) < self._gap
        self.counts["samples"] += samples
        self.counts["same_nodes"] += int(np.count_nonzero(same))
        self.counts["same_samples"] += int(np.count_nonzero(same.all(axis=1)))
        return noise

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what the source remembers, and the counts."""
        counts = {name: np.array(float(count)) for name, count in self.counts.items()}
        return {**self._noise.state(), **counts}

    def load(self, state: Mapping[str, NDArray[np.float64]]) -> None:
        """Take up a state."""
        self._noise.load(state)
        self.counts = {name: int(state[name]) for name in self.counts}


@dataclass(frozen=True)
class SampledJunctions:
    """One junction per node, under a configuration: their dwell times, and half their swing."""

    config: Config
    dwell: DwellTimes
    gap: float

    @staticmethod
    def of(config: Config, observed: bool) -> SampledJunctions:
        """Take the noise of a configuration, with or without the noise of its readings.

        Raises `ConfigError` for noise without a dwell time, or of several junctions.
        """
        node = config.node("noise")
        if node.card.model != TELEGRAPH:
            raise ConfigError(f"noise={node.card.name} has no dwell time; take noise=smtj")
        params = TelegraphNoiseParams.from_card(node.card, "noise")
        if params.junctions != 1:
            raise ConfigError(
                f"noise.junctions = {params.junctions}: the law is that of one per node"
            )
        junction = SmtjParams.from_card(node.children["junction"].card, "noise.junction")
        config = config if observed else with_numbers(config, "noise", sigma=0)
        gap = float(np.ptp(telegraph_levels(params, junction))) / 2.0
        return SampledJunctions(config, telegraph_dwell(params, junction), gap)

    def at(self, interval: float, seed: int) -> Config:
        """Return the configuration with passes `interval` correlation times apart."""
        ps = round(interval * self.dwell.tau_c * PS_PER_S)
        config = self.config.override([f"board.t_interval={ps} ps"], shelf())
        return replace(config, seed=seed)

    def compared(self, training: Training) -> Training:
        """Return a training whose looks at the junctions are counted."""
        training.noise = Compared(training.noise, self.gap)
        return training

    def forgetful(self, training: Training) -> Training:
        """Return a training whose junctions forget at once.

        Levels, occupancy and the noise of the readings are the same; between two looks nobody
        waits, but to the junctions it seems `FORGOTTEN` correlation times.
        """
        ps = round(FORGOTTEN * self.dwell.tau_c * PS_PER_S)
        config, nodes = training.study.config, training.learner.nodes
        training.noise = make_noise(on_the_clock(config.node("noise"), ps), nodes, config.seed)
        return training
