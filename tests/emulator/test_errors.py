from __future__ import annotations

import pytest

import emulator
from emulator import ConfigError, DataError, PriceError, SequenceError, SpinboardError, nearest


def test_the_nearest_name_comes_first_and_all_are_listed_in_order():
    assert nearest("fpgaa", ["lab", "fpga", "asic"]) == (
        " (did you mean 'fpga'? known: asic, fpga, lab)"
    )
    assert nearest("zzz", ["lab", "fpga"]) == " (known: fpga, lab)"


@pytest.mark.parametrize("kind", [ConfigError, DataError, PriceError, SequenceError])
def test_an_error_can_be_raised_again_from_its_one_message(kind):
    error = kind("what, where")
    assert issubclass(kind, SpinboardError)
    assert str(kind(*error.args)) == "what, where"


def test_the_table_of_contents_is_complete():
    assert [name for name in emulator.__all__ if not hasattr(emulator, name)] == []
    assert emulator.__all__ == sorted(set(emulator.__all__), key=emulator.__all__.index)
