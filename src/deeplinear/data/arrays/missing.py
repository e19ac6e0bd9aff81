"""Cells without a value: NaN, masked, or filled as NumPy fills masked cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.pair import plain_name
from deeplinear.data.arrays.stored import Stored, amount
from deeplinear.data.tables.numerals import MISSING

FILL = 1e20  # what numpy.ma puts into masked floats
FAR = 1e-8  # a fill stands out: all other values are below this share of it


def with_mask(arrays: list[Stored], stored: Stored, values: NDArray, side: str) -> tuple[NDArray, list[str]]:
    """Values with NaN where a mask in the file, or the fill of `numpy.ma`, says that there is none.

    Args:
        arrays: of the file.
        stored: the array that the values are from.
        values: as read.
        side: ``"x"`` or ``"y"``.
    """
    notes, name = [], plain_name(stored.name)
    names = {f"{name}mask", f"mask{name}", f"{side}mask", f"mask{side}"} | ({"mask"} if side == "x" else set())
    for each in arrays:
        if plain_name(each.name) in names and each.dtype.kind == "b" and each.shape == stored.shape:
            mask = each.load()
            if mask.any():
                values = np.where(mask, np.nan, values.astype(np.float64))
                notes.append(f"{each.name} masks {amount(int(mask.sum()), 'value')} of {stored.name}")
    filled = values == FILL if values.dtype.kind == "f" and values.dtype.itemsize > 2 else np.zeros((), bool)
    if filled.any() and np.nanmax(np.abs(values), initial=0.0, where=~filled) < FAR * FILL:
        values = np.where(filled, np.nan, values)
        notes.append(
            f"{amount(int(filled.sum()), 'value')} of {stored.name} equal to 1e+20, which numpy.ma puts into masked cells, count as missing"
        )
    return values, notes


def missing_cells(values: NDArray) -> NDArray[np.bool_]:
    """Where a number is NaN, or a label a word for a missing one."""
    if values.dtype.kind == "f":
        return np.isnan(values)
    return np.isin(np.char.lower(values), list(MISSING)) if values.dtype.kind == "U" else np.zeros(values.shape, bool)


def drop_missing(
    file: str, sides: dict[str, NDArray], missing: dict[str, NDArray[np.bool_]], *, drop: bool
) -> tuple[NDArray[np.bool_], list[str]]:
    """Which rows are complete, and a note on those left out.

    Args:
        file: its name, for messages.
        sides: inputs and targets by the names of their arrays.
        missing: where they have no value, in the same shapes.
        drop: whether rows with a missing value are dropped.

    Raises:
        ValueError: something is missing and rows are not dropped, nothing is left, or a value is infinite.
    """
    for name, values in sides.items():
        if values.dtype.kind == "f" and (infinite := np.isinf(values)).any():
            raise ValueError(
                f"load_file needs finite numbers, got {values[infinite][0]} in {place(name, infinite)} of {file}: sums over examples would "
                f"be infinite. Correct it or leave the row out."
            )
    rows = np.zeros(len(next(iter(sides.values()))), dtype=bool)
    for where in missing.values():
        rows |= where.reshape(len(where), -1).any(axis=1)
    count, first = int(rows.sum()), next((name for name in missing if missing[name].any()), "")
    if count and not drop:
        raise ValueError(
            f"load_file needs a value in every cell, got a missing one in {place(first, missing[first])} of {file}, and missing values in "
            f"{count} of {amount(len(rows), 'row')}: correlations are sums of numbers. Fill them, or drop these rows with --drop-missing "
            f"(drop_missing=True)."
        )
    if count == len(rows):
        raise ValueError(
            f"load_file needs at least one row without missing values, got {file} with one in each of {amount(count, 'row')}: nothing is "
            f"left. Leave out the column that is mostly missing."
        )
    return ~rows, [f"{amount(count, 'row')} with missing values dropped"] if count else []


def place(name: str, where: NDArray[np.bool_]) -> str:
    """The first of some cells in words."""
    row, *column = (int(i[0]) for i in np.nonzero(where))
    return f"row {row}{f', column {column[0]}' if len(column) == 1 else ''} of {name}"
