"""The folders are the architecture: imports point down, there are no cycles, one place runs time.

Imports are read from the source, those under `TYPE_CHECKING` and inside functions included.
"""

from __future__ import annotations

import ast
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ALLOWED = {
    "emulator": set(),
    "devices": {"emulator"},
    "learning": {"emulator"},
    "controllers": {"emulator", "devices"},
    "scenarios": {"emulator", "devices", "learning", "controllers"},
}
# Who may know SimPy at all: the kernel, and what schedules on it.
SIMPY = {"emulator", "controllers"}
YARDSTICK = "scenarios.bench"  # times bare SimPy beside the emulator; nothing of ours runs in it


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    module_of(path): path for package in ALLOWED for path in sorted((ROOT / package).rglob("*.py"))
}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def resolve(module: str, node: ast.ImportFrom) -> str:
    """The absolute name of the module that a `from ... import` names."""
    if not node.level:
        return node.module or ""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module else package


@cache
def imports(module: str) -> set[str]:
    """Everything that a module imports, by absolute name; submodules by their own name."""
    found: set[str] = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = resolve(module, node)
            names = {f"{base}.{alias.name}" for alias in node.names}
            submodules = names & MODULES.keys()
            found |= submodules
            if len(submodules) < len(names):
                found.add(base)
    return found


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    own = module.split(".")[0]
    packages = {name.split(".")[0] for name in imports(module)} & ALLOWED.keys()
    assert packages <= ALLOWED[own] | {own}


def test_no_module_imports_itself_by_any_detour():
    graph = {module: imports(module) & MODULES.keys() for module in MODULES}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, naming the cycle
    assert set(order) == MODULES.keys()


def calls(module: str, method: str) -> list[str]:
    """The receivers on which a module calls `method`, as they are written."""
    return [
        ast.unparse(node.func.value)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == method
    ]


def environments(receivers: list[str]) -> list[str]:
    return [name for name in receivers if name.split(".")[-1].strip("_") in {"env", "environment"}]


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {YARDSTICK}))
def test_nobody_runs_simpy(module):
    """Whoever leads the clock does it through `Emulator.advance` and `complete`."""
    assert environments(calls(module, "run")) == []


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {"emulator.core"}))
def test_only_the_kernel_steps_the_queue(module):
    attributes = [
        ast.unparse(node)
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and node.attr in {"step", "_queue", "schedule"}
    ]
    assert [a for a in attributes if ".env." in f".{a}" or "._env." in f".{a}"] == []
    assert "simpy.core.EmptySchedule" not in imports(module)


@pytest.mark.parametrize("module", sorted(MODULES.keys() - {YARDSTICK}))
def test_only_the_kernel_and_its_schedulers_know_simpy(module):
    uses = any(name.split(".")[0] == "simpy" for name in imports(module))
    assert not uses or module.split(".")[0] in SIMPY


@pytest.mark.parametrize("module", MODULES)
def test_pint_stays_at_the_configuration_boundary(module):
    assert "pint" not in imports(module) or module == "emulator.units"


@pytest.mark.parametrize("module", MODULES)
def test_torch_and_global_randomness_stay_out_of_the_emulated_world(module):
    package = module.split(".")[0]
    roots = {name.split(".")[0] for name in imports(module)}
    if package in {"emulator", "devices", "controllers"}:
        assert not roots & {"torch", "random", "time", "datetime"}
        assert not any("random" in ast.unparse(n) for n in ast.walk(tree(module))
                       if isinstance(n, ast.Attribute) and n.attr == "default_rng")  # fmt: skip


def test_every_folder_is_looked_at():
    assert {module.split(".")[0] for module in MODULES} == ALLOWED.keys()
    assert len(MODULES) > 50
