"""Columns that have types already: of parquet files, DuckDB relations and data frames."""

from __future__ import annotations

import numbers
import shlex
from collections.abc import Mapping, Sized
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.tables.duck import refuse_size
from deeplinear.data.tables.numerals import PLAIN
from deeplinear.data.tables.table import Table, Text

EXACT = 2.0**53  # whole numbers up to here are float64


def table_from_arrays(
    function: str, source: str, columns: Mapping[str, NDArray[Any]], dropped: tuple[str, ...] = ()
) -> Table:
    """A table from one array a column, masked or not.

    Args:
        function: that the user called, for messages.
        source: what the table is called in messages.
        columns: cells of each column by its name.
        dropped: columns that are there and were not read.

    Raises:
        ValueError: there is no row, or a column holds something else than numbers, truth values, text or dates.
    """
    names = list(columns)
    rows = len(columns[names[0]]) if names else 0
    if not rows:
        raise ValueError(
            f"{function} needs at least one row and one column that is not dropped, got {rows} rows of {len(names)} columns in "
            f"{source}: there are no examples. Check how it was made."
        )
    refuse_size(function, source, rows, len(names))
    values = np.full((rows, len(columns)), np.nan)
    at: list[NDArray[np.intp]] = []
    texts: list[str] = []
    long: set[int] = set()
    for i, column in enumerate(columns.values()):
        if column.dtype.kind in "iuf" and column.ndim == 1:
            fill(values[:, i], column)
            if column.dtype.kind in "iu" and np.abs(values[:, i]).max(initial=0) > EXACT:
                long.add(i)
            cells: dict[int, str] = {int(row): "" for row in np.flatnonzero(np.isnan(values[:, i]))}
        else:
            cells = fill_from_objects(function, source, names[i], values[:, i], column)
        infinite = np.flatnonzero(np.isinf(values[:, i]))
        cells |= {int(row): f"{values[row, i]}" for row in infinite}
        values[infinite, i] = np.nan
        at.append(np.fromiter(cells, dtype=np.intp, count=len(cells)) * len(columns) + i)
        texts += cells.values()
    where = np.concatenate(at)
    order = np.argsort(where)
    found = Text.from_cells(texts)
    return Table(
        function=function,
        source=source,
        names=names,
        values=values,
        at=where[order],
        odd=Text(found.levels, found.codes[order]),
        place=lambda row: f"row {int(row)} (from 0)",
        long=frozenset(long),
        dropped=dropped,
    )


def fill(values: NDArray[np.float64], column: NDArray[Any]) -> None:
    """Copy numbers, NaN where they are masked."""
    values[:] = np.ma.getdata(column)
    if np.ma.is_masked(column):
        values[np.ma.getmaskarray(column)] = np.nan


def fill_from_objects(
    function: str, source: str, name: str, values: NDArray[np.float64], column: NDArray[Any]
) -> dict[int, str]:
    """Copy numbers among objects, and return the text of all others by row; errors as `table_from_arrays`."""
    masked = np.all(
        np.ma.getmaskarray(column).reshape(len(column), -1), axis=1
    )  # cells that are arrays are one axis more
    if column.dtype.kind == "M":
        column = np.datetime_as_string(np.ma.getdata(column), unit="s")
    rest: dict[int, str] = {}
    for row, cell in enumerate(np.ma.getdata(column).tolist()):
        if masked[row] or is_nothing(cell):
            rest[row] = ""
        elif isinstance(cell, bool):
            rest[row] = str(cell)
        elif isinstance(cell, (numbers.Real, Decimal)):
            values[row] = float(cell)
        elif isinstance(cell, UUID):
            rest[row] = str(cell)
        elif not isinstance(cell, (str, date, time)):
            raise ValueError(
                f"{function} needs numbers, text or truth values in every cell, got {kind_of(cell)} in column {name!r} of {source}: it "
                f"is no single value. Leave the column out with --drop {shlex.quote(name)} (drop={name!r}), or make columns of its parts."
            )
        elif isinstance(cell, str) and PLAIN.fullmatch(cell.strip()):
            values[row] = float(cell)
        else:
            rest[row] = cell if isinstance(cell, str) else cell.isoformat()  # dates are refused where they are used
    return rest


def kind_of(cell: object) -> str:
    """What a cell is that holds several values."""
    kind = type(cell).__name__
    return "an array" if isinstance(cell, np.ndarray) else f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"


def is_nothing(cell: object) -> bool:
    """Whether a cell is None, NaN, NaT or NA; only these differ from themselves or cannot be compared."""
    if cell is None:
        return True
    if isinstance(cell, (Sized, np.ndarray)):  # text, and lists and arrays, which cannot be compared as a whole
        return False
    try:
        return bool(cell != cell)
    except (TypeError, ValueError):
        return True
