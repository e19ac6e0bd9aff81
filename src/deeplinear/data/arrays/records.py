"""One array of records, a table with named fields: one field is the target, the others are features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from deeplinear.data.arrays.pair import NOT_DATA, plain_name
from deeplinear.data.arrays.stored import Stored
from deeplinear.data.roles import Roles


def split_records(file: str, arrays: list[Stored], roles: Roles) -> tuple[Stored, Stored] | None:
    """Features and targets where the only array has several fields; None otherwise.

    Raises:
        ValueError: a target or a field to leave out that is not there.
    """
    data = [each for each in arrays if plain_name(each.name) not in NOT_DATA]
    if len(data) != 1 or not data[0].dtype.names or len(data[0].dtype.names) < 2 or len(data[0].shape) != 1:
        return None
    records, fields = data[0], list(data[0].dtype.names)
    for option, value in (("x", roles.x), ("y", roles.y)):
        if value is not None and (option == "y" or value != records.name):
            raise ValueError(
                f"load_file needs no {option} for an array of records, got {option}={value!r} for {file}: its fields are columns. Name the "
                f"field that is the target with --target FIELD (target='…'), or a file of targets with --y FILE."
            )
    targets = list(roles.target) or fields[-1:]
    unknown = [name for name in targets if name not in fields]
    if unknown or len(targets) == len(fields):
        raise ValueError(
            f"load_file needs target fields among {', '.join(fields)}, and at least one field left, got target={roles.target!r} for {file}: "
            f"{f'{unknown[0]!r} is not there' if unknown else 'no feature would be left'}. Name a field."
        )
    features = [name for name in fields if name not in targets]
    return part(records, records.name, features), part(
        records, targets[0] if len(targets) == 1 else records.name, targets
    )


def part(records: Stored, name: str, fields: Sequence[str]) -> Stored:
    """Some fields of records as an array of their own; one field alone is a plain array."""
    dtype = (
        records.dtype[fields[0]] if len(fields) == 1 else np.dtype([(field, records.dtype[field]) for field in fields])
    )
    return Stored(name, records.shape, dtype, lambda: records.load()[fields[0] if len(fields) == 1 else list(fields)])
