"""Where PyTorch computes."""

from __future__ import annotations

import torch

from emulator import ConfigError


def device_of(name: str) -> torch.device:
    """Return the device called `cpu` or `cuda`; raises `ConfigError` if it is not there.

    Matrices are multiplied by one thread, as everywhere here: these are too small to gain from
    more, and the result does not depend on the number of cores.
    """
    torch.set_num_threads(1)
    if name == "cuda" and not torch.cuda.is_available():
        raise ConfigError("learner.device = cuda: PyTorch finds no CUDA device; known here: cpu")
    return torch.device(name)
