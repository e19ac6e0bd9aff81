"""Feature columns: numbers as they are, text as one-hot columns without the first level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.labels import MOST_CLASSES, looks_like_ids, one_hot
from deeplinear.data.tables.column import Column


def find_features(columns: Sequence[Column], keep: NDArray[np.bool_]) -> tuple[Array, tuple[str, ...], list[str]]:
    """Inputs, their names, and what was encoded or left out.

    Raises:
        ValueError: a column of text has too many levels, or was meant as numbers.
    """
    if not any(column.is_text for column in columns):
        return numbers(columns, keep), tuple(column.name for column in columns), []
    parts: list[Array] = []
    names: list[str] = []
    notes: list[str] = []
    for column in columns:
        if not column.is_text:
            parts.append(column.values[keep][:, None])
            names.append(column.name)
            continue
        levels, codes = encode(column, keep)
        if len(levels) == 1:
            notes.append(f"{column.name} left out: {levels[0]} in every row")
            continue
        parts.append(one_hot(codes, len(levels))[:, 1:])
        names += [f"{column.name} = {level}" for level in levels[1:]]
        notes.append(f"{column.name} one-hot without its first level, {levels[0]}")
    return np.hstack(parts) if parts else np.empty((int(keep.sum()), 0)), tuple(names), notes


def numbers(columns: Sequence[Column], keep: NDArray[np.bool_]) -> Array:
    """Columns of numbers side by side; a view of the table where they are neighbours and no row is dropped."""
    if not columns:
        return np.empty((int(keep.sum()), 0))
    table, where = columns[0].table.values, [column.index for column in columns]
    neighbours = where == list(range(where[0], where[0] + len(where)))
    chosen = table[:, where[0] : where[-1] + 1] if neighbours else table[:, where]
    return chosen if keep.all() else chosen[keep]


def encode(column: Column, keep: NDArray[np.bool_]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Levels and codes of a column of text; errors as `find_features`."""
    column.refuse_disguise(target=False)
    levels, codes = column.labels(keep)
    if len(levels) > 1 and looks_like_ids(len(codes), len(levels)):
        raise ValueError(
            f"{column.table.function} needs at most {MOST_CLASSES} different texts in a feature column, and several rows for most of "
            f"them, got {len(levels)} in {len(codes)} rows of {column.name!r}, such as {levels[0]!r}: each would be an input. "
            f"Leave the column out with --drop (drop=), or merge levels."
        )
    return levels, codes
