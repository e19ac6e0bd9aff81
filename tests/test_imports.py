"""What loads when, and who may lean on whom."""

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
FLOOR = {
    "summary",
    "task",
    "columns",
    "memory",
    "arguments",
    "arrays",
    "messages",
    "alignment",
    "directions",
    "left_out",
    "weights",
    "curve",
    "reduction",
    "progress_line",
    "sweep",
    "storage",
    "orphans",
    "activations",
    "network",
}
ROOMS = {
    "data": FLOOR,
    "exact": FLOOR,
    "simulate": FLOOR,
    "initial": FLOOR | {"simulate"},  # directly sampled starts are cut down by simulate.closure
    "figures": FLOOR | {"data", "initial", "exact", "simulate", "spectra", "propagation"},
    "spectra": FLOOR | {"initial"},  # products are turned by Haar matrices
    "propagation": FLOOR | {"spectra", "initial"},
    "report": FLOOR | {"data", "initial", "exact", "simulate", "spectra", "figures"},
}


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


def leaned_on(path):
    """Rooms and nouns that a file imports, from here or from inside a function."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "deeplinear":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("deeplinear."):
            yield node.module.split(".")[1]


@pytest.mark.parametrize("room", ROOMS)
def test_arrows_run_one_way(room):
    public = {
        "Task": "task",
        "Curve": "curve",
        "solve": "exact",
        "regime": "exact",
        "flow": "simulate",
        "descend": "simulate",
        "train": "simulate",
        "Network": "network",
    }
    for path in (HOUSE / room).rglob("*.py"):
        used = {public.get(name, name) for name in leaned_on(path)} - {room, "__version__"}
        assert used <= ROOMS[room], path


def test_every_public_name_is_there():
    for name in deeplinear.__all__:
        assert getattr(deeplinear, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = deeplinear.nonsense
