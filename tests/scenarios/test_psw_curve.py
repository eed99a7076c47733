"""psw-curve: a board measures its own switching curve, and the fit finds what was set."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from emulator import ConfigError, DataError, Result
from scenarios.catalog import configure
from scenarios.psw_points import COLUMNS, read_points
from scenarios.reporting.figures import draw_all, png
from scenarios.run import run
from scenarios.watch import Unwatched
from tests.scenarios.small_runs import call, strict_json

SET = {"a": 3.43, "b": 2.4874, "c0": -0.0757}
SHORT = ("devices=3", "trials=40", "v_sot_step=0.04 V")
HEADER = ",".join(COLUMNS)


@cache
def measured(*settings: str, seed: int = 0, engine: str = "auto") -> Result:
    return run(configure("psw-curve", settings, seed=seed, engine=engine))


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    return write(tmp_path / "points.csv", measured())


def write(path: Path, result: Result) -> Path:
    table = result.tables["psw_curve"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table)
        writer.writerows(zip(*table.values(), strict=True))
    return path


def small_file(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def numbers_of(card: str) -> dict[str, object]:
    return {name: entry["value"] for name, entry in tomllib.loads(card)["values"].items()}


def test_every_point_is_as_many_trials_as_asked_for() -> None:
    """Six devices, 25 voltages, 3 gate voltages, 100 trials each: all of them on the clock."""
    result = measured()
    assert result.metrics["points"] == 6 * 25 * 3
    assert result.metrics["trials"] == 100
    assert result.emulated.updates == 6 * 25 * 3 * 100
    rate = result.emulated.update_rate_hz
    assert rate is not None
    assert result.emulated.seconds > result.emulated.updates / rate
    resets = [line.entry.amount for line in result.bill.lines
              if (line.entry.part, line.entry.name) == ("mtj", "reset")]  # fmt: skip
    assert resets == [result.emulated.updates]
    assert list(result.steps["step"]) == list(range(75))


def test_the_points_follow_the_law_of_each_device() -> None:
    """Each share within 4.5 sigma of the probability that the board delivers there."""
    result = measured()
    table = result.tables["psw_curve"]
    offsets = dict(zip(*(result.tables["psw_devices"][n] for n in ("device", "offset")),
                       strict=True))  # fmt: skip
    v, g, p, n = (np.array(table[name], float) for name in ("v_sot", "v_gate", "p_sw", "n"))
    a_sum = SET["a"] * (v - 0.8) / 0.1 + SET["b"] * (g - 0.4) / 0.3 + SET["c0"]
    law = np.clip(1 / (1 + np.exp(-a_sum)) + [offsets[d] for d in table["device"]], 0, 1)
    sigma = np.sqrt(np.maximum(law * (1 - law), 1 / n) / n)
    assert (abs(p - law) < 4.5 * sigma).all()
    assert all(low <= x <= high for low, x, high in zip(table["p_low"], table["p_sw"],
                                                        table["p_high"], strict=True))  # fmt: skip


def test_voltages_are_those_that_arrive() -> None:
    """A converter of 8 bits has steps of 12.9 mV: the axis shows them, and the fit holds."""
    volts = np.unique(measured("board.dac.bits=8").tables["psw_curve"]["v_sot"])
    fine = np.unique(measured().tables["psw_curve"]["v_sot"])
    lsb = 3.3 / 256 * 800 / 840
    assert abs(np.diff(volts) / lsb - np.rint(np.diff(volts) / lsb)).max() < 0.05
    assert abs(np.diff(fine) - 0.02).max() < 0.0009
    coarse = measured("board.dac.bits=8").metrics
    assert coarse["a_low"] < SET["a"] < coarse["a_high"]  # type: ignore[operator]


@pytest.mark.slow
def test_forty_boards_find_what_was_set() -> None:
    """a, b, c0 each inside its 95 % interval in 36 of 40 seeds, sigma too."""
    inside = dict.fromkeys([*SET, "d2d_sigma"], 0)
    for seed in range(40):
        found = measured(seed=seed).metrics
        for name, value in {**SET, "d2d_sigma": 0.05}.items():
            low, high = found[f"{name}_low"], found[f"{name}_high"]
            assert low is not None
            assert high is not None
            inside[name] += low <= value <= high
    assert min(inside.values()) >= 36, inside


def test_one_board_finds_what_was_set() -> None:
    found = measured().metrics
    wanted = {**SET, "d2d_sigma": 0.05, "v_c": 0.8 + 0.1 * 0.0757 / 3.43, "slope": 0.1 / 3.43,
              "gate_efficiency": -2.4874 / 3.43 / 3}  # fmt: skip
    for name, value in wanted.items():
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        assert low is not None
        assert high is not None
        assert low < value < high, name


def test_a_larger_spread_is_told_from_none() -> None:
    wide, none = (measured(f"mtj.sigma={sigma}").metrics for sigma in (0.2, 0))
    assert wide["d2d_sigma_low"] > none["d2d_sigma_high"]  # type: ignore[operator]
    assert none["d2d_sigma_low"] == 0.0


def test_both_engines_measure_and_fit_the_same() -> None:
    event, compiled = (measured(*SHORT, engine=name) for name in ("event", "compiled"))
    assert event.metrics == compiled.metrics
    assert event.tables == compiled.tables
    assert event.files == compiled.files
    assert event.emulated == compiled.emulated


def test_its_own_file_gives_the_same_card(exported: Path) -> None:
    first = measured()
    again = run(configure("psw-curve", [f"csv={exported}"]))
    assert again.files == first.files
    assert again.metrics == first.metrics
    assert (again.emulated.updates, again.emulated.elapsed_ps) == (0, 0)
    for name in COLUMNS:
        assert list(map(str, again.tables["psw_curve"][name])) == list(
            map(str, first.tables["psw_curve"][name])
        )


def test_the_file_is_an_input_of_the_run(exported: Path) -> None:
    config = configure("psw-curve", [f"csv={exported}"])
    assert set(config.inputs) == {"csv"}


def test_the_card_keeps_what_was_not_measured(tmp_path: Path) -> None:
    result = measured("mtj.r_p=6 kohm")
    card = tmp_path / "mtj.toml"
    card.write_text(result.files["mtj.toml"])
    values = numbers_of(card.read_text())
    assert {name: values[name] for name in SET} == {name: result.metrics[name] for name in SET}
    assert values["sigma"] == result.metrics["d2d_sigma"]
    assert (values["r_p"], values["reset"], values["k_v"]) == (6, "after_ap", 0.1)
    fitted = tomllib.loads(card.read_text())["values"]["a"]
    assert fitted["trust"] == "derived"
    assert fitted["source"] == "fitted to 450 points of 100 trials on 6 devices"
    assert (fitted["low"], fitted["high"]) == (result.metrics["a_low"], result.metrics["a_high"])
    small = ["board=asic", "learner.steps=2", "draws=1", "test_samples=5"]
    taken = run(configure("sinn-digits", [f"mtj={card}", *small]))
    assert taken.config.node("mtj").card.numbers["a"].trust == "derived"
    assert not [told for told in taken.warnings if "range" in told]


def test_the_command_leaves_table_card_and_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    assert call(monkeypatch, "run", "psw-curve", *SHORT, "--json", "--quiet", "--out", out) == 0
    summary = strict_json(capsys.readouterr().out)
    assert summary["metrics"]["points"] == 3 * 13 * 3
    for name in ("psw_curve.csv", "psw_fit.csv", "psw_devices.csv", "mtj.toml", "psw_curve.png"):
        assert (out / name).stat().st_size > 0
    points = read_points(out / "psw_curve.csv")
    assert len(points) == 3 * 13 * 3
    again = tmp_path / "again"
    arguments = ("run", "psw-curve", f"csv={out / 'psw_curve.csv'}", "--quiet", "--out", again)
    assert call(monkeypatch, *arguments) == 0
    for name in ("psw_curve.csv", "mtj.toml", "psw_fit.csv"):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_extra_columns_and_names_of_devices_are_welcome(tmp_path: Path) -> None:
    rows = ["0.8,x,0.4,0.5,10,left", "0.9,y,0.4,1,10,right"]
    path = small_file(tmp_path / "p.csv", *rows, header="v_sot,note,v_gate,p_sw,n,device")
    points = read_points(path)
    assert points.names == ["left", "right"]
    assert points.p_sw == [0.5, 1.0]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("0.8,0.4,1.2,100,0", r"row 3, column 'p_sw': 1.2 is outside \[0, 1\]"),
        ("0.8,0.4,-0.1,100,0", r"row 3, column 'p_sw': -0.1 is outside \[0, 1\]"),
        ("0.8,0.4,0.2,0,0", r"row 3, column 'n': 0 is outside \[1, 1e\+09\], the number of trials"),
        ("0.8,0.4,0.2,10.5,0", "row 3, column 'n': 10.5 is not a whole number of trials"),
        ("0.8,low,0.2,10,0", "row 3, column 'v_gate': 'low' is not a number"),
        ("0.8,nan,0.2,10,0", r"row 3, column 'v_gate': nan is outside \[-10, 10\] V"),
        ("800,0.4,0.2,10,0", r"row 3, column 'v_sot': 800 is outside \[-10, 10\] V"),
        ("0.8,0.4,,10,0", "row 3, column 'p_sw': the cell is empty"),
        ("0.8,0.4,0.2,10", "row 3, column 'device': the cell is empty"),
    ],
)
def test_a_bad_cell_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = small_file(tmp_path / "p.csv", "0.7,0.4,0.1,100,0", row)
    with pytest.raises(DataError, match=f"^csv=.*p.csv: {message}"):
        run(configure("psw-curve", [f"csv={path}"]))


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("v_sot,v_gate,p,n,device", ["1,1,1,1,1"], "row 1: column 'p_sw' is missing"),
        ("V_SOT,v_gate,p_sw,n,device", [], r"column 'v_sot' is missing \(did you mean 'V_SOT'\?"),
        ("v_sot,v_gate,psw,n,device", [], r"column 'p_sw' is missing \(did you mean 'psw'\?"),
        ("v_sot,v_gate,p_sw,n,n", [], r"column 'device' is missing \(the header has: v_sot, "),
        (HEADER + ",n", ["1,1,1,1,1,1"], r"row 1: 'n' heads more than one column \(4, 6\)"),
        (HEADER.replace(",", ";"), ["0,8;0,4;0;10;a"], "row 1: .* separated by ';'; write ','"),
        (HEADER.replace(",", "\t"), [], "row 1: the columns are separated by tabs; write ','"),
        (HEADER, ["0,8,0,4,0,5,10,a"], "row 2: 8 cells under 5 columns; is ',' used within"),
        (HEADER, [], "no points below the header"),
        ("", [], "no header: the file is empty"),
        (HEADER, ["0.8,0.4,0.5,10,0"] * 3, "3 points cannot give 4 unknowns"),
        (HEADER, ["0.8,0.4,0.5,10,0", "0.9,0.4,0.9,10,0"] * 3, "same V_gate.* about b"),
        (HEADER, ["0.8,0.4,0,10,0", "0.9,0.6,0,10,0"] * 3, "p_sw is 0 at all points"),
        (HEADER, ["0.8,0.4,1,10,0", "0.9,0.6,1,10,0"] * 3, "p_sw is 1 at all points"),
        (HEADER, ["0.8,0.4,1,10,0", "0.9,0.6,0,10,0"] * 3, "do not determine"),
    ],
)
def test_a_bad_file_is_explained(
    tmp_path: Path, header: str, rows: list[str], message: str
) -> None:
    path = small_file(tmp_path / "p.csv", *rows, header=header)
    with pytest.raises(DataError, match=f"^csv=.*p.csv: .*{message}"):
        run(configure("psw-curve", [f"csv={path}"]))


def test_a_file_without_a_byte_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.touch()
    with pytest.raises(DataError, match=r"^csv=.*p.csv: no header: the file is empty"):
        run(configure("psw-curve", [f"csv={path}"]))


def test_cells_beyond_the_last_column_may_be_empty(tmp_path: Path) -> None:
    assert len(read_points(small_file(tmp_path / "p.csv", "0.8,0.4,0.5,10,a,, "))) == 1


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        ("mtj.v_c0=3 V", "V_SOT from 2.76 to 3.24 V"),
        ("mtj.v_g0=9 V", "V_gate from 8.8 to 9.2 V"),
        ("mtj.v_g0=-9 V", "V_gate from -9.2 to -8.8 V"),
    ],
)
def test_a_sweep_out_of_reach_is_refused_before_it_begins(setting: str, line: str) -> None:
    watch = Stopping(after=0)
    with pytest.raises(ConfigError, match=f"psw-curve: {line}, .* beyond the reach of board=lab"):
        run(configure("psw-curve", [setting]), watch)
    assert watch.left == 0  # no step was taken


def test_a_falling_curve_is_no_card(tmp_path: Path) -> None:
    table = measured().tables["psw_curve"]
    rows = [f"{v},{g},{1 - p},{n},{d}" for v, g, p, n, d in  # type: ignore[operator]
            zip(*(table[name] for name in COLUMNS), strict=True)]  # fmt: skip
    path = small_file(tmp_path / "p.csv", *rows)
    with pytest.raises(DataError, match=r"a = -.* is not positive: P_sw falls as V_SOT rises"):
        run(configure("psw-curve", [f"csv={path}"]))


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"^csv=.*: (no such file|cannot be read)"):
        run(configure("psw-curve", [f"csv={tmp_path / name}"]))


def test_only_the_additive_surface_is_fitted() -> None:
    with pytest.raises(ConfigError, match=r"mtj.form = gain: only the additive surface is fitted"):
        run(configure("psw-curve", ["mtj.form=gain"]))


def test_a_setting_without_effect_is_told() -> None:
    told = measured(*SHORT, "mtj.reset=after_ap").warnings
    assert [text for text in told if text.startswith("mtj.reset = after_ap does not hold here")]
    assert measured(*SHORT).warnings == []


class Stopping(Unwatched):
    """Asks to stop after a number of steps."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self, row: object) -> None:
        self.left -= 1

    def stop(self) -> bool:
        return self.left <= 0


@pytest.mark.parametrize("after", [0, 1, 10])
def test_an_interrupted_run_keeps_its_points(after: int) -> None:
    result = run(configure("psw-curve", SHORT), Stopping(after))
    assert result.status == "interrupted"
    assert result.metrics["points"] == 3 * after
    assert result.metrics["a"] is None
    assert "mtj.toml" not in result.files
    assert ("psw_curve" in draw_all(result)) == (after > 0)


def test_the_figure_shows_devices_and_gate_voltages() -> None:
    figure = draw_all(measured())["psw_curve"]
    left, right = figure.axes
    assert len(left.get_legend_handles_labels()[0]) == 6
    assert len(right.get_legend_handles_labels()[0]) == 3
    assert png(figure).startswith(b"\x89PNG")
