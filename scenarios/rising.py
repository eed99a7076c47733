"""Lists of numbers that a user writes on one line: "0, 0.05, 0.1"."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from emulator import ConfigError

MOST = 50


@dataclass(frozen=True)
class Rising:
    """A list of at most `MOST` numbers, each above the last and within [`low`, `high`].

    `above`: `low` itself does not belong to it. `such_as` shows how one is written.
    """

    low: float
    high: float
    such_as: str
    above: bool = False

    def words(self, key: str, text: str) -> list[str]:
        """Return the numbers as they are written; raises `ConfigError` that names `key`."""
        words = [word.strip() for word in text.split(",")]
        try:
            values = [float(word) for word in words]
        except ValueError:
            raise ConfigError(
                f"{key} = {text} is not a list of numbers such as {self.such_as}"
            ) from None
        if not all(self._holds(value) for value in values):
            bounds = f"{'(' if self.above else '['}{self.low:g}, {self.high:g}]"
            raise ConfigError(f"{key} = {text}: each must lie in {bounds}")
        if len(values) > MOST or any(b <= a for a, b in pairwise(values)):
            raise ConfigError(f"{key} = {text}: at most {MOST} numbers, each above the last")
        return words

    def _holds(self, value: float) -> bool:
        """Whether a number may be in the list; NaN never is."""
        return self.low <= value <= self.high and not (self.above and value == self.low)
