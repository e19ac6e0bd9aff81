"""Targets of an array: numbers, or classes of text, truth values or integers, with the same rules as in a table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.arrays.stored import amount
from deeplinear.data.labels import class_names, classes_from_labels, integer_labels
from deeplinear.data.roles import Kind
from deeplinear.data.tables.numerals import looks_like
from deeplinear.task.columns import shortened


class Targets(NamedTuple):
    """Targets of every example.

    Attributes:
        y: shape ``(examples, n_out)``.
        names: of the columns.
        kind: whether they are classes.
        notes: on how they were read.
    """

    y: Array
    names: tuple[str, ...]
    kind: Kind
    notes: list[str]


def text_labels(values: NDArray) -> NDArray:
    """Text without blanks around it, bytes decoded; numbers where all of it reads as numbers."""
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8", "replace")
    values = np.char.strip(values)
    try:
        return values.astype(np.float64) if not np.char.find(values, "_").max(initial=-1) >= 0 else values
    except ValueError:
        return values


def read_targets(
    function: str, file: str, name: str, values: NDArray, names: tuple[str, ...], kind: Kind | None
) -> Targets:
    """Targets from complete rows of an array.

    Args:
        function: that the user called, for messages.
        file: its name, for messages.
        name: of the array.
        values: text, truth values or float64; shape ``(examples,)`` or ``(examples, n_out)``.
        names: of classes or columns, where the file has them.
        kind: as the user says.

    Raises:
        ValueError: labels that cannot be classes, or text where numbers are asked for.
    """
    one = values.ndim == 1
    if values.dtype.kind == "U" and (kind == "numbers" or not one):
        raise ValueError(
            f"{function} needs numbers in {name} of {file}, got text such as {str(values.flat[0])!r:.40}: "
            + (
                "text can only be classes. Leave out --numbers."
                if one
                else "only one column of text can be classes. Save one label for each example."
            )
        )
    if (
        values.dtype.kind == "U"
        and kind is None
        and all(looks := [looks_like(str(label)) for label in np.unique(values)])
    ):
        raise ValueError(
            f"{function} needs numbers or class labels in {name} of {file}, got text such as {str(values[0])!r:.40}: it is {looks[0]}. Save "
            f"numbers, or pass --classes (kind='classes') if these are classes."
        )
    whole = one and values.dtype.kind == "f" and integer_labels(values)
    listed = whole and len(names) > 1 and values.min() >= 0 and values.max() < len(names)
    if one and (kind == "classes" or (kind is None and (values.dtype.kind in "Ub" or listed))):
        y, classes = classes_from_labels(function, name, values, asked=kind == "classes")
        notes = []
        if listed:
            classes = tuple(names[int(label)] for label in np.unique(values))
            notes = [f"classes of {name} are named in the file"]
        return Targets(y, classes, "classes", notes)
    if kind == "classes":
        raise ValueError(
            f"{function} needs one label for each example to make classes, got {name} with {amount(values.shape[1], 'column')} in {file}: "
            f"several columns are several targets. Leave out --classes."
        )
    y = values[:, None].astype(np.float64) if one else values.astype(np.float64)
    if len(names) != y.shape[1]:
        names = (name,) if one else tuple(f"{name}[:, {column}]" for column in range(y.shape[1]))
    notes = []
    if whole and kind is None:
        labels = class_names(np.unique(values))
        notes = [
            f"{name} holds {len(labels)} different whole numbers ({shortened(labels)}), read as numbers; pass --classes (kind='classes') if "
            f"they are class labels"
        ]
    return Targets(y, names, "numbers", notes)
