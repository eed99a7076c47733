from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from devices import (
    CARDS,
    Recording,
    SmtjParams,
    TelegraphNoiseParams,
    read_recording,
    scope,
)
from emulator import DataError, load_card
from emulator.params import number_from_text

from .bench import params

RATE = 40_000_000  # mHz
V = [0.1, 0.2, 0.1, 0.2]


def write(path, **columns):
    table = pd.DataFrame(columns)
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    else:
        table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_file_is_read_with_its_rate(tmp_path, name):
    t = 3.0 + np.arange(4) * 25e-6
    found = read_recording(write(tmp_path / name, t_s=t, v=V))
    assert (found.v.tolist(), found.rate, found.dt) == (V, 40_000_000, 25e-6)
    assert read_recording(write(tmp_path / name, v=V), 1_000_000).rate == 1_000_000


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_rate_and_times_say_the_same_or_nothing(tmp_path, name):
    """To one in a thousand, the rounding of a rate; rounded times leave the rate to the user."""
    t = np.arange(4001) * 33e-6
    file = write(tmp_path / name, t_s=t, v=V * 1000 + V[:1])
    for rate in (30_303_030, 30_300_000, 30_330_000):
        assert read_recording(file, rate).rate == rate
    for rate in (30_270_000, 30_340_000, 303_030_300):
        with pytest.raises(
            DataError, match=r"a rate of .* Hz contradicts the column t_s, .* 3\.3e-05"
        ):
            read_recording(file, rate)
    rounded = write(tmp_path / name, t_s=np.round(t, 4), v=V * 1000 + V[:1])
    with pytest.raises(DataError, match="not equally spaced"):
        read_recording(rounded)
    assert read_recording(rounded, 30_303_030).rate == 30_303_030
    with pytest.raises(DataError, match="contradicts the column t_s, whose times are nan s apart"):
        read_recording(write(tmp_path / name, t_s=[0, 1, 2, np.nan], v=V), 1000)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", ["b.csv", "b.parquet"])
def test_what_is_saved_is_read_again_to_the_last_bit(tmp_path, name, dtype):
    rng = np.random.default_rng(0)
    v = (rng.normal(size=20_000) * 10.0 ** rng.integers(-9, 4, 20_000)).astype(dtype)
    Recording(v, 44_100_000).save(tmp_path / name)
    found = read_recording(tmp_path / name)
    assert (found.v == v).all()
    assert found.rate == 44_100_000
    table = pd.read_csv if name == "b.csv" else pd.read_parquet
    assert list(table(tmp_path / name)) == ["t_s", "v"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"t_s": [0, 1, 2, 3], "u": V}, "no column 'v'.*known: t_s, u"),
        ({"v": V}, "no column 't_s' and no sampling rate"),
        ({"t_s": [0, 1, 2, 3], "v": [0.1, np.nan, 0.2, 0.1]}, r"NaN or infinite in sample 1 \(1 "),
        ({"t_s": [0, 1, 2, 3], "v": [0.1, np.inf, 0.2, 0.1]}, "NaN or infinite in sample 1"),
        ({"t_s": [0, 1, 2, 3], "v": [0.1] * 4}, "0.1 throughout: one level, no noise"),
        ({"t_s": [0, 1, 2, 3], "v": ["a", "b", "c", "d"]}, "'v' holds something that is not a num"),
        ({"t_s": [0, 1, 2.1, 3], "v": V}, "t_s is not equally spaced"),
        ({"t_s": [3, 2, 1, 0], "v": V}, "t_s is not equally spaced .* and ascending"),
        ({"t_s": [0, 1, np.nan, 3], "v": V}, "t_s is not equally spaced"),
        ({"t_s": [0], "v": [0.1]}, "fewer than two samples"),
    ],
)
@pytest.mark.parametrize("name", ["c.csv", "c.parquet"])
def test_a_bad_file_is_one_clear_message(tmp_path, name, columns, message):
    path = write(tmp_path / name, **columns)
    with pytest.raises(DataError, match=message) as caught:
        read_recording(path)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_is_no_table_is_refused(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_recording(tmp_path / "none.csv")
    for name in ("empty.csv", "junk.parquet"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(DataError, match="not a table in CSV or Parquet"):
            read_recording(tmp_path / name)
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match=r"binary\.csv: "):
        read_recording(tmp_path / "binary.csv")


def test_the_autocorrelation_is_that_of_the_mean_products(monkeypatch):
    v = np.random.default_rng(1).normal(size=1000).cumsum()
    x = v - v.mean()
    exact = [np.mean(x[: 1000 - lag] * x[lag:]) / np.mean(x * x) for lag in range(31)]
    assert Recording(v, RATE).autocorrelation(30) == pytest.approx(exact, rel=1e-12)
    monkeypatch.setattr("devices.recording.BLOCK", 64)  # blocks make no difference
    assert Recording(v, RATE).autocorrelation(30) == pytest.approx(exact, rel=1e-12)
    with pytest.raises(DataError, match="1000 lags of 1000 samples"):
        Recording(v, RATE).autocorrelation(1000)


@pytest.mark.parametrize("field", ["0 mT", "2 mT"])
def test_a_scope_sees_the_law_of_telegraph_noise(field):
    """exp(-t / tau_c), diluted by sigma; errors from 60 recordings, a bias of 1 / n allowed for."""
    card = load_card(CARDS / "telegraph.toml")
    card = card.with_number("mu0_h", number_from_text(field, card.numbers["mu0_h"]))
    card = card.with_number("sigma", number_from_text("0.02", card.numbers["sigma"]))
    noise, junction, n = TelegraphNoiseParams.from_card(card, "noise"), params(SmtjParams), 20_000
    found = np.array(
        [scope(noise, junction, RATE, n, seed).autocorrelation(12) for seed in range(60)]
    )
    dwell = junction.dwell(noise.mu0_h)
    swing, q = 3.3 * 6 / 106 - 3.3 * 3 / 103, dwell.occupancy_p
    variance = q * (1 - q) * swing**2
    law = variance / (variance + 0.02**2) * np.exp(-np.arange(13) * 25e-6 / dwell.tau_c)
    error = found.std(axis=0, ddof=1) / np.sqrt(60)
    bias = 2 * dwell.tau_c / (n * 25e-6)  # of a mean that is taken from the recording itself
    assert (np.abs(found.mean(axis=0) - law)[1:] < 4.5 * error[1:] + bias).all()


@pytest.mark.parametrize(
    ("t", "v", "message"),
    [
        (700.0 * np.arange(5), [0, 1, 0, 1, 1], "700 s apart have a rate that whole millihertz do"),
        (np.arange(5) / 1e4, [0, 1, 0, 2e6, 1], r"v is outside \[-1e\+06, 1e\+06\] V"),
    ],
)
def test_what_a_recording_cannot_hold_is_refused(tmp_path, t, v, message):
    path = tmp_path / "recording.csv"
    rows = "\n".join(f"{float(a)!r},{float(b)!r}" for a, b in zip(t, v, strict=True))
    path.write_text(f"t_s,v\n{rows}\n")
    with pytest.raises(DataError, match=message):
        read_recording(path)
    with pytest.raises(DataError, match="is a folder"):
        read_recording(tmp_path)
