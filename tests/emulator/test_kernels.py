from __future__ import annotations

import fcntl
import hashlib
import importlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
import textwrap
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest

from emulator import kernels
from emulator.kernels import Kernel, announcing, digest, reachable

ROOT = Path(__file__).parents[2]
ACCOUNT = [("state", np.int64), ("since", np.int64), ("residency", np.int64, (3,))]
ANSWER = [14.0, [[120, 120, 120], [150, 120, 120]]]
COMPILING = "compiling law.run, once"

LAW = """
import math
import numpy as np
import aux_law as aux
from aux_law import enter

SCALE = 2.0
TABLE = np.array([0, 1, 2])


def run(accounts, n):
    total = 0.0
    for i in range(n):
        enter(accounts[i % 2], TABLE[i % 3], 30 * i)
        total += math.sqrt(aux.square(i % 2)) * SCALE
    return total


def add(x):
    return x + aux.shifted(100)
"""
AUX = """
OFFSET = 0


def enter(account, state, t):
    account.residency[account.state] += t - account.since
    account.state = state
    account.since = t


def square(x):
    return shifted(x) ** 2


def shifted(x):
    return x + OFFSET
"""
PROCESS = """
import json, sys
import numpy as np
import law
from emulator.kernels import Kernel, announcing

assert "numba" not in sys.modules
fields = [("state", np.int64), ("since", np.int64), ("residency", np.int64, (3,))]
accounts = np.zeros(2, fields).view(np.recarray)
notices = []
with announcing(notices.append):
    total = Kernel(law.run)(accounts, 14)
compiled = any(notice.startswith("compiling") for notice in notices)
assert compiled == ("numba.np.linalg" in sys.modules)  # a compiler takes long to import
print(json.dumps([[total, accounts.residency.tolist()], notices]))
"""


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_DISABLE_JIT", raising=False)
    monkeypatch.setenv("SPINBOARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def sources(tmp_path, cache, monkeypatch):
    """A folder with law.py and aux_law.py, from which modules can be imported."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "law.py").write_text(LAW)
    (folder / "aux_law.py").write_text(AUX)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield folder
    forget()


def forget():
    sys.modules.pop("law", None)
    sys.modules.pop("aux_law", None)
    importlib.invalidate_caches()


def imported():
    """The module law, as a new process would see it."""
    forget()
    return importlib.import_module("law")


def edit(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def add(x):
    """`law.add(x)` by a new kernel: (result, notices)."""
    notices = []
    with announcing(notices.append):
        result = Kernel(imported().add)(x)
    return result, notices


def codes(folder):
    return sorted(folder.rglob("*.code"))


def started(sources, cache, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA_")}
    paths = os.pathsep.join([str(ROOT), str(sources)])
    env = clean | {"PYTHONPATH": paths, "SPINBOARD_CACHE": str(cache)} | environment
    command = [sys.executable, "-W", "error", "-c", PROCESS]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finished(process):
    """(answer, notices) that a process printed, and nothing else."""
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err.decode()) == (0, "")
    return json.loads(out)


# What a kernel is made from


def test_everything_that_is_named_is_reached_once_and_in_order(sources):
    names = [f.__qualname__ for f in reachable(imported().run)]
    assert names == ["run", "enter", "square", "shifted"]


def helper(x):
    return x


def through(function):
    def inner(x):
        return [function(i) + helper(i) for i in range(x)]

    return inner


def test_nested_code_and_closures_are_reached():
    def local(x):
        return x

    inner = through(local)
    assert reachable(inner) == (inner, local, helper)


def test_only_plain_functions_can_be_kernels():
    with pytest.raises(TypeError, match=r"<built-in function len> is not a plain Python function"):
        Kernel(len)
    with pytest.raises(TypeError, match="is not a plain Python function"):
        reachable(Kernel(helper))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("law.py", "30 * i", "31 * i"),
        ("law.py", "SCALE = 2.0", "SCALE = 2.5"),
        ("law.py", "np.array([0, 1, 2])", "np.array([0, 2, 1])"),
        ("law.py", "def run(accounts, n)", "def run(accounts, n=3)"),
        ("aux_law.py", "x + OFFSET", "x - OFFSET"),
        ("aux_law.py", "OFFSET = 0", "OFFSET = 0.0"),
        ("aux_law.py", "OFFSET = 0", "OFFSET = -3"),
        ("aux_law.py", "OFFSET = 0", "OFFSET = (0, 1)"),
    ],
)
def test_the_digest_depends_on_callees_and_constants(sources, file, old, new):
    before = digest(imported().run)
    edit(sources / file, old, new)
    assert digest(imported().run) != before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("law.py", "\n\ndef run", "\n# a comment\n\n\ndef run"),
        ("law.py", "aux.shifted(100)", "aux.shifted(101)"),
        ("aux_law.py", "OFFSET = 0", "OFFSET = 0\nUNUSED = 5"),
    ],
)
def test_the_digest_depends_on_nothing_else(sources, file, old, new):
    before = digest(imported().run)
    edit(sources / file, old, new)
    assert digest(imported().run) == before


def test_the_digest_is_that_of_the_code_that_was_imported(sources):
    law = imported()
    before = digest(law.run)
    edit(sources / "aux_law.py", "x + OFFSET", "x - OFFSET")
    assert digest(law.run) == before


def test_the_digest_depends_on_settings_of_the_compiler(sources, monkeypatch):
    before = digest(imported().run)
    monkeypatch.setenv("NUMBA_BOUNDSCHECK", "1")
    assert digest(imported().run) != before


class Mode(IntEnum):
    READ = 0
    WRITE = 1


SOME = {1: 2}


def test_members_of_classes_are_constants_and_dictionaries_are_refused():
    def mode():
        return Mode.WRITE

    def refused():
        return SOME[1]

    before = digest(mode)
    mode.__globals__["Mode"] = IntEnum("Mode", {"READ": 1, "WRITE": 0})
    try:
        assert digest(mode) != before
    finally:
        mode.__globals__["Mode"] = Mode
    with pytest.raises(TypeError, match=r"refused names SOME, a builtins.dict: compiled code"):
        digest(refused)


# What compiled code computes


def accounts():
    return np.zeros(2, ACCOUNT).view(np.recarray)


def test_records_compiled_and_plain_are_the_same(sources):
    law, records, plain = imported(), accounts(), accounts()
    total = Kernel(law.run)(records, 14)
    assert [total, records.residency.tolist()] == ANSWER
    assert law.run(plain, 14) == total
    assert (plain == records).all()


def divided(a, b):
    return a // b, a % b


def test_floor_division_and_modulo_are_those_of_python(cache):
    kernel = Kernel(divided)
    whole = [(a, b) for a in (-(2**62), *range(-9, 10), 2**62) for b in (-4, -3, -1, 1, 2, 7)]
    real = [(a / 4, b) for a in range(-37, 38, 3) for b in (-2.5, -1.0, 0.3, 4.0)]
    for a, b in [*whole, *real]:
        assert kernel(a, b) == divided(a, b)


def compensated(values):
    """Kahan's sum: what it recovers is zero to anyone who reorders the operations."""
    total = lost = 0.0
    for value in values:
        shifted = value * value - lost
        new = total + shifted
        lost = (new - total) - shifted
        total = new
    return total


def test_no_bit_is_lost_to_another_order_or_a_fused_operation(cache):
    values = np.random.default_rng(3).normal(0, 1e8, 1001)
    assert Kernel(compensated)(values) == compensated(values.tolist())


def inverse(x):
    return 1.0 / x


def inverted(x):
    return inverse(x)


def picky(x):
    if x > 1:
        raise ValueError("too large")
    return x


def test_errors_of_the_code_arrive_and_division_by_zero_is_none_of_them(cache):
    assert Kernel(inverted)(0.0) == np.inf
    kernel = Kernel(picky)
    assert kernel(x=1) == 1
    with pytest.raises(ValueError, match="too large"):
        kernel(2)


def test_every_type_of_argument_is_its_own(cache):
    notices = []
    kernel = Kernel(helper)
    with announcing(notices.append):
        results = [kernel(x) for x in (2.5, 7, np.float32(2.5), 3.5, 8)]
    assert results == [2.5, 7, 2.5, 3.5, 8]
    assert len(notices) == len(codes(cache)) == 3


# Where compiled code is kept


def test_one_notice_per_cold_kernel_and_none_when_warm(sources, capfd):
    assert add(1) == (101, ["compiling law.add, once"])
    assert add(2) == (102, [])
    assert add(0.5) == (100.5, ["compiling law.add, once"])
    assert add(1.5) == (101.5, [])
    assert Kernel(imported().add)(1j) == 100 + 1j  # nobody listens
    assert capfd.readouterr() == ("", "")


def test_an_edited_callee_is_never_served_stale(sources):
    add(1)
    edit(sources / "aux_law.py", "OFFSET = 0", "OFFSET = 7")
    assert add(1) == (108, ["compiling law.add, once"])
    edit(sources / "aux_law.py", "x + OFFSET", "x - OFFSET")
    assert add(1) == (94, ["compiling law.add, once"])
    edit(sources / "aux_law.py", "x - OFFSET", "x + OFFSET")
    assert add(1) == (108, [])


PAIRS = """
from typing import NamedTuple


class Pair(NamedTuple):
    low: int
    high: int


def taken(pair):
    return pair.low


def made(x):
    return Pair(x, 2 * x).low
"""


@pytest.mark.parametrize("run", ["taken", "made"])
def test_fields_that_change_places_are_never_served_stale(sources, run):
    def result():
        sys.modules.pop("pairs", None)
        importlib.invalidate_caches()
        pairs = importlib.import_module("pairs")
        return Kernel(getattr(pairs, run))(pairs.Pair(low=1, high=2) if run == "taken" else 1)

    (sources / "pairs.py").write_text(PAIRS)
    assert result() == 1
    edit(sources / "pairs.py", "low: int\n    high: int", "high: int\n    low: int")
    assert result() == {"taken": 1, "made": 2}[run]


def test_code_that_was_installed_read_only_is_used(sources, cache, tmp_path, monkeypatch):
    assert add(1) == (101, ["compiling law.add, once"])

    def refused(*args, dir=None, **more):
        if cache in Path(dir).parents:
            raise OSError("read-only file system")
        return temporary(*args, dir=dir, **more)

    temporary, before = tempfile.TemporaryFile, codes(cache)
    monkeypatch.setattr(tempfile, "TemporaryFile", refused)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert add(1) == (101, [])
    edit(sources / "aux_law.py", "OFFSET = 0", "OFFSET = 7")
    assert add(1) == (108, ["compiling law.add, once"])
    assert add(1) == (108, [])
    assert codes(cache) == before


def signed(content):
    return hashlib.sha256(content).digest() + content


@pytest.mark.parametrize(
    "damage",
    [
        lambda good: b"",
        lambda good: b"garbage",
        lambda good: good[:-100],
        lambda good: good[:200] + bytes([good[200] ^ 1]) + good[201:],
        lambda good: signed(b""),
        lambda good: signed(b"no pickle"),
        lambda good: signed(pickle.dumps((pickle.loads(good[32:])[0], ("too", "few")))),
    ],
    ids=["empty", "garbage", "cut", "one bit", "nothing", "no pickle", "other content"],
)
def test_a_damaged_file_is_compiled_again(sources, cache, damage):
    add(1)
    (file,) = codes(cache)
    file.write_bytes(damage(file.read_bytes()))
    assert add(1) == (101, ["compiling law.add, once"])
    assert add(1) == (101, [])


def test_code_for_other_types_is_never_run(sources, cache):
    add(1)
    (first,) = codes(cache)
    add(0.5)
    (second,) = {*codes(cache)} - {first}
    second.write_bytes(first.read_bytes())
    assert add(0.5) == (100.5, ["compiling law.add, once"])


@pytest.mark.slow
def test_two_processes_at_once_compile_once(sources, cache):
    both = [started(sources, cache) for _ in range(2)]
    answers, notices = zip(*map(finished, both), strict=True)
    assert list(answers) == [ANSWER, ANSWER]
    assert [*notices[0], *notices[1]].count(COMPILING) == 1
    assert finished(started(sources, cache)) == [ANSWER, []]


def locked(cache):
    """A file descriptor that holds the lock of the only code in the cache, which is removed."""
    (file,) = codes(cache)
    file.unlink()
    held = os.open(file.with_suffix(".lock"), os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def test_a_process_waits_for_another_that_compiles_the_same(sources, cache):
    add(1)
    (file,) = codes(cache)
    code, held, notices = file.read_bytes(), locked(cache), []

    def other_process_ends(notice):
        notices.append(notice)
        file.write_bytes(code)
        os.close(held)

    with announcing(other_process_ends):
        assert Kernel(imported().add)(1) == 101
    assert notices == ["waiting for another process that compiles law.add"]


def test_a_process_that_hangs_keeps_nobody_for_ever(sources, cache, monkeypatch):
    monkeypatch.setattr(kernels, "_POLLS", 2)
    add(1)
    held = locked(cache)
    waiting = "waiting for another process that compiles law.add"
    assert add(1) == (101, [waiting, "compiling law.add, once"])
    os.close(held)
    assert add(1) == (101, [])


def test_without_locks_all_goes_on(sources, cache, monkeypatch):
    def refuse(held, operation):
        raise OSError("no locks on this file system")

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert add(1) == (101, ["compiling law.add, once"])
    assert add(1) == (101, [])


def test_an_interrupted_compile_lets_others_go_on(sources, cache, monkeypatch):
    monkeypatch.setattr(kernels, "_POLLS", 2)
    add(1)

    def interrupt(notice):
        raise KeyboardInterrupt

    os.close(locked(cache))
    kernel = Kernel(imported().add)
    with announcing(interrupt), pytest.raises(KeyboardInterrupt):
        kernel(1)
    assert add(1) == (101, ["compiling law.add, once"])  # and did not wait
    assert kernel(1) == 101


def test_a_full_disk_costs_only_time(sources, cache, monkeypatch):
    def refuse(source, target):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    assert add(1) == add(1) == (101, ["compiling law.add, once"])
    assert codes(cache) == []
    assert [file.suffix for file in cache.rglob("*") if file.is_file()] == [".lock"]


def test_versions_that_nobody_used_for_a_month_are_forgotten(sources, cache):
    add(1)
    folder = codes(cache)[0].parents[1]
    now = folder.stat().st_mtime
    for name, age_days in {"0" * 20: 31, "1" * 20: 29, "notes": 31}.items():
        (folder / name).mkdir()
        (folder / name / "file").touch()
        os.utime(folder / name, (now, now - age_days * 86400))
    (folder / ("2" * 20)).symlink_to("nowhere")  # as if it had just been removed
    os.utime(codes(cache)[0].parent, (now, now - 31 * 86400))  # old, but used now
    assert add(1) == (101, [])
    kept = {"notes", "1" * 20, "2" * 20, codes(cache)[0].parent.name}
    assert {path.name for path in folder.iterdir()} == kept


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({"SPINBOARD_CACHE": "a", "XDG_CACHE_HOME": "b", "HOME": "c"}, "a"),
        ({"XDG_CACHE_HOME": "b", "HOME": "c"}, "b/spinboard"),
        ({"HOME": "c"}, "c/.cache/spinboard"),
        ({"SPINBOARD_CACHE": "file/a"}, f"temporary/spinboard-{os.geteuid()}"),
        ({"XDG_CACHE_HOME": "file/b"}, f"temporary/spinboard-{os.geteuid()}"),
        ({"HOME": "file"}, f"temporary/spinboard-{os.geteuid()}"),
    ],
)
def test_the_place_of_the_cache(sources, tmp_path, monkeypatch, environment, place):
    (tmp_path / "file").touch()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for name in ("SPINBOARD_CACHE", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    assert add(1) == (101, ["compiling law.add, once"])
    assert [code.parents[2] for code in codes(tmp_path)] == [tmp_path / place]
    assert add(1) == (101, [])


def test_a_home_that_nobody_knows(sources, tmp_path, monkeypatch):
    monkeypatch.delenv("SPINBOARD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert add(1) == (101, ["compiling law.add, once"])
    assert [code.parents[2].name for code in codes(tmp_path)] == [f"spinboard-{os.geteuid()}"]


def occupy(kind, path, elsewhere):
    if kind == "file":
        path.touch()
    elif kind == "link":
        elsewhere.mkdir(mode=0o700)
        path.symlink_to(elsewhere)
    else:
        path.mkdir()
        path.chmod(0o770 if kind == "group" else 0o700)
        if kind == "owner":
            os.chown(path, os.geteuid() + 1, -1)


@pytest.mark.parametrize(
    "kind",
    [
        "file",
        "link",
        "group",
        pytest.param("owner", marks=pytest.mark.skipif(os.geteuid() != 0, reason="needs root")),
    ],
)
def test_a_place_that_is_not_ours_alone_is_not_used(sources, tmp_path, monkeypatch, kind):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    occupy(kind, temporary / f"spinboard-{os.geteuid()}", tmp_path / "elsewhere")
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv("SPINBOARD_CACHE", os.devnull)
    assert add(1) == add(1) == (101, ["compiling law.add, once"])
    assert codes(tmp_path) == []


# Whole processes


def test_sources_that_cannot_be_written(sources, cache):
    (sources / "__pycache__").touch()
    sources.chmod(0o555)
    before = sorted(sources.rglob("*"))
    process = {"HOME": os.devnull, "PYTHONDONTWRITEBYTECODE": ""}
    assert finished(started(sources, cache, **process)) == [ANSWER, [COMPILING]]
    assert finished(started(sources, cache, **process)) == [ANSWER, []]
    assert sorted(sources.rglob("*")) == before
    sources.chmod(0o755)


def test_plain_python_gives_the_same(sources, cache):
    assert finished(started(sources, cache, NUMBA_DISABLE_JIT="1")) == [ANSWER, []]
    assert not cache.exists()


def test_numba_is_not_imported_before_it_is_needed():
    code = """
        import sys
        import emulator.kernels
        print([name for name in sys.modules if name.startswith(("numba", "llvmlite"))])
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    assert subprocess.check_output(command, cwd=ROOT) == b"[]\n"
