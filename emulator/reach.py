"""Which functions a kernel is made of, and a digest of everything that they say.

A law names other functions and constants; compiled code is as old as the oldest of them.
"""

from __future__ import annotations

import contextlib
import dis
import hashlib
import importlib
import inspect
import os
import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

import numpy as np

_FOREIGN = sys.stdlib_module_names | {"numpy", "numba", "llvmlite"}
_IDLE = {"NUMBA_NUM_THREADS", "NUMBA_THREADING_LAYER", "NUMBA_CACHE_DIR"}
# Without checks for a division by zero loops can vectorise. fastmath would change bits.
OPTIONS = {"error_model": "numpy", "nogil": True, "fastmath": False}


def late(module: str) -> Any:
    """Import what takes long and what only some releases have types for."""
    return importlib.import_module(module)


def reachable(root: Callable[..., Any]) -> tuple[FunctionType, ...]:
    """Return `root` and every plain function that it reaches by name, in order of appearance.

    Names are globals, closure variables and attributes of modules and classes, in nested code
    too. Functions of the standard library, NumPy and numba are left out: numba brings its own.
    """
    found = {plain(root): None}
    waiting = [*found]
    while waiting:
        named = [value for _, value in _named(waiting.pop(0)) if _is_own(value)]
        waiting += (new := [f for f in dict.fromkeys(named) if f not in found])
        found.update(dict.fromkeys(new))
    return tuple(found)


def digest(root: Callable[..., Any]) -> str:
    """Return a hex digest of everything that the compiled code of `root` is made from.

    The code (not comments nor places) and defaults of all reachable functions, the values that
    they name, the versions of Python, numba, llvmlite and NumPy, and NUMBA_* in the environment.
    Raises `TypeError` for a value that cannot be compared with that of another process.
    """
    packages = [late(name).__version__ for name in ("numba", "llvmlite", "numpy")]
    settings = sorted(item for item in os.environ.items() if _decides(item[0]))
    parts: list[object] = [sys.version, packages, settings, sorted(OPTIONS.items())]
    for function in reachable(root):
        parts.append((name_of(function), _content(inspect.unwrap(function).__code__)))
        parts += ((path, _value(function, path, value)) for path, value in _named(function))
        defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).items())
        parts.append(_value(function, "defaults", defaults))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _decides(variable: str) -> bool:
    """True for an environment variable that may decide which code numba makes."""
    return variable.startswith("NUMBA_") and variable not in _IDLE


def plain(root: Callable[..., Any]) -> FunctionType:
    """Return `root`; raises `TypeError` unless it is a plain Python function."""
    if not isinstance(root, FunctionType):
        raise TypeError(f"{root!r} is not a plain Python function")
    return root


def name_of(named: Any) -> str:
    """Return the dotted name of a function or class."""
    return f"{named.__module__}.{named.__qualname__}"


def fields_of(kind: object) -> tuple[str, ...]:
    """Return the fields of a NamedTuple class, which compiled code knows by their places only."""
    return getattr(kind, "_fields", ()) if isinstance(kind, type) else ()


def _is_own(value: object) -> bool:
    return isinstance(value, FunctionType) and not _is_foreign(value)


def _is_foreign(value: object) -> bool:
    module = getattr(value, "__module__", None) or ""
    return callable(value) and module.partition(".")[0] in _FOREIGN


def _named(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield (dotted name, value) of every global and closure variable in the code."""
    function = inspect.unwrap(function)
    scope = dict(function.__globals__)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # a cell that is not filled yet
            scope[name] = cell.cell_contents
    for first, *rest in _paths(function.__code__, function.__code__.co_freevars):
        value = scope.get(first, scope)  # the scope itself: a builtin
        path = first
        while rest and isinstance(value, ModuleType | type) and hasattr(value, rest[0]):
            path, value = f"{path}.{rest[0]}", getattr(value, rest.pop(0))
        if value is not scope:
            yield path, value


def _paths(code: CodeType, closure: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield ["module", "attribute", ...] for every name that is not local, nested code included."""
    path: list[str] = []
    for step in dis.get_instructions(code):
        if path and step.opname in {"LOAD_ATTR", "LOAD_METHOD"}:
            path.append(step.argval)
            continue
        if path:
            yield path
        enclosed = step.opname == "LOAD_DEREF" and step.argval in closure
        path = [step.argval] if enclosed or step.opname == "LOAD_GLOBAL" else []
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _paths(constant, closure)


def _content(code: CodeType) -> object:
    """Return what the code does. The source on disk may be newer than what was imported."""
    constants = [_content(c) if isinstance(c, CodeType) else _literal(c) for c in code.co_consts]
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    return code.co_code, code.co_exceptiontable, names, counts, constants


def _literal(constant: object) -> str:
    """Return the `repr`; that of a set of strings has another order in every process."""
    if isinstance(constant, frozenset):
        return repr(sorted(map(_literal, constant)))
    if isinstance(constant, tuple):
        return repr([*map(_literal, constant)])
    return repr(constant)


def _value(function: FunctionType, path: str, value: Any) -> object:
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        return kind, repr(value.dtype), value.shape, value.tobytes()
    if value is None or isinstance(value, int | float | complex | str | bytes | np.dtype):
        return kind, repr(value)
    if isinstance(value, tuple):
        return kind, [_value(function, path, item) for item in value]
    if isinstance(value, ModuleType):
        return value.__name__
    if isinstance(value, FunctionType | BuiltinFunctionType | type):
        return name_of(value), fields_of(value)
    if isinstance(value, np.ufunc) or (_is_foreign(value) and hasattr(value, "__name__")):
        return kind, value.__name__
    raise TypeError(f"{name_of(function)} names {path}, a {kind}: compiled code cannot keep it")
