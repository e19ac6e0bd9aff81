"""Data frames of any kind, through narwhals, and DuckDB relations."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.roles import Roles
from deeplinear.data.tables.table import Table
from deeplinear.data.tables.typed import table_from_arrays

SOURCE = "the data frame"


def table_from_frame(function: str, frame: Any, roles: Roles) -> Table:
    """A data frame as a table; its index is left out.

    Raises:
        TypeError: no data frame.
        ValueError: as `table_from_arrays`.
    """
    if hasattr(frame, "fetchnumpy") and hasattr(frame, "columns"):  # DuckDB
        found = frame.fetchnumpy()
        dropped = tuple(name for name in found if name in roles.drop)
        return table_from_arrays(
            function, SOURCE, {n: cells for n, cells in found.items() if n not in dropped}, dropped
        )
    import narwhals

    try:
        known = narwhals.from_native(frame, eager_only=True)
    except narwhals.exceptions.DuplicateError as error:
        twice = next(name for name, count in Counter(frame.columns).items() if count > 1)
        raise ValueError(
            f"{function} needs column names that differ, got {twice!r} more than once in {SOURCE}: it could mean either. Rename "
            f"one."
        ) from error
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{function} needs a data frame, got a {type(frame).__name__}: columns are found by name. Pass a frame of pandas, "
            f"polars or another library that narwhals knows (collect a lazy one), or arrays to Task.from_data(x, y)."
        ) from error
    dropped = tuple(str(name) for name in known.columns if str(name) in roles.drop)
    columns = {str(name): as_array(known.get_column(name)) for name in known.columns if str(name) not in dropped}
    return table_from_arrays(function, SOURCE, columns, dropped)


def as_array(series: Any) -> NDArray[Any]:
    """One column: numbers as numbers, NaN where there is none, and anything else as objects."""
    import narwhals

    if not series.dtype.is_numeric():
        objects = np.empty(len(series), dtype=object)
        objects[:] = series.to_list()
        return objects
    whole = series.dtype.is_integer() and not series.is_null().any()
    return np.asarray(series.to_numpy() if whole else series.cast(narwhals.Float64).to_numpy())
