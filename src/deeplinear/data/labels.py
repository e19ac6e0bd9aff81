"""Class labels: one column of text or integers, as one-hot targets with names."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array

MOST_CLASSES = 1000  # one-hot targets of more, or of one value a row, are ids rather than classes
FEW_ROWS = 3  # so few rows may have a class each
FEW_CLASSES = 10  # with so few, half as many classes as rows are no reason for doubt
MOST_INTEGER_LABELS = 100  # more different whole numbers are counts or measurements


def one_hot(codes: NDArray[np.integer[Any]], count: int) -> Array:
    """Rows of the identity, shape ``(examples, count)``."""
    y = np.zeros((len(codes), count))
    y[np.arange(len(codes)), codes] = 1.0
    return y


def class_names(values: NDArray[Any]) -> tuple[str, ...]:
    """Names of classes: text as it is, whole numbers without a decimal point."""
    if values.dtype.kind == "f" and np.array_equal(values, np.round(values)):
        values = values.astype(np.int64) if np.abs(values).max(initial=0) < 2**53 else values
    return tuple(str(value) for value in values.tolist())


def classes_from_labels(
    function: str, name: str, labels: NDArray[Any], *, asked: bool = False
) -> tuple[Array, tuple[str, ...]]:
    """One-hot targets and the names of their classes, in sorted order.

    Args:
        function: that the user called, for messages.
        name: of the column or array.
        labels: text, integers, bools or whole floats, shape ``(examples,)``, none missing.
        asked: whether the user asked for classes; then one class a row is taken as meant.

    Raises:
        ValueError: one class only, too many, or as many as rows.
    """
    values, codes = np.unique(labels, return_inverse=True)
    refuse_counts(function, name, len(labels), len(values), str(values[0]) if len(values) else "", asked=asked)
    return one_hot(codes.ravel(), len(values)), class_names(values)


def refuse_counts(function: str, name: str, rows: int, count: int, first: str, *, asked: bool = False) -> None:
    """Refuse labels that cannot be classes by their number; errors as `classes_from_labels`."""
    if count < 2:
        raise ValueError(
            f"{function} needs at least two classes, got {first!r} in every row of {name!r}: there is nothing to tell apart. "
            f"Pass another target."
        )
    if count > MOST_CLASSES or (not asked and looks_like_ids(rows, count)):
        way = "Pass another target" if count > MOST_CLASSES else "Pass another target, or --classes (kind='classes')"
        raise ValueError(
            f"{function} needs at most {MOST_CLASSES} classes, and several examples of most, got {count} different values in "
            f"{rows} rows of {name!r}, such as {first!r}: they look like names or ids, not like classes. {way}."
        )


def looks_like_ids(rows: int, count: int) -> bool:
    """Whether so many different values in so many rows are names or ids rather than classes or levels."""
    return count > MOST_CLASSES or (count == rows > FEW_ROWS) or (count > FEW_CLASSES and 2 * count > rows)


def integer_labels(values: NDArray[Any]) -> bool:
    """Whether numbers may as well be class labels: few whole numbers, each in several rows on average."""
    if values.dtype.kind not in "iufb" or not len(values):
        return False
    head = np.unique(values[:4096])  # columns of measurements are soon seen to have more
    if len(head) > MOST_CLASSES or not np.array_equal(head, np.round(head)):
        return False
    distinct = np.unique(values)
    return bool(
        1 < len(distinct) <= MOST_INTEGER_LABELS
        and 2 * len(distinct) <= len(values)
        and np.array_equal(distinct, np.round(distinct))
    )
