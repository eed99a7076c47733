"""Bad input: exit code 2, one clear line on stderr, no traceback, nothing left behind."""

from __future__ import annotations

import gc
import gzip
import shutil
import struct
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import controllers
import devices
import learning
from emulator import __version__
from scenarios.toml_text import to_toml
from tests.scenarios.small_runs import SMALL, call, small, small_run

Refuse = Callable[..., str]
RUN = ("run", "sinn-digits", *SMALL)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SPINBOARD_DATA", raising=False)
    return tmp_path


@pytest.fixture
def refuse(
    here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Refuse:
    """Return a call of the command line that must be refused; it returns the message."""

    def run(*arguments: object) -> str:
        before = everything(here)
        assert call(monkeypatch, *arguments) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.startswith("spinboard: ")
        assert err.count("\n") == 1
        assert everything(here) - before <= {here / "runs"}  # at most an empty folder of runs
        return err.removeprefix("spinboard: ").removesuffix("\n")

    return run


def everything(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "sinn-digit"], "scenario 'sinn-digit' is unknown (did you mean 'sinn-digits'? "),
        (["run"], "name a scenario (`spinboard list` shows them) or --config FILE"),
        (["run", "board=asic"], "name a scenario"),
        ([*RUN, "board=fpgaa"], "board=fpgaa is unknown (did you mean 'fpga'? known: "),
        ([*RUN, "board=vgsot"],
         "board=vgsot is a card of model 'vgsot', expected 'lab or pipeline' (known: asic, fpga"),
        ([*RUN, "mtj=lab"], "mtj=lab is a card of model 'lab', expected 'vgsot' (known: vgsot)"),
        ([*RUN, "board.dac=comparator"],
         "board.dac=comparator is a card of model 'comparator', expected 'dac'"),
        ([*RUN, "board.t_writ=1 ns"], "'board.t_writ' is unknown (did you mean 't_write'? "),
        ([*RUN, "mjt.sigma=0.1"], "'mjt.sigma' is unknown (did you mean 'mtj'? known: "),
        ([*RUN, "drws=3"], "'drws' is unknown (did you mean 'draws'? known: "),
        ([*RUN, "draws"], "'draws' is not KEY=VALUE"),
        ([*RUN, "=3"], "'=3' is not KEY=VALUE"),
        ([*RUN, "draws="], "draws= has no value: expected a number such as 2"),
        ([*RUN, "board=lab", "board.t_settle_wait= "],
         "board.t_settle_wait= has no value: expected a number such as 4.5 us"),
        (["run", "sinn-letters", "letters="],
         "letters= has no value: expected text such as ABCDE"),
        (["run", "write-energy", "widths="],
         "widths= has no value: expected text such as 0.3, 0.5, 0.8, "),
        ([*RUN, "weights="], "weights= has no value: expected text"),
        ([*RUN, "learner.bias="], "learner.bias= has no value: expected true or false"),
        ([*RUN, "drws="], "'drws' is unknown (did you mean 'draws'? known: "),
        ([*RUN, "mtj="],
         "mtj= has no value: expected a card, FILE.toml or a name such as mtj=vgsot"),
        ([*RUN, "learner.bias=maybe"], "learner.bias=maybe: 'maybe' is neither true nor false"),
        ([*RUN, "learner.bias=2"], "learner.bias = 2 is neither true nor false"),
        ([*RUN, "learner.bias=1 V"], "learner.bias = 1 V takes no unit"),
        ([*RUN, "mtj=points.csv"],
         "mtj=points.csv is a file of kind '.csv', expected a card: FILE.toml or a name (known: "),
        ([*RUN, "--prices", "papr"], "price list 'papr' is unknown (did you mean 'paper'? known: "),
        ([*RUN, "--engine", "evnt"], "engine 'evnt' is unknown (did you mean 'event'? known: "),
        ([*RUN, "board=lab", "board.t_settle_wait=3 kg"],
         "board.t_settle_wait = 3 kg: 'kg' is not a unit of a time (expected e.g. s)"),
        ([*RUN, "board=lab", "board.dac.v_ref=3.3 ohm"],
         "board.dac.v_ref = 3.3 ohm: 'ohm' is not a unit of a voltage"),
        ([*RUN, "board.t_write=-1 ns"], "board.t_write = -1 ns is outside (0, "),
        ([*RUN, "mtj.sigma=1.5"], "mtj.sigma = 1.5 is outside [0, 1]"),
        ([*RUN, "mtj.r_p=-3 ohm"], "mtj.r_p = -3 ohm is outside (0, "),
        ([*RUN, "draws=0"], "sinn-digits.draws = 0 is outside [1, 10000]"),
        ([*RUN, "learner.steps=2.5"], "learner.steps = 2.5: 2.5 is not a whole number"),
        ([*RUN, "mtj.reset=afterap"],
         "mtj.reset = afterap is unknown (did you mean 'after_ap'? known: after_ap, always, none)"),
        ([*RUN, "mtj.sigma=nan"], "mtj.sigma=nan: 'nan' is not a finite number"),
        ([*RUN, "mtj.sigma=-inf"], "mtj.sigma=-inf: '-inf' is not a finite number"),
        ([*RUN, "mtj.v_reset=0.5 V"], "mtj: v_reset = 0.5 V does not exceed v_c0_ap = 0.8 V"),
        ([*RUN, "--seed", "4294967296"], "seed = 4294967296 is outside [0, 4294967295]"),
        ([*RUN, "--seed", "-1"], "seed = -1 is outside [0, 4294967295]"),
        ([*RUN, "board.issue_cycles=1", "board.t_write=8 ns"],
         "asic: 2000 M updates/s take 20 junctions"),
        (["data", "mnst"], "data set 'mnst' is unknown"),
        (["show", "labb"], "board=labb is unknown (did you mean 'lab'? "),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(refuse: Refuse, arguments: list[str], message: str) -> None:
    assert refuse(*arguments).startswith(message)


@pytest.mark.parametrize("setting", ["mtj.r_p=1e400", "mtj.sigma=1e400", "learner.steps=1e400",
                                     "board.t_write=1e30 s", "learner.eta=1e-400",
                                     "mtj.r_p=1e999999999"])  # fmt: skip
def test_numbers_beyond_reason_are_refused_too(refuse: Refuse, setting: str) -> None:
    assert refuse(*RUN, setting).startswith(setting.split("=", maxsplit=1)[0])


def test_the_last_seed_is_a_seed() -> None:
    assert small_run("learner.steps=1", seed=2**32 - 1).seed == 2**32 - 1


# -- where a run is to be stored ---------------------------------------------------------------


def test_out_must_not_exist(refuse: Refuse, here: Path) -> None:
    (here / "taken").mkdir()
    message = "--out taken exists already; name a folder that does not"
    assert refuse(*RUN, "--out", "taken") == message
    assert list((here / "taken").iterdir()) == []


def test_out_cannot_lie_below_a_file(refuse: Refuse, here: Path) -> None:
    (here / "file").write_text("mine")
    assert refuse(*RUN, "--out", "file/o").startswith(f"{here}/file/o: cannot be made (")
    assert (here / "file").read_text() == "mine"


def test_a_refused_run_may_be_asked_for_again_under_its_name(refuse: Refuse, here: Path) -> None:
    """The price list is opened after the folder was claimed: the claim is given back."""
    for _ in range(2):
        message = refuse(*RUN, "--prices", "none.toml", "--out", "o")
        assert message == f"{here}/none.toml: no such file"


# -- files that a user writes ------------------------------------------------------------------


def card(path: Path, shipped: Path, *changes: tuple[str, str]) -> Path:
    """Write a copy of a shipped file with some text replaced."""
    text = shipped.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)
    return path


VGSOT = devices.CARDS / "vgsot.toml"
PAPER = controllers.PRICES / "paper.toml"


def test_an_own_card_is_used(here: Path) -> None:
    card(here / "my.toml", VGSOT, ("sigma = { value = 0.05", "sigma = { value = 0.11"))
    config = small("mtj=my.toml", "learner.steps=1")
    assert config.node("mtj").card.name == "my"
    assert float(config.node("mtj").card.numbers["sigma"].value) == 0.11
    own, shipped = small_run("mtj=my.toml", "learner.steps=1"), small_run("learner.steps=1")
    assert own.steps["goal"] != shipped.steps["goal"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("schema = 1", "schema = 2", "my.toml: schema 2, this version reads schema 1"),
        ("schema = 1\n", "", "my.toml: schema none, this version reads schema 1"),
        ('model = "vgsot"', 'model = "smtj"', "mtj=my.toml is a card of model 'smtj'"),
        ('model = "vgsot"', "", "my.toml: 'model' is missing"),
        ("sigma = {", "sigmma = {", "mtj.sigmma is unknown (did you mean 'sigma'? "),
        ("sigma = { value = 0.05, ", "sigma = { ", "my.toml: sigma: 'value' is missing"),
        ("sigma = { value = 0.05", "sigma = { value = nan", "mtj.sigma = NaN: "),
        ("sigma = { value = 0.05", "sigma = { value = true", "mtj.sigma = True: True is not a"),
        ("[values]", "[values", "my.toml: not a TOML file ("),
        ('trust = "derived"', 'trust = "certain"', "my.toml: form: trust 'certain' (known: "),
    ],
)
def test_a_damaged_card_is_named(
    refuse: Refuse, here: Path, old: str, new: str, message: str
) -> None:
    card(here / "my.toml", VGSOT, (old, new))
    assert refuse(*RUN, "mtj=my.toml").startswith(message)


def test_a_missing_card_is_named(refuse: Refuse) -> None:
    assert refuse(*RUN, "mtj=mine.toml") == "mine.toml: no such file"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decision =", "# decision =",
         "price list 'own' has no price for asic.comparator.decision"),
        ('["asic.logic"]', '["logic"]', "price list 'own' has no price for asic.logic.idle"),
        ("value = 15.8", "value = -15.8", "own.toml: mtj.write = -15.8 pJ is outside [0, inf) J"),
        ("value = 15.8", 'value = "heat"', "price mtj.write = 'heat' is not a formula of this boa"),
        ("value = 15.8, unit = \"pJ\"", "value = 15.8, unit = \"pW\"",
         "price mtj.write = 15.8 pW: 'pW' is not a unit of an energy"),
        ("schema = 1", "schema = 3", "own.toml: schema 3, this version reads schema 1"),
    ],
)  # fmt: skip
def test_an_own_price_list_must_price_everything(
    refuse: Refuse, here: Path, old: str, new: str, message: str
) -> None:
    card(here / "own.toml", PAPER, (old, new))
    told = refuse(*RUN, "--prices", "own.toml")
    assert told.removeprefix(f"{here}/").startswith(message)


def test_an_own_price_list_is_used(here: Path) -> None:
    card(here / "own.toml", PAPER, ("write = { value = 15.8", "write = { value = 31.6"))
    paper, own = (small_run("learner.steps=1", prices=p) for p in ("paper", "own.toml"))
    assert own.bill.prices == "own"
    totals = [
        sum((line.joules() for line in result.bill.lines), Fraction(0)) for result in (paper, own)
    ]
    assert totals[1] - totals[0] == paper.emulated.updates * Fraction("15.8") / 10**12


def stored_config(path: Path, **changes: Any) -> Path:
    """Write the configuration of a small run with some entries of its head replaced."""
    path.write_text(to_toml({**small().to_table(__version__), **changes}))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "0.0.9"}, f"c.toml: written by version 0.0.9, this is {__version__}"),
        ({"schema": 2}, "c.toml: schema 2, this version reads schema 1"),
        ({"scenario": "sinn-digit"}, "scenario 'sinn-digit' is unknown (did you mean 'sinn-digits"),
        ({"scenario": 5}, "c.toml: scenario = 5 is not a word"),
        ({"seed": 2**32}, "seed = 4294967296 is outside [0, 4294967295]"),
        ({"seed": "one"}, "seed = one is outside [0, 4294967295]"),
        ({"engine": "evnt"}, "engine 'evnt' is unknown"),
        ({"engine": 3}, "c.toml: engine = 3 is not a word"),
        ({"prices": 3}, "c.toml: prices = 3 is not a word"),
        ({"data": 3}, "c.toml: data = 3 is not a word"),
        ({"cards": 3}, "c.toml: 'cards' is not a table"),
        ({"cards": {}}, "c.toml: card 'board' is missing"),
        ({"cards": {"board": 3}}, "c.toml: card 'board' is not a table"),
        ({"sede": 3}, "c.toml: unknown entry 'sede' (did you mean 'seed'? "),
        ({"seed": Decimal("1.5")}, "seed = 1.5 is outside [0, 4294967295]"),
    ],
)
def test_a_configuration_of_another_kind_is_refused(
    refuse: Refuse, here: Path, changes: dict[str, Any], message: str
) -> None:
    path = stored_config(here / "c.toml", **changes)
    assert refuse("run", "--config", path.name).startswith(message)


def test_a_configuration_must_hold_every_card_and_entry(refuse: Refuse, here: Path) -> None:
    cards = small().to_table(__version__)["cards"]
    stored_config(here / "c.toml", cards={k: v for k, v in cards.items() if k != "board.dac"})
    assert refuse("run", "--config", "c.toml") == "c.toml: card 'board.dac' is missing"
    stored_config(here / "c.toml", cards={k: v for k, v in cards.items() if k != "learner"})
    assert refuse("run", "--config", "c.toml") == "c.toml: card 'learner' is missing"
    stored_config(here / "c.toml", cards={**cards, "board.fan": cards["board.dac"]})
    assert refuse("run", "--config", "c.toml") == "c.toml: card 'board.fan' belongs to no part"
    text = stored_config(here / "c.toml").read_text()
    (here / "c.toml").write_text(text.replace("seed = 0", "seed = nan"))
    assert refuse("run", "--config", "c.toml") == "seed = NaN is outside [0, 4294967295]"
    (here / "d.toml").write_text(text.replace('prices = "paper"\n', ""))
    assert refuse("run", "--config", "d.toml") == "d.toml: 'prices' is missing"


def test_a_flag_of_a_card_is_true_or_false(refuse: Refuse, here: Path) -> None:
    shipped = learning.CARDS / "pid_digits.toml"
    card(here / "my.toml", shipped, ("bias = { value = false", 'bias = { value = "maybe"'))
    assert refuse(*RUN, "learner=my.toml") == "learner.bias = maybe is neither true nor false"
    assert small("learner.bias=1").node("learner").card.numbers["bias"].value == 1


def test_a_card_is_no_configuration(refuse: Refuse, here: Path) -> None:
    shutil.copy(VGSOT, here / "my.toml")
    assert refuse("run", "--config", "my.toml") == (
        "my.toml is a card of model 'vgsot', expected the config.toml of a run; a card is chosen "
        "by the part that it describes: PART=my.toml"
    )


def test_a_configuration_and_a_scenario_must_agree(refuse: Refuse, here: Path) -> None:
    stored_config(here / "c.toml")
    message = refuse("run", "sinn-mnist", "--config", "c.toml")
    assert message == "c.toml is a configuration of 'sinn-digits'"
    assert refuse("run", "--config", "none.toml") == "none.toml: no such file"


# -- weights -----------------------------------------------------------------------------------


def damaged_weights(folder: Path) -> dict[str, Path]:
    """Write files that are no weights, each in another way."""
    good, path = folder / "good.npz", {}
    np.savez(good, weights=np.zeros((10, 64)))
    content = good.read_bytes()
    for name, data in {
        "empty": b"", "text": b"not an archive", "truncated": content[: len(content) // 2],
        "flipped": content[:2000] + bytes([content[2000] ^ 1]) + content[2001:],
    }.items():  # fmt: skip
        path[name] = folder / f"{name}.npz"
        path[name].write_bytes(data)
    path["array"] = folder / "array.npy"
    np.save(path["array"], np.zeros((10, 64)))
    path["packed"] = folder / "packed.npz"
    np.savez_compressed(path["packed"], weights=np.arange(640.0).reshape(10, 64))
    packed = bytearray(path["packed"].read_bytes())
    packed[60:80] = b"\xff" * 20
    path["packed"].write_bytes(packed)
    path["objects"] = folder / "objects.npz"
    np.savez(path["objects"], weights=np.array([{}, []], dtype=object))
    path["folder"] = folder / "folder"
    path["folder"].mkdir()
    return path


KINDS = ("empty", "text", "truncated", "flipped", "array", "packed", "objects", "folder")


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_weights_are_named(refuse: Refuse, here: Path, kind: str) -> None:
    path = damaged_weights(here)[kind]
    assert refuse(*RUN, f"weights={path}").startswith(
        f"weights={path}: not a weights.npz, or damaged ("
    )
    gc.collect()  # a file that was left open is reported here


def test_weights_must_exist_and_fit(refuse: Refuse, here: Path) -> None:
    assert refuse(*RUN, "weights=none.npz") == f"weights={here}/none.npz: no such file"
    np.savez(here / "short.npz", weights=np.zeros((10, 63)))
    assert "(10, 63)" in refuse(*RUN, "weights=short.npz")
    np.savez(here / "other.npz", w=np.zeros((10, 64)))
    assert "'weights'" in refuse(*RUN, "weights=other.npz")


# -- data sets ---------------------------------------------------------------------------------

IMAGES, SIDE = 12, 6


def idx(*shape: int) -> bytes:
    """Return an IDX file of unsigned bytes."""
    head = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    return head + bytes(i % 10 for i in range(int(np.prod(shape))))


@pytest.fixture
def mnist(here: Path) -> Path:
    """Return the folder of a data set in the format of MNIST, of 12 images of 6 x 6 pixels."""
    folder = here / "data" / "mnist"
    folder.mkdir(parents=True)
    images, labels, test_images, test_labels = learning.datasets.MNIST_FILES
    for name in (images, test_images):
        (folder / name).write_bytes(idx(IMAGES, SIDE, SIDE))
    for name in (labels, test_labels):
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(IMAGES)))
    return folder


MNIST_RUN = ("run", "sinn-mnist", "board=asic", "learner.steps=1", "learner.batch=1", "draws=1")


def test_a_small_data_set_of_the_same_format_is_used(
    mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(monkeypatch, *MNIST_RUN, "--quiet", "--out", "o", "--data", mnist.parent) == 0


def test_a_truncated_file_is_named_with_both_sizes(refuse: Refuse, mnist: Path) -> None:
    path = mnist / "train-images-idx3-ubyte"
    whole = path.read_bytes()
    path.write_bytes(whole[:-5])
    message = refuse(*MNIST_RUN)
    assert message.startswith(f"data/mnist/{path.name}: truncated, expected {len(whole)} bytes")
    assert message.endswith(f"12 x 6 x 6 elements, found {len(whole) - 5}")


def test_a_damaged_file_is_named(refuse: Refuse, mnist: Path) -> None:
    path = mnist / "t10k-labels-idx1-ubyte.gz"
    packed = path.read_bytes()
    path.write_bytes(packed[:-12])
    assert refuse(*MNIST_RUN).startswith(f"data/mnist/{path.name}: truncated, ")
    path.write_bytes(packed[:10] + b"\xff" * (len(packed) - 10))  # no such kind of block
    assert refuse(*MNIST_RUN).startswith(f"data/mnist/{path.name}: corrupt gzip (")
    path.write_bytes(b"<html>not found</html>")
    assert refuse(*MNIST_RUN).startswith(f"data/mnist/{path.name}: magic number 0x3c68746d is not")
    path.write_bytes(gzip.compress(idx(IMAGES - 1)))
    assert refuse(*MNIST_RUN) == f"data/mnist/{path.name}: 11 labels for 12 images"


def test_a_missing_data_set_says_which_files_go_where(
    refuse: Refuse, here: Path, mnist: Path
) -> None:
    message = refuse(*MNIST_RUN, "--data", "nowhere")
    assert message.startswith(f"data set 'mnist' was not found in {here}/nowhere/mnist: put ")
    assert all(name in message for name in learning.datasets.MNIST_FILES)
    shutil.move(mnist / "train-images-idx3-ubyte", mnist / "mislaid")
    message = refuse(*MNIST_RUN)
    assert message.startswith("data set 'mnist' was not found in data/mnist: put train-images-idx3")
