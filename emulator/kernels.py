"""Plain Python functions that can run compiled.

A device law is written once, as a plain function: whoever calls it by name runs Python. A `Kernel`
runs the same function, and every function that it reaches, as machine code. The code is kept on
disk, a directory per digest of all these functions and a file per types of arguments, so that
nobody compiles twice and an edited callee is never served stale. numba is imported by the first
call of a kernel, not by this module.

Laws that hold compiled and as plain Python alike stay within: int64, float64, bool, arrays, fields
of records, no division by zero, no integer beyond 64 bits. NUMBA_DISABLE_JIT=1 runs everything as
plain Python.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import os
import pickle
import re
import shutil
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from types import FunctionType
from typing import Any, Generic, ParamSpec, TypeVar

from .reach import OPTIONS, digest, fields_of, late, name_of, plain, reachable

if sys.platform != "win32":
    import fcntl

P = ParamSpec("P")
R = TypeVar("R")

_UNUSED_S = 30 * 86400  # a digest that nobody used for so long is forgotten
_POLL_S, _POLLS = 0.1, 1200  # how long to wait for another process: 2 minutes in all

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("listener", default=None)
_building = threading.Lock()
_jitable: set[FunctionType] = set()


@contextlib.contextmanager
def announcing(listener: Callable[[str], None]) -> Iterator[None]:
    """Within this context `listener` is told of every compile, before it begins.

    Elsewhere kernels are silent; another thread is elsewhere.
    """
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def _tell(notice: str) -> None:
    listener = _listener.get()
    if listener is not None:
        listener(notice)


class Kernel(Generic[P, R]):
    """`root`, compiled on the first call with new types of arguments, or loaded from the cache."""

    def __init__(self, root: Callable[P, R]) -> None:
        """Raise `TypeError` unless `root` is a plain Python function."""
        self.root: Callable[P, R] = plain(root)
        self._store: _Store | None = None
        self._compiled: Callable[..., Any] | None = None

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what `root` returns; raises what it raises, and numba's errors for its code."""
        compiled = self._compiled
        if compiled is None:
            compiled = self._build()
        try:
            return compiled(*args, **kwargs)  # type: ignore[no-any-return]
        except BaseException:
            # A compile that was interrupted must not keep other processes waiting.
            if self._store is not None:
                self._store.release()
            raise

    def _build(self) -> Callable[..., Any]:
        with _building:
            if self._compiled is None:
                if late("numba").config.DISABLE_JIT:
                    self._compiled = self.root
                else:
                    self._store = _Store(self.root)
                    self._compiled = _dispatcher(self.root, self._store)
        return self._compiled


def _dispatcher(root: Callable[..., Any], store: _Store) -> Callable[..., Any]:
    for function in reachable(root):
        if function is not root and function not in _jitable:
            _make_jitable(function)
            _jitable.add(function)
    dispatcher: Any = late("numba").njit(**OPTIONS)(root)
    # numba's own file cache would look at the file of the root only, not at its callees, and two
    # processes with different types of arguments could overwrite each other's code there.
    dispatcher._cache = store
    return dispatcher  # type: ignore[no-any-return]


def _make_jitable(function: FunctionType) -> None:
    """Let compiled code call a plain function, or the law inside a wrapper of one."""
    law: Callable[..., Any] = inspect.unwrap(function)

    def source(*args: object, **kwargs: object) -> Callable[..., Any]:
        return law

    late("numba.extending").overload(function, jit_options=OPTIONS, strict=False)(source)


# Where compiled code is kept


class _Store:
    """The compiled code of one kernel, for its dispatcher: a file per types of arguments.

    It is written to the first place that can be, and also looked for in those before it: code that
    was installed with a program, read-only, is of use.
    """

    def __init__(self, root: Callable[..., Any]) -> None:
        self._name = name_of(root)
        name, version = re.sub(r"[^\w.]", "_", self._name), digest(root)[:20]
        places = (place / name / version for place in _roots())
        self._directory, self._installed = _first_writable(places)
        self._held: int | None = None  # a locked file: held from a miss until the code is saved

    def load_overload(self, signature: Any, context: Any) -> Any:
        """Return the code for `signature`, or None, having told that a compile will follow."""
        # What compiled code needs to run; what a compiler needs costs ten times as long to import.
        late("numba.core.runtime").rtsys.initialize(context)
        file = _file_of(signature, context.codegen())
        path = None if self._directory is None else self._directory / file
        found = self._read(path, signature, context)
        for place in self._installed:
            found = found or self._read(place / file, signature, context)
        if found is None and path is not None:
            self._lock(path.with_suffix(".lock"))
            found = self._read(path, signature, context)  # it may have come while we waited
        if found is None:
            _tell(f"compiling {self._name}, once")
            context.refresh()
        else:
            self.release()
        return found

    def save_overload(self, signature: Any, result: Any) -> None:
        """Keep `result`. A disk that is full costs the next process a compile, no more."""
        place = self._directory
        try:
            if place is not None and not result.library.has_dynamic_globals:
                content = late("numba.core.serialize").dumps((signature, result._reduce()))
                with contextlib.suppress(OSError):
                    path = place / _file_of(signature, result.codegen)
                    _replace(path, hashlib.sha256(content).digest() + content)
        finally:
            self.release()

    def release(self) -> None:
        """Let other processes go on."""
        held, self._held = self._held, None
        if held is not None:
            os.close(held)

    def _read(self, path: Path | None, signature: Any, context: Any) -> Any:
        # Whatever is wrong with a file of a cache: compiling makes it good.
        with contextlib.suppress(Exception):
            content = b"" if path is None else path.read_bytes()
            if hashlib.sha256(content[32:]).digest() == content[:32]:
                saved, reduced = pickle.loads(content[32:])
                if saved == signature:
                    result = late("numba.core.compiler").CompileResult
                    return result._rebuild(context, *reduced)
        return None

    def _lock(self, path: Path) -> None:
        """Wait for other processes that compile the same; go on if that cannot be known."""
        self.release()
        if sys.platform == "win32":
            return
        try:
            self._held = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            for poll in range(_POLLS):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                if not poll:
                    _tell(f"waiting for another process that compiles {self._name}")
                threading.Event().wait(_POLL_S)
        except OSError:
            self.release()


def _file_of(signature: Any, codegen: Any) -> str:
    """Return the name of the file for types of arguments, on this kind of processor.

    Two NamedTuples of one name and other fields are two types, which numba tells apart by the
    class alone.
    """
    key = f"{signature} {_fields(signature)} {codegen.magic_tuple()}"
    return f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.code"


def _fields(kind: Any) -> list[object]:
    """Return the fields of all NamedTuples in types, those within others too."""
    if isinstance(kind, tuple):
        return [_fields(each) for each in kind]
    inner = getattr(kind, "types", ())
    return [*fields_of(getattr(kind, "instance_class", None)), *map(_fields, inner)]


def _replace(path: Path, content: bytes) -> None:
    """Write a file that appears all at once."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _first_writable(places: Iterator[Path]) -> tuple[Path | None, list[Path]]:
    """Return the first directory that can be written, marked as used, and those before it."""
    others = []
    for directory in places:
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=directory).close()
            os.utime(directory)
            _forget_unused(directory)
        except OSError:
            others.append(directory)
        else:
            return directory, others
    return None, others


def _roots() -> Iterator[Path]:
    chosen, xdg = os.environ.get("SPINBOARD_CACHE"), os.environ.get("XDG_CACHE_HOME", "")
    home = os.path.expanduser("~")  # "~" if nobody knows
    if chosen:
        yield Path(chosen).absolute()
    elif os.path.isabs(xdg):
        yield Path(xdg) / "spinboard"
    elif os.path.isabs(home):
        yield Path(home) / ".cache" / "spinboard"
    with contextlib.suppress(OSError):
        yield from _private_temporary()


def _private_temporary() -> Iterator[Path]:
    """Yield a directory in the common place for temporary files, if it is ours alone."""
    if sys.platform == "win32":
        return
    path = Path(tempfile.gettempdir()) / f"spinboard-{os.geteuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.lstat()  # others can write beside us: a link could lead anywhere
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    if ours and not status.st_mode & 0o077:
        yield path


def _forget_unused(directory: Path) -> None:
    """Remove the other versions of the same kernel that nobody has used for long."""
    now = directory.stat().st_mtime
    for other in directory.parent.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another process forgets it too
            age = now - other.stat().st_mtime
            if age > _UNUSED_S and re.fullmatch("[0-9a-f]{20}", other.name):
                shutil.rmtree(other, ignore_errors=True)
