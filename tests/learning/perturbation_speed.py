"""How fast a step is, against the plain one: CPU time per batch of 64 on one thread.

`python tests/learning/perturbation_speed.py [FEATURES [ROUNDS]]`.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch

from emulator import load_card
from learning import CARDS, PerturbationParams
from learning.perturbation import PerturbationLearner
from learning.perturbation.plain import PlainDanp

BATCH = 64
VARIANTS = {
    "exact": {}, "accumulate 64": {"accumulate": 64}, "anp": {"rule": "anp"}, "bp": {"rule": "bp"},
}  # fmt: skip


def per_step_s(learner, x, y, noise, steps):
    before = time.process_time()
    for _ in range(steps):
        learner.step(x, y, noise)
    return (time.process_time() - before) / steps


def measure(features, classes, rounds):
    """Seconds per step by variant, (rounds,): they take turns, as other programs come and go.

    A turn of 64 steps has its share of the products that are due every 64 batches.
    """
    params = PerturbationParams.from_card(load_card(CARDS / "danp_mnist.toml"), "learner")
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((BATCH, features)).astype(np.float32), np.arange(BATCH) % classes
    learners = {"plain": PlainDanp(params, features, classes, 1)}
    for name, changes in VARIANTS.items():
        changed = params.model_copy(update=changes)
        learners[name] = PerturbationLearner(changed, features, classes, 1)
    shape = (2, BATCH, learners["exact"].nodes)
    noise = (0.01 * rng.standard_normal(shape)).astype(np.float32)
    taken = {name: [] for name in learners}
    for _ in range(rounds + 1):
        for name, learner in learners.items():
            steps = (
                64 if name == "accumulate 64" else 8 if features < 1000 or name != "plain" else 1
            )
            taken[name].append(per_step_s(learner, x, y, noise, steps))
    return {name: np.array(times[1:]) for name, times in taken.items()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    numbers = [int(text) for text in sys.argv[1:]]
    features, rounds = (*numbers, *(784, 11)[len(numbers) :])
    found = measure(features, 100 if features == 3072 else 10, rounds)
    plain = found["plain"]
    print(f"{features}-500-500-500, batch {BATCH}, one thread, {rounds} rounds")
    print(f"{'':14s} {'median':>9s} {'least':>9s}  plain / this")
    for name, times in found.items():
        median, least = 1e3 * np.median(times), 1e3 * times.min()
        print(f"{name:14s} {median:6.2f} ms {least:6.2f} ms {np.median(plain / times):9.2f}")
