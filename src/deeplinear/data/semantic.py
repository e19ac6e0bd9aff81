"""Items and their attributes, as psychologists collect them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deeplinear.data.fetch import data_folder
from deeplinear.data.table import read_table
from deeplinear.task import Array, Task


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
    table = read_table("semantic", path)
    if len(table.header) < 2:
        raise ValueError(
            f"semantic needs item names and at least one attribute column, got only {table.header} in {table.name}: there "
            f"is nothing to predict. Separate columns by commas."
        )
    y = table.numbers(list(range(1, len(table.header))), "Only the first column may hold names")
    return y, table.column(0), table.header[1:]
