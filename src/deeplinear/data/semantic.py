"""Items and their attributes, as psychologists collect them."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from deeplinear.data.files import numbers, table
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
    if path is None:
        folder = Path(os.environ.get("DEEPLINEAR_DATA", "")) / "semantic"
        found = sorted(folder.glob("*.csv")) if os.environ.get("DEEPLINEAR_DATA") else []
        if not found:
            raise ValueError(
                "semantic needs a csv of items × attributes, got no path and no semantic/*.csv in DEEPLINEAR_DATA. "
                "Pass the path of one."
            )
        path = found[0]
    path = Path(path)
    if not path.is_file() or path.stat().st_size == 0:
        raise ValueError(f"semantic needs a file with data, got {str(path)!r}: missing or empty. Check the path.")
    header, rows = table(path)
    y = numbers(path, header, rows, list(range(1, len(header))), "only the first column may hold names")
    return Task.from_data(np.eye(len(rows)), y)
