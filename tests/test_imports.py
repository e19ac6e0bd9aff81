"""What loads when, and who may lean on whom: every import of every file is read, also those inside functions."""

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import deeplinear

HOUSE = Path(deeplinear.__file__).parent
HEAVY = ["jax", "matplotlib", "torch", "pandas", "scipy", "sklearn", "typer"]
# Floors from the ground up, and the rooms of each. A room leans on lower floors, and on rooms before it on its own.
FLOORS = [
    ["messages", "summary", "lazy", "memory", "progress_line", "arrays", "arguments", "frames", "draw"],
    ["activations", "task", "weights", "curve", "haar", "network"],
    ["sweep", "reduction", "data"],
    ["initial", "exact", "simulate", "spectra"],
    ["curvature", "kernels", "generalisation", "development", "propagation"],
    ["figures", "report", "cli"],
]
ROOMS = [room for floor in FLOORS for room in floor]
WITNESSES = [("exact", "simulate"), ("propagation", "simulate")]  # each tests the other: neither leans on the other


def test_import_is_light_and_quick():
    code = f"import sys, deeplinear; print([m for m in {HEAVY!r} if m in sys.modules])"
    command = [sys.executable, "-c", code]
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        found = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        times.append(time.perf_counter() - begun)
        assert found.stdout.strip() == "[]"
    assert min(times) < 0.5 * (1 if not os.environ.get("PYTEST_XDIST_WORKER") else 2)  # two workers share two cores


def module_of(path):
    """The dotted name of a file's module."""
    parts = path.relative_to(HOUSE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in HOUSE.rglob("*.py")}


def only_for_types(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imports_of(path, *, types):
    """Modules of the package that a file imports, by statements of any kind and anywhere; those only for types if asked."""
    waiting = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path} has a relative import"
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "deeplinear":
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in FILES else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "deeplinear")
        children = node.orelse if only_for_types(node) and not types else ast.iter_child_nodes(node)
        waiting.extend(children)


def room_of(module):
    return module.split(".")[1] if "." in module else "the root"


def circles(arrows):
    """Sets of modules each of which leads to all others of its set."""
    reach = {module: {module} for module in arrows}
    grown = True
    while grown:
        grown = False
        for module, targets in arrows.items():
            wider = reach[module].union(*(reach[target] for target in targets))
            grown, reach[module] = grown or len(wider) > len(reach[module]), wider
    return {frozenset(b for b in reach[a] if a in reach[b]) for a in arrows} - {frozenset([a]) for a in arrows}


def test_every_room_has_a_floor():
    assert {room_of(module) for module in FILES} - {"the root"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_run_one_way(room):
    allowed = set(ROOMS[: ROOMS.index(room) + 1])
    apart = {other for pair in WITNESSES if room in pair for other in pair} - {room}
    for module, path in FILES.items():
        if room_of(module) == room:
            found = {room_of(target) for target in imports_of(path, types=True)}
            assert found <= allowed - apart, path


def test_no_circles():
    assert circles({module: set(imports_of(path, types=False)) - {module} for module, path in FILES.items()}) == set()


def test_a_circle_is_seen():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc")}
    assert circles({"a": {"b"}, "b": set()}) == set()


def test_every_public_name_is_there():
    for name in deeplinear.__all__:
        assert getattr(deeplinear, name) is not None
    assert set(deeplinear.LAZY) <= set(deeplinear.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = deeplinear.nonsense


def test_the_version_is_that_of_the_project():
    import importlib.metadata

    assert deeplinear.__version__ == importlib.metadata.version("deeplinear")
    assert "__version__" in dir(deeplinear)
