"""Text files: csv and its relatives, compressed or not."""

from __future__ import annotations

import re
from contextlib import nullcontext
from pathlib import Path

from deeplinear.data.roles import Roles
from deeplinear.data.tables.csv_rows import CsvRows
from deeplinear.data.tables.dialect import Dialect, find_dialect
from deeplinear.data.tables.duck import connection, fetch_numbers, fetch_odd, positions, refuse_size
from deeplinear.data.tables.numerals import Marks, decide_marks
from deeplinear.data.tables.positions import distinct_names, with_names
from deeplinear.data.tables.regular_copy import regular_copy
from deeplinear.data.tables.survey import Survey, survey
from deeplinear.data.tables.table import Table, Text

SPOKEN = {"\t": "tab", " ": "blanks"}
LONG = re.compile(r"[+-]?\d{16,20}", re.ASCII)


def read_text_file(function: str, path: Path, roles: Roles) -> Table:
    """A text file as a table.

    Raises:
        ValueError: the file is no table, or a row has another number of cells than the others.
    """
    found = survey(function, path, roles.encoding)
    dialect = find_dialect(function, path.name, found.head, found.lines, roles)
    if not dialect.sample:
        raise ValueError(
            f"{function} needs a header and at least one row, got a single line in {path.name}: there are no examples. "
            f"Write names on the first line and one example on each line after it."
        )
    names, unnamed, shared = column_names(function, path.name, dialect, roles)
    roles = with_names(roles, names, unnamed | shared)
    refuse_size(function, path.name, found.lines, len(names))
    marks = decide_marks(function, path.name, names, dialect.sample, roles)
    notes = reading_notes(path, found, dialect, marks)
    copied = not found.regular or dialect.separator == " " or dialect.tall
    with (
        regular_copy(function, path, found.encoding, dialect) if copied else nullcontext((path, None, ())) as (
            source,
            lines,
            comments,
        )
    ):
        if comments:
            notes.append(f"{len(comments)} comment line{'s' if len(comments) > 1 else ''} between rows skipped")
        rows = CsvRows(
            function=function,
            file=path.name,
            path=source,
            separator="\t" if dialect.separator == " " else dialect.separator,
            quote='"' if dialect.separator == " " else dialect.quote,
            quotes=found.quotes or dialect.quote != '"',
            columns=len(names),
            longest=found.longest,
            zipped=found.zipped and not copied,
            skip=0 if copied else dialect.skip,
            lines=lines,
        )
        with connection() as database, rows.errors_explained(database):
            values = fetch_numbers(database, rows.cells, marks.sql("cell"), rows.table, len(names))
            at = positions(values)
            odd = fetch_odd(database, rows.cells, marks, rows.table) if at.size else Text.from_cells(())
    long = [i for i, cells in enumerate(zip(*dialect.sample, strict=False)) if all(map(LONG.fullmatch, cells))]
    table = Table(
        function=function,
        source=path.name,
        names=names,
        values=values,
        at=at,
        odd=odd,
        place=rows.place,
        notes=notes,
        unnamed=unnamed,
        by_position=unnamed | shared,
        long=frozenset(long),
        classes=dialect.classes,
    )
    expected = len(lines) if lines is not None else found.lines - dialect.skipped
    refuse_swallowed(table, expected, roles)
    return table


def column_names(
    function: str, file: str, dialect: Dialect, roles: Roles
) -> tuple[list[str], frozenset[int], frozenset[int]]:
    """Names of columns, which of them have none and are called by their number, and which share theirs with others.

    Raises:
        ValueError: a name is used twice.
    """
    names = [" ".join(name.split()) for name in dialect.names] or [""] * dialect.width
    unnamed = frozenset(i for i, name in enumerate(names) if not name)
    named = [name or f"column {i + 1}" for i, name in enumerate(names)]
    found, shared = distinct_names(function, file, named, roles)
    return found, unnamed, shared


def reading_notes(path: Path, found: Survey, dialect: Dialect, marks: Marks) -> list[str]:
    """How the text was understood, where that was not plain."""
    notes = []
    if found.encoding not in ("utf-8", "utf-8-sig"):
        notes.append(f"encoding {found.encoding}")
    if dialect.separator != "," and not (dialect.separator == "\t" and ".tsv" in path.suffixes):
        notes.append("separator " + SPOKEN.get(dialect.separator, f'"{dialect.separator}"'))
    if str(marks):
        notes.append(str(marks))
    if dialect.classes:
        notes.append("the first line counts rows and features and names the classes, so columns are called by number")
    elif not dialect.names:
        notes.append("the first line is data, so columns are called by number")
    return notes


def refuse_swallowed(table: Table, expected: int, roles: Roles) -> None:
    """Refuse a table with fewer rows than lines, unless cells of several lines in columns that are dropped explain it.

    Raises:
        ValueError: a quote without its partner joined several lines into one cell.
    """
    rows, columns = table.values.shape
    if rows == expected:
        return
    tall = [code for code, level in enumerate(table.odd.levels) if "\n" in level or "\r" in level]
    for column in range(columns):
        where, text = table.odd_cells(column)
        if table.names[column] in roles.drop:
            expected -= sum(text.levels[code].count("\n") for code in text.codes)
        elif tall:
            for row, code in zip(where, text.codes, strict=True):
                if "\n" in text.levels[code]:
                    begun = text.levels[code].splitlines()[0]
                    raise ValueError(
                        f"{table.function} needs one row on each line, got {rows} rows from {expected} lines of {table.source}: the "
                        f"cell that begins with {begun!r} in column {table.names[column]!r}, row {row + 1}, runs over "
                        f"several lines. Close its quote, or remove it, or leave the column out with --drop."
                    )
    if rows != expected:
        raise ValueError(
            f"{table.function} needs one row on each line, got {rows} rows from {expected} lines of {table.source}: a quote "
            f"without its partner may have joined lines. Check the quotes."
        )
