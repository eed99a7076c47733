"""Operations, counted while they are done: by a controller beside an array, and by PyTorch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

from learning.perturbation import PerturbationLearner  # noqa: E402
from tests.learning.perturbing import batch, gauss, one_thread, settings  # noqa: E402, F401

SIZES = 13, 11, 11, 5
SAMPLES = 7  # no width: an array of one row per sample is told from an array of weights
SHAPES = {(m, n) for n, m in pairwise(SIZES)} | {(n, n) for n in SIZES}
ELEMENTWISE = np.add, np.subtract, np.multiply, np.divide, np.sqrt, np.square


class Counted(np.ndarray):
    """An array that counts what is done with it.

    `weights`: products of matrices, and elementwise operations on arrays shaped like weights or R;
    `rest`: everything else.
    """

    weights = rest = 0

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **options):
        plain = [np.asarray(x) for x in inputs]
        assert method in ("__call__", "reduce")
        found = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.matmul:
            assert [x.ndim for x in plain] == [2, 2]
            Counted.weights += 2 * plain[0].size * plain[1].shape[1]
        elif method == "__call__" and found.shape in SHAPES:
            assert ufunc in ELEMENTWISE
            Counted.weights += found.size
        else:
            Counted.rest += max(found.size, *(x.size for x in plain))
        return found.view(Counted) if found.ndim else found


def counted(array):
    return np.array(array, dtype=np.float64).view(Counted)


class Array:
    """What the board shows: pre-activations of all nodes, by the stages that it holds."""

    def __init__(self, slope):
        self.slope, self.layers = slope, []

    def write(self, *layers):
        """Hold matrices and offsets, layer by layer: those of a layer's stages in turn."""
        self.layers = [[(np.array(m), np.array(b)) for m, b in stages] for stages in layers]

    def show(self, z, noise):
        """Return the pre-activations of one pass, layer by layer: no work of the controller's."""
        shown, first = [], 0
        for stages in self.layers:
            for matrix, offset in stages:
                z = z @ matrix.T + offset
            shown.append(z + noise[:, first : first + z.shape[1]])
            first += z.shape[1]
            z = np.where(shown[-1] < 0, self.slope * shown[-1], shown[-1])
        return shown


class Controller:
    """Learns by S1's equations from what the converters show, and writes the array anew."""

    def __init__(self, params, state, cascade):
        self.p, self.batches, self.cascade = params, 0, cascade
        layers = range(len(SIZES) - 1)
        self.w = [counted(state[f"weights.{k}"]) for k in layers]
        self.b = [counted(state[f"bias.{k}"]) for k in layers]
        danp = params.rule == "danp"
        self.r = [counted(state[f"decorrelation.{k}.matrix"]) for k in layers] if danp else []
        self.shift = [counted(np.zeros(n)) for n in SIZES[:-1]]
        self.sums = [counted(np.zeros((n, n))) for n in SIZES[:-1]]
        self.m, self.v = ([counted(np.zeros(w.shape)) for w in self.w] for _ in range(2))
        self.array = Array(params.slope)
        self._write()

    def step(self, x, y, noise):
        first, second = (self.array.show(x, eps) for eps in noise)
        error = self._errors(first, second, y)
        for k, e in enumerate(error):
            seen = self._inputs(k, x, first, second)
            if self.r:
                seen = seen @ self.r[k].T + self.shift[k]
                self._follow(k, seen)
            taught = seen if len(seen) == len(e) else (seen[: len(e)] + seen[len(e) :]) * 0.5
            self._descend(k, e.T @ taught)
            self.b[k] = self.b[k] - self.p.eta * e.sum(axis=0)
        self.batches += 1
        self._write()

    def _errors(self, first, second, y):
        """S1, equation 4."""
        loss = [log_losses(a[-1], y) for a in (first, second)]
        da = [counted(a) - counted(b) for a, b in zip(first, second, strict=True)]
        power = sum((d * d).sum(axis=1) for d in da)
        factor = sum(SIZES[1:]) * (loss[0] - loss[1]) / power / len(y)
        return [d * factor[:, None] for d in da]

    def _inputs(self, k, x, first, second):
        """Return z, rows of pass 2 after those of pass 1 if both are learned from."""
        if k == 0:
            return counted(x)
        both = self.p.rule == "danp" and self.p.inputs == "both"
        a = np.concatenate([first[k - 1], second[k - 1]]) if both else first[k - 1]
        return counted(np.where(a < 0, self.p.slope * a, a))

    def _follow(self, k, x):
        """R <- R - epsilon offdiag(X^T X / B) R, at once or once in `accumulate` batches."""
        r, rate = self.r[k], self.p.epsilon / len(x)
        if self.p.decorrelation_bias:
            self.shift[k] = self.shift[k] - self.p.epsilon * x.sum(axis=0)
        if self.p.accumulate == 1:
            power = (x * x).sum(axis=0)
            self.r[k] = r - rate * (x.T @ (x @ r) - power[:, None] * r)
            return
        uncounted = np.asarray(self.sums[k])  # a multiply-accumulate adds to what is there
        self.sums[k] = (np.asarray((x / len(x)).T @ x) + uncounted).view(Counted)
        if (self.batches + 1) % self.p.accumulate == 0:
            np.fill_diagonal(self.sums[k], 0.0)
            self.r[k] = r - self.p.epsilon * (self.sums[k] @ r)
            self.sums[k] = counted(np.zeros(r.shape))

    def _descend(self, k, g):
        if self.p.optimizer == "sgd":
            self.w[k] = self.w[k] - self.p.eta * g
            return
        t = self.batches + 1
        self.m[k] = 0.9 * self.m[k] + 0.1 * g
        self.v[k] = 0.999 * self.v[k] + 0.001 * np.square(g)
        root = np.sqrt(self.v[k] / (1 - 0.999**t)) + 1e-8
        self.w[k] = self.w[k] - self.p.eta * (self.m[k] / (1 - 0.9**t) / root)

    def _write(self):
        layers = zip(self.w, self.b, strict=True)
        if not self.r:
            self.array.write(*([layer] for layer in layers))
        elif self.cascade:
            stages = zip(self.r, self.shift, strict=True)
            self.array.write(*zip(stages, layers, strict=True))
        else:
            self.array.write(*([self._product(k)] for k in range(len(self.w))))

    def _product(self, k):
        """Return W R and the offset that goes with it."""
        w, b = self.w[k], self.b[k]
        if self.p.decorrelation_bias:
            b = b + (w @ self.shift[k][:, None])[:, 0]
        return w @ self.r[k], b


def log_losses(out, y):
    return np.log(np.exp(out).sum(axis=1)) - out[np.arange(len(y)), y]


WAYS = [
    {}, {"inputs": "both"}, {"decorrelation_bias": True}, {"accumulate": 3},
    {"accumulate": 4, "inputs": "both", "decorrelation_bias": True}, {"rule": "anp"},
]  # fmt: skip


@pytest.mark.parametrize("cascade", [False, True], ids=["product", "cascade"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("way", WAYS, ids=lambda w: " ".join(map(str, w.values())) or "danp")
def test_a_controller_that_sees_what_converters_show_learns_by_as_many_operations(
    way, optimizer, cascade
):
    """And what it learns, from them alone, is what the learner learns."""
    params = settings(hidden_layers=2, hidden_units=11, eta=0.03, epsilon=0.01,
                      optimizer=optimizer, **way)  # fmt: skip
    learner = PerturbationLearner(params, SIZES[0], SIZES[-1], 1)
    controller = Controller(params, learner.state(), cascade)
    begun = {n: a for n, a in learner.state().items() if n.endswith(("matrix", "ghts.1"))}
    Counted.weights = Counted.rest = 0
    for step in range(params.accumulate):
        x, y = batch(SAMPLES, SIZES[0], SIZES[-1], step)
        noise = gauss((2, SAMPLES, learner.nodes), 0.3, step)
        learner.step(x, y, noise)
        controller.step(x.astype(np.float64), y, noise.astype(np.float64))
    per_step = learner.operations.update(SAMPLES, cascade)
    assert 0 <= Counted.weights - params.accumulate * per_step < params.accumulate
    rows = 2 * SAMPLES * (sum(SIZES[1:]) + sum(SIZES)) * params.accumulate
    assert Counted.rest < 10 * rows  # per sample and node
    if optimizer == "adam":
        return  # its first steps go by the sign of a gradient, which single precision may turn
    state = learner.state()
    assert all((array != state[name]).any() for name, array in begun.items())
    for k, w in enumerate(controller.w):
        assert np.asarray(w) == pytest.approx(state[f"weights.{k}"], rel=1e-4, abs=1e-5)
    for k, r in enumerate(controller.r):
        assert np.asarray(r) == pytest.approx(
            state[f"decorrelation.{k}.matrix"], rel=1e-4, abs=1e-6
        )


def added(into, one, other, **_):
    """What `into.addmm_(one, other)` takes, from shapes; PyTorch counts the rest by itself."""
    return 2 * one[0] * one[1] * other[1]


@pytest.mark.parametrize("way", [*WAYS, {"rule": "np", "sigma": 0.3}, {"rule": "bp"}],
                         ids=lambda w: " ".join(map(str, w.values())) or "danp")  # fmt: skip
def test_a_host_does_the_products_that_pytorch_counts(way):
    params = settings(hidden_layers=2, hidden_units=11, epsilon=0.01, **way)
    learner = PerturbationLearner(params, SIZES[0], SIZES[-1], 1)
    counter = FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: added})
    with counter:
        for step in range(params.accumulate):
            x, y = batch(SAMPLES, SIZES[0], SIZES[-1], step)
            learner.step(x, y, gauss((2, SAMPLES, learner.nodes), 0.3, step))
    weights = sum(n * m for n, m in pairwise(SIZES))
    squares = sum(n * n for n in SIZES[:-1]) if params.rule == "danp" else 0
    k = params.accumulate
    elementwise = k * 14 * weights + (4 if k == 1 else 2) * squares
    assert 0 <= counter.get_total_flops() + elementwise - k * learner.operations.step(SAMPLES) < k


def test_a_test_on_a_host_is_one_pass_of_the_product():
    """3-2-1, ten samples: w = 6 and 2, n = 3 and 2."""
    danp = PerturbationLearner(settings(hidden_layers=1, hidden_units=2), 3, 1, 1)
    assert danp.operations.evaluation(10) == 2 * 10 * 8 + 2 * (6 * 3 + 2 * 2)
    bp = PerturbationLearner(settings("bp_mnist", hidden_layers=1, hidden_units=2), 3, 1, 1)
    assert bp.operations.evaluation(10) == 2 * 10 * 8


def test_the_update_of_the_published_network_by_hand():
    """784-500-500-500-10 and 64 samples: w = 897,000, s = 1,364,656, W R takes 1,119,656,000."""
    count = PerturbationLearner(settings(), 784, 10, 1).operations
    learning = (2 * 64 + 14) * 897_000 + (4 * 64 + 4) * 1_364_656
    assert count.update(64, cascade=True) == learning + 2 * 64 * 1_364_656 == 656_860_528
    assert count.update(64) - count.update(64, cascade=True) == 1_119_656_000
