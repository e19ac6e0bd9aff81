"""What the columns of a user's data are called, and what was made of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from deeplinear.messages import shown

NAMED = 12  # features or classes that a line lists by name


@dataclass(frozen=True)
class Columns:
    """Names of inputs and outputs before any whitening, and how they were read.

    Attributes:
        examples: how many rows were read.
        features: name of each column of x.
        targets: name of each column of y: the classes, in order, where targets are one-hot classes.
        kind: of targets.
        target: name of the column that holds the classes; empty where targets are numbers, each a column of its own.
        notes: sentences on what was left out, encoded or decided, each without a full stop.
    """

    examples: int
    features: tuple[str, ...]
    targets: tuple[str, ...]
    kind: Literal["classes", "numbers"] = "numbers"
    target: str = ""
    notes: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; none where targets are numbers."""
        return self.targets if self.kind == "classes" else ()

    def __str__(self) -> str:
        rows = f"{self.examples} example{'s' if self.examples != 1 else ''}"
        features = f"feature{'s' if len(self.features) != 1 else ''} {shortened(self.features)}"
        if self.kind == "classes":
            name = "target" if self.target == "target" else f"target {self.target}"
            target = f"{name}: {len(self.targets)} classes ({shortened(self.targets)})"
        else:
            target = f"target{'s' if len(self.targets) != 1 else ''} {shortened(self.targets)}: numbers"
        return "; ".join([rows, features, target, *self.notes])


def shortened(names: Sequence[str]) -> str:
    """Names in a row, the first few where there are many."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def own_names(data: Any) -> Sequence[str] | None:
    """Names that data bring with them: a frame's columns, a series' name; None where there are none."""
    columns = getattr(data, "columns", None)
    if columns is None or callable(columns):
        name = getattr(data, "name", None)
        return [name] if isinstance(name, str) and name else None
    return [str(column) for column in columns]


def column_names(argument: str, letter: str, names: Sequence[str] | None, data: Any, count: int) -> tuple[str, ...]:
    """One name for each column: those given, or else those that the data bring with them; errors as `Task.from_data`."""
    names = own_names(data) if names is None else names
    if names is None:
        return tuple(f"{letter}[:, {column}]" for column in range(count))
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise ValueError(
            f"Task.from_data needs {argument} to be a list, got {shown(names)}: there is one name for each column. Pass {count} names."
        )
    names = list(names)
    if len(names) != count:
        raise ValueError(
            f"Task.from_data needs one name for each column of {letter}, got {len(names)} {argument} for {count} columns: "
            f"features and targets are reported by name. Name every column."
        )
    return tuple(str(name) for name in names)
