"""Parquet files, read by DuckDB."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from deeplinear.data.roles import Roles
from deeplinear.data.tables.duck import connection, identifier, quoted, refuse_size
from deeplinear.data.tables.table import Table
from deeplinear.data.tables.typed import table_from_arrays

MAGIC = b"PAR1"
NESTED = {  # how DuckDB writes types whose cells are no single value, and what they hold
    r".*\[\d*\]": "lists",
    r"MAP\(.*": "maps",
    r"STRUCT\(.*": "structures",
    r"UNION\(.*": "values of several types",
    r"BLOB|BIT|GEOMETRY.*": "raw bytes",
    r"INTERVAL": "durations",
    r"VARIANT|JSON": "values of any type",
}


def is_parquet(path: Path) -> bool:
    """Whether a file is parquet, by its first bytes."""
    with path.open("rb") as file:
        return file.read(4) == MAGIC


def read_parquet(function: str, path: Path, roles: Roles) -> Table:
    """A parquet file as a table.

    Raises:
        ValueError: the file is damaged, or a column holds something else than numbers, truth values, text or dates.
    """
    import duckdb

    try:
        with connection() as database:
            table = f"read_parquet({quoted(path)})"
            types = {row[0]: row[1] for row in database.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()}
            names = list(types)
            if any("\0" in name for name in names):
                raise ValueError(
                    f"{function} needs column names without zero bytes, got one in {path.name}: it is damaged. Save it again."
                )
            kept = [name for name in names if name not in roles.drop]
            refuse_nested(function, path.name, {name: types[name] for name in kept})
            rows = database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            refuse_size(function, path.name, rows, len(kept))
            if not kept:
                raise ValueError(
                    f"{function} needs at least one column, got only columns to drop in {path.name}: nothing is left. Drop fewer."
                )
            found = database.execute(f"SELECT {', '.join(map(identifier, kept))} FROM {table}").fetchnumpy()
    except duckdb.Error as error:
        raise ValueError(
            f"{function} needs a whole parquet file, got {path.name}: {str(error).splitlines()[0]}. Save it again."
        ) from error
    dropped = tuple(name for name in names if name in roles.drop)
    return table_from_arrays(function, path.name, {name: found[name] for name in kept}, dropped)


def refuse_nested(function: str, file: str, types: dict[str, str]) -> None:
    """Refuse columns whose cells are no single value, before any of them is read; errors as `read_parquet`."""
    for name, type_name in types.items():
        what = next((what for pattern, what in NESTED.items() if re.fullmatch(pattern, type_name, re.DOTALL)), "")
        if what:
            raise ValueError(
                f"{function} needs numbers, text or truth values in every column, got {what} in column {name!r} of {file}: a cell of it is no "
                f"single value. Leave the column out with --drop {shlex.quote(name)} (drop={name!r}), or make columns of its parts."
            )
