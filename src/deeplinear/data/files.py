"""The user's own data: npz with ``x`` and ``y``, or csv with a header."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from deeplinear.data.table import Table, is_number, read_table
from deeplinear.task import Array, Inputs, Task

MISSING = ("", "nan", "inf", "-inf")  # labels that are none


def from_file(
    path: str | Path,
    *,
    target: str | Sequence[str] | None = None,
    inputs: Inputs = "white",
    reduction: Literal["sum", "mean"] = "sum",
) -> Task:
    """A task from a file; arguments as `load_file` and `Task.from_data`.

    Columns of a table that add nothing to the others, constant or a linear function of them, are in ``left_out`` by name.

    Raises:
        ValueError: the file is missing, empty or unreadable, or holds something that is not a number.
    """
    x, y, names = read_examples(path, target)
    return Task.from_data(x, y, inputs=inputs, reduction=reduction, feature_names=names)


def load_file(path: str | Path, *, target: str | Sequence[str] | None = None) -> tuple[Array, Array]:
    r"""Inputs ``(examples, n_in)`` and targets ``(examples, n_out)`` from a file.

    Args:
        path: ``.npz`` with arrays ``x`` and ``y`` (examples in rows), or ``.csv`` with one header line.
        target: csv only: the target column or columns; the last one if not given. A single target column of text
            becomes one-hot, classes in sorted order. Numbers stay numbers.

    Raises:
        ValueError: the file is missing, empty or unreadable, a column is unknown, a row is ragged, a cell is not a
            number.

    Example:
        >>> import tempfile
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name, "flowers.csv")
        >>> _ = path.write_text("length,width,kind\n5.1,3.5,setosa\n6.2,2.9,virginica\n")
        >>> load_file(path)
        (array([[5.1, 3.5], [6.2, 2.9]]), array([[1., 0.], [0., 1.]]))
        >>> folder.cleanup()
    """
    x, y, _ = read_examples(path, target)
    return x, y


def read_examples(path: str | Path, target: str | Sequence[str] | None) -> tuple[Array, Array, list[str] | None]:
    """Inputs, targets, and the names of inputs where the file has any; arguments and errors as `load_file`."""
    path = Path(path)
    if path.suffix.lower() not in (".npz", ".csv"):
        raise ValueError(
            f"load_file needs a .npz or .csv file, got {path.name!r}: other formats are not read. Convert it."
        )
    if path.suffix.lower() == ".csv":
        return from_table(read_table("load_file", path), target)
    if target is not None:
        raise ValueError(
            f"load_file needs no target for npz, got target={target!r}: its targets are the array y. Leave target out."
        )
    return *from_npz(path), None


def from_npz(path: Path) -> tuple[Array, Array]:
    """Arrays ``x`` and ``y``; errors as `load_file`."""
    if not path.is_file():
        raise ValueError(f"load_file needs a file, got {str(path)!r}: there is none. Check the path.")
    if not zipfile.is_zipfile(path):
        what = "an empty file" if path.stat().st_size == 0 else "something else or a truncated file"
        raise ValueError(f"load_file needs a whole npz file, got {what} in {path.name}: not an archive. Save it again.")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:  # np.load leaves it open on errors
            arrays = {name: np.asarray(file[name]) for name in ("x", "y") if name in file.files}
            names = sorted(file.files)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise ValueError(
            f"load_file needs plain arrays in a whole npz file, got {path.name}: {error}. Save it again with "
            f"np.savez(path, x=x, y=y)."
        ) from error
    if len(arrays) < 2:
        raise ValueError(
            f"load_file needs arrays x and y, got {names} in {path.name}: one of the two is missing. Save with "
            f"np.savez(path, x=x, y=y)."
        )
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"load_file needs real numbers in x and y, got {name} of type {array.dtype} in {path.name}: a network "
                f"multiplies them. Encode text as one-hot rows."
            )
    x, y = (arrays[name].astype(np.float64) for name in ("x", "y"))
    return x, y[:, None] if y.ndim == 1 else y


def from_table(table: Table, target: str | Sequence[str] | None) -> tuple[Array, Array, list[str]]:
    """Every column that is not a target is a feature, and must be numeric."""
    header = table.header
    targets = [header[-1]] if target is None else [target] if isinstance(target, str) else list(target)
    unknown = [name for name in targets if name not in header]
    if unknown or not targets or len(set(targets)) >= len(header):
        raise ValueError(
            f"load_file needs target columns among {header}, and at least one column left as a feature, got "
            f"target={target!r}: {f'{unknown[0]!r} is not there' if unknown else 'one side would be empty'}. Name a column."
        )
    chosen = [header.index(name) for name in dict.fromkeys(targets)]
    features = [i for i in range(len(header)) if i not in chosen]
    x = table.numbers(features, "Drop the row, drop the column, or name the column as the target")
    names, labels = [header[i] for i in features], table.column(chosen[0])
    if len(chosen) > 1 or any(is_number(label) for label in labels):
        remedy = "Use numbers in every row, or a single target column with text in every row"
        return x, table.numbers(chosen, remedy), names
    for line, label in zip(table.lines, labels, strict=True):
        if label.lower() in MISSING:
            raise ValueError(
                f"load_file needs a label in every row, got {label!r} in column {targets[0]!r}, line {line} of {table.name}: "
                f"a missing label is no class. Drop the row."
            )
    classes = sorted(set(labels))
    return x, np.eye(len(classes))[[classes.index(label) for label in labels]], names
