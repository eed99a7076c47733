from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from devices import CARDS, NOISES, SmtjParams, make_noise
from devices.noise import divider_power, telegraph_levels
from devices.noise_counts import binomial_shares
from devices.noise_params import HmmNoiseParams, TelegraphNoiseParams
from emulator import ConfigError, KnownNoise, Node, PassNoise, Shelf, load_card, load_node
from emulator.params import number_from_text

from .bench import params

SIGMAS = 4.5
SHELF = Shelf((CARDS,))
KINDS = ("gaussian", "bernoulli", "hmm", "telegraph")


def node(kind: str, **settings: object) -> Node:
    card = load_card(CARDS / f"{kind}.toml")
    for key, text in settings.items():
        card = card.with_number(key, number_from_text(str(text), card.numbers[key]))
    return load_node(card, SHELF, "noise")


def noise(kind: str, nodes: int = 50, seed: int = 1, **settings: object) -> KnownNoise:
    return make_noise(node(kind, **settings), nodes, seed)


def in_time(passes: np.ndarray) -> np.ndarray:
    """Passes (2, samples, nodes) as steps of the order `time`, (2 samples, nodes)."""
    return passes.transpose(1, 0, 2).reshape(-1, passes.shape[2])


def within(found: float, expected: float, error: float) -> bool:
    return abs(found - expected) < SIGMAS * error


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_noise_for_passes(kind):
    found: PassNoise = noise(kind, 7)
    values = found.passes(5)
    assert (found.nodes, values.shape, values.dtype) == (7, (2, 5, 7), np.float32)
    assert np.isfinite(values).all()
    assert (noise(kind, 7).passes(5) == values).all()
    assert (noise(kind, 7, seed=2).passes(5) != values).any()
    assert (make_noise(node(kind), 7, 1, "other").passes(5) != values).any()


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_noise_knows_its_mean_and_deviation(kind, centred):
    """An autocorrelation a^k makes the variance of a mean over passes (1 + a) / (1 - a) times as
    large. Squares spread by no more than those of a Gauss, 2 sigma^4, and correlate less.
    """
    settings = {} if kind == "gaussian" else {"centred": str(centred).lower()}
    found = noise(kind, 2000, **settings)
    values = found.passes(200).astype(np.float64)
    a = {"hmm": 1 - 2 * 0.0809, "telegraph": math.exp(-1e-3 / 141.6e-6)}.get(kind, 0.0)
    share = (1 + a) / (1 - a) / values.size
    mean, sigma = found.moments.mean, found.moments.sigma
    assert within(values.mean(), mean, sigma * math.sqrt(share))
    variance = ((values - mean) ** 2).mean()
    assert within(variance, sigma**2, sigma**2 * math.sqrt(2 * share))
    assert (mean == 0.0) == (centred or kind == "gaussian")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunks", [(32, 32), (1, 2, 3, 58), (63, 1)])
def test_chunks_change_nothing_in_time(kind, chunks):
    order = {"order": "time"} if kind == "hmm" else {}
    whole, parts = noise(kind, **order), noise(kind, **order)
    together = np.concatenate([parts.passes(n) for n in chunks], axis=1)
    assert together.tobytes() == whole.passes(64).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_node_does_not_depend_on_its_neighbours(kind):
    assert (noise(kind, 300).passes(9)[:, :, :5] == noise(kind, 5).passes(9)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_remembered_survives(kind):
    found, again = noise(kind), noise(kind)
    found.passes(13)
    again.load({key: value.copy() for key, value in found.state().items()})
    assert all(value.dtype == np.float64 for value in found.state().values())
    assert (again.passes(11) == found.passes(11)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_of_something_else_is_refused(kind):
    for index in ([-1.0], [0.5], [math.nan], [1.0, 2.0]):
        with pytest.raises(ConfigError, match="noise state 'index' must be one whole number"):
            noise(kind).load({"index": np.array(index)})
    if kind in ("hmm", "telegraph"):
        state = noise(kind, 4).state()
        with pytest.raises(ConfigError, match=r"'states' must be 0 or 1 in shape \(1, 50\)"):
            noise(kind).load(state)


def test_gaussian_noise_has_its_sigma_and_no_memory():
    values = in_time(noise("gaussian", 400, sigma=0.2).passes(1000)).astype(float) / 0.2
    n = values.size
    assert within(values.mean(), 0, 1 / math.sqrt(n))
    assert within(values.var(), 1, math.sqrt(2 / n))
    assert within((values**4).mean(), 3, math.sqrt(96 / n))
    assert within((values[1:] * values[:-1]).mean(), 0, 1 / math.sqrt(n))  # of a node with itself
    assert within((values[:, 1:] * values[:, :-1]).mean(), 0, 1 / math.sqrt(n))  # of neighbours


@pytest.mark.parametrize("draws", [1, 4])
@pytest.mark.parametrize("p", [0.5, 0.2])
def test_bernoulli_noise_counts_ones(draws, p):
    values = noise("bernoulli", 300, alpha=2, p=p, draws=draws).passes(500)
    counts = values / 2
    n = values.size
    for count, share in enumerate(binomial_shares(draws, p)):
        exact = math.comb(draws, count) * p**count * (1 - p) ** (draws - count)
        assert share == pytest.approx(exact)
        found = int((counts == count).sum())
        assert within(found, n * exact, math.sqrt(n * exact * (1 - exact)))
    steps = in_time(counts).astype(float) - draws * p
    error = draws * p * (1 - p) / math.sqrt(n)
    assert within((steps[1:] * steps[:-1]).mean(), 0, error)


def test_more_draws_leave_the_first_ones():
    """Draw i has a stream of its own: h = 3 is h = 2 and one more."""
    two, three = (noise("bernoulli", alpha=1, draws=h).passes(200) for h in (2, 3))
    more = three - two
    assert set(np.unique(more)) == {0.0, 1.0}


@pytest.mark.parametrize("kind", ["bernoulli", "hmm", "telegraph"])
def test_centred_noise_has_no_mean_and_is_otherwise_the_same(kind):
    plain, centred = noise(kind, 500), noise(kind, 500, centred=True)
    shift = plain.passes(20) - centred.passes(20)
    assert np.ptp(shift) < 1e-7  # roundings of float32 near 0.1
    mean = {"bernoulli": 0.0125 / 2, "hmm": 0.0421, "telegraph": plain.levels.mean()}[kind]
    assert shift.mean() == pytest.approx(mean, abs=1e-7)


def hmm_states(values: np.ndarray) -> np.ndarray:
    """1 where mu_2 was observed; sigma is a twelfth of the distance, so none is mistaken."""
    return (values < (0.0480 + 0.0362) / 2).astype(float)


def test_the_published_chain_flips_with_its_probability():
    nodes, samples = 1500, 64
    chain = hmm_states(noise("hmm", nodes).passes(samples).reshape(-1, nodes))  # order batch
    flips, n = np.abs(np.diff(chain, axis=0)).sum(), (2 * samples - 1) * nodes
    assert within(flips, 0.0809 * n, math.sqrt(n * 0.0809 * 0.9191))


def test_observation_noise_dilutes_the_autocorrelation():
    """rho = (1 - 2 p) d^2 / (d^2 + sigma^2) with d half the distance of the levels: .838 -> .815.

    Errors from 2000 independent nodes.
    """
    nodes, p, d, sigma = 2000, 0.0809, (0.0480 - 0.0362) / 2, 0.001
    values = noise("hmm", nodes, order="time").passes(150)
    x = in_time(values).astype(float) - 0.0421
    per_node = (x[1:] * x[:-1]).mean(axis=0)
    rho = (1 - 2 * p) * d * d / (d * d + sigma * sigma)
    assert (round(1 - 2 * p, 3), round(rho, 3)) == (0.838, 0.815)
    variance = d * d + sigma * sigma
    assert within(per_node.mean(), rho * variance, per_node.std() / math.sqrt(nodes))
    own = (x * x).mean(axis=0)
    assert within(own.mean(), variance, own.std() / math.sqrt(nodes))
    assert per_node.mean() / own.mean() == pytest.approx(0.815, abs=0.005)


def test_the_order_deals_out_the_same_chain():
    """`batch` runs down the samples of pass 1, then of pass 2; `time` takes passes in turn."""
    batch, time = (noise("hmm", 20, order=order).passes(16) for order in ("batch", "time"))
    assert (batch.reshape(32, 20) == in_time(time)).all()


@pytest.mark.parametrize("order", ["batch", "time"])
def test_passes_of_a_sample_are_correlated_only_where_they_are_neighbours(order):
    """In `batch` the passes of a sample are 200 steps apart: (1 - 2 p)^200 = 4e-16."""
    nodes = 3000
    values = noise("hmm", nodes, order=order, sigma=0).passes(200)
    s = np.where(values < 0.0421, 1.0, -1.0)
    per_node = (s[0] * s[1]).mean(axis=0)
    expected = 1 - 2 * 0.0809 if order == "time" else 0.0
    assert within(per_node.mean(), expected, per_node.std() / math.sqrt(nodes))


def test_an_asymmetric_chain_dwells_as_its_probabilities_say():
    nodes = 3000
    values = noise("hmm", nodes, p=0.02, p_back=0.18, sigma=0, order="time").passes(3)
    share = (hmm_states(values[0, 0])).mean()
    assert within(share, 0.1, math.sqrt(0.09 / nodes))


@pytest.mark.parametrize("n", [1, 3])
def test_junctions_in_a_divider_have_its_levels(n):
    p, junction = telegraph_params(junctions=n), params(SmtjParams)
    levels = telegraph_levels(p, junction)
    ohms = [3000.0 * (n + k) for k in range(n + 1)]
    assert levels == pytest.approx([3.3 * r / (r + 100e3) for r in ohms])
    if n == 1:
        assert [round(1e3 * v) for v in levels] == [96, 187]
    values = noise("telegraph", 2000, junctions=n, sigma=0).passes(5)
    assert set(np.unique(values)) == set(levels.astype(np.float32))
    for k, share in enumerate(binomial_shares(n, 0.5)):
        found = (values[0, 0] == np.float32(levels[k])).sum()
        assert within(found, 2000 * share, math.sqrt(2000 * share * (1 - share)))


@pytest.mark.parametrize(("n", "v"), [(1, 3.3), (1, 5.0), (4, 3.3)])
def test_a_divider_takes_what_its_supply_delivers(n, v):
    """V^2 / (100 kohm + R), R = 3 n kohm in P, 6 n kohm in AP, and the middle of both."""
    power = divider_power(node("telegraph", junctions=n, v_supply=v))
    expected = [v**2 / (100e3 + n * r) for r in (6e3, 4.5e3, 3e3)]
    assert [power.low, power.value, power.high] == pytest.approx(expected, rel=1e-15)
    assert power.unit == "W"
    if (n, v) == (1, 3.3):
        assert round(1e6 * power.value, 1) == 104.2


def test_a_divider_is_trusted_no_more_than_what_it_is_made_of():
    shipped = node("telegraph")
    assert divider_power(shipped).trust == "derived"
    for key in ("v_supply", "r_series", "junctions"):
        for trust in ("assumed", "user"):
            number = replace(shipped.card.numbers[key], trust=trust)
            changed = replace(shipped, card=shipped.card.with_number(key, number))
            assert divider_power(changed).trust == trust
    sigma = replace(shipped.card.numbers["sigma"], trust="user")  # no part of the divider
    other = replace(shipped, card=shipped.card.with_number("sigma", sigma))
    assert divider_power(other).trust == "derived"
    assert divider_power(shipped).source == (
        "3.3 V over 100000 ohm and 1 x 3000 to 6000 ohm (cards telegraph, smtj)"
    )


def telegraph_params(**settings: object) -> TelegraphNoiseParams:
    return TelegraphNoiseParams.from_card(node("telegraph", **settings).card, "noise")


def test_a_sampled_junction_forgets_with_tau_c():
    """Neighbouring passes are dt apart: exp(-dt / tau_c) at 50 us and at the 1 ms of the card."""
    nodes = 3000
    for dt in (50e-6, 1e-3):
        found = noise("telegraph", nodes, dt=f"{dt} s", sigma=0, levels="plain",
                      level_p=-1, level_ap=1)  # fmt: skip
        values = in_time(found.passes(60)).astype(float)
        per_node = (values[1:] * values[:-1]).mean(axis=0)
        expected = math.exp(-dt / params(SmtjParams).dwell().tau_c)
        assert within(per_node.mean(), expected, per_node.std() / math.sqrt(nodes))


def test_a_field_and_a_loading_current_tilt_the_occupancy():
    """The mean current of 3.3 V over 104.5 kohm moves it by exp(2 delta I / I_c)."""
    nodes, junction = 20_000, params(SmtjParams)
    cases = {
        "mu0_h": ("1 mT", junction.dwell(1e-3)),
        "loaded": (True, junction.dwell(0, 3.3 / 104.5e3)),
    }
    for key, (value, dwell) in cases.items():
        found = noise("telegraph", nodes, sigma=0, **{key: value})
        first = found.passes(1)[0, 0]
        q = 1 - dwell.occupancy_p
        share = (first == first.max()).mean()
        assert within(share, q, math.sqrt(q * (1 - q) / nodes))
        assert abs(q - 0.5) > 0.1


def test_every_kind_has_a_card_and_any_may_take_anothers_place():
    cards = [load_card(path) for path in sorted(CARDS.glob("*.toml"))]
    family = {card.model for card in cards if card.family == "noise"}
    assert family == set(NOISES)
    assert SHELF.exchangeable(node("hmm").card) == family


def test_bad_numbers_are_one_clear_message():
    with pytest.raises(ConfigError, match=r"noise.sigma = -1 is outside \[0, 1000000.0\]"):
        noise("gaussian", sigma=-1)
    with pytest.raises(ConfigError, match=r"noise.p = 0 is outside \(0, 1\)"):
        noise("hmm", p=0)
    with pytest.raises(ConfigError, match=r"p = 0.6 and p_back = 0.6 add up to 1 or more"):
        noise("hmm", p=0.6)
    with pytest.raises(ConfigError, match=r"noise.order = sideways is unknown"):
        noise("hmm", order="sideways")
    with pytest.raises(ConfigError, match=r"noise.dt = 0 ms is outside \(0, inf\)"):
        noise("telegraph", dt="0 ms")
    with pytest.raises(ConfigError, match=r"field = 1 T is outside"):
        noise("telegraph", mu0_h="1 T")
    with pytest.raises(ConfigError, match="0 nodes, at least one is needed"):
        noise("gaussian", 0)
    with pytest.raises(ConfigError, match="noise model 'smtj' is unknown"):
        make_noise(Node(load_card(CARDS / "smtj.toml")), 3, 0)
    card = load_card(CARDS / "telegraph.toml")
    with pytest.raises(ConfigError, match="names no part 'junction'"):
        make_noise(Node(card), 3, 0)


def test_the_card_of_the_chain_says_what_is_published():
    p = HmmNoiseParams.from_card(node("hmm").card, "noise")
    assert (p.p, p.back, p.mu_1, p.mu_2, p.sigma) == (0.0809, 0.0809, 0.0480, 0.0362, 0.001)
