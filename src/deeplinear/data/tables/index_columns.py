"""Columns that only number or name the rows."""

from __future__ import annotations

import re

import numpy as np

from deeplinear.data.tables.column import Column
from deeplinear.data.tables.numerals import looks_like

IDS = re.compile(
    r"unnamed: ?\d+|index|idx|id\d*|key|no\.?|nr\.?|#|n°|row.?(names?|number|num|no|id)?|record|sample|observation|obs|case"
    r"|.*[ _.-](id|no|nr|index|number)|(id|index)[ _.-].*",
    re.IGNORECASE,
)
CAMEL = re.compile(r".*[a-z](Id|ID)")
FEW = 3  # rows from which on counting them is no accident


def reason_to_leave_out(column: Column, *, before: bool) -> str:
    """Why a column is neither a feature nor a target, or empty.

    Args:
        column: to look at.
        before: whether all columns to the left of it are left out too.
    """
    table, rows = column.table, len(column.values)
    if column.is_empty:
        return "empty"
    if column.index in table.long and not column.is_text:
        return "whole numbers with more digits than float64 keeps, as ids have"
    named = column.index not in table.unnamed
    if column.is_text:
        different = all(map(looks_like, column.words.levels)), len(column.words.levels)
        return "a different text in each row" if different == (False, rows) and rows > FEW else ""
    if len(column.missing) or rows < FEW:
        return ""
    if before and not (named and not is_id(column.name)) and counts_rows(column):
        return f"counts the rows from {column.values[0]:.0f} to {column.values[-1]:.0f}"
    if named and is_id(column.name) and is_unique(column):
        return "a different whole number in each row"
    return ""


def is_id(name: str) -> bool:
    """Whether a name is one that people give to numbers of rows."""
    return bool(IDS.fullmatch(name) or CAMEL.fullmatch(name))


def counts_rows(column: Column) -> bool:
    """Whether a column holds 0, 1, 2, … or 1, 2, 3, … in this order."""
    first = column.values[0]
    return first in (0.0, 1.0) and np.array_equal(column.values, first + np.arange(len(column.values)))


def is_unique(column: Column) -> bool:
    """Whether a column holds a different whole number in each row."""
    values = column.values
    return np.array_equal(values, np.round(values)) and len(np.unique(values)) == len(values)
