"""The decomposition over a full B x B histogram in PyTorch, differentiated by autograd.

Run as a program, it measures how much faster the sparse pass is:
`python tests/learning/dense_pid.py [SAMPLES [BINS]]`.
"""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
import torch

from learning import bin_indices, shared_exclusions

ROUNDS = 9  # sparse and dense alternate: machines are shared and drift


def dense_pid(r, c, q, bins, gamma):
    """Return (atoms (5,), I(Y:RC), N dG/dq (N,)) of one neuron; r, c, q have shape (N,).

    Empty cells are selected away before any logarithm: a mask after it would hide a NaN.
    """
    n = len(q)
    rows, cols = (torch.tensor(bin_indices(v[:, None], bins)[:, 0]) for v in (r, c))
    theta = torch.tensor(q, requires_grad=True)
    cells = torch.zeros(2, bins * bins, dtype=torch.float64)
    joint = cells.index_add(1, rows * bins + cols, torch.stack([1 - theta, theta]) / n)
    joint = joint.reshape(2, bins, bins)
    p_y, occupied = joint.sum((1, 2)).reshape(2, 1, 1), joint.sum(0) > 0
    by_r, by_c = joint.sum(2, keepdim=True), joint.sum(1, keepdim=True)

    def information(mass):
        part = torch.where(occupied, mass.expand_as(joint), 1.0)
        return (joint * torch.log2(part / (part.sum(0) * p_y)) * occupied).sum()

    i_r, i_c, i_rc = information(by_r), information(by_c), information(joint)
    shd = information(by_r + by_c - joint)
    entropy = -(p_y * torch.log2(p_y)).sum()
    atoms = torch.stack([i_r - shd, i_c - shd, shd, i_rc - i_r - i_c + shd, entropy - i_rc])
    (torch.tensor(gamma, dtype=torch.float64) @ atoms).backward()
    return atoms.detach().numpy(), float(i_rc.detach()), n * theta.grad.numpy()


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main(samples=1000, bins=500):
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    r, c = rng.normal(size=samples), rng.normal(size=samples)
    q, gamma = rng.uniform(0.01, 0.99, samples), (0.1, 0.1, 1.0, 0.1, 0.0)
    column = [v[:, None] for v in (r, c, q)]
    pairs = []
    for _ in range(ROUNDS + 1):
        dense = seconds(lambda: dense_pid(r, c, q, bins, gamma))
        sparse = seconds(lambda: [shared_exclusions(*column, bins, gamma) for _ in range(20)]) / 20
        pairs.append((dense, sparse))
    pairs = pairs[1:]  # the first one warms up
    dense, sparse = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(d / s for d, s in pairs)
    print(f"N = {samples}, B = {bins}: dense {dense * 1e3:.2f} ms, sparse {sparse * 1e3:.3f} ms, "
          f"ratio {ratio:.0f}")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
