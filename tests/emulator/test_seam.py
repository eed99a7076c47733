from __future__ import annotations

import re

import numpy as np
import pytest

from emulator import ConfigError, Converter, Drive, PassGrid


def test_a_drive_is_as_long_as_its_rows():
    assert len(Drive(np.zeros((3, 2)), np.zeros((3, 2)))) == 3
    assert len(Drive(np.zeros((0, 2)), np.zeros((0, 2)))) == 0


@pytest.mark.parametrize("shapes", [((3, 2), (2, 3)), ((3,), (3,)), ((3, 2, 1), (3, 2, 1))])
def test_drives_that_do_not_fit_are_refused(shapes):
    r, c = (np.zeros(shape) for shape in shapes)
    message = f"Drive.r {shapes[0]} and Drive.c {shapes[1]} must be (n, D)"
    with pytest.raises(ConfigError, match=re.escape(message)):
        Drive(r, c)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_drive_must_be_finite(bad):
    good, wrong = np.zeros((2, 2)), np.array([[0.0, bad], [0.0, 0.0]])
    for r, c in ((wrong, good), (good, wrong)):
        with pytest.raises(ConfigError, match="Drive: a value is NaN or infinite"):
            Drive(r, c)


@pytest.mark.parametrize(("full_scale", "bits"), [(16.0, 12), (0.01, 1), (3.0, 24)])
def test_the_codes_of_a_converter_span_its_full_scale(full_scale, bits):
    found = Converter(full_scale, bits)
    assert found.highest - found.lowest + 1 == 2**bits
    assert found.lowest * found.step == -full_scale / 2
    assert found.highest * found.step == pytest.approx(full_scale / 2 - found.step, abs=1e-12)


def test_passes_belong_to_samples_in_turn():
    when = PassGrid(first_ps=100, interval_ps=7, passes=6, per_sample=2)
    assert when.samples == 3
    assert when.times.tolist() == [100, 107, 114, 121, 128, 135]
    assert when.last_ps == 135
    assert when.part(1, 2).times.tolist() == when.times[2:].tolist()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((-1, 5, 2), "from -1 ps on, every 5 ps: time begins at 0 and goes forward"),
        ((0, 0, 2), "every 0 ps: time begins at 0 and goes forward"),
        ((0, 5, 0), "0 passes are no whole samples of 1"),
        ((0, 5, 3, 2), "3 passes are no whole samples of 2"),
        ((0, 5, 3, 0), "3 passes are no whole samples of 0"),
        ((0, 2**62, 4), f"4 passes end at {3 * 2**62} ps, beyond {2**63 - 1}"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(numbers, message):
    with pytest.raises(ConfigError, match=message):
        PassGrid(*numbers)
