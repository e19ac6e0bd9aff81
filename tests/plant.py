"""Plants errors in formulas at random, one at a time, in a copy of the tree, and says which of them no test sees.

    python tests/plant.py --count 40 --seed 0 --rooms exact spectra propagation simulate

An error swaps an operator, a comparison or a function for its sibling, or changes a number or an index. Numbers with an exponent
are tolerances, and capital names at the top of a file choices: they are left alone. An error is seen if the doctests of its file,
the tests that carry its name, or the tests of the rooms it is in fail or never end. What survives is printed for reading: some errors
change no result.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
ENDLESS = 600  # seconds after which a test run counts as red
OPERATORS = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*"}
SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS = {ast.Lt: (" < ", " > "), ast.Gt: (" > ", " < "), ast.LtE: (" <= ", " >= "), ast.GtE: (" >= ", " <= ")}
SIBLINGS = [
    ("max", "min"), ("argmax", "argmin"), ("maximum", "minimum"), ("all", "any"), ("sinh", "cosh"), ("sin", "cos"), ("exp", "expm1"),
    ("log", "log1p"), ("sum", "mean"), ("n_in", "n_out"), ("zeros", "ones"), ("first", "last"), ("u", "v"),
]  # fmt: skip
SIBLING = dict(SIBLINGS) | {b: a for a, b in SIBLINGS}


class Error(NamedTuple):
    """A change of one line: where, from what, to what."""

    path: Path
    line: int
    begin: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        text = (ROOT / self.path).read_text().splitlines()[self.line - 1].strip()
        return f"{self.path}:{self.line}  {self.old.strip()} -> {self.new.strip()}   in: {text}"


class Sites(ast.NodeVisitor):
    """All places of a file where an error can be planted, messages of exceptions and docstrings apart."""

    def __init__(self, path: Path):
        self.path, self.found = path, []
        self.lines = [line.encode() for line in (ROOT / path).read_text().splitlines()]

    def add(self, line: int, begin: int, end: int, old: str, new: str) -> None:
        if self.lines[line - 1][begin:end].decode() == old:
            self.found.append(Error(self.path, line, begin, end, old, new))

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> None:
        """The operator between two operands on one line."""
        if left.end_lineno == right.lineno:
            gap = self.lines[right.lineno - 1][left.end_col_offset : right.col_offset].decode()
            if gap.count(old.strip()) == 1:
                at = left.end_col_offset + len(gap[: gap.index(old.strip())].encode())
                self.add(right.lineno, at, at + len(old.strip()), old.strip(), new.strip())

    def visit_Raise(self, node: ast.Raise) -> None:
        """Words are not formulas."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Words are not formulas."""

    def visit_Assign(self, node: ast.Assign) -> None:
        chosen = node.col_offset == 0 and all(isinstance(name, ast.Name) and name.id.isupper() for name in node.targets)
        if not chosen:
            self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in OPERATORS:
            self.between(node.left, node.right, SYMBOLS[type(node.op)], OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            if type(op) in COMPARISONS:
                self.between(left, right, *COMPARISONS[type(op)])
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if type(node.value) in (int, float) and node.lineno == node.end_lineno:
            old = self.lines[node.lineno - 1][node.col_offset : node.end_col_offset].decode()
            if "e" in old:
                return
            new = str(node.value + 1) if isinstance(node.value, int) else repr(node.value * 1.25 if node.value else 1.0)
            self.add(node.lineno, node.col_offset, node.end_col_offset, old, new)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr in SIBLING:
            begin = node.end_col_offset - len(node.attr)
            self.add(node.end_lineno, begin, node.end_col_offset, node.attr, SIBLING[node.attr])
        self.generic_visit(node)


def sites(rooms: list[str]) -> list[Error]:
    """Every error that can be planted in these rooms of the package, or in all of it."""
    package = ROOT / "src/deeplinear"
    places = [package / room for room in rooms] or [package]
    files = sorted(file for place in places for file in ([place] if place.is_file() else place.rglob("*.py")))
    found = []
    for file in files:
        visitor = Sites(file.relative_to(ROOT))
        visitor.visit(ast.parse(file.read_text()))
        found += visitor.found
    return found


def stages(error: Error) -> list[list[str]]:
    """Tests that may see an error, the quickest first."""
    parts = error.path.relative_to("src/deeplinear").with_suffix("").parts
    rooms = [Path("tests", *parts[:depth]) for depth in range(len(parts) - 1, 0, -1)]
    named = [str(f.relative_to(ROOT)) for f in (ROOT / "tests").rglob(f"test_{parts[-1]}*.py")]
    whole = sorted(str(f.relative_to(ROOT)) for f in (ROOT / "tests").glob("test_*.py"))
    return [
        [str(error.path), *named],
        *([str(r)] for r in rooms if (ROOT / r).is_dir()),
        *([whole] if not rooms else []),
    ]


def is_seen(error: Error, copy: Path) -> bool:
    """Whether any test turns red with this error in the copy."""
    file = copy / error.path
    clean = file.read_text()
    lines = clean.encode().split(b"\n")
    line = lines[error.line - 1]
    lines[error.line - 1] = line[: error.begin] + error.new.encode() + line[error.end :]
    file.write_bytes(b"\n".join(lines))
    try:
        for tests in stages(error):
            command = [sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", *tests]
            try:
                run = subprocess.run(
                    command, cwd=copy, env=os.environ | {"PYTHONPATH": "src"}, capture_output=True, timeout=ENDLESS
                )
            except subprocess.TimeoutExpired:
                return True
            if run.returncode not in (0, 5):  # 5: no test collected
                return True
        return False
    finally:
        file.write_text(clean)


def main() -> None:
    """Plants the errors asked for and prints what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="number of errors")
    parser.add_argument("--seed", type=int, default=0, help="which errors")
    parser.add_argument("--rooms", nargs="*", default=[], help="folders or files of the package; all of it if left out")
    asked = parser.parse_args()
    errors = random.Random(asked.seed).sample(sites(asked.rooms), asked.count)
    survivors = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "tree"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "__pycache__", ".hypothesis"))
        for i, error in enumerate(errors, 1):
            seen = is_seen(error, copy)
            survivors += [] if seen else [error]
            print(f"{i:3} {'seen    ' if seen else 'SURVIVED'} {error}", flush=True)
    print(f"{len(errors) - len(survivors)} of {len(errors)} errors seen")


if __name__ == "__main__":
    main()
