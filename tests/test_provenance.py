"""Every shipped number has a unit, a source and a trust; what is given can be looked up."""

from __future__ import annotations

import math
import re
import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pint
import pytest

from controllers import (
    ArrayLogicParams,
    ArrayParams,
    HostParams,
    InputDacParams,
    LabParams,
    LinkParams,
    PipelineParams,
    SharedAdcParams,
    SummingNodeParams,
    WeightArrayParams,
)
from devices import (
    AdcParams,
    BernoulliNoiseParams,
    ComparatorParams,
    DacParams,
    DividerParams,
    GaussianNoiseParams,
    HmmNoiseParams,
    OpampParams,
    RecordedNoiseParams,
    SmtjParams,
    SwitchParams,
    TelegraphNoiseParams,
    VgsotParams,
    WritePulseParams,
)
from emulator import Number, Params, load_card, load_prices
from emulator.units import factor
from learning import ClusterParams, InfomorphicParams, PerturbationParams, SoftmaxParams
from scenarios.claims.platforms import CpuParams, DcimParams
from scenarios.claims.readings import ReadingParams
from scenarios.convergence import ConvergenceParams
from scenarios.robustness import RobustnessParams
from scenarios.sampling import SamplingParams

ROOT = Path(__file__).parents[1]
CARDS = sorted(ROOT.glob("*/cards/*.toml"))
PRICES = sorted(ROOT.glob("*/prices/*.toml"))
QUOTED = {"given", "verified"}  # trusts that must be found in a document
MODELS: dict[str, type[Params]] = {
    "adc": AdcParams,
    "array": ArrayParams,
    "array_logic": ArrayLogicParams,
    "bernoulli_noise": BernoulliNoiseParams,
    "claims": ReadingParams,
    "comparator": ComparatorParams,
    "cpu": CpuParams,
    "dac": DacParams,
    "dcim": DcimParams,
    "divider": DividerParams,
    "gaussian_noise": GaussianNoiseParams,
    "hmm_noise": HmmNoiseParams,
    "host": HostParams,
    "images": ConvergenceParams,
    "infomorphic": InfomorphicParams,
    "infomorphic_clusters": ClusterParams,
    "input_dac": InputDacParams,
    "lab": LabParams,
    "link": LinkParams,
    "opamp": OpampParams,
    "perturbation": PerturbationParams,
    "pipeline": PipelineParams,
    "recorded_noise": RecordedNoiseParams,
    "shared_adc": SharedAdcParams,
    "smtj": SmtjParams,
    "robustness": RobustnessParams,
    "sampling": SamplingParams,
    "softmax": SoftmaxParams,
    "summing_node": SummingNodeParams,
    "switch": SwitchParams,
    "telegraph_noise": TelegraphNoiseParams,
    "vgsot": VgsotParams,
    "weight_array": WeightArrayParams,
    "write_pulse": WritePulseParams,
}
NUMERAL = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?")


def address(path: Path, key: str) -> str:
    return f"{path.relative_to(ROOT).with_suffix('')}:{key}"


def shipped() -> dict[str, Number]:
    """Every number of every card and price list by its address."""
    found = {address(p, key): n for p in CARDS for key, n in load_card(p).numbers.items()}
    for path in PRICES:
        for part, names in load_prices(path).prices.items():
            found |= {address(path, f"{part}.{name}"): n for name, n in names.items()}
    return found


NUMBERS = shipped()
TABLE: dict[str, Any] = tomllib.loads(
    (ROOT / "tests" / "quotations.toml").read_text(encoding="utf-8"), parse_float=Decimal
)
QUOTATION_OF = {
    number: quotation for quotation in TABLE["quotation"] for number in quotation["numbers"]
}


def in_own_unit(number: Number) -> tuple[Fraction | None, ...]:
    return tuple(number.si(number.unit, which) for which in ("low", "value", "high"))


@pytest.mark.parametrize("path", CARDS, ids=lambda p: p.stem)
def test_a_card_fills_its_model(path):
    card = load_card(path)
    if path.parent.parent.name != "scenarios":  # a study's own keys belong to the study
        assert isinstance(MODELS[card.model].from_card(card, card.name), MODELS[card.model])


def test_every_number_has_a_unit_a_source_and_a_trust():
    registry = pint.UnitRegistry()
    for where, number in NUMBERS.items():
        registry.parse_units(number.unit)
        assert number.source.strip(), where
        assert number.trust != "user", where


def test_every_number_lies_within_its_own_range():
    for where, number in NUMBERS.items():
        if isinstance(number.value, str | bool):
            assert number.low is None, where
            assert number.high is None, where
            continue
        low, value, high = in_own_unit(number)
        assert low is None or low <= value, where
        assert high is None or value <= high, where


def test_what_is_recalled_says_so_and_carries_a_range():
    """A count that a part's design fixes (cycles of a conversion) has no range."""
    for where, number in NUMBERS.items():
        if number.trust == "recalled":
            assert "recalled" in number.source, where
            if number.unit:
                assert number.low is not None, where
                assert number.high is not None, where


def test_what_is_given_names_the_document_and_nothing_else_claims_to_be():
    for where, number in NUMBERS.items():
        if number.trust == "given":
            assert number.source.startswith(("S0 ", "S1 ")), where


def test_every_given_or_verified_number_has_its_quotation():
    wanted = {where for where, number in NUMBERS.items() if number.trust in QUOTED}
    assert sorted(wanted - QUOTATION_OF.keys()) == []
    assert sorted(QUOTATION_OF.keys() - wanted) == []


def test_every_number_is_the_quoted_one():
    for where, quotation in QUOTATION_OF.items():
        number, value = NUMBERS[where], quotation["value"]
        if isinstance(value, str):
            assert number.value.casefold() == value.casefold(), where
        else:
            exact = Fraction(value) * factor(quotation.get("unit", ""), number.unit)
            assert number.si(number.unit) == exact, where


def test_every_quotation_holds_its_number():
    for quotation in TABLE["quotation"]:
        text, value = quotation["text"], quotation["value"]
        if isinstance(value, str):
            assert value.casefold() in text.casefold()
            continue
        numerals = {Decimal(n) for n in NUMERAL.findall(text.replace("0-3.3", "0 to 3.3"))}
        assert Decimal(value) in numerals, text
        assert quotation.get("unit", "") in text


def test_every_source_names_its_document_and_place():
    for where, quotation in QUOTATION_OF.items():
        source, document = NUMBERS[where].source, quotation["document"]
        assert document in TABLE["documents"], where
        assert document in source, where
        if NUMBERS[where].trust == "given":
            assert f"{document} {quotation['place']}" in source, where


def test_no_number_is_quoted_twice():
    all_numbers = [number for quotation in TABLE["quotation"] for number in quotation["numbers"]]
    assert len(all_numbers) == len(set(all_numbers))


def test_price_lists_price_the_same_things():
    keys = [{w.partition(":")[2] for w in NUMBERS if w.startswith(address(p, ""))} for p in PRICES]
    assert all(k == keys[0] for k in keys)


def si(where: str, unit: str) -> float:
    exact = NUMBERS[where].si(unit)
    assert exact is not None
    return float(exact)


# Derived numbers: address, unit, the arithmetic behind it, and half a unit of its last digit.
DERIVED = [
    ("devices/cards/stm32f767_adc:clock", "MHz", 108 / 4, 0.5),
    ("devices/cards/smtj:delta", "", math.log(25e3 / -math.log(1 - 2 * 0.0809) * 2), 0.0005),
    ("devices/cards/smtj:tmr", "", 6 / 3 - 1, 0.0),
    ("devices/cards/read_divider:r_s", "kohm", math.sqrt(5 * 10), 0.005),
    ("controllers/prices/datasheet:lab.opamp.on", "mW", 0.7 * 5, 0.05),
    ("controllers/prices/datasheet:lab.dac.on", "mW", 2 * (0.280 + 0.475) / 2 * 3.3, 0.005),
    ("controllers/prices/datasheet:fpga.logic.active", "mW", 0.1 + 0.044 * 500 * 1.22, 0.05),
    ("controllers/prices/datasheet:asic.logic.active", "mW", 200 / 14 / 8 * 4, 0.05),
    ("controllers/prices/datasheet:anp_array.node.on", "mW", 0.230 * 3.3, 0.0005),
    ("controllers/prices/datasheet:anp_array.weights.write", "pJ", 100 / 4, 0.5),
    ("controllers/prices/datasheet:anp_array.logic.operation", "pJ", (0.9 + 3.7) / 2, 0.05),
    ("controllers/prices/paper:anp_array.logic.operation", "pJ", 1e3 / 7088, 0.00005),
]


@pytest.mark.parametrize(("where", "unit", "value", "half_digit"), DERIVED)
def test_derived_numbers_follow_from_what_they_are_derived_from(where, unit, value, half_digit):
    assert NUMBERS[where].trust == "derived"
    assert abs(si(where, unit) - value) <= half_digit


def test_the_preset_wait_covers_the_follower_and_its_margin():
    """SR 0.4 V/us and tau 122 ns: 1.4 V settle to half an LSB in 3.97 us, plus 0.5 us."""
    slew, tau = 0.4, 1 / (2 * math.pi * 1.3)  # V/us, us
    linear, half_lsb = slew * tau, 3.3 / 4096 / 2
    follower = (1.4 - linear) / slew + tau * math.log(linear / half_lsb)
    wait = si("controllers/cards/lab:t_settle_wait", "us")
    assert abs(wait - (follower + 0.5)) <= 0.05
