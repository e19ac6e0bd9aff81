"""A table as numbers, with the cells that are none as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array

MOST_BYTES = 4 << 30  # of all numbers of a table


@dataclass(frozen=True)
class Text:
    """Different texts, and which one stands where.

    Attributes:
        levels: different texts, stripped of blanks, in the order in which they are found.
        codes: index of each cell into the levels.
    """

    levels: tuple[str, ...]
    codes: NDArray[np.int32]

    @classmethod
    def from_cells(cls, cells: Iterable[str | None]) -> Text:
        """Encode cells one after the other, so that equal ones are kept once."""
        known: dict[str, int] = {}
        codes = np.fromiter((known.setdefault((cell or "").strip(), len(known)) for cell in cells), dtype=np.int32)
        return cls(tuple(known), codes)


@dataclass
class Table:
    """Cells of a file or a data frame.

    Attributes:
        function: that the user called, for messages.
        source: name of the file, or ``"the data frame"``.
        names: of the columns; empty where there is none.
        values: shape ``(rows, columns)``; NaN where a cell is not a finite number.
        at: flat positions of the cells that are NaN in values, ascending.
        odd: their text.
        place: where a row stands, such as ``"line 7"``.
        notes: how the cells were read.
        unnamed: columns that have no name in the file and are called by their number.
        by_position: columns that may be named by their position: those without a name, or with one that is there twice.
        long: columns of whole numbers with so many digits that float64 cannot tell them apart.
        dropped: names of columns that were asked to be dropped and are not read at all.
        classes: names of classes 0, 1, … where the file gives them.
    """

    function: str
    source: str
    names: list[str]
    values: Array
    at: NDArray[np.intp]
    odd: Text
    place: Callable[[int], str]
    notes: list[str] = field(default_factory=list)
    unnamed: frozenset[int] = frozenset()
    by_position: frozenset[int] = frozenset()
    long: frozenset[int] = frozenset()
    dropped: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        order = np.argsort(self.at % max(len(self.names), 1), kind="stable")
        self._order = order
        self._bounds = np.searchsorted(self.at[order] % max(len(self.names), 1), np.arange(len(self.names) + 1))

    def odd_cells(self, column: int) -> tuple[NDArray[np.intp], Text]:
        """Rows in which a column is no finite number, and the text there."""
        chosen = self._order[self._bounds[column] : self._bounds[column + 1]]
        if not len(chosen):
            return chosen, NOTHING
        used, codes = np.unique(self.odd.codes[chosen], return_inverse=True)
        levels = tuple(self.odd.levels[code] for code in used)
        return self.at[chosen] // len(self.names), Text(levels, codes.ravel().astype(np.int32))


NOTHING = Text.from_cells(())
