"""Target columns: numbers, or one column of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.arrays import Array
from deeplinear.data.labels import class_names, classes_from_labels, integer_labels, one_hot, refuse_counts
from deeplinear.data.roles import Roles
from deeplinear.data.tables.column import Column
from deeplinear.task.columns import shortened


class Targets(NamedTuple):
    """What is to be learned.

    Attributes:
        y: shape ``(examples, outputs)``.
        names: of its columns.
        kind: whether they are classes or numbers.
        column: name of the column of classes, else empty.
        notes: what was decided.
    """

    y: Array
    names: tuple[str, ...]
    kind: Literal["classes", "numbers"]
    column: str
    notes: list[str]


def find_targets(columns: Sequence[Column], keep: NDArray[np.bool_], roles: Roles) -> Targets:
    """Targets from their columns.

    Raises:
        ValueError: text that is neither numbers nor classes, or too many classes.
    """
    (first, *others) = columns
    function = first.table.function
    if others:
        if roles.kind == "classes":
            raise ValueError(
                f"{function} needs one target column for classes, got {[column.name for column in columns]}: classes are one-hot "
                f"rows of one column. Name one column, or leave --classes out."
            )
        for column in columns:
            refuse_text(column)
        y = np.column_stack([column.values[keep] for column in columns])
        return Targets(y, tuple(column.name for column in columns), "numbers", "", [])
    if roles.kind == "numbers":
        refuse_text(first)
    if first.is_text:
        return text_classes(first, keep, roles)
    values = first.values[keep]
    if first.table.classes and roles.kind is None and is_code(values, len(first.table.classes)):
        return Targets(
            one_hot(values.astype(np.intp), len(first.table.classes)), first.table.classes, "classes", first.name, []
        )
    if roles.kind == "classes":
        y, names = classes_from_labels(function, first.name, values, asked=True)
        return Targets(y, names, "classes", first.name, [])
    return Targets(values[:, None], (first.name,), "numbers", "", ambiguity(first.name, values, roles))


def refuse_text(column: Column) -> None:
    """Refuse text where numbers are needed; errors as `find_targets`."""
    if column.is_text:
        column.refuse_disguise(target=True)
        raise ValueError(
            f"{column.table.function} needs numbers in target column {column.name!r}, got {column.words.levels[column.words.codes[0]]!r}, "
            f"{column.table.place(int(column.word_rows[0]))} of {column.table.source}: text is read as classes only if it is "
            f"the only target and --numbers is not given. Name another column with --target."
        )


def text_classes(column: Column, keep: NDArray[np.bool_], roles: Roles) -> Targets:
    """Classes from text, if it looks like classes; errors as `find_targets`."""
    asked = roles.kind == "classes"
    if not asked:
        column.refuse_disguise(target=True)
    levels, codes = column.labels(keep)
    refuse_counts(column.table.function, column.name, len(codes), len(levels), levels[0] if levels else "", asked=asked)
    lower = [level.lower() for level in levels]
    alike = [level for level in levels if lower.count(level.lower()) > 1]
    notes = [f"{shortened(alike)} differ in capital letters only and are classes of their own"] if alike else []
    return Targets(one_hot(codes, len(levels)), levels, "classes", column.name, notes)


def ambiguity(name: str, values: Array, roles: Roles) -> list[str]:
    """A note where numbers may be class labels."""
    if roles.kind == "numbers" or not integer_labels(values):
        return []
    labels = class_names(np.unique(values))
    return [
        f"{name} holds {len(labels)} different whole numbers ({shortened(labels)}), read as numbers; pass --classes "
        f"(kind='classes') if they are class labels"
    ]


def is_code(values: Array, classes: int) -> bool:
    """Whether all values are numbers of classes."""
    return bool(np.isin(values, np.arange(classes)).all())
