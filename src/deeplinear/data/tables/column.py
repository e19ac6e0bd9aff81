"""One column: numbers or text, and which of its cells are missing."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.labels import class_names
from deeplinear.data.tables.numerals import is_missing, looks_like
from deeplinear.data.tables.table import Table, Text

DATE = "a date"
INFINITE = "infinite or too large for float64"
REMEDIES = {  # what helps against numbers in disguise, by what they look like
    "a number with marks": "Pass --decimal or --thousands (decimal=, thousands=)",
    DATE: "Write days since a first one",
    "a time": "Write seconds",
    INFINITE: "Remove the row",
    "text among numbers": "Correct the cell",
}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        table: that it belongs to.
        index: its position.
        missing: rows without a value, ascending.
        word_rows: rows with text that is no number, ascending.
        words: that text.
    """

    table: Table
    index: int
    missing: NDArray[np.intp]
    word_rows: NDArray[np.intp]
    words: Text

    @classmethod
    def from_table(cls, table: Table, index: int) -> Column:
        """Tell missing cells from text."""
        rows, text = table.odd_cells(index)
        if not len(rows):  # as most of 100 000 columns
            return cls(table, index, rows, rows, text)
        gone = np.array([is_missing(level) for level in text.levels], dtype=bool)[text.codes]
        used, codes = np.unique(text.codes[~gone], return_inverse=True)
        levels = tuple(text.levels[code] for code in used)
        return cls(table, index, rows[gone], rows[~gone], Text(levels, codes.ravel().astype(np.int32)))

    @property
    def name(self) -> str:
        """Its name."""
        return self.table.names[self.index]

    @property
    def values(self) -> Array:
        """Its numbers, NaN elsewhere."""
        return self.table.values[:, self.index]

    @property
    def is_text(self) -> bool:
        """Whether a cell holds text."""
        return len(self.word_rows) > 0

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return len(self.missing) == len(self.values)

    def labels(self, keep: NDArray[np.bool_]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
        """Different texts in the rows that are kept, sorted, and the code of each row; numbers among them as text."""
        rows = len(self.values)
        codes = np.full(rows, -1, dtype=np.intp)
        codes[self.word_rows] = self.words.codes
        numbers, inverse = np.unique(self.values[codes < 0], return_inverse=True)
        codes[codes < 0] = len(self.words.levels) + inverse.ravel()
        texts = np.array([*self.words.levels, *class_names(numbers)], dtype=object)
        used, found = np.unique(codes[keep], return_inverse=True)
        levels, merged = np.unique(texts[used].astype(str), return_inverse=True)
        return tuple(levels.tolist()), merged.ravel()[found.ravel()]

    def refuse_holes(self, remedy: str) -> None:
        """Refuse a column with a cell that is no number, or none at all.

        Raises:
            ValueError: names the first such cell.
        """
        rows, text = self.table.odd_cells(self.index)
        if len(rows):
            raise ValueError(
                f"{self.table.function} needs a finite number in every cell, got {text.levels[text.codes[0]]!r} in column "
                f"{self.name!r}, {self.table.place(int(rows[0]))} of {self.table.source}: correlations are sums of numbers. "
                f"{remedy}."
            )

    def refuse_disguise(self, *, target: bool) -> None:
        """Refuse text that was meant as numbers.

        Raises:
            ValueError: names a cell, what it looks like and what to do.
        """
        looks = [looks_like(level) for level in self.words.levels]
        numbers = len(self.values) - len(self.missing) - len(self.word_rows)
        if not all(looks) and numbers < len(self.word_rows):
            return
        word = self.words.codes[0]
        what = looks[word] or "text among numbers"
        ways = [REMEDIES.get(what, "Write plain numbers")]
        ways += ["pass --classes (kind='classes') if these are classes"] if target and what != INFINITE else []
        ways += [] if target else [f"leave the column out with --drop {shlex.quote(self.name)} (drop={self.name!r})"]
        said = "the column holds dates" if what == DATE and not numbers and set(looks) == {DATE} else f"it is {what}"
        raise ValueError(
            f"{self.table.function} needs a finite number in every cell of a column of numbers, got "
            f"{self.words.levels[word]!r} in column {self.name!r}, {self.table.place(int(self.word_rows[0]))} of "
            f"{self.table.source}: {said}. {', or '.join(ways)}."
        )
