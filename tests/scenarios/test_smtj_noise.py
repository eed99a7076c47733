"""smtj-noise: what the scope finds is what the junction's law says, and files say it again."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import t as student

from devices import (
    CARDS,
    Recording,
    SmtjParams,
    TelegraphNoiseParams,
    fit_telegraph,
    make_noise,
    scope,
)
from emulator import ConfigError, DataError, PassGrid, Result, load_card
from emulator.ticks import PS_PER_S
from scenarios.catalog import configure, reread
from scenarios.reporting.figures import draw_all, png
from scenarios.run import run
from scenarios.smtj_bias import Bias, expected
from scenarios.smtj_correlation import BLOCKS, Correlation, block_length
from scenarios.smtj_files import TEXT, recordings
from scenarios.smtj_law import SmtjLaw
from scenarios.smtj_noise import pieces
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import call, strict_json

SURE = 4.5  # standard errors
RATE = 40_000_000  # mHz
FIELDS = (-3.0, 0.0, 3.0)
DIVIDER = ("noise.v_supply=3.3 V", "noise.r_series=100 kohm")  # as the user knows it
SHORT = "seconds=1 s"


@cache
def measured(*settings: str, seed: int = 0, engine: str = "auto") -> Result:
    return run(configure("smtj-noise", (SHORT, *settings), seed=seed, engine=engine))


def rows(result: Result, table: str, **wanted: object) -> dict[str, np.ndarray]:
    columns = {name: np.asarray(column) for name, column in result.tables[table].items()}
    keep = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for name, value in wanted.items():
        keep &= columns[name] == value
    return {name: column[keep] for name, column in columns.items()}


def saved(result: Result, folder: Path) -> Path:
    for name, content in result.files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def made(samples: int, seed: int = 1, sigma: float = 0.001) -> Recording:
    noise = TelegraphNoiseParams.from_card(load_card(CARDS / "telegraph.toml"), "noise")
    junction = SmtjParams.from_card(load_card(CARDS / "smtj.toml"), "junction")
    return scope(noise.model_copy(update={"sigma": sigma}), junction, RATE, samples, seed)


def csv_file(path: Path, v: object, head: str = "v") -> Path:
    path.write_text("\n".join([head, *(str(each) for each in np.asarray(v).tolist())]) + "\n")
    return path


# -- the law ------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
def test_estimates_lie_within_their_errors_of_the_law(field: float) -> None:
    """Dwell times, occupancy, flip probabilities, levels and noise, at every bias."""
    found = rows(measured(), "smtj_estimates", field_mt=field)
    assert len(found["quantity"]) == 11
    off = np.abs(found["value"] - found["law"]) / found["error"]
    assert (found["error"] > 0.0).all()
    assert (off < SURE).all(), dict(zip(found["quantity"], off, strict=True))


def test_fields_bias_the_junction_as_its_card_says() -> None:
    """ln(tau_P / tau_AP) = H / H_T to first order, H_T = 1.5 mT: e^2 each way at 3 mT."""
    for field in FIELDS:
        found = rows(measured(), "smtj_estimates", field_mt=field)
        law = dict(zip(found["quantity"], found["law"], strict=True))
        assert math.log(law["tau_p_s"] / law["tau_ap_s"]) == pytest.approx(field / 1.5, rel=1e-9)


@pytest.mark.parametrize("field", FIELDS)
def test_autocorrelation_lies_within_its_errors_of_the_law(field: float) -> None:
    """At all lags together: 4.5 sigma, shared among them, for errors told by so many blocks."""
    found = rows(measured(), "smtj_autocorrelation", field_mt=field)
    later = found["t_s"] > 0.0
    off = np.abs(found["autocorrelation"] - found["law"])[later] / found["error"][later]
    assert off.max() < student.isf(3.4e-6 / later.sum(), BLOCKS - 1)
    assert found["autocorrelation"][0] == 1.0


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("state", ["P", "AP"])
def test_dwells_are_geometric_on_the_grid(field: float, state: str) -> None:
    found = rows(measured(), "smtj_dwells", field_mt=field, state=state)
    assert found["dwells"].sum() == pytest.approx(found["law"].sum())
    assert found["to_s"][-1] == "inf"
    assert square(found["dwells"], found["law"]) < SURE


@pytest.mark.parametrize("field", FIELDS)
def test_values_are_gaussian_around_each_level(field: float) -> None:
    """Each half by itself: how the time is shared between the levels has an error of its own."""
    found = rows(measured(), "smtj_values", field_mt=field)
    assert found["samples"].sum() == 40_000
    middle = len(found["samples"]) // 2
    for half in (slice(0, middle), slice(middle, None)):
        n, law = found["samples"][half], found["law"][half]
        assert square(n, law * n.sum() / law.sum()) < SURE


def square(counts: np.ndarray, law: np.ndarray) -> float:
    """Return by how many standard deviations chi^2 differs, bins of less than 10 left out."""
    enough = law >= 10.0
    freedom = enough.sum() - 1
    chi2 = ((counts[enough] - law[enough]) ** 2 / law[enough]).sum()
    return abs(float(chi2) - freedom) / math.sqrt(2.0 * freedom)


def test_metrics_are_those_of_the_unbiased_junction_with_intervals() -> None:
    result = measured()
    found = rows(result, "smtj_estimates", field_mt=0.0)
    tau_c = found["quantity"] == "tau_c_s"
    value, error = float(found["value"][tau_c][0]), float(found["error"][tau_c][0])
    metrics = result.metrics
    assert metrics["tau_c_s"] == value
    assert metrics["tau_c_s_high"] == pytest.approx(value + 1.959964 * error)
    assert metrics["field_mt"] == 0.0
    assert metrics["autocorrelation_lag_s"] == 0.001
    assert metrics["independent_after_s"] == pytest.approx(value * math.log(100.0))
    at_1_ms = rows(result, "smtj_autocorrelation", field_mt=0.0)["autocorrelation"][40]
    assert metrics["autocorrelation"] == at_1_ms


# -- the bench ----------------------------------------------------------------------------------


def test_time_is_measuring_time_and_the_divider_is_what_takes_energy() -> None:
    result = measured()
    assert result.emulated.elapsed_ps == len(FIELDS) * PS_PER_S
    watts = 3.3**2 / (100e3 + 4.5e3)
    assert result.bill.total() == pytest.approx(3.0 * watts, rel=1e-12)
    assert result.bill.by(lambda line: line.entry.part)["scope"] == 0.0


def test_the_scope_samples_in_chunks_what_it_would_see_at_once(tmp_path: Path) -> None:
    """Chunks leave no mark, and the file says the same as the recorder of the devices."""
    result = measured("fields=0", "seconds=3.5 s")
    saved(result, tmp_path)
    noise = TelegraphNoiseParams.from_card(load_card(CARDS / "telegraph.toml"), "noise")
    junction = SmtjParams.from_card(load_card(CARDS / "smtj.toml"), "junction")
    whole = scope(noise, junction, RATE, 140_000, 0, "scope.0")
    import pandas as pd

    kept = pd.read_parquet(tmp_path / "recording.parquet")
    assert np.array_equal(kept["v"].to_numpy(), whole.v)
    text = pd.read_csv(tmp_path / "recording.csv")
    assert np.array_equal(text["v"].to_numpy(), whole.v)
    assert np.array_equal(text["t_s"].to_numpy(), kept["t_s"].to_numpy())


def test_a_recording_that_is_too_long_is_cut_and_told() -> None:
    """At 1 MHz; text takes less of it than Parquet."""
    v = np.random.default_rng(0).normal(size=1_100_000)
    name, kept = "the scope at 1.5 mT", 1_050_000
    bias = Bias(name, 10**9, 1e-3, kept, 1.5, series=[v[:kept]], samples=v.size)
    found, told = recordings([bias], every=False)
    assert found["recording.csv"].count(b"\n") == 1 + TEXT
    table = pq.read_table(pa.BufferReader(found["recording.parquet"]))
    assert np.array_equal(table["v"].to_numpy(), v[:kept])
    assert told == [
        "recording.parquet holds the first 1.05 s (1,050,000 samples, the limit) of the 1.1 s at "
        "1.5 mT",
        "recording.csv holds the first 1 s (1,000,000 samples, the limit) of the 1.1 s at 1.5 mT",
    ]


def test_all_fields_leave_a_recording_that_says_its_own(tmp_path: Path) -> None:
    result = measured("keep=all", "fields=-3, 0.25", "seconds=0.5 s")
    saved(result, tmp_path)
    kept = {name for name in result.files if name.startswith("recording")}
    assert kept == {
        f"recording_{field}mT.{kind}" for field in ("-3", "0.25") for kind in ("csv", "parquet")
    }
    for field, step in ((-3.0, 0), (0.25, 1)):
        again = run(configure("smtj-noise", [f"recording={tmp_path}/recording_{field:g}mT.csv"]))
        assert again.metrics["tau_c_s"] == result.steps["tau_c_s"][step]


def test_fields_have_noise_of_their_own() -> None:
    """What is seen at one field does not depend on the others; and it is not the same."""
    alone, together = measured("fields=0"), measured()
    for name, value in alone.metrics.items():
        assert together.metrics[name] == value
    up, down = (rows(together, "smtj_series", field_mt=f)["v"] for f in (-3.0, 3.0))
    n = min(up.size, down.size)
    assert not np.array_equal(up[:n] > 0.14, down[:n] < 0.14)


def test_both_engines_see_the_same() -> None:
    event, compiled = (measured("fields=0", engine=name) for name in ("event", "compiled"))
    assert (event.engine, compiled.engine) == ("event", "compiled")
    assert event.metrics == compiled.metrics
    assert event.files == compiled.files
    assert event.emulated == compiled.emulated


def test_seeds_differ() -> None:
    assert measured("fields=0").metrics != measured("fields=0", seed=1).metrics


def test_a_stop_keeps_the_fields_that_are_done() -> None:
    class Stopping(Unwatched):
        chunks = 0

        def advance(self, units: int, note: str) -> None:
            self.chunks += units > 0

        def stop(self) -> bool:
            return self.chunks >= 2

    result = run(configure("smtj-noise", ["fields=-3, 0, 3", SHORT]), Stopping())
    assert result.status == "interrupted"
    assert result.steps["field_mt"] == [-3.0, 0.0]
    assert result.metrics["field_mt"] == 0.0
    early = run(configure("smtj-noise", [SHORT]), type("Now", (Stopping,), {"chunks": 2})())
    assert early.metrics["tau_c_s"] is None
    assert early.tables == {} == early.files
    assert "smtj_noise" not in draw_all(early)


def test_figure_shows_one_bias_or_three() -> None:
    three, one = draw_all(measured())["smtj_noise"], draw_all(measured("fields=0"))["smtj_noise"]
    assert len(three.get_axes()) == 2 * 3 + 3
    assert len(one.get_axes()) == 2 + 3
    assert png(one).startswith(b"\x89PNG")


# -- pieces -------------------------------------------------------------------------------------


def test_pieces_cover_the_series_and_keep_passes_together() -> None:
    for samples in (1, 7, 80_000, 2**21, 2**21 + 1, 10**7 + 3):
        found = pieces(samples)
        assert [begin for begin, _ in found] == [0, *(end for _, end in found[:-1])]
        assert found[-1][1] == samples
        assert all(begin % 2 == 0 for begin, _ in found)


def test_pieces_tell_together_what_the_whole_tells() -> None:
    recording = made(160_000)
    whole, parts = (Bias("made", RATE, 1e-3, 10) for _ in range(2))
    whole.add(recording.v)
    for part in np.split(recording.v, 4):
        parts.add(part)
    junction = SmtjParams.from_card(load_card(CARDS / "smtj.toml"), "junction")
    noise = TelegraphNoiseParams.from_card(load_card(CARDS / "telegraph.toml"), "noise")
    law = expected(SmtjLaw.of_cards(noise, junction, 0.0, 1e3 / RATE))
    once = whole.estimates()
    for name, (value, error) in parts.estimates().items():
        assert abs(value - law[name]) < SURE * error
        assert abs(value - once[name].value) < 0.2 * error  # the same data, so nearly the same
        assert error == pytest.approx(once[name].error, rel=0.02)
    assert parts.samples == parts.fit.states.size == 160_000
    assert abs(parts.fit.flips - whole.fit.flips) <= 3  # at the three seams
    assert parts.histograms.values.sum() == 160_000
    assert sum(part.size for part in parts.series) == parts.shown


def test_autocorrelation_is_that_of_its_definition() -> None:
    """Two blocks of ten samples: products within blocks, the mean of everything taken off."""
    x = np.array([1, 4, 2, 8, 5, 7, 3, 3, 9, 0, 2, 6, 6, 1, 7, 4, 8, 2, 5, 9], dtype=np.float64)
    correlation = Correlation(10, 3, 100.0)
    correlation.add(x)
    found, error = correlation.found()
    y = (x - x.mean()).reshape(2, 10)
    each = np.array([[(b[: 10 - k] * b[k:]).mean() for k in range(4)] for b in y])
    assert found == pytest.approx(each.mean(axis=0) / each.mean(axis=0)[0])
    off = (each - found * each[:, :1]) / each[:, 0].mean()
    assert error == pytest.approx(np.abs(off[0] - off[1]) / 2.0, abs=1e-12)


def test_errors_of_white_noise_are_one_over_root_n() -> None:
    rng = np.random.default_rng(5)
    correlation = Correlation(block_length(320_000), 200, 0.0)
    correlation.add(rng.normal(size=320_000))
    _, error = correlation.found()
    relative = error[1:].mean() * math.sqrt(320_000)
    # each error has a relative spread of 1 / sqrt(2 (BLOCKS - 1)), 200 of them their mean
    assert abs(relative - 1.0) < SURE / math.sqrt(2 * (BLOCKS - 1) * 200) + 1 / (4 * BLOCKS)


# -- chains -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", FIELDS)
def test_a_chain_shows_its_levels_and_its_correlation(field: float) -> None:
    result = measured("noise.junctions=3", "noise.sigma=0.005")
    found = rows(result, "smtj_autocorrelation", field_mt=field)
    later = found["t_s"] > 0.0
    off = np.abs(found["autocorrelation"] - found["law"])[later] / found["error"][later]
    assert off.max() < student.isf(3.4e-6 / later.sum(), BLOCKS - 1)
    values = rows(result, "smtj_values", field_mt=field)
    assert values["law"].sum() == pytest.approx(40_000)
    # samples that remember each other count as fewer
    middle = (values["from_v"] + values["to_v"]) / 2.0
    mean, should = (np.average(middle, weights=values[key]) for key in ("samples", "law"))
    spread = math.sqrt(np.average((middle - should) ** 2, weights=values["law"]))
    fewer = 1.0 + 2.0 * found["law"][later].sum()
    assert abs(mean - should) < SURE * spread * math.sqrt(fewer / 40_000)


def test_a_chain_has_no_dwells_and_no_cards_but_a_recording() -> None:
    result = measured("noise.junctions=3", "noise.sigma=0.005")
    assert set(result.tables) == {"smtj_autocorrelation", "smtj_values", "smtj_series"}
    assert set(result.files) == {"recording.csv", "recording.parquet"}
    assert len(result.warnings) == 1
    assert "noise.junctions = 3: flips of a sum tell no dwell of one junction" in result.warnings[0]
    told = result.metrics
    assert told["tau_c_s"] is told["flips"] is told["independent_after_s"] is None
    assert told["samples"] == 40_000
    assert told["autocorrelation_low"] < told["autocorrelation"] < told["autocorrelation_high"]
    assert result.bill.total() == pytest.approx(3.0 * 3.3**2 / (100e3 + 3 * 4.5e3), rel=1e-12)
    assert len(draw_all(result)["smtj_noise"].get_axes()) == 2 * 3 + 1


# -- recordings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["recording.parquet", "recording.csv"])
def test_a_recording_says_again_what_it_said(name: str, tmp_path: Path) -> None:
    """The emulator's own file, analysed as a user's: the same numbers, and no time passes."""
    first = measured("fields=0")
    file = saved(first, tmp_path) / name
    again = run(configure("smtj-noise", [f"recording={file}", *DIVIDER]))
    differing = ("field_mt",)
    for metric, value in first.metrics.items():
        if metric not in differing:
            assert again.metrics[metric] == value
    assert again.metrics["field_mt"] is None
    assert again.emulated.elapsed_ps == 0
    assert set(again.files) == {"hmm.toml", "smtj.toml"}
    assert "law" not in again.tables["smtj_estimates"]
    assert "smtj_noise" in draw_all(again)


def test_a_recording_is_noise_for_a_learner(tmp_path: Path) -> None:
    file = saved(measured("fields=0"), tmp_path) / "recording.parquet"
    config = configure("anp-mnist", ["noise=recorded", f"noise.file={file}"])
    noise = make_noise(config.node("noise"), 3, 0)
    kept = scope_of(file)
    passes = noise.passes(PassGrid(0, 1, 4, 2))
    assert passes[0, 0].tolist() == kept[:3].tolist()
    assert passes[1, 0].tolist() == kept[3:6].tolist()


def scope_of(file: Path) -> np.ndarray:
    import pandas as pd

    return pd.read_parquet(file)["v"].to_numpy()


def test_the_junction_of_a_recording_makes_such_a_recording_again(tmp_path: Path) -> None:
    """Own recording -> card -> law: the estimates themselves; and measured again within errors."""
    first = measured("fields=3")
    saved(first, tmp_path)
    second = run(
        configure(
            "smtj-noise", [SHORT, "fields=0", f"noise.junction={tmp_path / 'smtj.toml'}"], seed=9
        )
    )
    told, again = rows(first, "smtj_estimates"), rows(second, "smtj_estimates")
    for k, name in enumerate(told["quantity"]):
        if name.startswith(("tau", "occupancy", "flip", "level")):
            assert again["law"][k] == pytest.approx(told["value"][k], rel=1e-9)
        both = math.hypot(told["error"][k], again["error"][k])
        assert abs(again["value"][k] - told["value"][k]) < SURE * both


def test_the_noise_card_of_a_recording_makes_such_noise(tmp_path: Path) -> None:
    first = measured("fields=3")
    saved(first, tmp_path)
    config = configure("anp-mnist", [f"noise={tmp_path / 'hmm.toml'}"])
    passes = make_noise(config.node("noise"), 1, 4).passes(PassGrid(0, 1, 80_000))
    fit = fit_telegraph(Recording(passes.reshape(-1), RATE, "hmm"))
    told = rows(first, "smtj_estimates")
    pairs = {"flip_p_to_ap": fit.up, "flip_ap_to_p": fit.down, "level_p_v": fit.low,
             "level_ap_v": fit.high, "sigma_v": fit.sigma}  # fmt: skip
    for name, (value, error) in pairs.items():
        k = int(np.flatnonzero(told["quantity"] == name)[0])
        assert abs(value - told["value"][k]) < SURE * math.hypot(error, told["error"][k])


def test_a_rate_stands_for_times_that_a_file_lacks(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "v.csv", made(40_000).v)
    slow, fast = (
        run(configure("smtj-noise", [f"recording={file}", f"rate={rate}"]))
        for rate in ("40 kHz", "400 kHz")
    )
    assert slow.metrics["tau_c_s"] == pytest.approx(10.0 * (fast.metrics["tau_c_s"] or 0.0))


@pytest.mark.parametrize("settings", [(), DIVIDER[:1], DIVIDER[1:]])
def test_a_recording_of_an_unknown_divider_leaves_the_noise_card(
    settings: tuple[str, ...], tmp_path: Path
) -> None:
    """The card's divider is not taken for the user's: both values must be theirs."""
    file = csv_file(tmp_path / "v.csv", made(40_000).v)
    result = run(configure("smtj-noise", [f"recording={file}", "rate=40 kHz", *settings]))
    assert set(result.files) == {"hmm.toml"}
    missing = " and ".join(
        key for key in ("noise.v_supply", "noise.r_series") if key not in " ".join(settings)
    )
    assert result.warnings == [
        f"no smtj.toml: {file} does not say which divider it was measured in: set {missing} "
        '(such as noise.v_supply="3.3 V" noise.r_series="100 kohm")'
    ]


def test_levels_that_are_no_divider_voltages_leave_the_noise_card(tmp_path: Path) -> None:
    file = csv_file(tmp_path / "v.csv", made(40_000).v - 0.14)
    result = run(configure("smtj-noise", [f"recording={file}", "rate=40 kHz", *DIVIDER]))
    assert set(result.files) == {"hmm.toml"}
    assert any("no smtj.toml" in text and "0 and the supply" in text for text in result.warnings)


def test_resistances_outside_the_range_of_the_card_are_told(tmp_path: Path) -> None:
    """Ten times 96 mV would be 41 kohm in this divider; as they are, levels give 3 and 6 kohm."""
    result = {}
    for gain in (1.0, 10.0):
        file = csv_file(tmp_path / "v.csv", gain * made(40_000).v)
        result[gain] = run(configure("smtj-noise", [f"recording={file}", "rate=40 kHz", *DIVIDER]))
        assert set(result[gain].files) == {"hmm.toml", "smtj.toml"}
    assert result[1.0].warnings == []
    r_p, tmr = result[10.0].warnings
    assert r_p.startswith("smtj.toml: r_p = 4.1")
    assert "e+04 ohm lies outside the range that card smtj states (3 .. 5.3 kohm): are the" in r_p
    assert tmr.startswith("smtj.toml: tmr = ")
    assert "lies outside the range that card smtj states (1.0 .. 1.5): are the levels" in tmr


def test_dwells_that_are_not_exponential_are_told(tmp_path: Path) -> None:
    """A clock of 50 samples with noise on it is no telegraph noise."""
    rng = np.random.default_rng(1)
    v = 0.1 + 0.09 * (np.arange(40_000) // 25 % 2) + rng.normal(0.0, 1e-3, 40_000)
    result = run(configure("smtj-noise", [f"recording={csv_file(tmp_path / 'v.csv', v)}",
                                          "rate=40 kHz"]))  # fmt: skip
    assert sum("exponential ones would" in text for text in result.warnings) == 2
    assert not any("exponential" in text for text in measured().warnings)


def test_settings_without_effect_are_told(tmp_path: Path) -> None:
    assert any("noise.mu0_h = 1 mT has no effect" in text
               for text in measured("noise.mu0_h=1 mT", "fields=0").warnings)  # fmt: skip
    file = csv_file(tmp_path / "v.csv", made(40_000).v)
    told = run(configure("smtj-noise", [f"recording={file}", "rate=40 kHz", "fields=1"])).warnings
    assert "fields = 1 has no effect: a recording is analysed" in told


# -- bad input ----------------------------------------------------------------------------------


def with_nan() -> np.ndarray:
    v = made(40_000).v.copy()
    v[17] = np.nan
    return v


@pytest.mark.parametrize(
    ("v", "head", "rate", "said"),
    [
        (with_nan, "v", "40 kHz", "v is NaN or infinite in sample 17 (1 such samples)"),
        (lambda: np.full(1000, 0.1), "v", "40 kHz", "v is 0.1 throughout: one level, no noise"),
        (lambda: np.random.default_rng(0).normal(size=5000), "v", "40 kHz", "v.csv: "),
        (lambda: made(60).v, "v", "40 kHz", "say nothing about dwell times; 10 are needed"),
        (lambda: np.array([0.1]), "v", "40 kHz", "fewer than two samples"),
        (lambda: made(40_000).v, "v", None, "no column 't_s' and no sampling rate"),
        (lambda: made(40_000).v, "volts", "40 kHz", "no column 'v'"),
        (lambda: np.array(["a", "b"]), "v", "40 kHz", "holds something that is not a number"),
    ],
)  # fmt: skip
def test_a_recording_that_tells_nothing_is_refused(
    v: object, head: str, rate: str | None, said: str, tmp_path: Path
) -> None:
    file = csv_file(tmp_path / "v.csv", v(), head)  # type: ignore[operator]
    settings = [f"recording={file}"] + ([f"rate={rate}"] if rate else [])
    with pytest.raises(DataError) as caught:
        run(configure("smtj-noise", settings))
    assert said in str(caught.value)
    assert "v.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("fields=3, 0", "fields = 3, 0: at most 50 numbers, each above the last"),
        ("fields=0, 100", "field = 0.1 T is outside"),
        ("fields=x", "fields = x is not a list of numbers such as -3, 0, 3"),
        ("rate=30 kHz", "rate = 30000 Hz: a sample is not a whole number of ps"),
        ("noise=gaussian", "noise=gaussian is no junction in a divider"),
        ("noise.sigma=0", "noise.sigma = 0: smtj-noise estimates the noise of the scope"),
        ("board=lab", "expected 'scope'"),
    ],
)
def test_settings_that_cannot_be_are_refused(setting: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(configure("smtj-noise", [SHORT, setting]))
    assert said in str(caught.value)


def test_a_junction_too_slow_for_the_time_says_what_helps() -> None:
    with pytest.raises(DataError, match=r"scope at 0 mT: .*; sample longer or faster"):
        run(configure("smtj-noise", ["seconds=0.1 s", "fields=0", "noise.junction.delta=20"]))


def test_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run directory holds recording, cards, tables and figure; its configuration repeats it."""
    out = tmp_path / "run"
    assert call(monkeypatch, "run", "smtj-noise", "seconds=0.5 s", "fields=0", "--json",
                "--out", out) == 0  # fmt: skip
    summary = strict_json(capsys.readouterr().out)
    for name in ("recording.parquet", "recording.csv", "smtj.toml", "hmm.toml", "smtj_noise.png",
                 "smtj_estimates.csv", "smtj_autocorrelation.csv", "smtj_dwells.csv",
                 "smtj_values.csv", "smtj_series.csv", "report.html"):  # fmt: skip
        assert (out / name).stat().st_size > 0
    assert run(reread(out / "config.toml")).metrics == summary["metrics"]


def test_less_than_a_sample_is_no_series():
    for words in (("seconds=1 us",), ("seconds=1 s", "rate=1 mHz")):
        with pytest.raises(ConfigError, match=r"[01] samples are no series"):
            run(configure("smtj-noise", ["fields=0", *words]))
