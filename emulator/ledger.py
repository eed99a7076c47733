"""The ledger: who was in which state for how long, and who did what how often. Integers only.

Law, tested for every run: for every part the residencies of its states sum to the emulated time,
to the picosecond. Joules appear only when a price list is applied (`emulator.prices`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Group = Literal["device", "front_end", "controller", "link", "host"]


class Books(Protocol):
    """What `enter` keeps, of an `Account` or of a row of an array."""

    current: int
    since: int
    residency: Any


def enter(account: Books, state: int, t_ps: int) -> None:
    """Leave the present state for `state` at `t_ps`; what elapsed is booked.

    Raises `ValueError` if time runs backwards. The law of both engines.
    """
    elapsed = t_ps - account.since
    if elapsed < 0:
        raise ValueError("time runs backwards: a state ends before it began")
    account.residency[account.current] += elapsed
    account.current = state
    account.since = t_ps


class Account:
    """The books of one part (a bank of `bank` equal units that change state together).

    Residencies and counts are those of one unit.

    `enter` and `count` are the only two entries. States and actions are addressed by their index
    in the tuples given at opening, because this is called for every event of a run.
    """

    __slots__ = ("actions", "bank", "counts", "current", "group", "part", "residency", "since",
                 "states")  # fmt: skip
    enter = enter

    def __init__(
        self, part: str, group: Group, states: Sequence[str], actions: Sequence[str], bank: int
    ) -> None:
        self.part, self.group, self.bank = part, group, bank
        self.states, self.actions = tuple(states), tuple(actions)
        self.residency = [0] * len(self.states)
        self.counts = [0] * len(self.actions)
        self.current = 0
        self.since = 0

    @property
    def state(self) -> str:
        """The state the part is in."""
        return self.states[self.current]

    def count(self, action: int, n: int = 1) -> None:
        """Book `n` of an action."""
        self.counts[action] += n

    def settle(self, t_ps: int) -> None:
        """Book the present state up to `t_ps` without leaving it."""
        self.enter(self.current, t_ps)


@dataclass(frozen=True)
class Entry:
    """One line of the books: a state with its residency or an action with its count.

    `window_*` is the share inside update windows, where the time and energy *per update* are
    taken; the other figure covers the whole run.
    """

    part: str
    group: Group
    kind: Literal["state", "action"]
    name: str
    bank: int
    amount: int  # ps of residency, or a count; for one unit of the bank
    window_amount: int


class Ledger:
    """All accounts of an emulator."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self._window: dict[str, tuple[list[int], list[int]]] = {}
        self._base: dict[str, tuple[list[int], list[int]]] = {}
        self.window_ps = 0
        self._opened_at: int | None = None

    def open(
        self,
        part: str,
        group: Group,
        states: Sequence[str] = ("on",),
        actions: Sequence[str] = (),
        bank: int = 1,
    ) -> Account:
        """Open the account of a part; it starts in the first state at time 0.

        Raises `ValueError` for a name that is taken, and inside an update window.
        """
        if part in self.accounts:
            raise ValueError(f"two parts are called '{part}'")
        if self._opened_at is not None:
            raise ValueError(f"'{part}' is opened inside an update window")
        account = self.accounts[part] = Account(part, group, states, actions, bank)
        self._window[part] = ([0] * len(account.states), [0] * len(account.actions))
        return account

    def open_window(self, t_ps: int) -> None:
        """Begin an update window."""
        if self._opened_at is not None:
            raise ValueError("an update window is open already")
        self._opened_at = t_ps
        self._base = {part: self._copy(account, t_ps) for part, account in self.accounts.items()}

    def close_window(self, t_ps: int) -> None:
        """End the update window; what was booked since its opening counts as inside."""
        if self._opened_at is None:
            raise ValueError("no update window is open")
        self.window_ps += t_ps - self._opened_at
        self._opened_at = None
        for part, account in self.accounts.items():
            for total, now, before in zip(
                self._window[part], self._copy(account, t_ps), self._base[part], strict=True
            ):
                for i, amount in enumerate(now):
                    total[i] += amount - before[i]

    @staticmethod
    def _copy(account: Account, t_ps: int) -> tuple[list[int], list[int]]:
        account.settle(t_ps)
        return account.residency.copy(), account.counts.copy()

    def entries(self, t_ps: int) -> list[Entry]:
        """Return all lines of the books at `t_ps`, parts in the order of their construction."""
        lines: list[Entry] = []
        for part, account in self.accounts.items():
            account.settle(t_ps)
            residency, counts = self._window[part]
            for kind, names, amounts, inside in (
                ("state", account.states, account.residency, residency),
                ("action", account.actions, account.counts, counts),
            ):
                lines += [
                    Entry(part, account.group, kind, name, account.bank, amount, within)  # type: ignore[arg-type]
                    for name, amount, within in zip(names, amounts, inside, strict=True)
                ]
        return lines

    def amounts(self, t_ps: int) -> list[int]:
        """Return the amounts of `entries(t_ps)` alone, in the same order."""
        found: list[int] = []
        for account in self.accounts.values():
            account.settle(t_ps)
            found += account.residency
            found += account.counts
        return found
