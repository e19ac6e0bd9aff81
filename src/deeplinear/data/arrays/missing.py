"""Cells without a value: NaN, masked, or filled as NumPy fills masked cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.pair import plain_name
from deeplinear.data.arrays.stored import Stored, amount
from deeplinear.data.tables.numerals import MISSING

FILL = 1e20  # what numpy.ma puts into masked floats
FAR = 1e-8  # a fill stands out: all other values are below this share of it


class Side(NamedTuple):
    """Inputs or targets in numbers: the name of their array, its file, the values, and where there is none."""

    name: str
    file: str
    values: NDArray
    missing: NDArray[np.bool_]


def masks_of(arrays: list[Stored], stored: Stored, side: str, *, alone: bool) -> list[Stored]:
    """Arrays of truth values that mask another one: by their names, and of its shape.

    Args:
        arrays: of the file.
        stored: what they may mask.
        side: ``"x"`` or ``"y"``.
        alone: whether a plain ``mask`` is of this array: of inputs, or of targets in a file of their own.
    """
    name = plain_name(stored.name)
    names = {f"{name}mask", f"mask{name}", f"{side}mask", f"mask{side}"} | ({"mask"} if alone else set())
    return [
        each
        for each in arrays
        if plain_name(each.name) in names and each.dtype.kind == "b" and each.shape == stored.shape
    ]


def with_mask(masks: list[Stored], stored: Stored, values: NDArray) -> tuple[NDArray, list[str]]:
    """Values with NaN where a mask, or the fill of `numpy.ma`, says that there is none, and notes.

    Args:
        masks: of the array, see `masks_of`.
        stored: the array that the values are from.
        values: as read.
    """
    notes = []
    for each in masks:
        mask = each.load()
        if mask.any():
            values = without(values, mask.reshape(mask.shape + (1,) * (values.ndim - mask.ndim)))
            notes.append(f"{each.name} masks {amount(int(mask.sum()), 'value')} of {stored.name}")
    filled = values == FILL if values.dtype.kind == "f" and values.dtype.itemsize > 2 else np.zeros((), bool)
    if filled.any() and np.nanmax(np.abs(values), initial=0.0, where=~filled) < FAR * FILL:
        values = np.where(filled, np.nan, values)
        notes.append(
            f"{amount(int(filled.sum()), 'value')} of {stored.name} equal to 1e+20, which numpy.ma puts into masked cells, count as missing"
        )
    return values, notes


def without(values: NDArray, mask: NDArray[np.bool_]) -> NDArray:
    """Values with masked ones missing: numbers as NaN, text and truth values as text without any."""
    if values.dtype.kind in "Ub":
        return np.where(mask, "", values.astype(str))
    return np.where(mask, np.nan, values.astype(np.float64))


def missing_cells(values: NDArray) -> NDArray[np.bool_]:
    """Where a number is NaN, or a label a word for a missing one."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.isin(np.char.lower(values), list(MISSING)) if values.dtype.kind == "U" else np.zeros(values.shape, bool)


def drop_missing(sides: Sequence[Side], *, drop: bool) -> tuple[NDArray[np.bool_], list[str]]:
    """Which rows are complete, and a note on those left out.

    Args:
        sides: inputs and targets.
        drop: whether rows with a missing value are dropped.

    Raises:
        ValueError: something is missing and rows are not dropped, nothing is left, or a value is infinite.
    """
    for name, file, values, _ in sides:
        if values.dtype.kind == "f" and (infinite := np.isinf(values)).any():
            raise ValueError(
                f"load_file needs finite numbers, got {values[infinite][0]} in {place(name, infinite)} of {file}: sums over examples would "
                f"be infinite. Correct it or leave the row out."
            )
    rows = np.zeros(len(sides[0].values), dtype=bool)
    for side in sides:
        rows |= side.missing.reshape(len(rows), -1).any(axis=1)
    count = int(rows.sum())
    if count and not drop:
        first = next(side for side in sides if side.missing.any())
        raise ValueError(
            f"load_file needs a value in every cell, got a missing one in {place(first.name, first.missing)} of {first.file}, and missing values in "
            f"{count} of {amount(len(rows), 'row')}: correlations are sums of numbers. Fill them, or drop these rows with --drop-missing "
            f"(drop_missing=True)."
        )
    if count == len(rows):
        files = " and ".join(dict.fromkeys(side.file for side in sides))
        raise ValueError(
            f"load_file needs at least one row without missing values, got {files} with one in each of {amount(count, 'row')}: nothing is "
            f"left. Leave out the column that is mostly missing."
        )
    return ~rows, [f"{amount(count, 'row')} with missing values dropped"] if count else []


def place(name: str, where: NDArray[np.bool_]) -> str:
    """The first of some cells in words."""
    row, *column = (int(i[0]) for i in np.nonzero(where))
    return f"row {row}{f', column {column[0]}' if len(column) == 1 else ''} of {name}"
