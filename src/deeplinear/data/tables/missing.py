"""Rows with missing cells: refused, or dropped on request."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.tables.column import Column
from deeplinear.data.tables.table import Table
from deeplinear.task.columns import shortened


def kept_rows(table: Table, columns: Sequence[Column], *, drop: bool) -> tuple[NDArray[np.bool_], list[str]]:
    """Which rows are used, and a note where some are not.

    Raises:
        ValueError: cells are missing and rows are not to be dropped, or no row is left.
    """
    keep = np.ones(len(table.values), dtype=bool)
    holes = [column for column in columns if len(column.missing)]
    for column in holes:
        keep[column.missing] = False
    lost, rows = int((~keep).sum()), len(keep)
    if not lost:
        return keep, []
    named = shortened([column.name for column in holes])
    if not drop:
        row = int(np.flatnonzero(~keep)[0])
        first = next(column for column in holes if row in column.missing[:1])
        at, text = table.odd_cells(first.index)
        found = text.levels[text.codes[np.searchsorted(at, row)]]
        raise ValueError(
            f"{table.function} needs a value in every cell, got {found!r} in column {first.name!r}, {table.place(row)} of "
            f"{table.source}, and missing cells in {lost} of {rows} rows, in {named}: correlations are sums over whole rows. "
            f"Pass --drop-missing (drop_missing=True) to leave these rows out, or --drop for a column."
        )
    if lost == rows:
        raise ValueError(
            f"{table.function} needs rows without missing cells, got {rows} rows with one in {named} of {table.source}: none is "
            f"left. Drop these columns with --drop (drop=)."
        )
    return keep, [f"{lost} row{'s' if lost > 1 else ''} with missing cells dropped ({named})"]
