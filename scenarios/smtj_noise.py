"""A superparamagnetic junction in its divider, watched by an oscilloscope at several fields.

S1 fig 2: time series, histograms and autocorrelation of its telegraph noise at three biases. At
each the levels, their noise and both dwell times are estimated by maximum likelihood, beside the
law that made the noise; of a chain of junctions only what their sum shows. A recording of the
user's own (`recording=FILE`) is analysed in the same way; then no time passes. The scope's samples
are analysed afterwards, while nobody waits: emulated time is measuring time.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from devices import LevelNoise, Recording, read_recording
from devices.noise import telegraph_noise
from devices.recording import MHZ
from devices.telegraph_card import NORMAL
from emulator import (
    PS_PER_S,
    Config,
    ConfigError,
    DataError,
    Frequency,
    Params,
    PassGrid,
    Ratio,
    Result,
    Time,
    TraceSink,
)

from .rising import Rising
from .smtj_bench import ScopeBench, ScopeEngine
from .smtj_bias import Bias
from .smtj_doubts import doubts
from .smtj_files import KEPT, cards, recordings
from .smtj_law import SmtjLaw
from .smtj_tables import Seen, tables
from .study import Study
from .watch import Watch

MT = 1e-3  # tesla
CHUNK = 1 << 17  # samples between two questions whether to stop
FEWEST = 2  # samples of a series
PIECE = 1 << 21  # samples that are fitted at once
FIELDS = Rising(-1e4, 1e4, such_as="-3, 0, 3")
METRICS = ("tau_c_s", "tau_p_s", "tau_ap_s", "occupancy_p")


class SmtjNoiseParams(Params):
    """The scenario's own keys: `fields` in mT, `seconds` per field, `lag` of the correlation told.

    `independent`: the correlation below which two readings count as independent. `keep`: which
    fields leave a recording, the one nearest to zero or all.
    """

    fields: str
    rate: Frequency = Field(gt=0)
    seconds: Time = Field(gt=0, le=10_000 * PS_PER_S)
    lag: Time = Field(gt=0)
    independent: Ratio = Field(gt=0, lt=1)
    keep: Literal["nearest", "all"]
    recording: str


class SmtjNoise:
    """One run: what was seen at each bias, from the emulated scope or from a file."""

    def __init__(self, config: Config, watch: Watch, trace: TraceSink | None) -> None:
        self.own = config.node(config.scenario).card
        self.params = SmtjNoiseParams.from_card(self.own, config.scenario)
        self.config, self.watch = config, watch
        bench = ScopeBench.build(config, trace)
        self.study = Study(config, watch, bench, ScopeEngine.of(config))
        self.seen: list[Seen] = []
        names = ("step", "field_mt", *METRICS, "seconds", "energy_j", "updates")
        self.study.columns.update({name: [] for name in names})

    # -- the emulated scope ----------------------------------------------------------------

    def measure(self) -> None:
        """Measure at one field after the other, until done or asked to stop."""
        p, bench = self.params, self.study.bench
        fields = [float(word) for word in FIELDS.words("fields", p.fields)]
        if PS_PER_S * MHZ % p.rate:
            raise ConfigError(f"rate = {p.rate / MHZ:g} Hz: a sample is not a whole number of ps")
        dt = MHZ / p.rate
        laws = [SmtjLaw.of_cards(bench.noise, bench.junction, f * MT, dt) for f in fields]
        samples = p.seconds * p.rate // (PS_PER_S * MHZ)
        if samples < FEWEST:
            raise ConfigError(
                f"seconds = {p.seconds / PS_PER_S:g} s at rate = {p.rate / MHZ:g} Hz: {samples} "
                f"samples are no series, at least {FEWEST} are"
            )
        self.watch.begin("samples", samples * len(fields))
        chosen = fields if p.keep == "all" else [min(fields, key=abs)]
        for field, law in zip(fields, laws, strict=True):
            kept = KEPT // len(chosen) if field in chosen else 0
            chain = law if bench.noise.junctions > 1 else None
            bias = self._bias(f"the scope at {field:g} mT", p.rate, kept, field, chain)
            if not self._measure(bias, samples):
                return
            self._row(bias, law)

    def _measure(self, bias: Bias, samples: int) -> bool:
        """Sample and analyse piece by piece; False if asked to stop before the end."""
        noise = self._noise(bias)
        for begin, end in pieces(samples):
            v = self._sample(noise, end - begin, bias)
            if v is None:
                return False
            self.watch.advance(0, f"{bias.name}: estimating")
            try:
                bias.add(v)
            except DataError as error:
                raise DataError(
                    f"{self.config.scenario}: {error}; sample longer or faster (seconds, rate)"
                ) from None
        return True

    def _noise(self, bias: Bias) -> LevelNoise:
        """Return the voltage at a field: draws of its own, whatever other fields there are."""
        assert bias.field_mt is not None
        bench = self.study.bench
        sampled = bench.noise.model_copy(update={"mu0_h": bias.field_mt * MT, "centred": False})
        name = f"scope.{bias.field_mt:g}"
        return telegraph_noise(sampled, bench.junction, 1, self.config.seed, name)

    def _sample(self, noise: LevelNoise, samples: int, bias: Bias) -> NDArray[np.float32] | None:
        """Return the next samples, shape (samples,), while the clock runs; None if stopped."""
        out = np.empty(samples, dtype=np.float32)
        for begin in range(0, samples, CHUNK):
            if self.study.asked_to_stop():
                return None
            part = out[begin : begin + CHUNK]
            now = self.study.bench.emulator.now
            part[:] = noise.passes(PassGrid(now, self._dt_ps, part.size)).reshape(-1)
            self.study.bench.board.watch(part.size * self._dt_ps)
            self.watch.advance(part.size, f"{bias.name}: {noise.index * bias.dt:.3g} s watched")
        return out

    @property
    def _dt_ps(self) -> int:
        return PS_PER_S * MHZ // self.params.rate

    # -- a recording of the user's ---------------------------------------------------------

    def analyse(self, file: Path) -> None:
        """Analyse a file piece by piece; raises `DataError` for one that tells nothing."""
        own = self.own.numbers["rate"].trust == "user"
        found: Recording = read_recording(file, self.params.rate if own else None)
        self.watch.begin("samples", len(found))
        bias = self._bias(found.name, found.rate, 0)
        for begin, end in pieces(len(found)):
            if self.study.asked_to_stop():
                return
            bias.add(found.v[begin:end])
            self.watch.advance(end - begin, f"{end * found.dt:.3g} s analysed")
        self._row(bias, None)

    # -- what came out ---------------------------------------------------------------------

    def _bias(
        self, name: str, rate: int, kept: int, field: float | None = None,
        chain: SmtjLaw | None = None,
    ) -> Bias:  # fmt: skip
        return Bias(name, rate, self.params.lag / PS_PER_S, kept, field, chain)

    def _row(self, bias: Bias, law: SmtjLaw | None) -> None:
        """Keep what was seen at a bias."""
        self.seen.append((bias, law))
        found = bias.estimates()
        field = math.nan if bias.field_mt is None else bias.field_mt
        told = {name: found[name].value if found else math.nan for name in METRICS}
        self.study.row({"field_mt": field, **told})

    @property
    def unbiased(self) -> Bias | None:
        """What was seen at the field nearest to none, or in the file; None if not finished."""
        done = [bias for bias, _ in self.seen]
        return min(done, key=lambda bias: abs(bias.field_mt or 0.0), default=None)

    def metrics(self) -> dict[str, float | int | None]:
        """Return what was found without bias, with 95 % intervals."""
        bias = self.unbiased
        estimates = bias.estimates() if bias else {}
        found: dict[str, float | int | None] = {}
        for name in METRICS:
            found |= _interval(name, estimates.get(name))
        lag, there = (bias.at_lag() if bias else None) or (None, None)
        found |= _interval("autocorrelation", there)
        tau_c, fold = estimates.get("tau_c_s"), math.log(1.0 / self.params.independent)
        return {
            **found,
            "autocorrelation_lag_s": lag,
            "independent_after_s": tau_c.value * fold if tau_c else None,
            "flips": bias.fit.flips if bias and bias.fits else None,
            "samples": bias.samples if bias else None,
            "watched_s": bias.samples * bias.dt if bias else None,
            "field_mt": bias.field_mt if bias else None,
        }


def _interval(name: str, found: tuple[float, float] | None) -> dict[str, float | int | None]:
    """Return a metric with its 95 % interval; None for what is not known."""
    value, error = found or (math.nan, math.nan)
    all_three = value, value - NORMAL * error, value + NORMAL * error
    names = name, f"{name}_low", f"{name}_high"
    return {key: each if math.isfinite(each) else None
            for key, each in zip(names, all_three, strict=True)}  # fmt: skip


def pieces(samples: int) -> list[tuple[int, int]]:
    """Return (begin, end) of pieces of equal length, an even number, that are fitted at once."""
    count = max(1, -(-samples // PIECE))
    length = -(-samples // count)
    length += length % 2
    return [(begin, min(begin + length, samples)) for begin in range(0, samples, length)]


def run(config: Config, watch: Watch, trace: TraceSink | None) -> Result:
    """Measure at every field, or analyse a file; stops between chunks when asked to."""
    smtj = SmtjNoise(config, watch, trace)
    file = smtj.params.recording
    if file:
        smtj.analyse(Path(file))
    else:
        smtj.measure()
    seen, bias = [bias for bias, _ in smtj.seen], smtj.unbiased
    series, cut = recordings(seen, smtj.params.keep == "all")
    found, why = cards(config, bias) if bias and bias.fits else ({}, [])
    files: dict[str, str | bytes] = {**found, **series}
    told = [*doubts(config, seen), *why, *cut]
    return smtj.study.result(smtj.metrics(), tables=tables(smtj.seen), files=files, warnings=told)
