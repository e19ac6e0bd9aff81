"""What the user says about a file: which columns are targets, which are left out, how its text is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

Kind = Literal["classes", "numbers"]
Names = str | Sequence[str] | None


class RoleOptions(TypedDict, total=False):
    """Keyword arguments of `load_file` and `from_file` that say how to read a file; see `Roles`."""

    target: Names
    drop: Names
    keep: Names
    kind: Kind | None
    header: bool | None
    drop_missing: bool
    separator: str | None
    decimal: str | None
    thousands: str | None
    encoding: str | None
    x: str | None
    y: str | None


@dataclass(frozen=True)
class Roles:
    """How a file is to be read; None wherever the file itself decides, and what it decided is then in the notes.

    Attributes:
        target: names of target columns; the last column if empty.
        drop: names of columns that are neither features nor targets.
        keep: names of columns that are features even though they look like an index.
        kind: of targets; ``"classes"`` makes classes of integer labels, ``"numbers"`` says that integers are numbers.
        header: whether the first line holds names.
        drop_missing: whether rows with a missing cell are dropped; they are refused otherwise.
        separator: between cells.
        decimal: mark in numbers, ``"."`` or ``","``.
        thousands: mark between groups of three digits.
        encoding: of the text, a name that Python knows.
        x: name of the array of inputs in a file of arrays.
        y: name of the array of targets in a file of arrays.
    """

    target: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    kind: Kind | None = None
    header: bool | None = None
    drop_missing: bool = False
    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    x: str | None = None
    y: str | None = None

    @classmethod
    def from_options(cls, function: str, options: RoleOptions) -> Roles:
        """Roles from keyword arguments, checked.

        Raises:
            TypeError: an argument of another name.
            ValueError: a value that cannot be meant.
        """
        unknown = sorted(set(options) - set(cls.__dataclass_fields__))
        if unknown:
            known = ", ".join(cls.__dataclass_fields__)
            raise TypeError(
                f"{function} needs arguments that it knows, got {unknown[0]!r}: it takes {known}. Rename or remove it."
            )
        names = {name: named(function, name, options.get(name)) for name in ("target", "drop", "keep")}
        roles = cls(**{**options, **names})  # type: ignore[arg-type]
        for name, allowed in CHOICES.items():
            value = getattr(roles, name)
            if value not in allowed:
                listed = ", ".join(repr(each) for each in allowed)
                raise ValueError(
                    f"{function} needs {name} in {listed}, got {name}={value!r}: nothing else is defined. Pick one of those."
                )
        if roles.separator is not None and (not isinstance(roles.separator, str) or not plain(roles.separator)):
            raise ValueError(
                f"{function} needs separator to be one character, got separator={roles.separator!r}: it stands between "
                f"cells, and quotes and line ends cannot. Pass for example ';' or '\\t'."
            )
        if roles.decimal is not None and roles.decimal == roles.thousands:
            raise ValueError(
                f"{function} needs two different marks, got decimal={roles.decimal!r} and thousands={roles.thousands!r}: "
                f"1,234 could be read both ways. Change one."
            )
        return roles


CHOICES = {
    "kind": (None, "classes", "numbers"),
    "header": (None, True, False),
    "drop_missing": (False, True),
    "decimal": (None, ".", ","),
    "thousands": (None, ",", ".", " ", "_", "'"),
}


def plain(separator: str) -> bool:
    """Whether a separator can stand between cells."""
    return len(separator) == 1 and separator not in "\"'\r\n\0"


def named(function: str, argument: str, value: Names) -> tuple[str, ...]:
    """One name or several as a tuple, each once; errors as `Roles.from_options`."""
    if value is None or (argument != "target" and len(value) == 0):
        return ()
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, Sequence) else None
    if not names or not all(isinstance(name, str) for name in names):
        raise ValueError(
            f"{function} needs {argument} to be a column name or a list of them, got {argument}={value!r}: columns are "
            f"found by name. Pass text."
        )
    return tuple(dict.fromkeys(names))
