"""A copy of a text file in which every line is a row: for other encodings, comments, blank lines and aligned columns."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.tables.dialect import BLANK, COMMENT, Dialect, csv_reader, not_cut
from deeplinear.data.tables.survey import open_bytes


@contextmanager
def regular_copy(
    function: str, path: Path, encoding: str, dialect: Dialect
) -> Iterator[tuple[Path, NDArray[np.int64], list[int]]]:
    """Rows as UTF-8 in a temporary file, the line of each row, and those of comments between; removed at the end.

    Raises:
        ValueError: a line that cannot be cut into cells.
    """
    with tempfile.TemporaryDirectory(prefix="deeplinear-") as folder:
        copy = Path(folder, "rows.csv")
        numbers: list[int] = []
        comments: list[int] = []
        with open_bytes(path) as binary, copy.open("w", encoding="utf-8", newline="") as out:
            text = io.TextIOWrapper(binary, encoding=encoding, newline=None)  # type: ignore[arg-type]
            writer = csv.writer(out, delimiter="\t", lineterminator="\n")
            for number, line in enumerate(text, start=1):
                if number <= dialect.skip or not line.strip(BLANK):
                    continue
                if dialect.commented and COMMENT.match(line):
                    comments.append(number)
                    continue
                numbers.append(number)
                if dialect.separator == " ":
                    try:
                        row = next(csv_reader([line], " ", dialect.quote))
                    except csv.Error as error:
                        raise not_cut(function, path.name, error) from error
                    writer.writerow(row)
                else:
                    out.write(line if line.endswith("\n") else line + "\n")
        yield copy, np.array(numbers, dtype=np.int64), comments
