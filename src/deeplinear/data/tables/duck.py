"""DuckDB: cells of a file as numbers in one array, and the rest as text."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.tables.numerals import Marks
from deeplinear.data.tables.table import MOST_BYTES, Text

CONFIG = {  # nothing is downloaded, and nothing is written beside the user's files
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "temp_directory": "",
    "memory_limit": "4GiB",
    "threads": "2",
}
PORTION = 50_000  # cells of text that are Python objects at a time


@contextmanager
def connection() -> Iterator[Any]:
    """A database in memory that is closed at the end."""
    import duckdb

    opened = duckdb.connect(":memory:", config=CONFIG)  # type: ignore[arg-type]
    try:
        yield opened
    finally:
        opened.close()


def quoted(value: object) -> str:
    """A literal of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A name of SQL."""
    return '"' + name.replace('"', '""') + '"'


def refuse_size(function: str, source: str, rows: int, columns: int) -> None:
    """Refuse tables that would not fit into memory.

    Raises:
        ValueError: says how much they need.
    """
    if rows * columns * 8 > MOST_BYTES:
        raise ValueError(
            f"{function} needs at most {MOST_BYTES >> 30} GiB for the numbers of a table, got {rows} rows of {columns} columns in "
            f"{source}, which take {rows * columns * 8 / 2**30:.1f} GiB: they would not fit into memory. Pass fewer rows or "
            f"columns, or an npz file of float32."
        )


def fetch_numbers(database: Any, cells: str, number: str, table: str, columns: int) -> Array:
    """Numbers of all cells, shape ``(rows, columns)``, NaN where there is none.

    Args:
        database: a connection.
        cells: expression for the list of cells of a row.
        number: expression for the number in a cell called ``cell``.
        table: what rows are selected from.
        columns: cells in a row.
    """
    query = f"SELECT {number} AS number FROM (SELECT unnest({cells}) AS cell FROM {table})"
    found = database.execute(query).fetchnumpy()["number"]
    values = np.ma.getdata(found)
    if values.dtype != np.float64 or not values.flags.writeable:
        values = np.array(values, dtype=np.float64)
    if np.ma.is_masked(found):
        values[np.ma.getmaskarray(found)] = np.nan
    values[np.isinf(values)] = np.nan
    return values.reshape(-1, columns)


def fetch_odd(database: Any, cells: str, marks: Marks, table: str) -> Text:
    """Text of all cells that are no finite numbers, row after row."""
    condition = f"coalesce(NOT isfinite({marks.sql('cell')}), true)"
    return fetch_text(database, f"SELECT cell FROM (SELECT unnest({cells}) AS cell FROM {table}) WHERE {condition}")


def fetch_text(database: Any, query: str) -> Text:
    """One column of text, encoded."""
    found = database.execute(query)

    def each() -> Iterator[str | None]:
        while portion := found.fetchmany(PORTION):
            yield from (cell for (cell,) in portion)

    return Text.from_cells(each())


def positions(values: Array) -> NDArray[np.intp]:
    """Flat positions of NaN."""
    return np.flatnonzero(np.isnan(values.ravel()))
