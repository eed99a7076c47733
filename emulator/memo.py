"""Results of a pure law, kept: the event engine asks for the same few levels again and again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

_KEPT = 1 << 16

P = ParamSpec("P")
R = TypeVar("R")


def remembered(law: Callable[P, R]) -> Callable[P, R]:
    """Keep the latest results of `law`, a pure function of positional arguments.

    Compiled code sees the bare law (`__wrapped__`): computing is cheaper there than looking up.
    An argument that cannot be a key (a row of an array) is computed with as well.
    """
    kept: dict[object, R] = {}

    @wraps(law)
    def call(*key: P.args, **none: P.kwargs) -> R:
        try:
            return kept[key]
        except KeyError:
            if len(kept) >= _KEPT:
                kept.clear()
            found = kept[key] = law(*key, **none)
            return found
        except TypeError:
            return law(*key, **none)

    return call
