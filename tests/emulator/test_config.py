from __future__ import annotations

import itertools
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from emulator import Config, ConfigError, Node, Number, Shelf, load_card, load_node

ADC = """schema = 1
model = "adc"
[values]
bits = { value = 12, source = "sheet", trust = "given" }
clock = { value = 27, unit = "MHz", source = "sheet", trust = "derived" }
"""
FAST_ADC = ADC.replace("27", "54")
DAC = """schema = 1
model = "dac"
[values]
bits = { value = 8, source = "sheet", trust = "given" }
"""
BENCH = """schema = 1
model = "bench"
family = "board"
[values]
t_pulse = { value = 1, unit = "us", source = "guess", trust = "assumed", low = 0.5, high = 10 }
[parts]
adc = "slow_adc"
dac = "dac8"
"""
CHIP = """schema = 1
model = "chip"
family = "board"
[values]
clock = { value = 2, unit = "GHz", source = "paper", trust = "given" }
[parts]
adc = "fast_adc"
comparator = "comparator"
"""
COMPARATOR = """schema = 1
model = "comparator"
[values]
noise = { value = 2, unit = "mV", source = "guess", trust = "assumed" }
"""
STUDY = """schema = 1
model = "study"
[values]
draws = { value = 20, source = "guess", trust = "assumed" }
data_set = { value = "digits", source = "guess", trust = "assumed" }
weights = { value = "", source = "guess", trust = "assumed" }
"""
FILES = {
    "parts": {"slow_adc": ADC, "fast_adc": FAST_ADC, "dac8": DAC, "comparator": COMPARATOR},
    "boards": {"bench": BENCH, "chip": CHIP},
    "studies": {"own": STUDY},
}
VERSION = "1"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    for folder, cards in FILES.items():
        (tmp_path / folder).mkdir()
        for name, text in cards.items():
            (tmp_path / folder / f"{name}.toml").write_text(text)
    return Shelf(tuple(tmp_path / folder for folder in FILES))


@pytest.fixture
def config(shelf: Shelf) -> Config:
    nodes = {
        top: load_node(shelf.load(card, None, top), shelf, top)
        for top, card in {"board": "bench", "study": "own"}.items()
    }
    return Config("study", nodes, seed=3)


def leaf(config: Config, address: str) -> Number:
    path, _, name = address.rpartition(".")
    return config.node(path).card.numbers[name]


def test_a_tree_is_addressed_by_name(config):
    assert list(config.cards()) == ["board", "board.adc", "board.dac", "study"]
    assert config.node("board.adc").card.name == "slow_adc"
    assert leaf(config, "board.adc.clock").si("Hz") == 27_000_000


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("bord", "'bord' is unknown (did you mean 'board'? known: board, study)"),
        ("board.adk", "'board.adk' is unknown (did you mean 'adc'? known: adc, dac)"),
        ("board.adc.bits", "'board.adc.bits' is unknown"),
    ],
)
def test_an_unknown_node_is_met_with_the_nearest(config, address, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        config.node(address)


@pytest.mark.parametrize(
    ("setting", "address", "number"),
    [
        ("board.adc.bits=10", "board.adc.bits", (10, "")),
        (" board.adc.bits = 10 ", "board.adc.bits", (10, "")),
        ("board.adc.clock=13.5", "board.adc.clock", (Decimal("13.5"), "MHz")),
        ("board.adc.clock=13500 kHz", "board.adc.clock", (13500, "kHz")),
        ("board.t_pulse=0.5 us", "board.t_pulse", (Decimal("0.5"), "us")),
        ("draws=5", "study.draws", (5, "")),
        ("study.draws=5", "study.draws", (5, "")),
        ("data_set=mnist", "study.data_set", ("mnist", "")),
        ("weights=2024/a=b.npz", "study.weights", ("2024/a=b.npz", "")),
    ],
)
def test_one_number_is_set(config, shelf, setting, address, number):
    changed = config.override([setting], shelf)
    before, after = leaf(config, address), leaf(changed, address)
    assert replace(after, low=None, high=None) == Number(*number, "set by the user", "user")
    if before.low is not None:  # the card's range stays, in the unit of the new value
        assert after.si(before.unit, "low") == before.si(before.unit, "low")
    others = {a: c for a, c in changed.cards().items() if a != address.rpartition(".")[0]}
    assert others.items() <= config.cards().items()


def test_the_last_setting_of_a_number_wins(config, shelf):
    assert leaf(config.override(["draws=5", "draws=6"], shelf), "study.draws").value == 6


def test_selections_come_before_values_in_any_order(config, shelf):
    settings = ["board=chip", "board.adc=slow_adc", "board.adc.bits=10", "board.comparator.noise=1"]
    results = [config.override(order, shelf) for order in itertools.permutations(settings)]
    assert len({result.digest(VERSION) for result in results}) == 1
    chosen = results[0]
    assert chosen.node("board").card.name == "chip"
    assert chosen.node("board.adc").card.name == "slow_adc"
    assert leaf(chosen, "board.adc.bits").value == 10
    assert str(leaf(chosen, "board.comparator.noise")) == "1 mV"
    assert "board.dac" not in chosen.cards()


def test_a_card_of_ones_own_is_selected_by_its_file(config, shelf, tmp_path):
    mine = tmp_path / "mine.toml"
    mine.write_text(ADC.replace("12", "14"))
    chosen = config.override([f"board.adc={mine}"], shelf)
    assert chosen.node("board.adc").card == load_card(mine)
    assert leaf(chosen, "board.adc.bits").value == 14


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("board", "'board' is not KEY=VALUE (e.g. board=fpga, mtj.sigma=0.1)"),
        ("=3", "'=3' is not KEY=VALUE"),
        ("board=", "board= has no value: expected a card, FILE.toml or a name such as board=bench"),
        ("board=chp", "board=chp is unknown (did you mean 'chip'?"),
        ("board=comparator", "board=comparator is a card of model 'comparator', expected 'bench o"),
        ("board=own", "board=own is a card of model 'study', expected 'bench or chip' (known: be"),
        ("board.adc=dac8", "board.adc=dac8 is a card of model 'dac', expected 'adc' (known: fast_"),
        ("board.adc=slw_adc", "board.adc=slw_adc is unknown (did you mean 'slow_adc'? known: fast"),
        ("board.adc=none.toml", "none.toml: no such file"),
        (
            "board.adc.bit=10",
            "'board.adc.bit' is unknown (did you mean 'bits'? known: bits, clock)",
        ),
        ("board.comparator.noise=1", "'board.comparator.noise' is unknown"),
        ("bord.adc.bits=10", "'bord.adc.bits' is unknown (did you mean 'board'?"),
        ("draw=5", "'draw' is unknown (did you mean 'draws'?"),
        ("draws=five", "draws=five: 'five' is not a number with a unit"),
        ("draws=nan", "draws=nan: 'nan' is not a finite number"),
        ("draws=1e999999999", "draws=1e999999999: 1E+999999999 is outside [1e-330, 1e270]"),
    ],
)
def test_a_setting_that_cannot_be_is_met_with_what_can(config, shelf, setting, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        config.override([setting], shelf)


def test_a_part_that_is_not_on_the_shelf_is_named(shelf, tmp_path):
    card = tmp_path / "odd.toml"
    card.write_text(BENCH.replace("dac8", "dac9"))
    with pytest.raises(ConfigError, match=r"board\.dac=dac9 is unknown \(did you mean 'dac8'\?"):
        load_node(load_card(card), shelf, "board")


def test_overriding_leaves_the_original_alone(config, shelf):
    before = config.digest(VERSION)
    config.override(["board=chip", "draws=3"], shelf)
    assert config.digest(VERSION) == before


def test_every_number_is_in_the_digest(config, shelf):
    addresses = [f"{path}.{key}" for path, card in config.cards().items() for key in card.numbers]
    digests = {config.override([f"{address}=7"], shelf).digest(VERSION) for address in addresses}
    assert config.digest(VERSION) not in digests
    assert len(digests) == len(addresses) == 7


def test_the_digest_knows_card_seed_and_version_but_not_where_data_lie(config, shelf):
    digest = config.digest(VERSION)
    assert (
        Config(config.scenario, config.nodes, seed=3, data="/elsewhere").digest(VERSION) == digest
    )
    assert Config(config.scenario, config.nodes, seed=4).digest(VERSION) != digest
    assert config.digest("2") != digest
    assert config.override(["board.adc=fast_adc"], shelf).digest(VERSION) != digest


def test_the_digest_depends_on_no_order(config):
    """Tops, parts and numbers in another order are the same configuration."""

    def backwards(node: Node) -> Node:
        card = replace(
            node.card,
            numbers=dict(reversed(node.card.numbers.items())),
            parts=dict(reversed(node.card.parts.items())),
        )
        return Node(card, {k: backwards(c) for k, c in reversed(node.children.items())})

    nodes = {top: backwards(node) for top, node in reversed(config.nodes.items())}
    assert replace(config, nodes=nodes).digest(VERSION) == config.digest(VERSION)


def test_the_table_of_a_configuration_holds_every_card(config):
    table = config.to_table(VERSION)
    assert table["schema"] == 1
    assert (table["scenario"], table["seed"], table["version"]) == ("study", 3, "1")
    assert set(table["cards"]) == set(config.cards())
    assert table["cards"]["board"]["parts"] == {"adc": "slow_adc", "dac": "dac8"}
    assert table["cards"]["board"]["values"]["t_pulse"] == {
        "value": 1,
        "unit": "us",
        "source": "guess",
        "trust": "assumed",
        "low": Decimal("0.5"),
        "high": 10,
    }
