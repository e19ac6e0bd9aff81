"""Inputs, targets and names from files that hold tables, and from data frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deeplinear.data.roles import Roles
from deeplinear.data.tables.examples import Examples, examples_from_table
from deeplinear.data.tables.frames import table_from_frame
from deeplinear.data.tables.parquet import is_parquet, read_parquet
from deeplinear.data.tables.text_file import read_text_file

OF_TEXT = ("header", "separator", "decimal", "thousands", "encoding")
OF_ARRAYS = ("x", "y")


def read_table(path: Path, roles: Roles, *, function: str = "load_file") -> Examples:
    """Inputs ``(examples, n_in)``, targets ``(examples, n_out)`` and columns from a text or parquet file.

    Raises:
        ValueError: the file is no table, or its columns do not fit their roles; one sentence on what to do.
    """
    refuse_options(function, path.name, roles, OF_ARRAYS)
    if is_parquet(path):
        refuse_options(function, path.name, roles, OF_TEXT)
        return examples_from_table(read_parquet(function, path, roles), roles)
    return examples_from_table(read_text_file(function, path, roles), roles)


def read_frame(frame: Any, roles: Roles, *, function: str = "from_frame") -> Examples:
    """The same from a data frame; errors as `read_table` and `table_from_frame`."""
    refuse_options(function, "a data frame", roles, OF_ARRAYS + OF_TEXT)
    return examples_from_table(table_from_frame(function, frame, roles), roles)


def refuse_options(function: str, source: str, roles: Roles, options: tuple[str, ...]) -> None:
    """Refuse options that have no meaning here; errors as `read_table`."""
    for option in options:
        value = getattr(roles, option)
        if value is not None:
            of = "arrays" if option in OF_ARRAYS else "text files"
            raise ValueError(
                f"{function} needs no {option} for {source}, got {option}={value!r}: it is for {of}. Leave it out."
            )
