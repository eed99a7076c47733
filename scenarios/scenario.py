"""The scenarios that exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from emulator import ConfigError, nearest


@dataclass(frozen=True)
class Scenario:
    """A study: one line for `spinboard list`, the card at each top, and the module that runs it.

    `short`: other names for cards at a top, `learner=bp` for the one that fits the task.
    """

    name: str
    summary: str
    tops: Mapping[str, str]
    module: str
    short: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def spelled(self, setting: str) -> str:
        """Return `top=card` for `top=short name`, any other setting as it is."""
        top, _, name = setting.partition("=")
        found = self.short.get(top.strip(), {}).get(name.strip())
        return setting if found is None else f"{top}={found}"


def from_noise(name: str, summary: str, rule: str, data_set: str) -> Scenario:
    """Return a training of a layered network by noise on the analogue array."""
    rules = {other: f"{other}_{data_set}" for other in ("np", "anp", "danp", "bp")}
    return Scenario(
        name,
        summary,
        {"board": "anp_array", "noise": "hmm", "learner": rules[rule], name: f"images_{data_set}"},
        "convergence",
        {"learner": rules, "noise": NOISES},
    )


NOISES = {"gauss": "gaussian", "smtj": "telegraph"}  # short names of cards of noise
SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            "sinn-digits",
            "Ten infomorphic neurons learn 8x8 digits on an emulated board (no download).",
            {"board": "lab", "mtj": "vgsot", "learner": "pid_digits", "sinn-digits": "sinn_digits"},
            "sinn",
        ),
        Scenario(
            "sinn-mnist",
            "The published task: ten infomorphic neurons learn MNIST on an emulated board.",
            {"board": "lab", "mtj": "vgsot", "learner": "pid_mnist", "sinn-mnist": "sinn_mnist"},
            "sinn",
        ),
        Scenario(
            "sinn-letters",
            "An associative memory of 35 infomorphic neurons recalls 5x7 letters from noisy cues.",
            {
                "board": "lab",
                "mtj": "vgsot",
                "learner": "pid_letters",
                "sinn-letters": "sinn_letters",
            },
            "letters",
        ),
        Scenario(
            "sinn-clusters",
            "Two infomorphic neurons find the clusters of the breast cancer data without labels.",
            {
                "board": "lab",
                "mtj": "vgsot",
                "learner": "pid_clusters",
                "sinn-clusters": "sinn_clusters",
            },
            "clusters",
        ),
        Scenario(
            "psw-curve",
            "The board measures its own switching probability; a, b and c0 are fitted back.",
            {"board": "lab", "mtj": "vgsot", "psw-curve": "psw_curve"},
            "psw_curve",
        ),
        Scenario(
            "rv-loop",
            "Resistance against V_SOT, up and down: the switching voltage of each direction.",
            {"board": "lab", "mtj": "vgsot", "rv-loop": "rv_loop"},
            "rv_loop",
        ),
        Scenario(
            "sinn-draws",
            "Accuracy against energy and latency: one draw, votes of up to 100, the limit.",
            {"board": "lab", "mtj": "vgsot", "learner": "pid_digits", "sinn-draws": "sinn_draws"},
            "draws",
        ),
        Scenario(
            "sinn-variation",
            "Accuracy against device variation, before and after the board has calibrated itself.",
            {
                "board": "lab",
                "mtj": "vgsot",
                "learner": "pid_digits",
                "sinn-variation": "sinn_variation",
            },
            "variation",
        ),
        Scenario(
            "write-energy",
            "Write energy and switching probability against pulse width, both directions.",
            {
                "board": "fpga",
                "mtj": "vgsot",
                "pulse": "write_pulse",
                "write-energy": "write_energy",
            },
            "write_energy",
        ),
        Scenario(
            "smtj-noise",
            "An oscilloscope watches the telegraph noise of an sMTJ at three fields.",
            {"board": "scope", "noise": "telegraph", "smtj-noise": "smtj_noise"},
            "smtj_noise",
        ),
        from_noise(
            "anp-mnist",
            "One layer learns MNIST from the noise of its junctions, on an analogue array.",
            "anp",
            "mnist",
        ),
        from_noise(
            "danp-mnist",
            "Three hidden layers learn MNIST from noise, their inputs decorrelated.",
            "danp",
            "mnist",
        ),
        from_noise("danp-cifar10", "The same network learns CIFAR-10.", "danp", "cifar10"),
        Scenario(
            "sampling-interval",
            "Accuracy, time and energy against the time between two passes of a sample.",
            {
                "board": "anp_array",
                "noise": "telegraph",
                "learner": "anp_mnist",
                "sampling-interval": "sampling_interval",
            },
            "sampling",
            {"noise": NOISES},
        ),
        Scenario(
            "anp-robustness",
            "How little rate and noise matter: accuracy along five slices, backpropagation beside.",
            {
                "board": "anp_array",
                "noise": "gaussian",
                "learner": "anp_mnist",
                "anp-robustness": "anp_robustness",
            },
            "robustness",
            {"noise": NOISES},
        ),
        from_noise("danp-cifar100", "The same network learns CIFAR-100.", "danp", "cifar100"),
    )
}


def find(name: str) -> Scenario:
    """Return a scenario by name; raises `ConfigError` with the nearest name."""
    if name not in SCENARIOS:
        raise ConfigError(f"scenario '{name}' is unknown{nearest(name, SCENARIOS)}")
    return SCENARIOS[name]
