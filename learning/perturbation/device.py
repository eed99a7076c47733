"""Where PyTorch computes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

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


@contextmanager
def fitting(sizes: Sequence[int]) -> Iterator[None]:
    """While a network of these widths is made: raise `ConfigError` if it is too large to be held.

    PyTorch has an error of its own for a GPU that is full, none for the main memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        full = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not full and "allocate memory" not in str(error):
            raise
        widths = "-".join(map(str, sizes))
        raise ConfigError(f"learner: a network of {widths} does not fit into the memory") from None
