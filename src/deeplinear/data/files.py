"""The user's own data: npz with ``x`` and ``y``, or csv with a header."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from deeplinear.task import Array, Inputs, Task


def from_file(
    path: str | Path,
    *,
    target: str | Sequence[str] | None = None,
    inputs: Inputs = "white",
    reduction: Literal["sum", "mean"] = "sum",
) -> Task:
    """A task from a file; arguments as `load_file` and `Task.from_data`.

    Raises:
        ValueError: the file is missing, empty or unreadable, or holds something that is not a number.
    """
    x, y = load_file(path, target=target)
    return Task.from_data(x, y, inputs=inputs, reduction=reduction)


def load_file(path: str | Path, *, target: str | Sequence[str] | None = None) -> tuple[Array, Array]:
    """Inputs ``(examples, n_in)`` and targets ``(examples, n_out)`` from a file.

    Args:
        path: ``.npz`` with arrays ``x`` and ``y`` (examples in rows), or ``.csv`` with one header line.
        target: csv only: the target column or columns; the last one if not given. A single target column with text
            becomes one-hot, classes in sorted order.

    Raises:
        ValueError: the file is missing, empty or unreadable, a column is unknown, a row is ragged, a cell is not a
            number.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"load_file needs a file, got {str(path)!r}: there is none. Check the path.")
    if path.stat().st_size == 0:
        raise ValueError(f"load_file needs data, got {path.name}: the file is empty. Write it again.")
    if path.suffix == ".npz":
        return from_npz(path)
    if path.suffix == ".csv":
        return from_csv(path, target)
    raise ValueError(f"load_file needs a .npz or .csv file, got {path.name}: other formats are not read. Convert it.")


def from_npz(path: Path) -> tuple[Array, Array]:
    """Arrays ``x`` and ``y``."""
    try:
        with np.load(path, allow_pickle=False) as file:
            missing = {"x", "y"} - set(file.files)
            if missing:
                raise ValueError(
                    f"load_file needs arrays x and y, got {sorted(file.files)} in {path.name}. Save with "
                    f"np.savez(path, x=x, y=y)."
                )
            return np.asarray(file["x"], dtype=np.float64), np.asarray(file["y"], dtype=np.float64)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise ValueError(f"load_file needs a whole npz file, got {path.name}: {error}. Save it again.") from error
    except (TypeError, ValueError) as error:
        if str(error).startswith("load_file"):
            raise
        raise ValueError(f"load_file needs numbers in x and y, got {path.name}: {error}. Save plain arrays.") from error


def table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Header and rows of a csv file, every row as long as the header."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        try:
            rows = [row for row in csv.reader(file) if row]
        except (UnicodeDecodeError, csv.Error) as error:
            raise ValueError(
                f"load_file needs a text table, got {path.name}: {error}. Save it as UTF-8 csv."
            ) from error
    if len(rows) < 2:
        raise ValueError(f"load_file needs a header and at least one row, got {len(rows)} line(s) in {path.name}.")
    header = [name.strip() for name in rows[0]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise ValueError(
                f"load_file needs {len(header)} cells in each row, got {len(row)} in row {number} of {path.name}. "
                f"Fill the row."
            )
    return header, rows[1:]


def from_csv(path: Path, target: str | Sequence[str] | None) -> tuple[Array, Array]:
    """Every column that is not a target is a feature and must be numeric."""
    header, rows = table(path)
    targets = [header[-1]] if target is None else [target] if isinstance(target, str) else list(target)
    unknown = [name for name in targets if name not in header]
    if unknown or not targets or len(targets) >= len(header):
        raise ValueError(
            f"load_file needs target columns among {header} and at least one feature, got target={target!r}. Name a column."
        )
    chosen = [header.index(name) for name in targets]
    features = [i for i in range(len(header)) if i not in chosen]
    x = numbers(path, header, rows, features, "drop the column or name it as the target")
    if len(chosen) == 1 and not all(is_number(row[chosen[0]]) for row in rows):
        labels = [row[chosen[0]].strip() for row in rows]
        classes = sorted(set(labels))
        if "" in classes:
            raise ValueError(f"load_file needs a label in each row, got an empty one in row {labels.index('') + 2}.")
        return x, np.eye(len(classes))[[classes.index(label) for label in labels]]
    return x, numbers(path, header, rows, chosen, "use one text column as target, or numbers in all")


def is_number(cell: str) -> bool:
    """Whether a cell reads as a finite number."""
    try:
        return bool(np.isfinite(float(cell)))
    except ValueError:
        return False


def numbers(path: Path, header: list[str], rows: list[list[str]], columns: list[int], remedy: str) -> Array:
    """Columns as float64, naming the first cell that is not a finite number."""
    for number, row in enumerate(rows, 2):
        for i in columns:
            if not is_number(row[i]):
                raise ValueError(
                    f"load_file needs finite numbers, got {row[i]!r} in column {header[i]!r}, row {number} of {path.name}: "
                    f"{remedy}."
                )
    return np.array([[float(row[i]) for i in columns] for row in rows])
