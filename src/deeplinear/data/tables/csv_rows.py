"""Rows of a text file as DuckDB's csv reader gives them, with its errors in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.tables.duck import quoted

SPLIT = (
    2000  # from so many columns on lines are split even if there are quotes: DuckDB's reader needs minutes for 30 000
)
RAGGED = "a row of another length"
USUAL = 1 << 21  # bytes of a line that DuckDB reads without being told


@dataclass(frozen=True)
class CsvRows:
    """What to select, and where it stands in the user's file.

    Attributes:
        function: that the user called, for messages.
        file: name of the user's file, for messages.
        path: the file that DuckDB reads: the user's, or a regular copy without its header.
        separator: between cells.
        quote: around cells.
        quotes: whether there are any.
        columns: cells in a row.
        longest: bytes of the longest line.
        zipped: whether the file is compressed with gzip.
        skip: lines before the first row.
        lines: line of each row in the user's file; None where the file is the user's.
    """

    function: str
    file: str
    path: Path
    separator: str
    quote: str
    quotes: bool
    columns: int
    longest: int
    zipped: bool
    skip: int
    lines: NDArray[np.int64] | None

    @property
    def whole(self) -> bool:
        """Whether lines are read whole and then split, which is faster, and safe where nothing is quoted."""
        return not self.quotes or self.columns > SPLIT

    @property
    def table(self) -> str:
        """Expression that rows are selected from: cells ``c0``, ``c1``, … or whole lines."""
        names = ["line"] if self.whole else [f"c{i}" for i in range(self.columns)]
        typed = ", ".join(f"{name}: 'VARCHAR'" for name in names)
        quote = "" if self.whole else self.quote
        room = (
            f", max_line_size={2 * self.longest}, buffer_size={4 * self.longest}" if self.longest > USUAL // 2 else ""
        )
        source = (
            f"read_csv({quoted(self.path)}, auto_detect=false, header=false, skip={self.skip}, "
            f"delim={quoted(chr(1) if self.whole else self.separator)}, quote={quoted(quote)}, escape={quoted(quote)}, "
            f"columns={{{typed}}}, strict_mode=true, null_padding=false, "
            f"compression={quoted('gzip' if self.zipped else 'none')}{room})"
        )
        if not self.whole:
            return source
        return f"(SELECT string_split(line, {quoted(self.separator)}) AS parts FROM {source} WHERE trim(line) <> '')"

    @property
    def cells(self) -> str:
        """Expression for the list of cells of a row."""
        if not self.whole:
            return "[" + ", ".join(f"c{i}" for i in range(self.columns)) + "]"
        cells = f"CASE WHEN {self.fitting} THEN parts[:{self.columns}] ELSE error({quoted(RAGGED)}) END"
        return f"list_transform({cells}, lambda cell: trim(trim(cell), {quoted(self.quote)}))" if self.quotes else cells

    @property
    def fitting(self) -> str:
        """Condition that a line has as many parts as the others; one empty cell more may end it."""
        return f"(len(parts) = {self.columns} OR (len(parts) = {self.columns + 1} AND trim(parts[-1]) = ''))"

    def place(self, row: int) -> str:
        """Where a row stands."""
        return f"line {self.line(row + self.skip + 1 if self.lines is None else row + 1)}"

    def line(self, number: int) -> int:
        """Line of the user's file for a line of the file that is read."""
        return number if self.lines is None else int(self.lines[min(number, len(self.lines)) - 1])

    def first_ragged(self, database: Any) -> ValueError:
        """What is said of the first line that has another number of parts."""
        numbered = f"SELECT row_number() OVER () AS row, parts FROM {self.table}"
        query = f"SELECT row, len(parts) FROM ({numbered}) WHERE NOT {self.fitting} ORDER BY row LIMIT 1"
        row, found = database.execute(query).fetchone()
        return self.ragged(self.line(row + self.skip), found)

    def ragged(self, line: int, found: int) -> ValueError:
        """What is said of a row of another length."""
        return ValueError(
            f"{self.function} needs {self.columns} cells in each row, as in the first ones, got {found} on line {line} of "
            f"{self.file}: cells would slip into other columns. Fill the row, or quote cells that hold separators."
        )

    @contextmanager
    def errors_explained(self, database: Any) -> Iterator[None]:
        """DuckDB's errors as one sentence.

        Raises:
            ValueError: a row of another length, an open quote, or anything else that cannot be read.
        """
        import duckdb

        try:
            yield
        except duckdb.Error as error:
            raise (self.first_ragged(database) if RAGGED in str(error) else self.explained(str(error))) from error

    def explained(self, text: str) -> ValueError:
        """An error of DuckDB in our words."""
        number = re.search(r"CSV Error on Line: (\d+)", text)
        line = self.line(int(number[1])) if number else 0
        where = f" on line {line}" if number else ""
        if found := re.search(r"Expected Number of Columns: \d+ Found: (\d+)", text):
            return self.ragged(line, int(found[1]))
        if "unterminated quote" in text:
            return ValueError(
                f"{self.function} needs quotes in pairs around whole cells, got an open or misplaced one{where} of "
                f"{self.file}: the rows after it would be read as one cell. Remove it, or double it inside a quoted cell."
            )
        return ValueError(
            f"{self.function} needs a table, got {self.file}, which cannot be read{where}: {text.splitlines()[0]}."
        )
