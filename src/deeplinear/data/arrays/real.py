"""Entries of an array as real numbers, and what is none refused."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.stored import STRUCTURE, Stored

PICKLED = (
    "it is kept as a Python pickle, which can run code when it is opened and is therefore never opened. Save numbers as floats and text "
    "with .astype(str)"
)
STRUCTURES = "only arrays of numbers, text and cells of text are read. Save its fields as variables of their own"
KINDS = {  # of NumPy's types that are no real numbers: what they are, what to do
    "M": (
        "dates",
        "Turn them into numbers, for example with .astype('datetime64[D]').astype(float), which counts days",
    ),
    "m": ("durations", "Turn them into numbers, for example with / np.timedelta64(1, 's'), which counts seconds"),
    "S": ("text", "Encode text as numbers, or save the table as csv"),
    "U": ("text", "Encode text as numbers, or save the table as csv"),
    "V": ("raw bytes", "Save numbers"),
}


def check_type(file: str, array: Stored, allowed: str) -> None:
    """Refuse an array by its type, before it is read.

    Raises:
        ValueError: Python objects, or entries of another kind than the allowed ones.
    """
    types = [array.dtype[name] for name in array.dtype.names] if array.dtype.names else [array.dtype]
    for dtype in types:
        if dtype.hasobject:
            raise ValueError(
                f"load_file needs arrays of numbers or text, got {array.objects} in {array.name} of {file}: "
                f"{STRUCTURES if array.objects == STRUCTURE else PICKLED}."
            )
        if dtype.kind not in allowed:
            what, remedy = KINDS[dtype.kind]
            raise ValueError(
                f"load_file needs real numbers, got {what} (type {dtype.name}) in {array.name} of {file}: a network multiplies its inputs "
                f"and is compared with its targets. {remedy}."
            )


def real(file: str, name: str, array: NDArray) -> tuple[NDArray, list[str]]:
    """An array in a type that everything here takes, and a note where it was complex without imaginary part.

    Whole numbers and single precision stay what they are: they take less memory, and a task takes their rounding into account.

    Raises:
        ValueError: complex numbers.
    """
    notes = []
    if array.dtype.kind == "c":
        if np.imag(array).any():  # NaN counts
            raise ValueError(
                f"load_file needs real numbers, got complex ones (type {array.dtype.name}) in {name} of {file}: their imaginary parts would "
                f"be lost. Save real and imaginary parts as features of their own, np.hstack([x.real, x.imag])."
            )
        array = np.real(array)
        notes = [f"{name} is complex with no imaginary part and was read as real"]
    with np.errstate(over="ignore", invalid="ignore"):  # long doubles may end in infinity, which is refused
        own = array.dtype.newbyteorder("=")
        return array.astype(own if own.kind in "biu" or own.itemsize in (4, 8) else np.float64, copy=False), notes


def columns_of_fields(array: NDArray) -> NDArray:
    """Records as a table, one column for each field."""
    return np.stack([array[name] for name in array.dtype.names or ()], axis=-1)
