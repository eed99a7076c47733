"""DANP on CIFAR subsets, the fast learner beside the plain one that multiplies n^3.

`SPINBOARD_DATA=DIR python tests/learning/plain_cifar.py [EPOCHS [SEED]]` trains both on the same
samples (cropped and mirrored alike) with the same noise, and prints what they reach. The plain one
takes about a second per batch.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch

from devices import make_noise
from emulator import PassGrid
from learning import Augmentation, Epochs, PerturbationParams, load_images
from learning.perturbation import PerturbationLearner
from learning.perturbation.plain import PlainDanp
from scenarios.catalog import configure

PAD = 4


class Course:
    """One learner on its way through the epochs, with noise and samples of its own."""

    def __init__(self, name, data, config, kind):
        params = PerturbationParams.from_card(config.node("learner").card, "learner")
        self.data, self.learner = data, kind(params, data.features, data.classes, config.seed)
        self.tester = PerturbationLearner(params, data.features, data.classes, config.seed)
        self.noise = make_noise(config.node("noise"), self.tester.nodes, config.seed)
        self.test_noise = self.noise.apart("noise.test")
        self.order = Epochs(config.seed, params.batch)
        self.augmentation = Augmentation(config.seed, PAD, data.shape)
        self.name, self.seconds = name, 0.0

    def epoch(self, epoch):
        """Learn one epoch; returns (train loss, test loss, test accuracy)."""
        data, n, losses = self.data, len(self.data.x_train), []
        steps = self.order.steps(n)
        began = time.process_time()
        for step in range(epoch * steps, (epoch + 1) * steps):
            chosen = self.order.indices(step, n)
            x = self.augmentation.apply(data.x_train[chosen], epoch, chosen, n)
            noise = self.noise.passes(PassGrid(0, 1, 2 * len(chosen), 2))  # no clock: steps
            found = self.learner.step(data.rows(x), data.y_train[chosen], noise)
            losses.append(getattr(found, "loss", found))
        self.seconds += time.process_time() - began
        self._hand_over()
        tested = self.tester.evaluate(data.rows(data.x_test), data.y_test, self._single)
        return float(np.mean(losses)), tested.loss, tested.accuracy

    def _single(self, first, samples):
        return self.test_noise.passes(PassGrid(0, 1, samples))[0]

    def _hand_over(self):
        """Give the weights to the learner that tests."""
        if isinstance(self.learner, PerturbationLearner):
            self.tester.load(self.learner.state())
            return
        state = {k: v for k, v in self.tester.state().items() if not k.startswith("optimizer.")}
        arrays = {"weights": self.learner.matrices, "bias": self.learner.biases,
                  "decorrelation": self.learner.r}  # fmt: skip
        for name in state:
            kind, _, layer = name.partition(".")
            if kind in arrays:
                array = arrays[kind][int(layer.split(".")[0])]
                state[name] = array.detach().numpy().astype(np.float64)
        self.tester.load(state)


def main(epochs=3, seed=0):
    torch.set_num_threads(1)
    for scenario in ("danp-cifar10", "danp-cifar100"):
        data = load_images(scenario.removeprefix("danp-"))
        config = configure(scenario, [], seed=seed)
        courses = [Course("fast", data, config, PerturbationLearner),
                   Course("plain", data, config, PlainDanp)]  # fmt: skip
        for epoch in range(epochs):
            for course in courses:
                train, test, accuracy = course.epoch(epoch)
                print(f"{scenario} {course.name} epoch {epoch + 1}: train loss {train:.4f}, test "
                      f"loss {test:.4f}, test accuracy {accuracy:.4f}, {course.seconds:.0f} s",
                      flush=True)  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
