"""Inputs as a table: axes beyond the first flattened, every column named, columns left out on request."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from deeplinear.data.arrays.stored import Stored, amount


class Features(NamedTuple):
    """Inputs of every example.

    Attributes:
        x: shape ``(examples, n_in)``.
        names: of the columns.
        notes: on how they were read.
    """

    x: NDArray
    names: tuple[str, ...]
    notes: list[str]


def read_features(file: str, stored: Stored, xs: NDArray, names: tuple[str, ...], drop: tuple[str, ...]) -> Features:
    """Columns of an array of inputs.

    Args:
        file: its name, for messages.
        stored: the array, for its name.
        xs: inputs, examples along the first axis.
        names: of the columns, where the file has one for each.
        drop: names of columns to leave out.

    Raises:
        ValueError: a column to leave out is not there, or none is left.
    """
    notes, sizes = [], xs.shape[1:]
    x = xs.reshape(len(xs), -1)
    if len(sizes) > 1:
        notes.append(
            f"{' × '.join(str(size) for size in sizes)} values of {stored.name} make {amount(x.shape[1], 'feature')}"
        )
    if len(names) != x.shape[1] or len(set(names)) < len(names):
        names = (
            tuple(f"{stored.name}[:, {', '.join(str(i) for i in index)}]" for index in np.ndindex(*sizes))
            if sizes
            else (stored.name,)
        )
    unknown = [name for name in drop if name not in names]
    kept = [i for i, name in enumerate(names) if name not in set(drop)]
    if unknown or not kept:
        what = f"{unknown[0]!r} is not there" if unknown else "nothing would be left"
        listed = ", ".join(names[:6]) + (", …" if len(names) > 6 else "")
        raise ValueError(
            f"load_file needs columns to drop among {listed}, and at least one that stays, got drop={drop!r} in {file}: {what}. Name a column."
        )
    if drop:
        x, names = x[:, kept], tuple(names[i] for i in kept)
        notes.append(f"{', '.join(drop)} left out as asked")
    return Features(x, names, notes)
