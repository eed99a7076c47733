from __future__ import annotations

import numpy as np
import pytest

from emulator import Stream
from emulator.kernels import Kernel
from emulator.planes import words

WORDS = Kernel(words)


@pytest.mark.parametrize("block", [0, 1, 7, 2**32 - 1, 2**32, 2**40 + 3])
@pytest.mark.parametrize("run", [WORDS, words], ids=["compiled", "plain"])
def test_planes_hold_the_draws_of_a_stream(run, block):
    devices = 1030 if run is WORDS else 5
    stream = Stream(11, "part", 3, devices)
    planes = np.empty((4, devices), dtype=np.uint32)
    key0, key1 = stream.key
    run(np.uint64(key0), np.uint64(key1), np.uint64(3), block, planes)
    for device in (0, 1, 3, devices - 1):
        assert planes[:, device].tolist() == stream.words(4 * block, 4, device).tolist()
