"""A table in a csv file, with every way it can be wrong said in one line."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deeplinear.task import Array


@dataclass(frozen=True)
class Table:
    """Cells as text.

    Attributes:
        function: the function that the user called, for messages.
        name: of the file.
        header: column names.
        rows: cells, every row as long as the header.
        lines: line of the file on which each row ends.
    """

    function: str
    name: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]

    def column(self, index: int) -> list[str]:
        """Cells of one column."""
        return [row[index] for row in self.rows]

    def numbers(self, columns: list[int], remedy: str) -> Array:
        """Columns as float64, shape ``(rows, columns)``.

        Raises:
            ValueError: a cell is empty or not a finite number; names the first one and the remedy.
        """
        for line, row in zip(self.lines, self.rows, strict=True):
            for i in columns:
                if not is_number(row[i]):
                    raise ValueError(
                        f"{self.function} needs a finite number in every cell, got {row[i]!r} in column "
                        f"{self.header[i]!r}, line {line} of {self.name}: correlations are sums of numbers. {remedy}."
                    )
        return np.array([[float(row[i]) for i in columns] for row in self.rows]).reshape(len(self.rows), len(columns))


def read_table(function: str, path: str | Path) -> Table:
    """Read a csv file: UTF-8, commas, one header line; blank lines are skipped.

    Raises:
        ValueError: no such file, not text, no header or no rows, a name used twice, or a row of another length.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"{function} needs a file, got {str(path)!r}: there is none. Check the path.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, skipinitialspace=True)
            found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(
            f"{function} needs a text table, got {path.name}: {error}. Save it as csv with UTF-8 encoding."
        ) from error
    if len(found) < 2:
        what = "an empty file" if not found else "a single line"
        raise ValueError(
            f"{function} needs a header and at least one row, got {what} in {path.name}: there are no examples. Write "
            f"names on the first line and one example on each line after it."
        )
    header = found[0][1]
    if all(is_number(name) for name in header):
        raise ValueError(
            f"{function} needs a header, got only numbers on the first line of {path.name}: it would be lost as names. "
            f"Put a line with column names above it."
        )
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise ValueError(
            f"{function} needs column names that differ, got {twice[0]!r} more than once in {path.name}: it could mean "
            f"either. Rename one."
        )
    for line, row in found[1:]:
        if len(row) != len(header):
            raise ValueError(
                f"{function} needs {len(header)} cells in each row, as in the header, got {len(row)} on line {line} of "
                f"{path.name}: cells would slip into other columns. Fill the row, or quote cells that hold commas."
            )
    return Table(function, path.name, header, [row for _, row in found[1:]], [line for line, _ in found[1:]])


def is_number(cell: str) -> bool:
    """Whether a cell reads as a finite number; ``1_000``, which Python reads, does not."""
    try:
        return math.isfinite(float(cell)) and "_" not in cell
    except ValueError:
        return False
