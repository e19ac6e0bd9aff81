"""Items and their attributes, as psychologists collect them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.fetch import data_folder
from deeplinear.data.roles import Roles
from deeplinear.data.tables.column import Column
from deeplinear.data.tables.text_file import read_text_file
from deeplinear.task import Task


def semantic(path: str | Path | None = None) -> Task:
    """Name an item, predict its attributes: a csv of items (first column) × attributes (header).

    Args:
        path: the csv file; if not given, the first one in ``semantic/`` of the folder named by ``DEEPLINEAR_DATA``.

    Returns:
        A `Task` with one-hot items as inputs (white: Σ¹¹ = I) and attributes as outputs.

    Raises:
        ValueError: no file, or cells that are not numbers.

    Source:
        Saxe, McClelland & Ganguli 2019, doi:10.1073/pnas.1820226116; data after Rumelhart & Todd 1993.
    """
    y, _, _ = load_semantic(path)
    return Task.from_data(np.eye(len(y)), y)


def load_semantic(path: str | Path | None = None) -> tuple[Array, list[str], list[str]]:
    """Attributes ``(items, attributes)`` of `semantic`, names of items, names of attributes; arguments and errors too."""
    if path is None:
        folder = data_folder()
        found = [] if folder is None else sorted((folder / "semantic").glob("*.csv"))
        if not found:
            raise ValueError(
                "semantic needs a csv of items × attributes, got no path and no semantic/*.csv in DEEPLINEAR_DATA: no "
                "data of this kind are built in. Pass the path of one."
            )
        path = found[0]
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"semantic needs a file, got {str(path)!r}: there is none. Check the path.")
    table = read_text_file("semantic", path, Roles(header=True))
    columns = [Column.from_table(table, i) for i in range(len(table.names))]
    if len(columns) < 2:
        raise ValueError(
            f"semantic needs item names and at least one attribute column, got only {table.names} in {table.source}: there "
            f"is nothing to predict. Separate columns by commas."
        )
    for column in columns[1:]:
        column.refuse_holes("Only the first column may hold names")
    return table.values[:, 1:].copy(), column_text(columns[0]), table.names[1:]


def column_text(column: Column) -> list[str]:
    """The text of a column, row after row."""
    levels, codes = column.labels(np.ones(len(column.values), dtype=bool))
    return [levels[code] for code in codes]
