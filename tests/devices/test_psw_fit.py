"""The fit of P_sw: what it finds in simulated counts, and how well it knows its errors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from devices.psw_fit import PswCounts, fit_psw, spread
from emulator import DataError

CURVE = np.array([3.43, 2.4874, -0.0757])
OFFSETS = np.array([-0.06, -0.03, 0.0, 0.01, 0.04, 0.08])
R = np.linspace(-2.4, 2.4, 25)
C = np.array([-2 / 3, 0.0, 2 / 3])


def law(curve: np.ndarray, offsets: np.ndarray, r: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The law, written once more: P of every device, shape (points, devices)."""
    theta = 1.0 / (1.0 + np.exp(-(curve[0] * r + curve[1] * c + curve[2])))
    return np.clip(theta[:, None] + offsets, 0.0, 1.0)


def simulated(
    rng: np.random.Generator, offsets: np.ndarray = OFFSETS, trials: int = 100,
    r: np.ndarray = R, c: np.ndarray = C,
) -> PswCounts:  # fmt: skip
    grid_r, grid_c = (grid.ravel() for grid in np.meshgrid(r, c))
    p = law(CURVE, offsets, grid_r, grid_c)
    device = np.broadcast_to(np.arange(len(offsets)), p.shape)
    return PswCounts(
        r=np.repeat(grid_r, len(offsets)),
        c=np.repeat(grid_c, len(offsets)),
        device=device.ravel(),
        switched=rng.binomial(trials, p).ravel().astype(float),
        trials=np.full(p.size, float(trials)),
    )


def likelihood(counts: PswCounts, curve: np.ndarray, offsets: np.ndarray) -> float:
    """Log likelihood of the law with its sharp clip."""
    theta = 1.0 / (1.0 + np.exp(-(curve[0] * counts.r + curve[1] * counts.c + curve[2])))
    p = np.clip(theta + offsets[counts.device], 1e-6, 1 - 1e-6)
    k, m = counts.switched, counts.trials
    return float(np.sum(k * np.log(p) + (m - k) * np.log1p(-p)))


@pytest.mark.parametrize("trials", [20, 100, 10_000])
def test_intervals_hold_what_was_set(trials: int) -> None:
    """Each 95 % interval in all but 4.5 sigma of binomial bad luck over 60 simulated boards."""
    rng = np.random.default_rng(trials)
    inside = np.zeros(3)
    for _ in range(60):
        fit = fit_psw(simulated(rng, trials=trials))
        found = [fit.of(name) for name in ("a", "b", "c0")]
        inside += [f.low <= set_ <= f.high for f, set_ in zip(found, CURVE, strict=True)]
    assert (inside >= 60 * 0.95 - 4.5 * np.sqrt(60 * 0.95 * 0.05)).all()
    assert inside.sum() < 180  # nor are they so wide that they always do


def test_errors_are_the_scatter_of_the_estimates() -> None:
    """z = (estimate - set)/error has a mean square of 1, of 100 boards to 4.5 sigma."""
    rng = np.random.default_rng(5)
    z = []
    for _ in range(100):
        fit = fit_psw(simulated(rng))
        z.append((fit.curve - CURVE) / np.sqrt(np.diag(fit.covariance)))
    assert (abs(np.mean(np.square(z), axis=0) - 1.0) < 4.5 * np.sqrt(2 / 100)).all()


def test_no_neighbour_is_more_likely() -> None:
    rng = np.random.default_rng(1)
    counts = simulated(rng)
    fit = fit_psw(counts)
    best = likelihood(counts, fit.curve, fit.offsets)
    errors = np.concatenate([np.sqrt(np.diag(fit.covariance)), fit.offset_errors])
    for place, error in enumerate(errors):
        for sign in (-1.0, 1.0):
            moved = np.concatenate([fit.curve, fit.offsets])
            moved[place] += sign * error
            assert likelihood(counts, moved[:3], moved[3:]) < best


def test_without_noise_the_law_comes_back() -> None:
    counts = simulated(np.random.default_rng(0))
    p = law(CURVE, OFFSETS, counts.r[::6], counts.c[::6]).ravel()
    exact = PswCounts(counts.r, counts.c, counts.device, p * counts.trials, counts.trials)
    fit = fit_psw(exact)
    errors = np.sqrt(np.diag(fit.covariance))
    assert (abs(fit.curve - CURVE) < 0.5 * errors).all()  # what the rounded clip may move
    assert (abs(fit.offsets - OFFSETS) < fit.offset_errors).all()
    assert fit.deviance < 10.0


def test_deviance_tells_a_wrong_law() -> None:
    """Chance gives the degrees of freedom at most; a second critical voltage gives far more."""
    counts = simulated(np.random.default_rng(2))
    fit = fit_psw(counts)
    freedom = fit.points - fit.unknowns
    assert fit.deviance < freedom + 4.5 * np.sqrt(2 * freedom)
    shifted = PswCounts(
        counts.r + 0.5 * (counts.device % 2), counts.c, counts.device, counts.switched,
        counts.trials,
    )  # fmt: skip
    assert fit_psw(shifted).deviance > freedom + 20 * np.sqrt(2 * freedom)


def test_one_stray_count_moves_the_curve_by_less_than_its_error() -> None:
    """A failed reset far below the critical voltage is no proof that the device has an offset."""
    counts = simulated(np.random.default_rng(3))
    switched = counts.switched.copy()
    stray = np.flatnonzero((counts.device == 0) & (counts.r < -2.3) & (switched == 0))[0]
    switched[stray] = 1.0
    with_stray = fit_psw(PswCounts(counts.r, counts.c, counts.device, switched, counts.trials))
    fit = fit_psw(counts)
    assert (abs(with_stray.curve - fit.curve) < np.sqrt(np.diag(fit.covariance))).all()


@pytest.mark.parametrize("sigma", [0.0, 0.05, 0.2])
def test_spread_covers_the_one_set(sigma: float) -> None:
    rng = np.random.default_rng(7)
    errors = np.full(6, 0.004)
    inside = 0
    for _ in range(400):
        found = spread(rng.normal(0, sigma, 6) + rng.normal(0, errors), errors)
        assert found.low <= found.value <= found.high
        inside += found.low <= sigma <= found.high
    # a spread of 0 has no lower bound to miss: 97.5 %
    expected = 0.95 if sigma else 0.975
    assert abs(inside - 400 * expected) < 4.5 * np.sqrt(400 * expected * (1 - expected))


def test_a_single_device_knows_little_of_the_spread() -> None:
    found = spread(np.array([0.05]), np.array([0.004]))
    assert found.low > 0.0
    assert found.high == 1.0


@pytest.mark.parametrize(
    ("r", "c", "message"),
    [
        (R[:1], C[1:2], "6 points cannot give 9 unknowns: a, b, c0 and the offset of each of 6"),
        (R[:1], C, "all points have the same V_SOT: they say nothing about a"),
        (R, C[1:2], "all points have the same V_gate: they say nothing about b"),
        (R[:3] - 10.0, C, "p_sw is 0 at all points: no V_SOT is near the critical one"),
        (R[-3:] + 10.0, C, "p_sw is 1 at all points: no V_SOT is near the critical one"),
    ],
)
def test_points_that_say_too_little_are_refused(r: np.ndarray, c: np.ndarray, message: str) -> None:
    counts = simulated(np.random.default_rng(0), np.zeros(6), r=r, c=c)
    with pytest.raises(DataError, match=message):
        fit_psw(counts)


@pytest.mark.parametrize("trials", [1.0, 100.0, 1e9])
def test_counts_without_a_maximum_are_refused_without_a_word_of_numpy(trials: float) -> None:
    """The gate alone decides: steps of scoring leave the range of numbers, and are not taken."""
    r, c = (grid.ravel() for grid in np.meshgrid(3.0 * R, C))
    device, m = np.zeros(len(r), np.int64), np.full(len(r), trials)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match="do not determine"):
            fit_psw(PswCounts(r, c, device, m * (c > 0), m))


def test_a_step_without_points_in_between_is_refused() -> None:
    """A curve that jumps from 0 to 1 between two points is as steep as one likes."""
    r, c = (grid.ravel() for grid in np.meshgrid(R, C))
    counts = PswCounts(r, c, np.zeros(len(r), np.int64), 100.0 * (r > 0), np.full(len(r), 100.0))
    with pytest.raises(DataError, match="do not determine"):
        fit_psw(counts)
