"""From a table to inputs and targets: which column is what."""

from __future__ import annotations

import difflib
import itertools
import shlex

import numpy as np

from deeplinear.arrays import Array
from deeplinear.data.labels import looks_like_ids
from deeplinear.data.roles import Roles
from deeplinear.data.tables.column import Column
from deeplinear.data.tables.features import find_features
from deeplinear.data.tables.index_columns import reason_to_leave_out
from deeplinear.data.tables.missing import kept_rows
from deeplinear.data.tables.positions import ROLES, position, with_names
from deeplinear.data.tables.table import Table
from deeplinear.data.tables.targets import find_targets
from deeplinear.task.columns import Columns, shortened

TARGETS = ("label", "labels", "class", "classes", "target", "targets")
Examples = tuple[Array, Array, Columns]


def examples_from_table(table: Table, roles: Roles) -> Examples:
    """Inputs ``(examples, n_in)``, targets ``(examples, n_out)``, and what was made of the columns.

    Raises:
        ValueError: a column is unknown, a cell is missing or no number, or no feature is left.
    """
    roles = with_names(roles, table.names, table.by_position)
    refuse_unknown(table, roles)
    columns = [Column.from_table(table, i) for i, name in enumerate(table.names) if name not in roles.drop]
    notes = list(table.notes)
    if roles.drop:
        notes.append(f"left out as asked: {shortened(roles.drop)}")
    rest = [column for column in columns if column.name not in roles.target]
    empty = [column.name for column in rest if column.is_empty]
    if empty:
        notes.append(f"left out: {shortened(empty)} (empty)")
        rest = [column for column in rest if not column.is_empty]
    targets = [column for name in roles.target for column in columns if column.name == name]
    if not targets and rest:
        targets, said = default_target(rest)
        rest = [column for column in rest if column not in targets]
        notes += said
    features, before = [], True
    for column in rest:
        reason = reason_to_leave_out(column, before=before)
        if reason and column.name not in roles.keep:
            notes.append(f"left out: {column.name} ({reason}){way_to_keep(column)}")
        else:
            features.append(column)
        before = before and bool(reason)
    if not features and rest and not all(column.is_text for column in rest):
        features = [column for column in rest if not column.is_text]  # the only inputs that there are
        notes = [note for note in notes if not any(note.startswith(f"left out: {c.name} (") for c in features)]
    refuse_sides(table, features, targets, roles, notes)
    keep, dropped = kept_rows(table, [*features, *targets], drop=roles.drop_missing)
    if np.count_nonzero(keep) < 2:
        raise ValueError(
            f"{table.function} needs at least two examples, got one row in {table.source}: nothing varies. Add rows."
        )
    found = find_targets(targets, keep, roles)
    x, names, encoded = find_features(features, keep)
    if not names:
        refuse_sides(table, [], targets, roles, encoded)
    notes += [*encoded, *dropped, *found.notes]
    return x, found.y, Columns(int(np.count_nonzero(keep)), names, found.names, found.kind, found.column, tuple(notes))


def way_to_keep(column: Column) -> str:
    """How to keep a column of numbers that looks like an index, if it was meant; text has too many levels to be kept."""
    if column.is_text:
        return ""
    return f"; pass --keep {shlex.quote(column.name)} (keep={column.name!r}) if it is a feature"


def default_target(columns: list[Column]) -> tuple[list[Column], list[str]]:
    """The target where the user names none, and a note if it is not the last column."""
    last = columns[-1]
    named = [column for column in columns if column.name.lower() in TARGETS]
    first = columns[0].is_text and not any(column.is_text for column in columns[1:])
    few = first and not looks_like_ids(len(last.values), len(columns[0].words.levels))
    if len(named) == 1 and named[0] is not last:
        return named, [f"{named[0].name} is the target by its name; pass --target (target=) for another"]
    if len(columns) > 1 and few and not named:
        return columns[:1], [f"{columns[0].name} is the target, as the only text; pass --target (target=) for another"]
    return [last], []


def refuse_unknown(table: Table, roles: Roles) -> None:
    """Refuse names that are no columns; errors as `examples_from_table`."""
    known = {*table.names, *table.dropped}
    for role in ROLES:
        unknown = [name for name in getattr(roles, role) if name not in known]
        if unknown:
            alike = difflib.get_close_matches(unknown[0], table.names[:1000], 1)
            way = f"Did you mean {alike[0]!r}?" if alike else "Name a column that is there."
            way += position_advice(table, unknown[0])
            raise ValueError(
                f"{table.function} needs {role} columns among {shortened(table.names)} of {table.source}, got "
                f"{role}={unknown[0]!r}: it is not there. {way}"
            )
    for first, second in itertools.combinations(ROLES, 2):
        both = [name for name in getattr(roles, first) if name in getattr(roles, second)]
        if both:
            raise ValueError(
                f"{table.function} needs different columns for {first} and {second}, got {both[0]!r} in both: only one is possible. "
                f"Leave it out of one of them."
            )


def position_advice(table: Table, asked: str) -> str:
    """How positions count, where columns have no names, or a position was tried on a column that has one."""
    count, column = len(table.names), position(asked)
    if len(table.unnamed) == count:
        return f" Columns without names may be named by their positions, which count from 1 to {count}."
    if column is not None and not table.dropped and column < count and column not in table.by_position:
        return f" Column {column + 1} is called {table.names[column]!r}."
    return ""


def refuse_sides(table: Table, features: list[Column], targets: list[Column], roles: Roles, notes: list[str]) -> None:
    """Refuse a table without inputs or without targets; errors as `examples_from_table`."""
    if features and targets:
        return
    what = "feature" if targets else "target"
    named = shortened(table.names)
    why = f" ({'; '.join(notes)})" if notes else ""
    raise ValueError(
        f"{table.function} needs at least one target column and one feature column besides, got columns {named} of "
        f"{table.source}{why}: no {what} is left. Add columns, or name the target with --target (target=)."
    )
