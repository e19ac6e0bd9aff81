"""Whether the first line of a table holds names or data."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from deeplinear.data.tables.numerals import is_missing, is_numeric

Rows = Sequence[Sequence[str]]


def has_header(function: str, file: str, rows: Rows, asked: bool | None) -> bool:
    """Whether the first of these rows holds names.

    Text above numbers is a name, and a number above numbers is data. Text above text is data if the same text comes again
    in its column.

    Raises:
        ValueError: the first row has some of both.
    """
    if asked is not None:
        return asked
    if len(rows) < 2:
        return not all(map(is_numeric, rows[0]))
    first, below = rows[0], list(zip(*rows[1:], strict=False))
    kinds = [kind_of(cell, cells) for cell, cells in zip(first, below, strict=False)]
    if "data" not in kinds or counted(first) or ("name" in kinds and increasing(first)):
        return "name" in kinds or "data" not in kinds or counted(first)
    if "name" not in kinds:
        return False
    name, number = (first[kinds.index(kind)] for kind in ("name", "data"))
    raise ValueError(
        f"{function} needs names or data on the first line, got {name!r} above other cells and {number!r} among the same "
        f"kind in {file}: it looks like both. Pass --header (header=True) if it holds names, --no-header (header=False) if "
        f"it is data."
    )


def kind_of(cell: str, below: Sequence[str]) -> str:
    """``"name"``, ``"data"`` or, where it cannot be told, ``""``."""
    cell = cell.strip()
    others = {other.strip() for other in below if not is_missing(other)}
    if is_missing(cell) or not others:
        return ""
    numbers = sum(map(is_numeric, others))
    if is_numeric(cell):
        return "data" if 2 * numbers > len(others) else "name"
    if 2 * numbers > len(others):
        return "name"
    return "data" if cell in others else ""


def counted(first: Sequence[str]) -> bool:
    """Whether names are the numbers of the columns, as those of a matrix are when pandas writes it."""
    named = [cell.strip() for cell in first]
    named = named[1:] if named and not named[0] else named
    return len(named) > 3 and any(named == [str(i + start) for i in range(len(named))] for start in (0, 1))


def increasing(first: Sequence[str]) -> bool:
    """Whether all numbers among the names are whole and increase, as years do."""
    numbers = [int(cell) for cell in first if re.fullmatch(r" *\d{1,9} *", cell, re.ASCII)]
    return len(numbers) == sum(map(is_numeric, first)) and all(a < b for a, b in itertools.pairwise(numbers))
