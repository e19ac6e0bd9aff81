"""Columns named by their position, where a name does not tell them apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from deeplinear.data.roles import Roles

ROLES = ("target", "drop", "keep")


def with_names(roles: Roles, names: Sequence[str], unnamed: Collection[int]) -> Roles:
    """Roles in which positions have become names; what is neither a name nor a position stays, to be refused.

    A position counts from 1. It names a column that has no name of its own, or shares it with another, and names come first:
    ``"3"`` is the column called 3, where there is one.

    Args:
        roles: what the user said.
        names: of all columns, those that are made up included.
        unnamed: columns, from 0, that may be named by position.
    """
    known = set(names)

    def name_of(asked: str) -> str:
        column = position(asked) if asked not in known else None
        return names[column] if column is not None and column in unnamed else asked

    return replace(roles, **{role: tuple(dict.fromkeys(map(name_of, getattr(roles, role)))) for role in ROLES})


def position(asked: str) -> int | None:
    """The column, from 0, that a whole number names; None for other text."""
    return int(asked) - 1 if asked.isascii() and asked.isdigit() and int(asked[:9]) > 0 and len(asked) < 10 else None


def distinct_names(function: str, file: str, names: Sequence[str], roles: Roles) -> tuple[list[str], frozenset[int]]:
    """Names that differ, and which columns share theirs: those that the user names by position have it in their names.

    Raises:
        ValueError: a name is used twice, and positions do not say which column is which.
    """
    counts = Counter(names)
    shared = frozenset(i for i, name in enumerate(names) if counts[name] > 1)
    known = set(names)
    asked = {position(each) for role in ROLES for each in getattr(roles, role) if each not in known}
    found = [f"{name} (column {i + 1})" if i in shared and i in asked else name for i, name in enumerate(names)]
    left = Counter(found)
    for name in found:
        if left[name] > 1:
            places = [i + 1 for i, each in enumerate(names) if each == name]
            first = ", ".join(map(str, places[:-1]))
            raise ValueError(
                f"{function} needs column names that differ, got {name!r} more than once in {file}, in columns {first} and {places[-1]}: it "
                f"could mean either. Rename one, or name one by its position, such as --drop {places[-1]} (drop='{places[-1]}')."
            )
    return found, shared
