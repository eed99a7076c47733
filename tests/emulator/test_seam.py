from __future__ import annotations

import re

import numpy as np
import pytest

from emulator import ConfigError, Converter, Drive


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
