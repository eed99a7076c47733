"""Pulses that span more writes of a line than a row of the machine holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from devices.line import PAST
from emulator import SequenceError


@contextmanager
def held(board: str) -> Iterator[None]:
    """Around a kernel: raise `SequenceError` where it asks for a level that is held no more."""
    try:
        yield
    except ValueError as error:
        raise SequenceError(
            f"{board}: {error}: a pulse spans more than {PAST} writes of a line, which the "
            "compiled engine does not hold; use engine=event"
        ) from None
