"""Files that hold tables, as inputs and targets."""

from __future__ import annotations

from pathlib import Path

from deeplinear.data.roles import Roles
from deeplinear.data.tables.examples import Examples, examples_from_table
from deeplinear.data.tables.text_file import read_text


def read_table_file(path: Path, roles: Roles, function: str = "load_file") -> Examples:
    """Inputs, targets and columns from a text or parquet file.

    Raises:
        ValueError: the file is no table, or its columns do not fit their roles; one sentence on what to do.
    """
    return examples_from_table(read_text(function, path, roles), roles)
