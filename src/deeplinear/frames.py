"""Numbers as a data frame, of the first library that is there: pandas, Polars or Arrow."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

LIBRARIES = ("pandas", "polars", "pyarrow")


def to_frame(columns: dict[str, list[Any]]) -> Any:
    """A data frame of these columns; None in a column of whole numbers stays a missing whole number.

    Raises:
        ImportError: none of the libraries is installed.
    """
    library = next((name for name in LIBRARIES if find_spec(name) is not None), None)
    if library == "pandas":
        import pandas as pd

        whole = {name: pd.array(column, dtype="Int64") for name, column in columns.items() if None in column}
        return pd.DataFrame(columns | whole)
    if library == "polars":
        import polars as pl

        return pl.DataFrame(columns)
    if library == "pyarrow":
        import pyarrow as pa  # pyright: ignore[reportMissingImports]

        return pa.table(columns)
    raise ImportError(
        f"to_frame needs one of {', '.join(LIBRARIES)}, and none of them is installed: it makes their data frames. Install one, "
        f"or read .times, .loss and .strengths."
    )
